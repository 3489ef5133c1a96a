//! The rows of appends, made before the clock starts: what the raw loops write.

use std::collections::BTreeMap;

use events::chain::{EventHash, event_hash};
use events::header::{Codec, Header};
use events::id::{CommandId, EventId, LogId};
use events::stream::Version;
use events::time::Timestamp;
use uuid::Uuid;

use super::corpus::{Corpus, Dice};

/// A row of each table that one append writes.
pub(super) struct Row {
    pub(super) position: i64,
    pub(super) stream: i64,
    /// The name of the stream.
    pub(super) key: String,
    pub(super) version: i64,
    /// The hash of the event before it in its stream.
    pub(super) before: EventHash,
    pub(super) hash: EventHash,
    pub(super) header: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) command: [u8; CommandId::BYTES],
    pub(super) recorded_at: i64,
}

/// The rows of this many appends on random ones of so many streams.
pub(super) fn rows(events: u64, streams: u64) -> Vec<Row> {
    let (corpus, mut dice) = (Corpus::new(), Dice::new(1));
    let mut heads = BTreeMap::new();
    let log_id = LogId(Uuid::from_u128(1));
    let start = 1_780_000_000_000_u64;
    (0..events)
        .map(|n| {
            let number = dice.below(streams);
            let command = Corpus::command(start + n / 64, &mut dice);
            let append = corpus.append(corpus.stream(number), command);
            // Streams are numbered as they appear, like in the log itself.
            let appeared = heads.len() as i64 + 1;
            let (stream, version, before) =
                heads.get(&number).copied().unwrap_or((appeared, 0_u64, EventHash::NONE));
            let recorded_at = Timestamp((start + n / 64) as i64 * 1000);
            let header = Header {
                event_id: EventId(command.id),
                log_id,
                tenant: append.stream.tenant.as_str(),
                category: append.stream.category.as_str(),
                stream_key: append.stream.key.as_str(),
                version: Version(version + 1),
                wire_type: "task.imagined",
                schema: 1,
                recorded_at,
                effective_at: None,
                principal: "bench",
                on_behalf_of: None,
                command_id: command,
                correlation: None,
                causation: None,
                traceparent: None,
                codec: Codec::Json,
            };
            let header = header.encode();
            let payload = append.decision.events()[0].payload.clone();
            let hash = event_hash(&before, &header, &payload);
            heads.insert(number, (stream, version + 1, hash));
            Row {
                position: n as i64 + 1,
                stream,
                key: append.stream.key.to_string(),
                version: version as i64 + 1,
                before,
                hash,
                header,
                payload,
                command: command.to_bytes(),
                recorded_at: recorded_at.0,
            }
        })
        .collect()
}
