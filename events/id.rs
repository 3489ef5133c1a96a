//! Typed ids. A name that people choose is a token; what machines mint is a uuid.
//! Nothing here makes a new id: ids arrive as data, so that deciders stay pure.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::shape::inline_shape;

/// The longest token: it must fit into a NATS subject many times over.
pub const TOKEN_BYTES_MAX: usize = 64;
/// The longest principal, correlation or trace context.
pub const LABEL_BYTES_MAX: usize = 256;

/// Why a piece of text is not the id it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid {what}: {rule}")]
pub struct InvalidId {
    what: &'static str,
    text: String,
    rule: &'static str,
}

impl InvalidId {
    fn new(what: &'static str, text: &str, rule: &'static str) -> Self {
        Self { what, text: text.chars().take(80).collect(), rule }
    }
}

/// Says whether `text` may stand as one token of a subject.
#[must_use]
pub fn is_token(text: &str) -> bool {
    (1..=TOKEN_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn is_label(text: &str) -> bool {
    (1..=LABEL_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Says whether `text` is tokens with a slash between each and the next.
fn is_token_path(text: &str) -> bool {
    text.len() <= LABEL_BYTES_MAX && text.split('/').all(is_token)
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:ident, $rule:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Accepts `text` if it keeps the rule of this kind of id.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                if $check(text) { Ok(Self(text.into())) } else { Err(InvalidId::new($what, text, $rule)) }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        inline_shape!($name, $what, {
            "type": "string", "pattern": $pattern, "description": $rule
        });

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().into()
            }
        }
    };
}

macro_rules! token_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        text_id!($(#[$doc])* $name, $what, is_token, "use 1 to 64 letters, digits, `_` or `-`",
            "^[A-Za-z0-9_-]{1,64}$");
    };
}

token_id!(
    /// Whose data it is. The tenant of a lone system is `main`.
    Tenant, "tenant");
token_id!(
    /// The kind of thing a stream is about: `task`, `agent`, …
    Category, "category");
token_id!(
    /// The name of a stream inside its category.
    StreamKey, "stream id");
token_id!(
    /// An agent, by the slug people chose for it.
    AgentId, "agent id");
token_id!(
    /// Something an agent can do, and a task may need.
    Capability, "capability");
token_id!(
    /// A pipeline, by the slug people chose for it.
    PipelineId, "pipeline id");
token_id!(
    /// A stage of a pipeline.
    StageName, "stage");
token_id!(
    /// What a run may be told.
    SignalName, "signal");
token_id!(
    /// A schedule, by the slug people chose for it.
    ScheduleId, "schedule id");
token_id!(
    /// A trigger, by the slug people chose for it.
    TriggerId, "trigger id");
token_id!(
    /// Where a fact comes from.
    Source, "source");
token_id!(
    /// The last word of a subject: a verb, an event, a projection.
    Word, "word of a subject");
text_id!(
    /// Who did it, as the door that authenticated them says.
    Principal, "principal", is_label, "use 1 to 256 bytes without control characters",
    "^[^\\x00-\\x1f\\x7f-\\x9f]{1,256}$");
text_id!(
    /// A reader of the log whose place is kept with it: `relay`, `react/report_to_parent`.
    Consumer, "consumer", is_token_path, "use tokens with a slash between them, 256 bytes at most",
    "^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64})*$");
text_id!(
    /// What a publisher uses to tie commands of one conversation together.
    Correlation, "correlation", is_label, "use 1 to 256 bytes without control characters",
    "^[^\\x00-\\x1f\\x7f-\\x9f]{1,256}$");
text_id!(
    /// The W3C trace context a command arrived with.
    Traceparent, "traceparent", is_label, "use 1 to 256 bytes without control characters",
    "^[^\\x00-\\x1f\\x7f-\\x9f]{1,256}$");

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        inline_shape!($name, $what, { "type": "string", "format": "uuid" });

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId::new($what, text, "write a uuid"))
            }
        }
    };
}

uuid_id!(
    /// One event, for ever.
    EventId, "event id");
uuid_id!(
    /// One log: made once, when its store is created.
    LogId, "log id");
uuid_id!(
    /// A task, minted by whoever submits it.
    TaskId, "task id");
uuid_id!(
    /// A run of a pipeline, minted by whoever starts it.
    RunId, "run id");

impl EventId {
    /// The milliseconds since 1970 that it begins with, as an id of version 7 does.
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0.as_bytes().iter().take(6).fold(0, |millis, byte| millis << 8 | u64::from(*byte))
    }
}

/// Where a command's id comes from; ids of different kinds never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CommandKind {
    /// Chosen by a publisher.
    Publisher = 1,
    /// Derived by a reaction from the event that caused it.
    Derived = 2,
    /// Derived from a fact's source and id.
    Fact = 3,
}

