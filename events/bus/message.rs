//! A message: where it goes, where an answer goes, headers, payload.

use std::sync::Arc;

use bytes::Bytes;

use super::headers::NO_RESPONDERS;
use super::{Headers, Name, Origin};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it goes.
    pub subject: Name,
    /// Where an answer goes, if one is wanted.
    pub reply: Option<Name>,
    /// What stands before the payload.
    pub headers: Headers,
    /// What it says.
    pub payload: Bytes,
    /// Who sent it, where the bus knows.
    pub origin: Option<Arc<Origin>>,
}

/// A message that is looked at on its way, wherever its bytes are.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Where it goes.
    pub subject: &'a [u8],
    /// Where an answer goes, if one is wanted.
    pub reply: Option<&'a [u8]>,
    /// What stands before the payload, as it goes over the wire.
    pub headers: &'a [u8],
    /// What it says.
    pub payload: &'a [u8],
    /// Who sent it, where the bus knows.
    pub origin: Option<&'a Arc<Origin>>,
    /// The same, where it is whole.
    whole: Option<&'a Message>,
}

impl<'a> View<'a> {
    /// A message in a buffer of someone else.
    #[must_use]
    pub fn of(
        subject: &'a [u8],
        reply: Option<&'a [u8]>,
        headers: &'a [u8],
        payload: &'a [u8],
    ) -> Self {
        Self { subject, reply, headers, payload, origin: None, whole: None }
    }

    /// The same, sent by someone.
    #[must_use]
    pub fn from(self, origin: Option<&'a Arc<Origin>>) -> Self {
        Self { origin, ..self }
    }

    /// The message, to be kept.
    #[must_use]
    pub fn to_message(self) -> Message {
        if let Some(whole) = self.whole {
            return whole.clone();
        }
        let copy = Bytes::copy_from_slice;
        Message {
            subject: Name::as_received(copy(self.subject)),
            reply: self.reply.map(|reply| Name::as_received(copy(reply))),
            headers: Headers::from_wire(copy(self.headers)),
            payload: copy(self.payload),
            origin: self.origin.cloned(),
        }
    }
}

impl Message {
    /// A look at it.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View {
            subject: self.subject.as_bytes(),
            reply: self.reply.as_ref().map(|reply| &reply.as_bytes()[..]),
            headers: self.headers.wire(),
            payload: &self.payload,
            origin: self.origin.as_ref(),
            whole: Some(self),
        }
    }

    /// A message without headers that wants no answer.
    #[must_use]
    pub fn new(subject: Name, payload: impl Into<Bytes>) -> Self {
        Self {
            subject,
            reply: None,
            headers: Headers::none(),
            payload: payload.into(),
            origin: None,
        }
    }

    /// Whether it says that nobody listens to what it answers.
    #[must_use]
    pub fn is_no_responders(&self) -> bool {
        self.payload.is_empty() && self.headers.status() == Some(NO_RESPONDERS)
    }

    /// How large it is: its headers and its payload.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.headers.wire().len() + self.payload.len()
    }
}
