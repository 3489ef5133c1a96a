//! What is appended: single events of 400 bytes on random streams, each with its command id.

use events::id::{Category, CommandId, CommandKind, Principal, StreamKey, Tenant};
use events::store::{Append, Cause, Decision, Expected, NewEvent, RequestHash};
use events::stream::StreamId;
use uuid::Uuid;

/// How many streams the events are spread over.
pub(super) const STREAMS: u64 = 1_000_000;
/// The size of a payload.
pub(super) const PAYLOAD_BYTES: usize = 400;

/// Small numbers that look random and are the same in every run.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        (self.roll() >> 11) % limit
    }
}

/// The parts that all appends share.
pub(super) struct Corpus {
    tenant: Tenant,
    category: Category,
    principal: Principal,
    payload: Vec<u8>,
}

impl Corpus {
    pub(super) fn new() -> Self {
        let text = "x".repeat(PAYLOAD_BYTES - "{\"text\":\"\"}".len());
        Self {
            tenant: events::id::main_tenant(),
            category: Category::new("task").expect("a token"),
            principal: Principal::new("bench").expect("a label"),
            payload: format!("{{\"text\":\"{text}\"}}").into_bytes(),
        }
    }

    /// The stream number `n`, named by a uuid.
    pub(super) fn stream(&self, n: u64) -> StreamId {
        let id = Uuid::from_u128((0x0190_0000_0000_7000_8000 << 48) | u128::from(n));
        StreamId::new(self.tenant.clone(), self.category.clone(), StreamKey::of_uuid(id))
    }

    /// A command id as publishers mint them: time first, then randomness.
    pub(super) fn command(millis: u64, dice: &mut Dice) -> CommandId {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&dice.roll().to_be_bytes());
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        CommandId { kind: CommandKind::Publisher, id }
    }

    /// One event on a stream.
    pub(super) fn append(&self, stream: StreamId, command: CommandId) -> Append {
        let event = NewEvent {
            wire_type: "task.imagined".into(),
            schema: 1,
            payload: self.payload.clone(),
        };
        Append {
            stream,
            expected: Expected::Any,
            command,
            request: RequestHash([7; 32]),
            owner: None,
            decision: Decision::Accepted(vec![event]),
            cause: Cause::by(self.principal.clone()),
            blobs: Vec::new(),
        }
    }
}
