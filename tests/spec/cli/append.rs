//! Facts going in: each once, in order, acknowledged when they are safe, refused with a reason.

use std::process::Stdio;

use serde_json::json;

use super::run::{Place, Running, fact, facts, parsed};

const APPEND: [&str; 3] = ["log", "append", "--json"];

#[test]
fn what_was_appended_is_read_back_as_it_was_received() {
    let place = Place::new();
    let line = r#"{"type":"order.placed" , "specversion":"1.0","source":"shop","id":"ü-1","time":"2026-01-31T12:00:00Z","data":{"total":3.10}}"#;
    let ended = place.fed(&["log", "append"], format!("{line}\n")).succeeded();
    assert_eq!(ended.out, "1 recorded, 0 known before, the log ends at 1\n");
    assert!(ended.err.starts_with("made a new log at "), "{ended:?}");
    let read = place.run(&["log", "read", "--json"]).succeeded();
    assert!(read.out.contains(&format!("\"payload\":{line}}}")), "{read:?}");
    let event = &read.json()[0];
    assert_eq!(event["stream"], "main/fact-shop");
    assert_eq!(event["type"], "fact.recorded");
    assert_eq!(event["principal"], "operator");
    assert_eq!(event["effective_at"], "2026-01-31T12:00:00.000000Z");
}

#[test]
fn facts_are_acknowledged_in_the_order_of_the_lines() {
    let place = Place::new();
    let ended = place.fed(&APPEND, facts(5000)).succeeded();
    let counted: Vec<u64> = (1..=5000).collect();
    assert_eq!(ended.each("line"), counted);
    assert_eq!(ended.each("position"), counted, "the log has them in the same order");
    let versions: Vec<u64> = (0..5000).map(|n| n / 2 + 1).collect();
    assert_eq!(ended.each("version"), versions);
    let ids: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
    assert_eq!(ended.each("id"), ids);
}

#[test]
fn a_fact_is_recorded_once_however_often_it_is_sent() {
    let place = Place::with(&fact("shop", 1));
    let twice = [fact("shop", 1), fact("shop", 2), fact("shop", 2), fact("desk", 1)].concat();
    let ended = place.fed(&APPEND, twice).succeeded();
    assert_eq!(ended.each("outcome"), ["known", "recorded", "known", "recorded"]);
    assert_eq!(ended.each("version"), [1, 2, 2, 1]);
    assert_eq!(ended.each("position")[1], ended.each("position")[2]);
    let again = place.fed(&["log", "append"], fact("desk", 1)).succeeded();
    assert_eq!(again.out, "0 recorded, 1 known before, the log ends at 3\n");
}

#[test]
fn another_fact_under_a_known_id_is_refused() {
    let place = Place::with(&fact("shop", 1));
    let other = fact("shop", 1).replace("\"t\"", "\"u\"");
    let lines = [fact("shop", 0), other, fact("shop", 2)].concat();
    let ended = place.fed(&["log", "append"], lines).failed(65, "command_reused");
    assert!(ended.err.contains("line 2: another fact with the id \"1\" from shop"), "{ended:?}");
    assert_eq!(
        place.run(&["log", "read", "--stream", "fact-shop", "--json"]).json()[0]["payload"]["type"],
        "t"
    );
}

#[test]
fn a_bad_line_ends_the_reading_and_nothing_before_it_is_lost() {
    let place = Place::new();
    let lines = [&facts(100), "{\"id\":\"x\"\n", &fact("late", 1)].concat();
    let ended = place.fed(&APPEND, lines);
    assert_eq!(ended.code, 65);
    assert_eq!(ended.json().len(), 100);
    let error = &parsed(&ended.err)["error"];
    assert_eq!(error["code"], "line_malformed");
    assert!(error["message"].as_str().unwrap().starts_with("line 101: "), "{error}");
    assert_eq!(place.run(&["log", "read"]).succeeded().out.lines().count(), 100);
}

