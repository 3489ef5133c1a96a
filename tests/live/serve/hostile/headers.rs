//! Headers that are broken, too long, or there twice.

use serde_json::Value;

use super::Then::{Cut, End, Refused};
use super::{Case, INBOX, Message, TASK, Target, Then, play, publish, request};
use crate::serve::raw::Heard;

fn with(what: &str, headers: &[u8], then: Then) -> Case {
    let subject = format!("command.task.{TASK}.submit");
    request(what, &subject, headers, br#"{"kind":"a"}"#, then)
}

fn one(name: &str, value: &str) -> Vec<u8> {
    format!("NATS/1.0\r\n{name}: {value}\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn a_command_whose_headers_cannot_be_read_is_refused() {
    let malformed = Refused(400, "malformed");
    let long = "x".repeat(257);
    let twice = b"NATS/1.0\r\nAnnals-Command-Id: a\r\nannals-command-id: b\r\n\r\n";
    play(vec![
        with("an empty id", &one("Annals-Command-Id", ""), malformed),
        with("a long id", &one("Annals-Command-Id", &long), malformed),
        with("a long id of a message", &one("Nats-Msg-Id", &long), malformed),
        with("two ids", twice, malformed),
        with("a cause that is no event", &one("Annals-Causation", "x"), malformed),
        with("a long correlation", &one("Annals-Correlation", &long), malformed),
        with("a long person", &one("Annals-Data-Subject", &long), malformed),
        with("a person without a name", &one("Annals-Data-Subject", ""), malformed),
        with("a zero in a name", &one("Annals-On-Behalf-Of", "a\0b"), malformed),
        with("no first line", b"Annals-Command-Id: a\r\n\r\n", malformed),
        with("another version", b"NATS/7.0\r\nAnnals-Command-Id: a\r\n\r\n", malformed),
        with("no last line", b"NATS/1.0\r\nAnnals-Command-Id: a\r\n", malformed),
        with("not UTF-8", b"NATS/1.0\r\nAnnals-Command-Id: \xff\r\n\r\n", malformed),
        with("zeros", &[0; 64], malformed),
    ])
    .await;
}

#[tokio::test]
async fn sizes_that_do_not_fit_end_the_connection() {
    let subject = format!("annals.main.command.task.{TASK}.submit {INBOX}.a");
    let case = |what: &str, sizes: &str, then| Case {
        what: what.into(),
        says: format!("HPUB {subject} {sizes}\r\n").into_bytes(),
        then,
    };
    play(vec![
        case("more headers than message", "20 10", Cut),
        case("less than nothing", "-1 10", Cut),
        case("more than all numbers", "1 99999999999999999999", Cut),
        case("more than there may be", "12 1048577", End("Maximum Payload")),
    ])
    .await;
}

fn submit(id: &str, task: &str, body: &str) -> Vec<u8> {
    let subject = format!("annals.main.command.task.{task}.submit");
    let headers = one("Annals-Command-Id", id);
    publish(&subject, &format!("{INBOX}.a"), &headers, body.as_bytes())
}

async fn answer(target: &Target, says: &[u8]) -> (Message, Value) {
    match &target.hears(says, 1).await[..] {
        [Heard::Message(message)] => {
            let body = serde_json::from_str(&message.payload).expect("JSON");
            (message.clone(), body)
        }
        other => panic!("one answer should come: {other:?}"),
    }
}

#[tokio::test]
async fn an_id_stands_for_one_request_for_ever() {
    let target = Target::start().await;
    let body = r#"{"kind":"nobody-does-this"}"#;
    let (_, first) = answer(&target, &submit("once", TASK, body)).await;
    assert_eq!((&first["outcome"], &first["known"]), (&"accepted".into(), &Value::Null));
    let head = target.head().await;
    let (_, again) = answer(&target, &submit("once", TASK, body)).await;
    assert_eq!((&again["known"], &again["position"]), (&true.into(), &first["position"]));
    let other_task = TASK.replace("aa", "bb");
    for (task, body) in [
        (TASK, r#"{"kind":"other"}"#),
        (TASK, "{\"kind\":\"nobody-does-this\"} "),
        (&other_task, body),
    ] {
        let (message, other) = answer(&target, &submit("once", task, body)).await;
        assert_eq!(other["code"], "command_reused", "{task} {body}: {other}");
        assert!(message.headers.contains("Nats-Service-Error-Code: 409"), "{message:?}");
    }
    let after = target.head().await;
    assert_eq!((after.position, after.outcomes), (head.position, head.outcomes));
    target.works();
}
