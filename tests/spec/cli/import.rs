//! Imports through the real program: what comes in, what is refused by name, and how it goes on.

use std::path::Path;

use super::run::{Ended, Place, Running, fact, facts};

/// The exact bytes of the log at `store`.
fn exported(place: &Place, store: &str) -> String {
    place.run(&["log", "export", "--quiet", "--store", store]).succeeded().out
}

/// A folder with a log of these facts, and its export `a.jsonl`.
fn with_export(facts: &str) -> Place {
    let place = Place::with(facts);
    place.run(&["log", "export", "a.jsonl", "--quiet"]).succeeded();
    place
}

fn import(place: &Place, file: &str, store: &str) -> Ended {
    place.run(&["log", "import", file, "--store", store, "--json"])
}

/// Facts of several parts, each far too long to stand beside many others.
fn long_facts(count: usize) -> String {
    let text = "x".repeat(9000);
    let long = |n| {
        format!(
            "{{\"specversion\":\"1.0\",\"id\":\"{n}\",\"source\":\"s{}\",\"type\":\"t\",\"data\":\"{text}\"}}\n",
            n % 3
        )
    };
    (0..count).map(long).collect()
}

#[test]
fn out_and_in_and_out_again_are_the_same_bytes() {
    let place = with_export(&facts(2500));
    place.run(&["log", "export", "--format", "binary", "a.annals", "--quiet"]).succeeded();
    for file in ["a.jsonl", "a.annals"] {
        let store = format!("{file}.log");
        let told = import(&place, file, &store).succeeded().json();
        assert_eq!((&told[0]["copy"], &told[0]["new_events"]), (&true.into(), &2500.into()));
        assert_eq!(exported(&place, &store), exported(&place, "a.log"));
        place.run(&["log", "verify", "--store", &store]).succeeded();
    }
}

#[test]
fn an_import_says_what_came_and_a_quiet_one_nothing() {
    let place = with_export(&facts(10));
    let said = place.run(&["log", "import", "a.jsonl", "--store", "b.log"]).succeeded().out;
    let came = "10 events, 10 outcomes and 0 blobs, 10 events of them new, in ";
    assert!(
        said.starts_with(came) && said.ends_with("a copy, and ends at position 10\n"),
        "{said}"
    );
    let quiet = ["log", "import", "a.jsonl", "--store", "c.log", "--quiet"];
    assert_eq!(place.run(&quiet).succeeded().out, "");
}

#[test]
fn with_its_keys_a_copy_knows_every_fact_again() {
    let place = with_export(&facts(5));
    place.run(&["log", "export", "--keys", "a.keys"]).succeeded();
    place.run(&["log", "import", "--keys", "a.keys", "a.jsonl", "--store", "b.log"]).succeeded();
    let again = place.fed(&["log", "append", "--json", "--store", "b.log"], facts(6)).succeeded();
    let outcomes = again.each("outcome");
    assert_eq!(outcomes, ["known", "known", "known", "known", "known", "recorded"]);
    place.run(&["log", "verify", "--store", "b.log"]).succeeded();
}

#[test]
fn without_its_keys_a_copy_is_not_appended_to() {
    let place = with_export(&facts(5));
    import(&place, "a.jsonl", "b.log").succeeded();
    let append = ["log", "append", "--store", "b.log"];
    place.fed(&append, facts(6)).failed(78, "keys_missing");
    place.run(&["log", "export", "--keys", "a.keys"]).succeeded();
    place.run(&["log", "import", "--keys", "a.keys", "--store", "b.log"]).succeeded();
    place.fed(&append, facts(6)).succeeded();
}

#[test]
fn keys_of_another_log_are_refused() {
    let place = with_export(&facts(5));
    place.run(&["log", "export", "--keys", "a.keys"]).succeeded();
    place.fed(&["log", "append", "--store", "b.log"], fact("b", 1)).succeeded();
    let import = ["log", "import", "--keys", "a.keys", "a.jsonl", "--store", "b.log"];
    let refused = place.run(&import).failed(78, "keys_differ");
    assert!(refused.err.contains("the tenant main has another key there"), "{refused:?}");
    let read = place.run(&["log", "read", "--json", "--store", "b.log"]).succeeded();
    assert_eq!(read.json().len(), 1, "nothing was imported");
    let known = place.fed(&["log", "append", "--json", "--store", "b.log"], fact("b", 1));
    assert_eq!(known.succeeded().each("outcome"), ["known"]);
}

