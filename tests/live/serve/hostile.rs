//! What nobody should send. Each gets one clear refusal, or the protocol's own complaint; nothing of
//! it is recorded that should not be, and the system goes on.

mod bodies;
mod facts;
mod floods;
mod headers;
mod names;
mod pipelines;
mod replies;

use std::sync::Arc;
use std::time::Duration;

use annals::app;
use annals::place::Place;
use events::store::{LogHead, LogReader};
use serde_json::Value;
use tokio::time::timeout;

use super::raw::{Heard, INBOX, Message, Raw, publish};
use super::system::System;

/// The largest answer to something that is refused: nobody gets back what they sent.
const ANSWER_BYTES_MAX: usize = 4096;
/// How much later an answer may come than the one to a question that was asked behind it.
const SOON: Duration = Duration::from_secs(5);
/// A task that nobody has submitted.
const TASK: &str = "00000000-0000-7000-8000-0000000000aa";

/// Something that nobody should send, and what follows from it.
struct Case {
    what: String,
    says: Vec<u8>,
    then: Then,
}

/// What follows.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// It is refused under this code, and nothing is recorded.
    Refused(u16, &'static str),
    /// An actor says no; the answer is recorded, and nothing else.
    Rejected(u16, &'static str),
    /// The server complains with these words, and goes on.
    Complaint(&'static str),
    /// The server complains with these words, and ends the connection.
    End(&'static str),
    /// The connection ends without a word.
    Cut,
    /// Nobody listens there, which is told.
    Nobody,
    /// Nothing is said.
    Silence,
}

/// A request of the usual form.
fn request(what: &str, subject: &str, headers: &[u8], body: &[u8], then: Then) -> Case {
    let says = publish(&format!("annals.main.{subject}"), &format!("{INBOX}.a"), headers, body);
    Case { what: format!("{what}: {subject}"), says, then }
}

/// A system that something hostile is sent to.
struct Target {
    system: System,
    log: Arc<dyn LogReader>,
}

impl Target {
    async fn start() -> Self {
        Self::of(System::start()).await
    }

    async fn of(system: System) -> Self {
        let log = app::reader(&Place::File(system.log())).await.expect("it opens");
        let target = Self { system, log };
        target.is_quiet();
        target
    }

    /// All agents that are built in are registered.
    fn is_quiet(&self) {
        while self.system.lines(&["agent", "list"]).len() < 3 {}
    }

    async fn head(&self) -> LogHead {
        self.log.head().await.expect("it is read")
    }

    /// Sends it, and checks that just that follows which should.
    async fn plays(&self, case: &Case) {
        let before = self.head().await;
        let heard = self.hears(&case.says, expected(case.then)).await;
        check(case, &heard);
        let after = self.head().await;
        let recorded = u64::from(matches!(case.then, Then::Rejected(..)));
        assert_eq!(after.position, before.position, "{}: something is recorded", case.what);
        assert_eq!(after.outcomes, before.outcomes + recorded, "{}: outcomes", case.what);
    }

    /// Everything that is heard behind it, up to the answer to a question that is asked last.
    async fn hears(&self, says: &[u8], expected: usize) -> Vec<Heard> {
        let mut raw = Raw::connect(self.system.address()).await;
        let question = br#"{"id":"echo"}"#;
        let last = publish("annals.main.query.agent", &format!("{INBOX}.last"), b"", question);
        raw.say(&[says, &last].concat()).await;
        let (mut heard, mut is_asked) = (Vec::new(), true);
        while is_asked || heard.len() < expected {
            let next = match is_asked {
                true => Some(raw.hear().await),
                // The last question may be answered before the one that is looked at.
                false => timeout(SOON, raw.hear()).await.ok(),
            };
            match next {
                Some(Heard::Message(answer)) if answer.subject.ends_with(".last") => {
                    is_asked = false;
                }
                Some(Heard::End) => {
                    heard.push(Heard::End);
                    break;
                }
                Some(other) => heard.push(other),
                None => break,
            }
        }
        heard
    }

    /// It does what it is there for.
    fn works(&self) {
        let submit = ["task", "submit", "echo", "--input", "[1]", "--wait"];
        let done = self.system.json(&submit);
        assert_eq!(done["payload"]["result"]["inline"], serde_json::json!([1]), "{done}");
    }
}

/// How much is heard.
fn expected(then: Then) -> usize {
    match then {
        Then::Silence => 0,
        Then::End(_) => 2,
        _ => 1,
    }
}

fn check(case: &Case, heard: &[Heard]) {
    let about = format!("{}: {heard:?}", case.what);
    match (case.then, heard) {
        (Then::Refused(status, code), [Heard::Message(answer)]) => {
            refused(answer, (status, code, false), &about);
        }
        (Then::Rejected(status, code), [Heard::Message(answer)]) => {
            refused(answer, (status, code, true), &about);
        }
        (Then::Complaint(words), [Heard::Complaint(said)]) => {
            assert!(said.contains(words), "{about}");
        }
        (Then::End(words), [Heard::Complaint(said), Heard::End]) => {
            assert!(said.contains(words), "{about}");
        }
        (Then::Cut, [Heard::End]) => {}
        (Then::Nobody, [Heard::Message(answer)]) => {
            assert!(answer.headers.starts_with("NATS/1.0 503"), "{about}");
        }
        (Then::Silence, []) => {}
        (then, _) => panic!("{then:?} should follow. {about}"),
    }
}

fn refused(answer: &Message, (status, code, recorded): (u16, &str, bool), about: &str) {
    assert_eq!(answer.subject, format!("{INBOX}.a"), "{about}");
    let body: Value = serde_json::from_str(&answer.payload).expect("JSON");
    assert_eq!((&body["outcome"], &body["code"]), (&"refused".into(), &code.into()), "{about}");
    assert_eq!(body["recorded"], recorded, "{about}");
    let line = format!("\r\nNats-Service-Error-Code: {status}\r\n");
    assert!(answer.headers.contains(&line), "{about}");
    assert!(answer.headers.contains("\r\nNats-Service-Error: "), "{about}");
    let bytes = answer.headers.len() + answer.payload.len();
    assert!(bytes <= ANSWER_BYTES_MAX, "{bytes} bytes are answered. {about}");
}

async fn play(cases: Vec<Case>) {
    let target = Target::start().await;
    for case in &cases {
        target.plays(case).await;
    }
    target.works();
}
