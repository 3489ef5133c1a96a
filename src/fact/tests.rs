//! What is accepted as a fact, and what becomes of it.

use events::codec::decode;
use events::fact::{FactEvent, RECORDED};
use proptest::prelude::*;

use super::*;

const WHOLE: &str = r#"{"specversion":"1.0","id":"1","source":"shop","type":"order.placed"}"#;

fn alone(line: &str) -> Result<Fact, NotAFact> {
    parse(line.as_bytes(), &Defaults { source: None, mint: None })
}

fn helped(line: &str) -> Result<Fact, NotAFact> {
    let source = "shop".parse().expect("it is a token");
    parse(line.as_bytes(), &Defaults { source: Some(&source), mint: Some(&|| "minted".into()) })
}

fn payload(fact: Result<Fact, NotAFact>) -> String {
    String::from_utf8(fact.expect("it is a fact").payload).expect("it is text")
}

fn why(line: &str) -> String {
    alone(line).expect_err("it is no fact").to_string()
}

#[test]
fn a_whole_event_is_kept_as_it_was_received() {
    let line = "  {\"type\" : \"t\", \"id\":\"1\",\"x\":[1, 2],\"source\":\"shop\",\"specversion\":\"1.0\"} ";
    assert_eq!(payload(helped(line)), line);
}

#[test]
fn what_a_line_leaves_out_is_written_in_front() {
    let written = payload(helped(r#" {"type":"t","data":{"id":null}}"#));
    let expected =
        r#" {"specversion":"1.0","id":"minted","source":"shop","type":"t","data":{"id":null}}"#;
    assert_eq!(written, expected);
}

#[test]
fn the_lines_own_source_comes_first() {
    let fact = helped(r#"{"id":"1","source":"desk","type":"t"}"#).expect("it is a fact");
    assert_eq!(fact.source.as_str(), "desk");
}

#[test]
fn a_line_without_id_or_source_says_so() {
    assert_eq!(alone(r#"{"source":"a","type":"t"}"#), Err(NotAFact::WithoutId));
    assert_eq!(alone(r#"{"id":"1","type":"t"}"#), Err(NotAFact::WithoutSource));
}

#[test]
fn the_time_of_the_event_is_when_it_took_effect() {
    let line = r#"{"id":"1","source":"a","type":"t","time":"2026-01-31T13:00:00+01:00"}"#;
    let fact = alone(line).expect("it is a fact");
    assert_eq!(fact.effective_at, "2026-01-31T12:00:00Z".parse().ok());
    assert!(why(&WHOLE.replace("\"type\"", "\"time\":\"yesterday\",\"type\"")).contains("`time`"));
}

#[test]
fn what_is_not_an_event_is_refused_with_a_reason() {
    assert!(why("").contains("not a JSON object"));
    assert!(why("[\"1.0\",\"1\",\"shop\",\"t\"]").contains("not a JSON object"));
    assert!(why("{\"id\":\"1\"").contains("at column"));
    assert!(why(&format!("{WHOLE}{WHOLE}")).contains("trailing characters"));
    assert!(why(r#"{"id":"1","source":"a"}"#).contains("`type`"));
    assert!(why(r#"{"id":"1","source":"a","type":""}"#).contains("`type` is empty"));
    assert!(why(r#"{"id":"","source":"a","type":"t"}"#).contains("`id` is empty"));
    assert!(why(r#"{"id":7,"source":"a","type":"t"}"#).contains("invalid type"));
    assert!(why(&WHOLE.replace("1.0", "0.3")).contains("specversion"));
    assert!(why(&WHOLE.replace("shop", "shop/desk 1")).contains("`source`"));
    assert!(why(&WHOLE.replace("shop", "_annals")).contains("reserved"));
    assert!(alone("\u{feff}{}").is_err());
    assert!(parse(b"{\"id\":\"\xff\"}", &Defaults { source: None, mint: None }).is_err());
}

#[test]
fn an_attribute_cannot_be_said_twice_or_be_null() {
    assert!(why(r#"{"id":"1","id":"2","source":"a","type":"t"}"#).contains("duplicate field"));
    assert!(why(r#"{"id":"1","\u0069d":"2","source":"a","type":"t"}"#).contains("duplicate field"));
    assert!(helped(r#"{"id":null,"source":"a","type":"t"}"#).is_err());
    assert!(helped(r#"{"id":"1","source":null,"type":"t"}"#).is_err());
}

#[test]
fn a_fact_is_at_most_as_large_as_an_event_may_be() {
    let of = |bytes: usize| WHOLE.replace("order.placed", &"x".repeat(bytes));
    let frame = of(0).len();
    assert!(alone(&of(INLINE_BYTES_MAX - frame)).is_ok());
    let refused = alone(&of(INLINE_BYTES_MAX - frame + 1));
    assert_eq!(refused, Err(NotAFact::TooLarge(INLINE_BYTES_MAX + 1)));
}

#[test]
fn data_nested_without_end_does_not_exhaust_the_stack() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let line = WHOLE.replace("\"type\"", &format!("\"data\":{deep},\"type\""));
    assert_eq!(alone(&line), Err(NotAFact::TooDeep(100_001)));
}

#[test]
fn a_fact_is_at_most_as_deep_as_every_reader_can_go() {
    let of = |depth: usize| {
        let inside = "[".repeat(depth - 1) + &"]".repeat(depth - 1);
        WHOLE.replace("\"type\"", &format!("\"data\":{inside},\"type\""))
    };
    assert!(alone(&of(DEPTH_MAX)).is_ok());
    assert_eq!(alone(&of(DEPTH_MAX + 1)), Err(NotAFact::TooDeep(DEPTH_MAX + 1)));
    assert!(serde_json::from_str::<serde_json::Value>(&of(DEPTH_MAX)).is_ok());
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_accepted_line_can_be_read_as_a_fact(
        attributes in proptest::collection::btree_map(
            prop_oneof![
                Just("specversion"), Just("id"), Just("source"), Just("type"), Just("time"),
                Just("subject"), Just("datacontenttype"), Just("data"), Just("x"),
            ],
            prop_oneof![json(), "[a-z]{1,3}".prop_map(Into::into), Just("1.0".into())],
            0..9,
        )
    ) {
        let line = serde_json::to_string(&attributes).expect("it is JSON");
        if let Ok(fact) = helped(&line) {
            let FactEvent::Recorded(event) =
                decode(RECORDED.name, RECORDED.schema, &fact.payload).expect("it is readable");
            prop_assert_eq!(event.id, fact.id);
            prop_assert_eq!(event.source, fact.source.as_str());
        }
    }
}
