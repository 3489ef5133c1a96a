//! What is said here in the words of the client, and the other way round.

use std::fmt::Write as _;

use async_nats::message::OutboundMessage;
use async_nats::{
    ConnectError, ConnectErrorKind, HeaderMap, HeaderName, HeaderValue, PublishError,
    PublishErrorKind, Subject,
};
use bytes::Bytes;

use crate::bus::{Error, Headers, Message, Name};

/// A message to be sent. A status in its headers is not: the client has no way to say it.
pub(super) fn outbound(message: &Message) -> Result<OutboundMessage, Error> {
    Ok(OutboundMessage {
        subject: subject(message.subject.as_bytes())?,
        reply: message.reply.as_ref().map(|reply| subject(reply.as_bytes())).transpose()?,
        payload: message.payload.clone(),
        headers: header_map(&message.headers)?,
    })
}

/// A subject as the client has it. Clients take a space of any script for the end of a subject.
pub(super) fn subject(bytes: &Bytes) -> Result<Subject, Error> {
    let not_allowed =
        |rule: &str| Error::NotAllowed(format!("{:?} {rule}", String::from_utf8_lossy(bytes)));
    let subject = Subject::from_utf8(bytes.clone()).map_err(|_| not_allowed("is no text"))?;
    match subject.contains(char::is_whitespace) {
        true => Err(not_allowed("has a space")),
        false => Ok(subject),
    }
}

fn header_map(headers: &Headers) -> Result<Option<HeaderMap>, Error> {
    let invalid = |error: &dyn std::error::Error| Error::NotAllowed(error.to_string());
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter() {
        let name: HeaderName = name.parse().map_err(|error| invalid(&error))?;
        let value: HeaderValue = value.parse().map_err(|error| invalid(&error))?;
        map.append(name, value);
    }
    Ok((!map.is_empty()).then_some(map))
}

/// A message that came.
pub(super) fn inbound(message: async_nats::Message) -> Message {
    let headers = headers(&message);
    let name = |subject: Subject| Name::as_received(Bytes::from(subject.into_string()));
    Message {
        subject: name(message.subject),
        reply: message.reply.map(name),
        headers,
        payload: message.payload,
        origin: None,
    }
}

/// Headers that came. The client keeps the order of values, but not of names: those are sorted, so
/// that the same message always looks the same.
fn headers(message: &async_nats::Message) -> Headers {
    let Some(map) = &message.headers else { return Headers::none() };
    let mut text = String::from("NATS/1.0");
    if let Some(status) = message.status {
        let _ = write!(text, " {:03}", status.as_u16());
    }
    if let Some(description) = &message.description {
        let _ = write!(text, " {description}");
    }
    text.push_str("\r\n");
    let mut names: Vec<_> = map.iter().map(|(name, values)| (name.as_ref(), values)).collect();
    names.sort_unstable_by_key(|(name, _): &(&str, _)| *name);
    for (name, values) in names {
        for value in values {
            let _ = write!(text, "{name}: {value}\r\n");
        }
    }
    text.push_str("\r\n");
    Headers::from_wire(text.into())
}

/// Why nothing was sent.
pub(super) fn not_sent(error: &PublishError, message: &Message, limit: usize) -> Error {
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => Error::TooLarge { bytes: message.bytes(), limit },
        PublishErrorKind::InvalidSubject => Error::NotAllowed(message.subject.to_string()),
        PublishErrorKind::Send => Error::Closed,
    }
}

/// Why there is no connection.
pub(super) fn not_connected(error: &ConnectError) -> Error {
    match error.kind() {
        ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
            Error::NotAllowed(error.to_string())
        }
        _ => Error::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_that_clients_would_take_apart_is_not_sent() {
        let spaces = ["a\u{a0}b", "a.\u{3000}", "a\u{2003}b", "a\u{85}"];
        for text in spaces.map(str::as_bytes).iter().copied().chain([&b"a\xff"[..]]) {
            let refused = subject(&Bytes::copy_from_slice(text));
            assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
        }
        assert!(subject(&Bytes::from("ü.日本")).is_ok());
    }

    #[test]
    fn headers_go_there_and_back() {
        let sent = Headers::none().with("B", "1").and_then(|h| h.with("a", "2"));
        let sent = sent.and_then(|h| h.with("B", "0")).expect("headers");
        let name: Name = "a".parse().expect("a name");
        let out =
            outbound(&Message { headers: sent, ..Message::new(name, "") }).expect("it is said");
        let came = inbound(async_nats::Message {
            subject: out.subject,
            reply: None,
            payload: out.payload,
            headers: out.headers,
            status: None,
            description: None,
            length: 0,
        });
        assert_eq!(came.headers.wire(), "NATS/1.0\r\nB: 1\r\nB: 0\r\na: 2\r\n\r\n");
    }
}
