//! What stands in headers. NATS takes them as text, and their names in any case.

use serde_json::{Map, Value, json};

use super::building::Document;
use crate::doors::nats::headers::{ANSWER, CONTEXT, EVENT, Header, NAMED, SEALED};

/// The headers of a command.
pub(super) const COMMAND: &str = "headers.command";
/// The headers of a command that can be sealed.
pub(super) const SEALED_COMMAND: &str = "headers.sealed_command";
/// The headers of a word that has no id of its own.
pub(super) const SIGNAL: &str = "headers.signal";
/// The headers of a fact whose body is a CloudEvent.
pub(super) const FACT: &str = "headers.fact";
/// The headers of a fact that stands in headers.
pub(super) const IN_HEADERS: &str = "headers.fact_in_headers";
/// The headers of an answer.
pub(super) const ANSWERED: &str = "headers.answer";
/// The headers of an event.
pub(super) const RECORDED: &str = "headers.event";
/// The headers of what a worker brings.
pub(super) const BROUGHT: &str = "headers.brought";
/// Where headers say nothing.
pub(super) const NONE: &str = "headers.none";

/// The attributes of a CloudEvent that must be in headers, if any of them is.
const CLOUD_EVENT: [Header; 2] = [
    Header { name: "ce-id", always: true, about: "Unique together with the source." },
    Header { name: "ce-type", always: true, about: "What kind of thing happened." },
];

/// Puts the shapes of all of them into the document.
pub(super) fn put(document: &mut Document) {
    let in_headers: Vec<Header> = CLOUD_EVENT.into_iter().chain(CONTEXT).collect();
    let command: Vec<Header> = NAMED.into_iter().chain(CONTEXT).collect();
    let sealed: Vec<Header> = NAMED.into_iter().chain([SEALED]).chain(CONTEXT).collect();
    for (name, headers) in [
        (COMMAND, &command[..]),
        (SEALED_COMMAND, &sealed),
        (SIGNAL, &CONTEXT),
        (FACT, &CONTEXT),
        (IN_HEADERS, &in_headers),
        (ANSWERED, &ANSWER),
        (RECORDED, &EVENT),
        (BROUGHT, &[SEALED]),
        (NONE, &[]),
    ] {
        document.shape(name, shape(headers));
    }
}

fn shape(headers: &[Header]) -> Value {
    let one = |header: &Header| {
        let says = json!({ "type": "string", "description": header.about });
        (header.name.to_owned(), says)
    };
    let properties: Map<String, Value> = headers.iter().map(one).collect();
    let required: Vec<&str> =
        headers.iter().filter(|header| header.always).map(|header| header.name).collect();
    let mut shape = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        shape["required"] = required.into();
    }
    shape
}
