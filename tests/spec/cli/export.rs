//! Exports through the real program: what is in the file, what it is called, and what is left behind.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use super::run::{Place, Running, ended, fact, facts, find, parsed, signal};

#[test]
fn an_export_has_every_event_and_every_outcome() {
    let place = Place::with(&facts(10));
    let made = place.run(&["log", "export", "a.jsonl", "--json"]).succeeded();
    let made = &made.json()[0];
    let read = place.run(&["log", "read", "--json"]).succeeded();
    let text = std::fs::read_to_string(place.file("a.jsonl")).expect("it is text");
    let lines: Vec<_> = text.lines().map(parsed).collect();
    let hashes: Vec<_> = lines.iter().filter_map(|line| line["event"]["hash"].as_str()).collect();
    assert_eq!(hashes, read.each("hash"));
    let payloads: Vec<_> = lines.iter().filter_map(|line| line["event"].get("payload")).collect();
    assert_eq!(payloads, read.each("payload").iter().collect::<Vec<_>>());
    assert_eq!(lines.iter().filter(|line| line.get("outcome").is_some()).count(), 10);
    assert_eq!(lines[0]["annals_export"]["log_id"], read.json()[0]["log_id"]);
    assert_eq!(lines.last().expect("an end")["end"]["digest"], made["digest"]);
    let counts = ["first", "last", "events", "outcomes", "blobs"].map(|name| made[name].clone());
    assert_eq!(counts, [1, 10, 10, 10, 0]);
    assert_eq!((&made["format"], &made["file"]), (&"json".into(), &"a.jsonl".into()));
    assert_eq!(made["bytes"], text.len());
}

#[test]
fn an_export_is_for_its_owner_alone_and_nothing_else_is_left() {
    let place = Place::with(&facts(1));
    place.run(&["log", "export", "a.jsonl"]).succeeded();
    assert_eq!(std::fs::metadata(place.file("a.jsonl")).unwrap().mode() & 0o777, 0o600);
    assert!(!place.names().iter().any(|name| name.contains(".part")), "{:?}", place.names());
}

#[test]
fn the_same_log_makes_the_same_bytes_wherever_they_go() {
    let place = Place::with(&facts(10));
    for format in ["json", "binary"] {
        let export = |file: &[&str]| {
            let arguments = [&["log", "export", "--format", format][..], file].concat();
            let output = place.command(&arguments).output().expect("it runs");
            assert!(output.status.success(), "{output:?}");
            output.stdout
        };
        export(&[format]);
        let file = std::fs::read(place.file(format)).expect("it was made");
        assert_eq!(export(&[]), file, "without a name it goes to standard output");
        assert_eq!(export(&["-"]), file);
    }
    let size = |name| std::fs::metadata(place.file(name)).unwrap().len();
    assert!(size("binary") * 3 < size("json") * 2, "bytes take less than lines");
}

#[test]
fn what_goes_to_standard_output_is_told_on_the_other_one() {
    let place = Place::with(&facts(3));
    let told = place.run(&["log", "export"]).succeeded().err;
    assert!(told.starts_with("3 events, 3 outcomes and 0 blobs, positions 1 to 3, "), "{told}");
    assert_eq!(place.run(&["log", "export", "--quiet"]).succeeded().err, "");
    let named = place.run(&["log", "export", "a.jsonl"]).succeeded();
    assert!(named.out.starts_with("3 events, ") && named.err.is_empty(), "{named:?}");
}

#[test]
fn a_range_is_exported_and_says_what_stands_before_it() {
    let place = Place::with(&facts(10));
    let read = place.run(&["log", "read", "--json"]).succeeded().each("hash");
    let range = ["log", "export", "--from", "4", "--to", "6", "--quiet"];
    let lines = place.run(&range).succeeded().json();
    let begin = &lines[0]["annals_export"];
    assert_eq!((&begin["first"], &begin["last"]), (&4.into(), &6.into()));
    assert_eq!(begin["before"], read[2]);
    let hashes: Vec<_> = lines.iter().filter_map(|line| line["event"].get("hash")).collect();
    assert_eq!(hashes, [&read[3], &read[4], &read[5]]);
    let nothing = place.run(&["log", "export", "--from", "11", "--quiet"]).succeeded().json();
    assert_eq!(nothing.last().expect("an end")["end"]["events"], 0);
}

#[test]
fn a_range_that_is_none_is_refused() {
    let place = Place::with(&facts(10));
    for range in [["--from", "12"], ["--to", "11"]] {
        place.run(&[&["log", "export"][..], &range].concat()).failed(2, "usage");
    }
    place.run(&["log", "export", "--from", "7", "--to", "5"]).failed(2, "usage");
}