#[test]
fn keys_that_were_changed_are_refused() {
    let place = Place::with(&facts(1));
    place.run(&["log", "export", "--keys", "a.keys"]).succeeded();
    let mut bytes = std::fs::read(place.file("a.keys")).unwrap();
    bytes[90] ^= 1;
    std::fs::write(place.file("b.keys"), bytes).unwrap();
    let import = |file| place.run(&["log", "import", "--keys", file, "--store", "b.log"]);
    import("b.keys").failed(65, "export_damaged");
    import("a.log").failed(65, "not_an_export");
    import("none.keys").failed(66, "input_missing");
    assert!(!place.file("b.log.keys").exists(), "nothing was made");
}

#[test]
fn a_log_with_a_history_gets_what_comes_behind_its_own() {
    let place = with_export(&facts(10));
    place.fed(&["log", "append", "--store", "b.log"], fact("b", 1)).succeeded();
    let own = place.run(&["log", "read", "--json", "--store", "b.log"]).succeeded().json();
    let told = import(&place, "a.jsonl", "b.log").succeeded().json();
    assert_eq!((&told[0]["copy"], &told[0]["position"]), (&false.into(), &11.into()));
    let (all, came) = (
        place.run(&["log", "read", "--json", "--store", "b.log"]).succeeded(),
        place.run(&["log", "read", "--json"]).succeeded(),
    );
    assert_eq!(all.json()[0], own[0]);
    assert_eq!(all.each("hash")[1..], came.each("hash"));
    assert_eq!(all.each("event_id")[1..], came.each("event_id"));
    place.run(&["log", "verify", "--store", "b.log"]).succeeded();
}

#[test]
fn the_same_import_again_enters_nothing() {
    let place = with_export(&facts(10));
    place.fed(&["log", "append", "--store", "b.log"], fact("b", 1)).succeeded();
    for store in ["b.log", "c.log"] {
        import(&place, "a.jsonl", store).succeeded();
        let before = exported(&place, store);
        let told = import(&place, "a.jsonl", store).succeeded().json();
        assert_eq!((&told[0]["events"], &told[0]["new_events"]), (&10.into(), &0.into()));
        assert_eq!(exported(&place, store), before);
    }
}

#[test]
fn what_came_later_goes_on_where_the_copy_ends() {
    let place = with_export(&facts(10));
    import(&place, "a.jsonl", "b.log").succeeded();
    place.fed(&["log", "append"], facts(25)).succeeded();
    place.run(&["log", "export", "--from", "11", "later.jsonl"]).succeeded();
    place.run(&["log", "export", "--from", "20", "latest.jsonl"]).succeeded();
    let gap = import(&place, "latest.jsonl", "b.log").failed_json(65, "import_gap");
    assert!(gap.contains("up to position 10, and this begins at position 20"), "{gap}");
    import(&place, "later.jsonl", "b.log").succeeded();
    import(&place, "latest.jsonl", "b.log").succeeded();
    assert_eq!(exported(&place, "b.log"), exported(&place, "a.log"));
}

#[test]
fn a_stream_that_is_in_both_is_refused_by_name_and_nothing_is_imported() {
    let place = with_export(&facts(2500));
    // The log that comes has it in its last part.
    place.fed(&["log", "append"], fact("late", 1)).succeeded();
    place.run(&["log", "export", "b.jsonl"]).succeeded();
    place.fed(&["log", "append", "--store", "b.log"], fact("late", 2)).succeeded();
    let before = exported(&place, "b.log");
    let refused = import(&place, "b.jsonl", "b.log").failed_json(65, "stream_in_both");
    assert!(refused.contains("the stream main/fact-late is in both logs"), "{refused}");
    assert_eq!(exported(&place, "b.log"), before, "something was imported");
}

#[test]
fn a_copy_that_went_its_own_way_is_refused() {
    let place = with_export(&facts(5));
    place.run(&["log", "export", "--keys", "a.keys"]).succeeded();
    place.run(&["log", "import", "--keys", "a.keys", "a.jsonl", "--store", "b.log"]).succeeded();
    place.fed(&["log", "append", "--store", "b.log"], fact("b", 1)).succeeded();
    place.fed(&["log", "append"], fact("a", 1)).succeeded();
    place.run(&["log", "export", "later.jsonl"]).succeeded();
    let refused = import(&place, "later.jsonl", "b.log").failed_json(65, "logs_diverged");
    assert!(refused.contains("something else at position 6"), "{refused}");
}

