//! An event as a message.

use std::fmt::Display;

use bytes::Bytes;
use events::bus::{Headers, Message, Name};
use events::recorded::Stored;

/// The version of CloudEvents.
const SPECVERSION: &str = "1.0";

/// An event as a message; none, if its names are none that a subject can have, or nobody wants it.
pub(super) fn of(stored: &Stored, is_wanted: impl FnOnce(&Name) -> bool) -> Option<Message> {
    let header = stored.header();
    let (category, key) = (header.category, header.stream_key);
    let word = header.wire_type.split_once('.').map_or(header.wire_type, |(_, word)| word);
    let subject = format!("annals.{}.event.{category}.{key}.{word}", header.tenant);
    let name = Name::new(subject).ok().filter(is_wanted)?;
    let source = format!("/annals/{}/{category}/{key}", header.tenant);
    let (position, version) = (stored.position(), header.version);
    let (id, log, hash) = (header.event_id, header.log_id, stored.hash());
    let time = header.effective_at.unwrap_or(header.recorded_at);
    let mut all: Vec<(&'static str, &dyn Display)> = vec![
        ("ce-specversion", &SPECVERSION),
        ("ce-id", &id),
        ("ce-source", &source),
        ("ce-type", &header.wire_type),
        ("ce-time", &time),
        ("content-type", &"application/json"),
        ("annals-position", &position),
        ("annals-version", &version),
        ("annals-schema", &header.schema),
        ("annals-recorded-at", &header.recorded_at),
        ("annals-principal", &header.principal),
        ("annals-log", &log),
        ("annals-hash", &hash),
        ("Nats-Msg-Id", &id),
    ];
    if let Some(traceparent) = &header.traceparent {
        all.push(("traceparent", traceparent));
    }
    if let Some(correlation) = &header.correlation {
        all.push(("annals-correlation", correlation));
    }
    let headers = Headers::of(all);
    Some(Message { headers, ..Message::new(name, Bytes::copy_from_slice(stored.payload())) })
}
