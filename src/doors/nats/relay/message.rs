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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use events::chain::EventHash;
    use events::header::{Codec, Header as Stamped};
    use events::id::{CommandId, EventId, LogId};
    use events::stream::{Position, Version};
    use events::time::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::doors::nats::headers::EVENT;

    /// The names of the headers of an event.
    fn names(traceparent: Option<&str>, correlation: Option<&str>) -> BTreeSet<String> {
        let header = Stamped {
            event_id: EventId(Uuid::nil()),
            log_id: LogId(Uuid::nil()),
            tenant: "main",
            category: "agent",
            stream_key: "ada",
            version: Version(3),
            wire_type: "agent.paused",
            schema: 1,
            recorded_at: Timestamp(5),
            effective_at: None,
            principal: "operator",
            on_behalf_of: None,
            command_id: CommandId::publisher("pause"),
            correlation,
            causation: None,
            traceparent,
            codec: Codec::Json,
        };
        let stored = Stored::new(Position(7), EventHash::NONE, &header.encode(), b"{}");
        let message = of(&stored.expect("readable"), |_| true).expect("it has a subject");
        message.headers.iter().map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn publishers_are_told_every_header_and_no_other() {
        let told = |only_always: bool| -> BTreeSet<String> {
            let told = EVENT.iter().filter(|header| header.always || !only_always);
            told.map(|header| header.name.to_owned()).collect()
        };
        assert_eq!(names(None, None), told(true));
        assert_eq!(names(Some("00-1-2-3"), Some("a")), told(false));
    }
}