#[test]
fn a_file_that_was_changed_or_cut_is_refused_and_no_log_is_made() {
    let place = with_export(&facts(2500));
    let whole = std::fs::read(place.file("a.jsonl")).unwrap();
    let mut changed = whole.clone();
    let late = whole.len() - 300;
    changed[late] ^= 4;
    let cases = [
        ("changed", changed, "export_damaged"),
        ("cut", whole[..late].to_vec(), "export_cut"),
        ("longer", [&whole[..], b"x"].concat(), "export_damaged"),
        ("other", b"{\"id\":\"1\"}\n".to_vec(), "not_an_export"),
        ("empty", Vec::new(), "not_an_export"),
    ];
    for (name, bytes, code) in cases {
        std::fs::write(place.file(name), bytes).unwrap();
        import(&place, name, "b.log").failed_json(65, code);
        assert!(!place.names().iter().any(|name| name.starts_with("b.log")), "a log was made");
    }
}

#[test]
fn what_a_newer_program_wrote_is_refused() {
    let place = with_export(&facts(1));
    let text = std::fs::read_to_string(place.file("a.jsonl")).unwrap();
    std::fs::write(place.file("b.jsonl"), text.replacen(":1,", ":2,", 1)).unwrap();
    import(&place, "b.jsonl", "b.log").failed_json(78, "export_newer");
}

#[test]
fn what_is_not_there_cannot_be_imported() {
    let place = Place::new();
    import(&place, "none.jsonl", "b.log").failed_json(66, "input_missing");
    import(&place, ".", "b.log").failed_json(66, "input_missing");
    assert_eq!(place.run(&["log", "import"]).code, 2, "it must be told which file");
    assert!(!place.file("b.log").exists());
}

#[test]
fn a_running_writer_keeps_an_import_out() {
    let place = with_export(&facts(1));
    let mut writer =
        Running::start(place.command(&["log", "append", "--json", "--store", "b.log"]));
    writer.feed(&fact("b", 1));
    writer.line();
    import(&place, "a.jsonl", "b.log").failed_json(75, "store_locked");
    assert_eq!(writer.end().1, 0);
    import(&place, "a.jsonl", "b.log").succeeded();
}

#[test]
fn from_a_pipe_what_is_whole_is_entered_part_by_part() {
    let place = with_export(&facts(2500));
    let whole = std::fs::read(place.file("a.jsonl")).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() - 300] ^= 4;
    place.fed(&["log", "import", "-", "--store", "b.log"], changed).failed(65, "export_damaged");
    let read = place.run(&["log", "read", "--json", "--store", "b.log"]).succeeded();
    let entered = read.json().len();
    assert!((1..2500).contains(&entered), "{entered} events are whole parts");
    place.run(&["log", "verify", "--store", "b.log"]).succeeded();
    place.fed(&["log", "import", "-", "--store", "b.log"], whole).succeeded();
    assert_eq!(exported(&place, "b.log"), exported(&place, "a.log"));
}

#[test]
fn a_signal_stops_an_import_after_a_part_and_the_same_command_goes_on() {
    let place = with_export(&long_facts(2000));
    let whole = std::fs::read_to_string(place.file("a.jsonl")).unwrap();
    let mut running = Running::start(place.command(&["log", "import", "-", "--store", "b.log"]));
    running.feed(&whole[..whole.len() / 2]);
    let entered = || {
        let read = place.run(&["log", "read", "--json", "--limit", "1", "--store", "b.log"]);
        read.code == 0 && !read.out.is_empty()
    };
    while !entered() {
        assert_eq!(running.said(), None, "it says nothing before its end");
    }
    running.signal("-TERM");
    let note = running.complaint();
    assert!(note.starts_with("stopped") && note.contains("the same command goes on"), "{note}");
    assert_eq!(running.ended().1, 143);
    place.run(&["log", "verify", "--store", "b.log"]).succeeded();
    place.fed(&["log", "import", "-", "--store", "b.log"], whole).succeeded();
    assert_eq!(exported(&place, "b.log"), exported(&place, "a.log"));
}

#[test]
fn a_signal_stops_an_import_that_waits_for_its_input() {
    let place = Place::new();
    let running = Running::start(place.command(&["log", "import", "-"]));
    running.signal("-INT");
    assert!(running.complaint().contains("before anything was imported"));
    assert_eq!(running.ended().1, 130);
    assert!(!Path::new(&place.log()).exists());
}
