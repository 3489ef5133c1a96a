//! What a message says beside its payload: the id of a command, why it is asked, a CloudEvent in
//! headers. Names of headers may be written in any case.

use bytes::Bytes;
use data_encoding::BASE64;
use events::bus::Headers;
use events::id::{CommandId, CommandKind, InvalidId, LABEL_BYTES_MAX, Principal, Source};
use events::store::keys::new_id as new_uuid;
use events::time::Clock;
use serde_json::{Map, Value};

use super::headers::{
    CAUSATION, COMMAND_ID, CORRELATION, DATA_SUBJECT, MESSAGE_ID, ON_BEHALF_OF, PRINCIPAL,
    TRACEPARENT,
};
use crate::app::asking::Context;
use crate::app::refusal::Refusal;

/// What the attributes of a CloudEvent begin with in headers.
const CLOUD_EVENT: &str = "ce-";

/// What the headers of a command say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Headed {
    pub(super) id: Option<CommandId>,
    pub(super) context: Context,
}

impl Headed {
    pub(super) fn read(wire: &[u8]) -> Result<Self, Refusal> {
        if wire.is_empty() {
            return Ok(Self::default());
        }
        let headers = Headers::from_wire(Bytes::copy_from_slice(wire));
        // Whoever is not understood here may have named a command that must not be done twice.
        if !headers.are_readable() {
            return Err(Refusal::Unreadable("its headers are no headers of NATS".into()));
        }
        let id = match only(&headers, COMMAND_ID)? {
            Some(id) => Some(id),
            None => only(&headers, MESSAGE_ID)?,
        };
        let context = Context {
            on_behalf_of: parsed(&headers, ON_BEHALF_OF)?,
            correlation: parsed(&headers, CORRELATION)?,
            causation: parsed(&headers, CAUSATION)?,
            // What others trace is theirs: one that cannot be kept is no reason to refuse.
            traceparent: headers.get(TRACEPARENT).and_then(|text| text.parse().ok()),
            data_subject: parsed::<Principal>(&headers, DATA_SUBJECT)?.map(Into::into),
        };
        Ok(Self { id: id.map(command_id).transpose()?, context })
    }
}

/// The one value under a name, however often and in whatever case it is written.
fn only<'a>(headers: &'a Headers, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut all = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    let first = all.next().map(|(_, value)| value);
    match all.find(|(_, value)| Some(*value) != first) {
        Some(_) => Err(Refusal::Unreadable(format!("the header {name} says two things"))),
        None => Ok(first),
    }
}

fn command_id(text: &str) -> Result<CommandId, Refusal> {
    if text.is_empty() || text.len() > LABEL_BYTES_MAX {
        let what = format!("a command's id has 1 to {LABEL_BYTES_MAX} bytes");
        return Err(Refusal::Unreadable(what));
    }
    Ok(CommandId::publisher(text))
}

fn parsed<T: std::str::FromStr<Err = InvalidId>>(
    headers: &Headers,
    name: &str,
) -> Result<Option<T>, Refusal> {
    let text = only(headers, name)?.map(str::parse).transpose();
    text.map_err(|error: InvalidId| Refusal::Unreadable(format!("the header {name}: {error}")))
}

/// Who sends, where the permissions of a server vouch for it.
pub(super) fn principal(wire: &[u8]) -> Option<Principal> {
    Headers::from_wire(Bytes::copy_from_slice(wire)).get(PRINCIPAL)?.parse().ok()
}

/// An id for a command that came without one. It begins with the time, so that the log keeps it
/// beside its neighbours.
pub(super) fn new_id(clock: &dyn Clock) -> CommandId {
    CommandId { kind: CommandKind::Publisher, id: new_uuid(clock.now()) }
}

/// The id that the log knows a fact by; that of nothing, if it has none and will be refused.
pub(super) fn fact_id(source: &Source, body: &[u8]) -> CommandId {
    #[derive(serde::Deserialize)]
    struct Named {
        id: String,
    }
    let id = serde_json::from_slice(body).map_or(String::new(), |Named { id }| id);
    CommandId::fact(source, &id)
}