#[test]
fn every_way_a_line_is_refused_has_its_code() {
    let place = Place::new();
    let append = |line: &str| place.fed(&["log", "append"], line);
    append(r#"{"source":"a","type":"t"}"#).failed(65, "line_without_id");
    append(r#"{"id":"1","type":"t"}"#).failed(65, "line_without_source");
    append(&fact("_annals", 1)).failed(65, "line_malformed");
    append(&fact("shop", 1).replace("1.0", "0.3")).failed(65, "line_malformed");
    append(&fact("shop", "x".repeat(256 * 1024))).failed(65, "line_too_large");
    append(&"x".repeat(1024 * 1024 + 1)).failed(65, "line_too_large");
    assert_eq!(place.run(&["log", "read"]).succeeded().out, "");
}

#[test]
fn a_fact_as_deep_as_an_abyss_is_refused_and_nobody_falls_in() {
    let place = Place::new();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        for attribute in ["data", "anything"] {
            let named = format!("{{\"{attribute}\":{deep},");
            let lines = [fact("shop", 1), fact("shop", 2).replacen('{', &named, 1)].concat();
            let ended = place.fed(&["log", "append"], lines).failed(65, "line_too_deep");
            assert!(ended.err.contains("line 2: it has 100001 lists and objects"), "{ended:?}");
        }
    }
    let endless = "[".repeat(100_000);
    place
        .fed(&["log", "append"], fact("shop", 3).replacen("\"t\"", &endless, 1))
        .failed(65, "line_malformed");
    assert_eq!(place.run(&["log", "read"]).succeeded().out.lines().count(), 1);
}

#[test]
fn lines_without_words_are_passed_over_and_the_last_needs_no_end() {
    let place = Place::new();
    let (first, last) = (fact("shop", 1).replace('\n', "\r\n"), fact("shop", 2));
    let lines = ["\n \r\n", &first, "\n", last.trim()].concat();
    let ended = place.fed(&APPEND, lines).succeeded();
    assert_eq!(ended.each("line"), [3, 5]);
    let again = place.fed(&APPEND, fact("shop", 1)).succeeded();
    assert_eq!(again.each("outcome"), ["known"], "how a line ends is no part of the fact");
}

#[test]
fn no_lines_make_an_empty_log() {
    let place = Place::new();
    let ended = place.fed(&["log", "append"], "").succeeded();
    assert_eq!(ended.out, "0 recorded, 0 known before, the log ends at 0\n");
    assert_eq!(place.run(&["log", "read"]).succeeded().out, "");
    place.run(&["log", "verify"]).succeeded();
}

#[test]
fn a_source_and_ids_can_be_given_to_lines_that_have_none() {
    let place = Place::new();
    let arguments = ["log", "append", "--json", "--source", "desk", "--mint-ids"];
    let lines = ["{\"type\":\"t\"}\n{\"type\":\"t\"}\n", &fact("shop", 1)].concat();
    let ended = place.fed(&arguments, lines).succeeded();
    assert_eq!(ended.each("source"), ["desk", "desk", "shop"]);
    let read = place.run(&["log", "read", "--json"]).succeeded();
    let payloads = read.each("payload");
    assert_eq!(payloads[0]["id"], ended.json()[0]["id"]);
    assert_ne!(payloads[0]["id"], payloads[1]["id"]);
    assert_eq!(payloads[0]["source"], "desk");
    assert_eq!(payloads[0]["specversion"], "1.0");
    assert_eq!(payloads[2], parsed(&fact("shop", 1)));
}

#[test]
fn facts_of_two_tenants_do_not_meet() {
    let place = Place::with(&fact("shop", 1));
    let arguments = ["log", "append", "--json", "--tenant", "acme"];
    let ended = place.fed(&arguments, fact("shop", 1)).succeeded();
    assert_eq!(ended.each("outcome"), ["recorded"]);
    let read = place.run(&["log", "read", "--json", "--tenant", "acme"]).succeeded();
    assert_eq!(read.each("stream"), ["acme/fact-shop"]);
}

#[test]
fn one_at_a_time_is_as_good_as_many() {
    let place = Place::new();
    let arguments = ["log", "append", "--json", "--in-flight", "1"];
    let ended = place.fed(&arguments, facts(20)).succeeded();
    assert_eq!(ended.json().len(), 20);
}

#[test]
fn an_acknowledgement_leaves_at_once_and_a_signal_ends_in_good_order() {
    let place = Place::new();
    let mut running = Running::start(place.command(&APPEND));
    running.feed(&fact("shop", 1));
    assert_eq!(parsed(&running.line())["position"], 1);
    running.feed(&fact("shop", 2));
    assert_eq!(parsed(&running.line())["position"], 2);
    running.signal("-TERM");
    assert_eq!(running.ended(), (vec![], 143));
    place.fed(&["log", "append"], fact("shop", 3)).succeeded();
}

#[test]
fn ctrl_c_ends_it_with_the_code_shells_expect() {
    let place = Place::new();
    let mut running = Running::start(place.command(&APPEND));
    running.feed(&fact("shop", 1));
    running.line();
    running.signal("-INT");
    assert_eq!(running.ended(), (vec![], 130));
}

#[test]
fn everything_is_recorded_when_nobody_reads_the_acknowledgements() {
    let place = Place::new();
    let mut command = place.command(&APPEND);
    let input = place.folder.path().join("facts");
    std::fs::write(&input, facts(3000)).expect("there is room for it");
    let input = std::fs::File::open(input).expect("it was just written");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut child = command.stdin(input).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let status = child.wait().expect("a child can be waited for");
    assert_eq!(status.code(), Some(0));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(said, "");
    let stats = place.run(&["log", "stats", "--json"]).succeeded();
    assert_eq!(stats.json()[0]["position"], json!(3000));
}

#[test]
fn a_full_output_is_an_error_and_what_was_recorded_stays() {
    let place = Place::new();
    let full = std::fs::File::create("/dev/full").expect("it is a device of every Linux");
    let mut command = place.command(&APPEND);
    let input = place.folder.path().join("facts");
    std::fs::write(&input, fact("shop", 1)).expect("there is room for it");
    let input = std::fs::File::open(input).expect("it was just written");
    let output = command.stdin(input).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(74));
    assert_eq!(parsed(str::from_utf8(&output.stderr).unwrap())["error"]["code"], "output_failed");
    let again = place.fed(&APPEND, fact("shop", 1)).succeeded();
    assert_eq!(again.each("outcome"), ["known"]);
}

#[test]
fn a_missing_input_leaves_no_log_behind() {
    let place = Place::new();
    let ended = place.run(&["log", "append", "nothing.jsonl"]).failed(66, "input_missing");
    assert!(ended.err.contains("nothing.jsonl"), "{ended:?}");
    place.run(&["log", "append", "."]).failed(66, "input_missing");
    assert_eq!(place.names(), Vec::<String>::new());
}

#[test]
fn names_of_the_system_are_not_for_facts() {
    let place = Place::new();
    let ended = place.run(&["log", "append", "--tenant", "_annals"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert_eq!(place.run(&["log", "append", "--source", "_annals"]).code, 2);
}
