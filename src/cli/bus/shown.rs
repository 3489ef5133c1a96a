//! How messages look on a screen and in JSON.

use std::borrow::Cow;

use data_encoding::BASE64;
use events::bus::Message;
use serde::Serialize;

use crate::cli::show::visible;

/// How much of a payload a line for people shows.
const PAYLOAD_SHOWN: usize = 200;

/// A message as one JSON object. A payload that is text is `payload`; any other is exact in
/// `payload_base64`.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(&'a str, &'a str)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(message: &'a Message) -> Self {
        let payload = str::from_utf8(&message.payload).ok();
        Self {
            subject: message.subject.to_string(),
            reply: message.reply.as_ref().map(ToString::to_string),
            headers: message.headers.iter().collect(),
            status: message.headers.status(),
            payload,
            payload_base64: payload.is_none().then(|| BASE64.encode(&message.payload)),
        }
    }
}

/// A message on one line, for people.
pub(super) fn line(message: &Message) -> String {
    let payload: Cow<'_, str> = String::from_utf8_lossy(&message.payload);
    let mut shown: String = payload.chars().take(PAYLOAD_SHOWN).collect();
    if shown.len() < payload.len() {
        shown.push('…');
    }
    let headers: String =
        message.headers.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    visible(&format!("{}{headers}  {shown}", message.subject))
}
