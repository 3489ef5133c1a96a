//! Facts that are none, and signals that say nothing.

use super::Then::{Refused, Silence};
use super::{Case, TASK, Then, play, request};

fn fact(what: &str, source: &str, body: &[u8], then: Then) -> Case {
    request(what, &format!("fact.{source}"), b"", body, then)
}

#[tokio::test]
async fn what_is_no_fact_is_refused() {
    let malformed = Refused(400, "malformed");
    let large = format!(r#"{{"id":"1","type":"t","data":"{}"}}"#, "x".repeat(300_000));
    let deep = format!(r#"{{"id":"1","type":"t","data":{}{}}}"#, "[".repeat(101), "]".repeat(101));
    let time = br#"{"id":"1","type":"t","time":"soon"}"#;
    let header = b"NATS/1.0\r\nce-id: 1\r\nCE-ID: 2\r\nce-type: t\r\n\r\n";
    play(vec![
        fact("nothing", "shop", b"", malformed),
        fact("half an object", "shop", b"{", malformed),
        fact("a list", "shop", br#"["1","t"]"#, malformed),
        fact("no id", "shop", br#"{"type":"t"}"#, Refused(400, "fact_without_id")),
        fact("an empty id", "shop", br#"{"id":"","type":"t"}"#, malformed),
        fact("no type", "shop", br#"{"id":"1"}"#, malformed),
        fact("an empty type", "shop", br#"{"id":"1","type":""}"#, malformed),
        fact("of another source", "shop", br#"{"id":"1","type":"t","source":"desk"}"#, malformed),
        fact("another version", "shop", br#"{"id":"1","type":"t","specversion":"0.3"}"#, malformed),
        fact("no time", "shop", time, malformed),
        fact("too deep", "shop", deep.as_bytes(), Refused(400, "too_deep")),
        fact("too large", "shop", large.as_bytes(), Refused(413, "too_large")),
        fact("not UTF-8", "shop", b"{\"id\":\"\xff\",\"type\":\"t\"}", malformed),
        fact("a reserved source", "_annals", br#"{"id":"1","type":"t"}"#, malformed),
        fact(
            "a source with spaces",
            "shöp",
            br#"{"id":"1","type":"t"}"#,
            Refused(404, "unknown_request"),
        ),
        request("an id twice", "fact.shop", header, b"{}", malformed),
    ])
    .await;
}

#[tokio::test]
async fn a_sign_of_life_is_read_like_everything_else() {
    let beat = |what: &str, body: &str, then| {
        request(what, "signal.agent.echo.heartbeat", b"", body.as_bytes(), then)
    };
    let pair = format!(r#"{{"task":"{TASK}","attempt":1}}"#);
    let many = format!(r#"{{"process":"p","tasks":[{}]}}"#, vec![&*pair; 5000].join(","));
    let progress = |what: &str, body: &[u8]| {
        request(what, &format!("signal.task.{TASK}.progress"), b"", body, Silence)
    };
    let malformed = Refused(400, "malformed");
    play(vec![
        beat("nothing", "", malformed),
        beat("a list", r#"["p",1,[]]"#, malformed),
        beat("no process", r#"{"slots":1}"#, malformed),
        beat("a process without a name", r#"{"process":""}"#, malformed),
        beat("a zero in a name", r#"{"process":"a\u0000b"}"#, malformed),
        beat("more slots than there are", r#"{"process":"p","slots":100000}"#, malformed),
        beat(
            "a task that is none",
            r#"{"process":"p","tasks":[{"task":"x","attempt":1}]}"#,
            malformed,
        ),
        beat("too many tasks", &many, malformed),
        beat("a field too many", r#"{"process":"p","host":"h"}"#, malformed),
        progress("progress in words", b"half"),
        progress("progress of more than all", br#"{"attempt":1,"percent":101}"#),
    ])
    .await;
}
