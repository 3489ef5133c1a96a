//! Words to build appends with, so that a property reads like one.

use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use crate::id::{Category, CommandId, CommandKind, Principal, StreamKey, main_tenant};
use crate::store::{Append, Cause, Decision, Expected, NewEvent, RequestHash};
use crate::stream::{StreamId, Version};
use crate::time::{Clock, Timestamp};

/// A stream of tasks.
#[must_use]
pub fn stream(key: &str) -> StreamId {
    let category = Category::new("task").expect("token");
    StreamId::new(main_tenant(), category, StreamKey::new(key).expect("token"))
}

/// The `n`-th command of a publisher.
#[must_use]
pub fn command(n: u128) -> CommandId {
    CommandId { kind: CommandKind::Publisher, id: Uuid::from_u128(n) }
}

/// An event of a type no program knows, with this payload.
#[must_use]
pub fn event(payload: &str) -> NewEvent {
    NewEvent { wire_type: "task.imagined".into(), schema: 1, payload: payload.into() }
}

/// An append of one event at any version.
#[must_use]
pub fn append(key: &str, n: u128) -> Append {
    Append {
        stream: stream(key),
        expected: Expected::Any,
        command: command(n),
        request: RequestHash([n as u8; 32]),
        owner: None,
        decision: Decision::Accepted(vec![event(&format!("{{\"n\":{n}}}"))]),
        cause: Cause::by(Principal::new("tester").expect("label")),
        blobs: Vec::new(),
    }
}

/// An append of one event at exactly this version.
#[must_use]
pub fn append_at(key: &str, n: u128, version: u64) -> Append {
    let expected = if version == 0 { Expected::Empty } else { Expected::Exact(Version(version)) };
    Append { expected, ..append(key, n) }
}

/// An append that records only that the domain said no.
#[must_use]
pub fn rejection(key: &str, n: u128) -> Append {
    let (code, message) = ("task.already_finished".into(), "it is done".into());
    Append { decision: Decision::Rejected { code, message, record: None }, ..append(key, n) }
}

/// A clock that is set by hand.
#[derive(Debug, Default)]
pub struct SetClock(AtomicI64);

impl SetClock {
    /// A clock that shows `micros`.
    #[must_use]
    pub fn at(micros: i64) -> Self {
        Self(AtomicI64::new(micros))
    }

    /// Sets it, forwards or back.
    pub fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}
