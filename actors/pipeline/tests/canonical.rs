//! One text for all documents that mean the same.

use super::*;

fn canonical(document: &Value) -> String {
    definition(document).canonical().as_str().to_owned()
}

#[test]
fn it_reads_as_what_it_was() {
    let first = definition(&everything());
    let again = Definition::read(&first.canonical()).expect("it was right before");
    assert_eq!(again, first);
    assert_eq!(again.canonical(), first.canonical());
}

#[test]
fn what_goes_without_saying_is_not_said() {
    let mut long = of(json!([{
        "priority": 5, "task": "a", "when": true, "needs": ["a"], "on_failure": "stop", "after": [],
        "name": "s", "retry": { "tries_max": 3, "base_ms": 1000 }, "timeouts": {}, "input": null,
        "foreach": ["${ input }"], "at_once": 256,
        "compensate": { "needs": ["b"], "task": "b", "retry": {}, "priority": 5 },
    }]));
    long["at_once"] = json!(256);
    let short = r#"{"format":1,"stages":[{"name":"s","foreach":["${ input }"],"task":"a","compensate":{"task":"b"}}]}"#;
    assert_eq!(canonical(&long), short);
}

#[test]
fn the_order_of_fields_and_of_needs_says_nothing() {
    let one = r#"{"stages":[{"name":"s","task":"a","needs":["x","b"]}],"about":"it"}"#;
    let other =
        r#" { "about" : "it", "stages":[{"needs":["b","x"],"task":"a","name":"s"}],"format":1}"#;
    let read = |text| Definition::read(&Json::parse(text).expect("JSON")).expect("it is right");
    assert_eq!(read(one).canonical(), read(other).canonical());
    assert_eq!(hash(&read(one).canonical()), hash(&read(other).canonical()));
}

#[test]
fn what_is_given_is_kept_in_its_own_digits() {
    let text = r#"{"format":1,"stages":[{"name":"s","task":"a","input":{"z":1.0,"a":12345678901234567890123}}]}"#;
    let read = Definition::read(&Json::parse(text).expect("JSON")).expect("it is right");
    assert_eq!(read.canonical().as_str(), text);
}
