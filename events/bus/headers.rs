//! What stands before a payload: names with values, in the order they were written. On the wire it
//! is a first line `NATS/1.0`, which may carry a status, lines of names and values, and an empty
//! line. Names keep their case; whoever looks one up may ask for it in any.

use std::fmt::{self, Write as _};

use bytes::Bytes;

/// What the wire form begins with.
const VERSION: &str = "NATS/1.0";
/// The status of an answer that says that nobody listens.
pub const NO_RESPONDERS: u16 = 503;

/// Headers, in the form that goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Bytes);

/// Why something cannot be a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be a header: {1}")]
pub struct InvalidHeader(String, &'static str);

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn none() -> Self {
        Self(Bytes::new())
    }

    /// Headers with a status and nothing else.
    #[must_use]
    pub fn status_only(status: u16) -> Self {
        Self(format!("{VERSION} {status}\r\n\r\n").into())
    }

    /// Takes them as they came; nothing of them is trusted to be well formed.
    #[must_use]
    pub fn from_wire(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// As they go over the wire; nothing, if there are none.
    #[must_use]
    pub fn wire(&self) -> &Bytes {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same with one more, behind the others.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, InvalidHeader> {
        let invalid = |rule| InvalidHeader(name.chars().take(80).collect(), rule);
        if name.is_empty() || name.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b':') {
            return Err(invalid("a name has visible ASCII characters, and no colon"));
        }
        if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(invalid("a value has no control characters"));
        }
        let mut text = match self.lines() {
            Some(_) => self.0[..self.0.len() - 2].to_vec(),
            None => format!("{VERSION}\r\n").into_bytes(),
        };
        let mut line = String::with_capacity(name.len() + value.len() + 6);
        let _ = write!(line, "{name}: {}\r\n\r\n", value.trim());
        text.extend_from_slice(line.as_bytes());
        self.0 = text.into();
        Ok(self)
    }

    /// Many at once, of names and values that are known to be ones: control characters are left out.
    #[must_use]
    pub fn of<'a>(all: impl IntoIterator<Item = (&'static str, &'a dyn fmt::Display)>) -> Self {
        let mut text = String::with_capacity(512);
        let _ = write!(text, "{VERSION}\r\n");
        for (name, value) in all {
            let _ = write!(text, "{name}: ");
            let begin = text.len();
            let _ = write!(text, "{value}");
            if text[begin..].contains(char::is_control) {
                let clean: String = text[begin..].chars().filter(|c| !c.is_control()).collect();
                text.truncate(begin);
                text.push_str(&clean);
            }
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        Self(text.into())
    }

    /// Whether there are none, or they are well formed.
    #[must_use]
    pub fn are_readable(&self) -> bool {
        self.is_empty() || self.lines().is_some()
    }

    /// The first value under this name: as it is written, or else in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let exact = self.iter().find(|(other, _)| *other == name);
        exact
            .or_else(|| self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)))
            .map(|h| h.1)
    }

    /// Names and values, in their order; lines that are no headers are passed over.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.lines().into_iter().flat_map(|text| text.split("\r\n").skip(1));
        lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            (!name.is_empty()).then(|| (name, value.trim()))
        })
    }

    /// The status in the first line, if there is one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        let first = self.lines()?.split("\r\n").next()?.strip_prefix(VERSION)?;
        first.trim_start().get(..3)?.parse().ok()
    }

    /// The text of well-formed headers.
    fn lines(&self) -> Option<&str> {
        let text = str::from_utf8(&self.0).ok()?;
        (text.starts_with(VERSION) && text.ends_with("\r\n\r\n")).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_found_again_in_its_order() {
        let headers = Headers::none().with("ce-id", "1").and_then(|h| h.with("A", " b: c "));
        let headers = headers.expect("they are headers");
        assert_eq!(headers.wire(), "NATS/1.0\r\nce-id: 1\r\nA: b: c\r\n\r\n");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("ce-id", "1"), ("A", "b: c")]);
        assert_eq!(
            (headers.get("a"), headers.get("CE-ID"), headers.get("b")),
            (Some("b: c"), Some("1"), None)
        );
        assert_eq!(headers.status(), None);
    }

    #[test]
    fn many_headers_are_made_at_once() {
        let headers = Headers::of([("a", &7 as &dyn fmt::Display), ("b", &"x\r\nc: d")]);
        assert_eq!(headers.wire(), "NATS/1.0\r\na: 7\r\nb: xc: d\r\n\r\n");
    }

    #[test]
    fn a_status_stands_in_the_first_line() {
        assert_eq!(Headers::status_only(503).status(), Some(503));
        let with_text = Headers::from_wire("NATS/1.0 100 Idle Heartbeat\r\n\r\n".into());
        assert_eq!((with_text.status(), with_text.iter().count()), (Some(100), 0));
    }

    #[test]
    fn nothing_that_is_no_header_becomes_one() {
        for (name, value) in [("", "v"), ("a:b", "v"), ("a b", "v"), ("ü", "v"), ("a", "b\r\nc: d")]
        {
            assert!(Headers::none().with(name, value).is_err(), "{name:?}: {value:?}");
        }
        for wire in
            ["", "NATS/1.0", "NATS/1.0\r\n", "HTTP/1.1 200\r\n\r\n", "NATS/1.0\r\n:\r\n\r\n"]
        {
            assert_eq!(Headers::from_wire(wire.into()).iter().count(), 0, "{wire:?}");
        }
    }
}
