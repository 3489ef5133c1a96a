//! From an append to the rows a store keeps: ids, headers and hashes, made before the transaction.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::chain::event_hash;
use crate::header::{Codec, Header};
use crate::id::{EventId, LogId};
use crate::store::batch::PreparedEvent;
use crate::store::{Append, Decision, NewEvent, Prepared, StreamHead, Verdict};
use crate::stream::Version;
use crate::time::Timestamp;

/// Chains the events of an append to `base` and stamps them.
pub(crate) fn prepare(
    append: &Append,
    follows: bool,
    base: StreamHead,
    log_id: LogId,
    stamp: Timestamp,
) -> Prepared {
    let mut head = base;
    let events = append.decision.events().iter().map(|event| {
        let version = head.version.next();
        let header = header(append, event, log_id, version, stamp).encode();
        let hash = event_hash(&head.hash, &header, &event.payload);
        head = StreamHead { version, hash };
        PreparedEvent { header, payload: event.payload.clone(), hash }
    });
    Prepared {
        events: events.collect(),
        stream: append.stream.clone(),
        expected: append.expected,
        follows,
        base,
        command: append.command,
        request: append.request,
        owner: append.owner,
        verdict: verdict(&append.decision),
        blobs: append.blobs.clone(),
    }
}

fn header<'a>(
    append: &'a Append,
    event: &'a NewEvent,
    log_id: LogId,
    version: Version,
    recorded_at: Timestamp,
) -> Header<'a> {
    let cause = &append.cause;
    Header {
        event_id: event_id(append, log_id, version, recorded_at),
        log_id,
        tenant: append.stream.tenant.as_str(),
        category: append.stream.category.as_str(),
        stream_key: append.stream.key.as_str(),
        version,
        wire_type: &event.wire_type,
        schema: event.schema,
        recorded_at,
        effective_at: cause.effective_at,
        principal: cause.principal.as_str(),
        on_behalf_of: cause.on_behalf_of.as_ref().map(|principal| principal.as_str()),
        command_id: append.command,
        correlation: cause.correlation.as_ref().map(|correlation| correlation.as_str()),
        causation: cause.causation,
        traceparent: cause.traceparent.as_ref().map(|trace| trace.as_str()),
        codec: Codec::Json,
    }
}

/// A uuid of version 7 whose random part is a hash of the event's place: unique wherever logs
/// meet, because the log's own id is random, and the same in every simulation of one seed.
fn event_id(append: &Append, log_id: LogId, version: Version, recorded_at: Timestamp) -> EventId {
    let mut hash = Sha256::new_with_prefix(b"annals.event-id.1\0");
    hash.update(log_id.0.as_bytes());
    hash.update(append.command.to_bytes());
    for part in
        [append.stream.tenant.as_str(), append.stream.category.as_str(), append.stream.key.as_str()]
    {
        hash.update([part.len() as u8]);
        hash.update(part.as_bytes());
    }
    hash.update(version.0.to_be_bytes());
    let digest = hash.finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    let id: Uuid =
        uuid::Builder::from_unix_timestamp_millis(recorded_at.millis(), &random).into_uuid();
    EventId(id)
}

fn verdict(decision: &Decision) -> Verdict {
    match decision {
        Decision::Accepted(_) => Verdict::Accepted,
        Decision::Nothing => Verdict::Nothing,
        Decision::Rejected { code, message, .. } => {
            Verdict::Rejected { code: code.clone(), message: message.clone() }
        }
    }
}