impl CommandKind {
    /// Reads the kind back from its stored byte.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        [Self::Publisher, Self::Derived, Self::Fact].into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// The id that makes a command idempotent for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId {
    /// Which space the id lives in.
    pub kind: CommandKind,
    /// The id itself.
    pub id: Uuid,
}

impl CommandId {
    /// Length of the stored form: kind byte, then the uuid.
    pub const BYTES: usize = 17;

    /// The id a publisher sent: a uuid as it is, any other text by its hash.
    #[must_use]
    pub fn publisher(text: &str) -> Self {
        let id = Uuid::parse_str(text)
            .unwrap_or_else(|_| hashed(COMMANDS, &[b"publisher", text.as_bytes()]));
        Self { kind: CommandKind::Publisher, id }
    }

    /// The id of a fact: the same (source, id) is recorded once.
    #[must_use]
    pub fn fact(source: &Source, id: &str) -> Self {
        let id = hashed(COMMANDS, &[b"fact", source.as_str().as_bytes(), id.as_bytes()]);
        Self { kind: CommandKind::Fact, id }
    }

    /// The id of the `index`-th command that `reaction` derives from an event.
    /// Starts with the event's milliseconds, so that derived ids sort by time in the store.
    #[must_use]
    pub fn derived(event: EventId, caused_at_ms: u64, reaction: &str, index: u32) -> Self {
        let parts: [&[u8]; 4] =
            [b"derived", event.0.as_bytes(), reaction.as_bytes(), &index.to_be_bytes()];
        Self { kind: CommandKind::Derived, id: named_at(COMMANDS, &parts, caused_at_ms) }
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[0] = self.kind as u8;
        bytes[1..].copy_from_slice(self.id.as_bytes());
        bytes
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, id) = bytes.split_first()?;
        Some(Self { kind: CommandKind::from_byte(*kind)?, id: Uuid::from_slice(id).ok()? })
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            CommandKind::Publisher => "publisher",
            CommandKind::Derived => "derived",
            CommandKind::Fact => "fact",
        };
        write!(f, "{kind}:{}", self.id)
    }
}

/// Keeps the ids of commands apart from all others that are made of a hash.
const COMMANDS: &[u8] = b"annals.command-id.1\0";

/// A uuid (version 8) out of a hash of length-prefixed parts.
fn hashed(domain: &[u8], parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new_with_prefix(domain);
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The same, beginning with milliseconds, so that in a store it lies beside what happened then.
pub(crate) fn named_at(domain: &[u8], parts: &[&[u8]], ms: u64) -> Uuid {
    let mut bytes = *hashed(domain, parts).as_bytes();
    bytes[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
    Uuid::from_bytes(bytes)
}

/// The tenant of a lone system.
#[must_use]
pub fn main_tenant() -> Tenant {
    Tenant("main".into())
}

impl StreamKey {
    /// The stream id of something minted as a uuid.
    #[must_use]
    pub fn of_uuid(id: Uuid) -> Self {
        Self(id.to_string().into())
    }

    /// The uuid it was made of. A uuid in another spelling is another name, and none of these.
    #[must_use]
    pub fn as_uuid(&self) -> Option<Uuid> {
        let id = Uuid::try_parse(&self.0).ok()?;
        let mut spelled = Uuid::encode_buffer();
        (id.hyphenated().encode_lower(&mut spelled) == self.as_str()).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_no_subject_structure() {
        for bad in ["", "a.b", "a*", ">", "a b", "é", &"x".repeat(65)] {
            assert!(Tenant::new(bad).is_err(), "{bad:?} was accepted");
        }
        assert!(Tenant::new("Main_1-x").is_ok());
    }

    #[test]
    fn parts_of_a_fact_id_do_not_run_together() {
        let (ab, a) = (Source::new("ab").expect("token"), Source::new("a").expect("token"));
        assert_ne!(CommandId::fact(&ab, "c"), CommandId::fact(&a, "bc"));
    }

    #[test]
    fn a_uuid_has_one_spelling() {
        let id = Uuid::from_u128(0xab);
        assert_eq!(StreamKey::of_uuid(id).as_uuid(), Some(id));
        for other in [id.simple().to_string(), id.to_string().to_uppercase(), "ada".into()] {
            assert_eq!(StreamKey::new(&other).expect("a token").as_uuid(), None, "{other}");
        }
    }

    #[test]
    fn a_publisher_cannot_occupy_a_derived_id() {
        let derived = CommandId::derived(EventId(Uuid::from_u128(7)), 1, "advance_run", 0);
        let claimed = CommandId::publisher(&derived.id.to_string());
        assert_eq!(claimed.id, derived.id);
        assert_ne!(claimed, derived);
    }

    #[test]
    fn derived_ids_sort_by_the_time_of_their_cause() {
        let event = EventId(Uuid::from_u128(7));
        let (early, late) =
            (CommandId::derived(event, 1, "b", 0), CommandId::derived(event, 2, "a", 0));
        assert!(early < late);
        assert_eq!(CommandId::from_bytes(&early.to_bytes()), Some(early));
    }
}
