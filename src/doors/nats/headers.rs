//! Every header there is, and what it says: read and written by these names, and told by them.

/// A header.
#[derive(Debug, Clone, Copy)]
pub(in crate::doors) struct Header {
    pub(in crate::doors) name: &'static str,
    /// Whether it is always there.
    pub(in crate::doors) always: bool,
    pub(in crate::doors) about: &'static str,
}

pub(super) const COMMAND_ID: &str = "Annals-Command-Id";
pub(super) const MESSAGE_ID: &str = "Nats-Msg-Id";
pub(super) const ON_BEHALF_OF: &str = "Annals-On-Behalf-Of";
pub(super) const CORRELATION: &str = "Annals-Correlation";
pub(super) const CAUSATION: &str = "Annals-Causation";
pub(super) const DATA_SUBJECT: &str = "Annals-Data-Subject";
pub(super) const PRINCIPAL: &str = "Annals-Principal";
pub(super) const TRACEPARENT: &str = "traceparent";
pub(super) const ERROR: &str = "Nats-Service-Error";
pub(super) const ERROR_CODE: &str = "Nats-Service-Error-Code";

/// What makes a command idempotent.
pub(in crate::doors) const NAMED: [Header; 2] = [
    may(COMMAND_ID, "The id of the command, a uuid or any text of 1 to 256 bytes: once for ever."),
    may(MESSAGE_ID, "The same, where the header above is missing."),
];

/// Whose data it is.
pub(in crate::doors) const SEALED: Header =
    may(DATA_SUBJECT, "The person whose data it carries; all of it is sealed with their key.");

/// Why something is asked.
pub(in crate::doors) const CONTEXT: [Header; 5] = [
    may(ON_BEHALF_OF, "For whom it is asked."),
    may(CORRELATION, "What ties it to others, 1 to 256 bytes."),
    may(CAUSATION, "The id of the event that caused it."),
    may(TRACEPARENT, "The trace it is part of, as W3C writes it."),
    may(PRINCIPAL, "Who asks, on a server of NATS; our own listener knows, and does not read it."),
];

/// What an answer has.
pub(in crate::doors) const ANSWER: [Header; 3] = [
    may(COMMAND_ID, "The id under which the command or the fact is known for ever."),
    may(ERROR, "Why it was refused."),
    may(ERROR_CODE, "The class of the refusal, as HTTP has them."),
];

/// What an event has.
pub(in crate::doors) const EVENT: [Header; 16] = [
    is("ce-specversion", "The version of CloudEvents."),
    is("ce-id", "The id of the event."),
    is("ce-source", "Its stream, as a path."),
    is("ce-type", "Its type."),
    is("ce-time", "When it took effect."),
    is("content-type", "That of the body."),
    is("annals-position", "Its place in the log."),
    is("annals-version", "Its place in its stream."),
    is("annals-schema", "The schema of its payload."),
    is("annals-recorded-at", "When it was recorded."),
    is("annals-principal", "Who did it."),
    is("annals-log", "The id of the log."),
    is("annals-hash", "Its hash, chained to the one before it in its stream."),
    is(MESSAGE_ID, "The id of the event."),
    may("traceparent", "The trace of what led to it."),
    may("annals-correlation", "What ties it to others."),
];

const fn may(name: &'static str, about: &'static str) -> Header {
    Header { name, always: false, about }
}

const fn is(name: &'static str, about: &'static str) -> Header {
    Header { name, always: true, about }
}
