//! How stored events look on a screen and in JSON. What the log holds was written by others: for
//! people nothing of it reaches the terminal that could move a cursor or turn text around.

use data_encoding::BASE64;
use events::recorded::Stored;
use serde::Serialize;
use serde_json::value::RawValue;

/// An event as one JSON object. The bytes of a payload are exact in `payload`, unless they are not
/// JSON or hold line breaks; then they are exact in `payload_base64`.
#[derive(Serialize)]
pub(super) struct EventJson<'a> {
    position: u64,
    stream: String,
    version: u64,
    #[serde(rename = "type")]
    wire_type: &'a str,
    schema: u32,
    recorded_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_at: Option<String>,
    principal: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<&'a str>,
    command_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    event_id: String,
    log_id: String,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
}

impl<'a> EventJson<'a> {
    pub(super) fn of(event: &'a Stored) -> Self {
        let header = event.header();
        let payload = one_line_of_json(event.payload());
        let exact = payload.as_ref().is_some_and(|text| text.get().as_bytes() == event.payload());
        Self {
            position: event.position().0,
            stream: place(event),
            version: header.version.0,
            wire_type: header.wire_type,
            schema: header.schema,
            recorded_at: header.recorded_at.to_string(),
            effective_at: header.effective_at.map(|time| time.to_string()),
            principal: header.principal,
            on_behalf_of: header.on_behalf_of,
            command_id: header.command_id.to_string(),
            correlation: header.correlation,
            causation: header.causation.map(|id| id.to_string()),
            traceparent: header.traceparent,
            event_id: header.event_id.to_string(),
            log_id: header.log_id.to_string(),
            hash: event.hash().to_string(),
            payload,
            payload_base64: (!exact).then(|| BASE64.encode(event.payload())),
        }
    }
}

/// A JSON text may hold line breaks between its parts; one line of output may not.
fn one_line_of_json(payload: &[u8]) -> Option<Box<RawValue>> {
    let text: &RawValue = serde_json::from_slice(payload).ok()?;
    if !text.get().contains(['\n', '\r']) {
        return Some(text.to_owned());
    }
    RawValue::from_string(text.get().replace(['\n', '\r'], " ")).ok()
}

/// The event's stream, as `--stream` takes it.
fn place(event: &Stored) -> String {
    let header = event.header();
    format!("{}/{}-{}", header.tenant, header.category, header.stream_key)
}

/// An event as one line for people; at most `payload_max` characters of its payload.
pub(super) fn event_line(event: &Stored, payload_max: Option<usize>) -> String {
    let header = event.header();
    let payload = String::from_utf8_lossy(event.payload());
    let payload = match payload_max.and_then(|max| payload.char_indices().nth(max)) {
        Some((end, _)) => format!("{}…", visible(&payload[..end])),
        None => visible(&payload),
    };
    format!(
        "{:>8}  {}  {}@{}  {}.{}  {}  {payload}",
        event.position(),
        header.recorded_at,
        visible(&place(event)),
        header.version,
        visible(header.wire_type),
        header.schema,
        visible(header.principal),
    )
}

/// The text with everything escaped that a terminal would obey instead of show.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || turns_text(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Characters that reorder, hide or break the text around them.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_cannot_move_the_cursor() {
        assert_eq!(visible("a\x1b[2Jb\r\n\u{9b}5n"), "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{9b}5n");
    }

    #[test]
    fn a_payload_cannot_turn_the_text_around() {
        assert_eq!(visible("\u{202e}txt.exe"), "\\u{202e}txt.exe");
    }

    #[test]
    fn letters_of_every_language_are_shown() {
        assert_eq!(visible("größe 東京 🚀"), "größe 東京 🚀");
    }

    #[test]
    fn json_with_line_breaks_becomes_one_line() {
        let text = one_line_of_json(b"{\r\n\"a\": 1\n}").expect("it is JSON");
        assert_eq!(text.get(), "{  \"a\": 1 }");
        assert!(one_line_of_json(b"{\"a\": 1").is_none());
        assert!(one_line_of_json(b"\"\xff\"").is_none());
    }
}