#[test]
fn an_empty_log_is_exported_too() {
    let place = Place::new();
    place.run(&["migrate"]).succeeded();
    let lines = place.run(&["log", "export", "--quiet"]).succeeded().json();
    assert_eq!(lines.len(), 2, "a beginning and an end: {lines:?}");
}

#[test]
fn nothing_is_written_over() {
    let place = Place::with(&facts(1));
    std::fs::write(place.file("a.jsonl"), "mine").expect("written");
    place.run(&["log", "export", "a.jsonl"]).failed(73, "file_exists");
    assert_eq!(std::fs::read(place.file("a.jsonl")).unwrap(), b"mine");
}

#[test]
fn what_a_killed_export_left_is_written_over() {
    let place = Place::with(&facts(1));
    std::fs::write(place.file("a.jsonl.part"), "half of something longer".repeat(999)).unwrap();
    place.run(&["log", "export", "a.jsonl"]).succeeded();
    let whole = place.run(&["log", "export", "--quiet"]).succeeded().out;
    assert_eq!(std::fs::read_to_string(place.file("a.jsonl")).unwrap(), whole);
    assert!(!place.file("a.jsonl.part").exists());
}

#[test]
fn what_cannot_be_written_is_said() {
    let place = Place::with(&facts(1));
    place.run(&["log", "export", "nowhere/a.jsonl"]).failed(74, "copy_failed");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has one");
    let ended = ended(place.command(&["log", "export"]).stdout(full));
    ended.failed(74, "output_failed");
}

#[test]
fn where_there_is_no_log_nothing_is_made() {
    let place = Place::new();
    place.run(&["log", "export", "a.jsonl"]).failed(66, "store_missing");
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn a_damaged_log_is_not_exported_by_half() {
    let place = Place::with(&facts(10));
    let at = find(&place.log(), br#""id":"7""#);
    let mut bytes = std::fs::read(place.log()).unwrap();
    bytes[at] ^= 1;
    std::fs::write(place.log(), bytes).unwrap();
    place.run(&["log", "export", "a.jsonl"]).failed(1, "store_damaged");
    assert!(!place.names().iter().any(|name| name.contains("jsonl")), "{:?}", place.names());
}

/// A reader that does not read keeps an export from ending.
#[test]
fn a_signal_ends_an_export_that_nobody_reads() {
    let place = Place::new();
    let large = format!(
        "{{\"specversion\":\"1.0\",\"source\":\"s\",\"type\":\"t\",\"data\":\"{}\"",
        "x".repeat(9000)
    );
    let lines: String = (0..800).map(|n| format!("{large},\"id\":\"{n}\"}}\n")).collect();
    place.fed(&["log", "append", "--quiet"], lines).succeeded();
    let mut command = place.command(&["log", "export"]);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut out = child.stdout.take().expect("a pipe");
    out.read_exact(&mut [0; 16]).expect("it begins to write");
    signal(child.id(), "-INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn keys_are_written_apart_and_for_their_owner_alone() {
    let place = Place::with(&facts(3));
    let made = place.run(&["log", "export", "--keys", "a.keys", "--json"]).succeeded().json();
    assert_eq!((&made[0]["tenants"], &made[0]["subjects"]), (&1.into(), &0.into()));
    assert_eq!(std::fs::metadata(place.file("a.keys")).unwrap().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(place.file("a.keys")).unwrap();
    assert!(text.starts_with(
        "{\"annals_keys\":{\"format\":1}}\n{\"tenant\":{\"tenant\":\"main\",\"hash\":\""
    ));
    place.run(&["log", "export", "--keys", "a.keys"]).failed(73, "file_exists");
    let both = place.run(&["log", "export", "--keys", "b.keys", "b.jsonl"]).succeeded();
    assert!(both.out.contains("keys of 1 tenants") && both.out.contains("3 events"), "{both:?}");
    std::fs::remove_file(place.file("a.log.keys")).expect("it is there");
    place.run(&["log", "export", "--keys", "c.keys"]).failed(78, "keys_missing");
}

#[test]
fn an_export_goes_on_beside_a_writer() {
    let place = Place::with(&facts(100));
    let mut writer = Running::start(place.command(&["log", "append", "--json"]));
    writer.feed(&fact("other", 1));
    writer.line();
    let made = place.run(&["log", "export", "a.jsonl", "--json"]).succeeded().json();
    assert_eq!(made[0]["events"], 101);
    assert_eq!(writer.end().1, 0);
}
