//! Bodies that say nothing, too much, or something else.

use super::Then::{End, Refused, Rejected};
use super::{Case, TASK, Then, play, request};

/// What cannot be read as a submission.
const UNREADABLE: &[(&str, &[u8])] = &[
    ("nothing", b""),
    ("white space", b" \t\r\n"),
    ("half an object", b"{"),
    ("an object without its end", br#"{"kind":"a""#),
    ("an object with two ends", br#"{"kind":"a"}}"#),
    ("two objects", br#"{"kind":"a"}{"kind":"b"}"#),
    ("other quotes", b"{'kind':'a'}"),
    ("a comma too many", br#"{"kind":"a",}"#),
    ("a comment", br#"{"kind":"a"} // b"#),
    ("words", b"please do this"),
    ("not a number", br#"{"kind":"a","priority":NaN}"#),
    ("a field twice", br#"{"kind":"a","kind":"b"}"#),
    ("a list", b"[]"),
    ("a list of fields", br#"["a",null,[],5,{},{},null,null,{},null]"#),
    ("null", b"null"),
    ("a number", b"7"),
    ("a text", br#""submit""#),
    ("no kind", br#"{"input":1}"#),
    ("a kind that is a number", br#"{"kind":7}"#),
    ("a kind that is null", br#"{"kind":null}"#),
    ("a priority in words", br#"{"kind":"a","priority":"high"}"#),
    ("a priority above all", br#"{"kind":"a","priority":10}"#),
    ("a priority below all", br#"{"kind":"a","priority":-1}"#),
    ("half a priority", br#"{"kind":"a","priority":1.5}"#),
    ("needs that are an object", br#"{"kind":"a","needs":{"b":1}}"#),
    ("a need that is no word", br#"{"kind":"a","needs":["b.>"]}"#),
    ("a deadline in numbers", br#"{"kind":"a","deadline":17}"#),
    ("a deadline in words", br#"{"kind":"a","deadline":"tomorrow"}"#),
    ("labels that are a list", br#"{"kind":"a","labels":["b"]}"#),
    ("tries below none", br#"{"kind":"a","retry":{"tries_max":-1}}"#),
    ("tries beyond all numbers", br#"{"kind":"a","retry":{"tries_max":1e999}}"#),
    ("a time beyond all numbers", br#"{"kind":"a","timeouts":{"queue_ms":99999999999999999999}}"#),
    ("a parent of no kind", br#"{"kind":"a","parent":{"cat":"x"}}"#),
    ("a field that is misspelt", br#"{"kind":"a","prioritty":3}"#),
    ("a misspelt field inside", br#"{"kind":"a","retry":{"tries":3}}"#),
    ("a field that is empty", br#"{"kind":"a","":3}"#),
    ("a field of the event", br#"{"kind":"a","at":3}"#),
    ("not UTF-8", b"\xff\xfe"),
    ("not UTF-8 inside", b"{\"kind\":\"\xc3\x28\"}"),
    ("UTF-16", b"{\0\"\0k\0\"\0}\0"),
    ("half a pair", br#"{"kind":"\ud800"}"#),
    ("zeros", b"\0\0\0\0"),
    ("a zero in a text", b"{\"kind\":\"a\0b\"}"),
    ("a line break in a text", b"{\"kind\":\"a\nb\"}"),
];

fn submit(what: &str, body: &[u8], then: Then) -> Case {
    request(what, &format!("command.task.{TASK}.submit"), b"", body, then)
}

fn nested(depth: usize) -> Vec<u8> {
    let (open, close) = ("[".repeat(depth), "]".repeat(depth));
    format!(r#"{{"kind":"a","input":{open}{close}}}"#).into_bytes()
}

fn with(field: &str, bytes: usize) -> Vec<u8> {
    format!(r#"{{"kind":"a","{field}":"{}"}}"#, "x".repeat(bytes)).into_bytes()
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_malformed() {
    let cases = UNREADABLE.iter().map(|(what, body)| submit(what, body, Refused(400, "malformed")));
    let agent = |what, verb: &str, body: &[u8]| {
        let subject = format!("command.agent.x.{verb}");
        request(what, &subject, b"", body, Refused(400, "malformed"))
    };
    let more = [
        agent("a list for an object", "pause", br#"["why"]"#),
        agent("a list for nothing", "resume", b"[]"),
        agent("no capabilities", "register", br#"{"kind":"a"}"#),
        agent("slots below none", "register", br#"{"kind":"a","capabilities":[],"slots":-1}"#),
        agent(
            "a contact of nobody",
            "register",
            br#"{"kind":"a","capabilities":[],"contact":"b"}"#,
        ),
    ];
    play(cases.chain(more).collect()).await;
}

#[tokio::test]
async fn what_is_too_deep_or_too_large_is_refused_in_a_few_words() {
    let kind = format!(r#"{{"kind":"{}"}}"#, "x".repeat(1_000_000));
    let label = format!(r#"{{"kind":"a","labels":{{"b":"{}"}}}}"#, "x".repeat(1_000_000));
    let label_name = format!(r#"{{"kind":"a","labels":{{"{}":"b"}}}}"#, "x".repeat(1_000_000));
    let need = format!(r#"{{"kind":"a","needs":["{}"]}}"#, "x".repeat(1_000_000));
    let field = format!(r#"{{"kind":"a","{}":1}}"#, "x".repeat(1_000_000));
    let parent = format!(r#"{{"kind":"a","parent":{{"{}":1}}}}"#, "x".repeat(1_000_000));
    let needs: Vec<String> = (0..65).map(|n| format!("\"n{n}\"")).collect();
    let needs = format!(r#"{{"kind":"a","needs":[{}]}}"#, needs.join(","));
    let note = format!(r#"{{"text":"{}"}}"#, "x".repeat(1_000_000));
    play(vec![
        submit("101 lists", &nested(100), Refused(400, "too_deep")),
        submit("100,000 lists", &nested(100_000), Refused(400, "too_deep")),
        submit("lists without an end", &b"[".repeat(500_000), Refused(400, "too_deep")),
        submit("a deadline of 1 MB", &with("deadline", 1_000_000), Refused(400, "malformed")),
        submit("a priority of 1 MB", &with("priority", 1_000_000), Refused(400, "malformed")),
        submit("a need of 1 MB", need.as_bytes(), Refused(400, "malformed")),
        submit("a name of 1 MB", field.as_bytes(), Refused(400, "malformed")),
        submit("a parent of 1 MB", parent.as_bytes(), Refused(400, "malformed")),
        submit("a kind of 1 MB", kind.as_bytes(), Rejected(422, "task.invalid_kind")),
        submit("a label of 1 MB", label.as_bytes(), Rejected(422, "task.too_long")),
        submit("a label's name of 1 MB", label_name.as_bytes(), Rejected(422, "task.invalid_name")),
        submit("65 needs", needs.as_bytes(), Rejected(422, "task.too_many")),
        request(
            "a note of 1 MB",
            &format!("command.task.{TASK}.note"),
            b"",
            note.as_bytes(),
            Rejected(404, "task.not_found"),
        ),
        submit("more than a message has", &b" ".repeat(1_048_577), End("Maximum Payload")),
    ])
    .await;
}

#[tokio::test]
async fn characters_that_move_a_cursor_are_no_names() {
    let label = br#"{"kind":"a","labels":{"\u001b[2J":"b"}}"#;
    play(vec![
        submit("a zero", br#"{"kind":"a\u0000b"}"#, Rejected(422, "task.invalid_kind")),
        submit("a line break", br#"{"kind":"a\nb"}"#, Rejected(422, "task.invalid_kind")),
        submit("a subject", br#"{"kind":"a.>"}"#, Rejected(422, "task.invalid_kind")),
        submit("an escape in a label", label, Rejected(422, "task.invalid_name")),
    ])
    .await;
}