/// A CloudEvent: the payload itself, or what the headers say of it with the payload as its data.
pub(super) fn cloud_event(wire: &[u8], payload: &[u8]) -> Result<Bytes, Refusal> {
    let headers = Headers::from_wire(Bytes::copy_from_slice(wire));
    let mut event = Map::new();
    for (name, value) in headers.iter() {
        let name = name.to_ascii_lowercase();
        if let Some(attribute) = name.strip_prefix(CLOUD_EVENT)
            && event.insert(attribute.into(), value.into()).is_some()
        {
            return Err(Refusal::Unreadable(format!("the header {name} is there twice")));
        }
    }
    if event.is_empty() {
        return Ok(Bytes::copy_from_slice(payload));
    }
    if let Some(kind) = headers.get("content-type") {
        event.insert("datacontenttype".into(), kind.into());
    }
    data(&mut event, payload);
    Ok(Value::Object(event).to_string().into())
}

/// JSON stays what it is, text becomes a text, and everything else is written in base64.
fn data(event: &mut Map<String, Value>, payload: &[u8]) {
    if payload.is_empty() {
        return;
    }
    let is_json = event.get("datacontenttype").and_then(Value::as_str).is_none_or(speaks_json);
    let (name, value) = match (serde_json::from_slice(payload), str::from_utf8(payload)) {
        (Ok(json), _) if is_json => ("data", json),
        (_, Ok(text)) => ("data", Value::from(text)),
        (_, Err(_)) => ("data_base64", Value::from(BASE64.encode(payload))),
    };
    event.insert(name.into(), value);
}

fn speaks_json(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    kind.ends_with("/json") || kind.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(headers: &[(&str, &str)]) -> Bytes {
        let all =
            headers.iter().try_fold(Headers::none(), |all, (name, value)| all.with(name, value));
        all.expect("they are headers").wire().clone()
    }

    #[test]
    fn a_command_is_named_by_its_own_header_first() {
        let headed = Headed::read(&wire(&[("Nats-Msg-Id", "b"), ("annals-command-id", "a")]));
        assert_eq!(headed.expect("it is read").id, Some(CommandId::publisher("a")));
        let headed = Headed::read(&wire(&[("nats-msg-id", "b")])).expect("it is read");
        assert_eq!(headed.id, Some(CommandId::publisher("b")));
        assert_eq!(Headed::read(b"").expect("it is read"), Headed::default());
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        for (name, value) in [
            ("Annals-Command-Id", "x".repeat(257)),
            ("Annals-Causation", "not-a-uuid".into()),
            ("Annals-Correlation", "x".repeat(257)),
        ] {
            assert!(Headed::read(&wire(&[(name, &value)])).is_err(), "{name}");
        }
        assert!(Headed::read(b"Annals-Command-Id: a\r\n\r\n").is_err(), "no first line");
    }

    #[test]
    fn what_says_two_things_says_nothing() {
        let twice = |b| wire(&[("Annals-Command-Id", "a"), ("annals-command-id", b)]);
        assert!(Headed::read(&twice("a")).is_ok());
        assert!(Headed::read(&twice("b")).is_err());
    }

    #[test]
    fn a_fact_may_stand_in_headers() {
        let headers = wire(&[("ce-id", "1"), ("Ce-Source", "shop"), ("ce-type", "order.placed")]);
        let event = cloud_event(&headers, br#"{"total": 3}"#).expect("it is an event");
        let event: Value = serde_json::from_slice(&event).expect("it is JSON");
        assert_eq!(event["data"]["total"], 3);
        assert_eq!((&event["id"], &event["source"]), (&"1".into(), &"shop".into()));
        let bytes = cloud_event(&headers, &[0xff]).expect("it is an event");
        assert!(bytes.ends_with(br#""type":"order.placed"}"#), "{bytes:?}");
    }

    #[test]
    fn a_fact_without_such_headers_is_the_payload_itself() {
        let event = cloud_event(&wire(&[("traceparent", "x")]), b"{\"id\": 1 }");
        assert_eq!(event.expect("it is passed on"), "{\"id\": 1 }");
        assert!(cloud_event(&wire(&[("ce-id", "1"), ("CE-Id", "2")]), b"").is_err());
    }
}
