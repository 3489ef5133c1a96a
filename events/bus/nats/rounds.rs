//! Whether the server has taken what it was sent: something is sent behind it that comes back. That
//! is a message to oneself, or, where the server does not allow that, the refusal.

use std::time::Duration;

use tokio::time::timeout;

use super::feed::is_true;
use super::{HAND_OVER_MAX, Shared, words};
use crate::bus::message::View;
use crate::bus::{Error, Message, Name};

/// How long the server may take to show that it has everything.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(10);

impl Shared {
    /// Returns when the server has taken what it was sent before, and what it had for this connection
    /// has come.
    pub(super) async fn round_trip(&self) -> Result<(), Error> {
        let (name, answer) = self.answers.expect_one(None);
        tokio::select! {
            came = answer.within(ROUND_TRIP_MAX, name.clone()) => match came {
                Err(Error::TimedOut(..)) => Err(Error::Unavailable("it does not answer".into())),
                came => came.map(|_| ()),
            },
            error = self.send_there_and_back(name) => Err(error),
        }
    }

    /// Sends what comes back; returns if it cannot be sent.
    async fn send_there_and_back(&self, name: Name) -> Error {
        if !self.is_deaf() {
            if let Err(error) = self.send(&Message::new(name.clone(), "")).await {
                return error;
            }
            is_true(&mut self.deaf.subscribe()).await;
        }
        // It would not hear itself. But that it must not listen there either it is told.
        let subject = match words::subject(name.as_bytes()) {
            Ok(subject) => subject,
            Err(error) => return error,
        };
        match timeout(HAND_OVER_MAX, self.client.subscribe(subject)).await {
            Err(_) => Error::Unavailable("it takes nothing".into()),
            Ok(Err(error)) => Error::Unavailable(error.to_string()),
            Ok(Ok(_refused)) => std::future::pending().await,
        }
    }

    /// Whether the server does not let this connection listen to answers.
    pub(super) fn is_deaf(&self) -> bool {
        *self.deaf.borrow()
    }

    /// Learns from a complaint of the server; says whether it is about nothing that anyone else sent.
    pub(super) fn learn(&self, complaint: &str) -> bool {
        let Some(subject) = refused(complaint) else { return false };
        if subject.strip_prefix(&self.inbox) == Some(".*") {
            tracing::info!(subject, "the server lets nobody here listen to answers");
            self.deaf.send_replace(true);
            return true;
        }
        self.answers.give(&View::of(subject.as_bytes(), None, &[], &[])).is_some()
    }
}

/// The subject that the server does not allow, if it complains about one.
fn refused(complaint: &str) -> Option<&str> {
    let (_, what) = complaint.split_once("ermissions Violation for ")?;
    let (_, subject) = what.split_once(" to \"")?;
    subject.split_once('"').map(|(subject, _)| subject)
}

#[cfg(test)]
mod tests {
    use super::refused;

    #[test]
    fn a_refusal_names_its_subject() {
        for (complaint, subject) in [
            ("nats: Permissions Violation for Publish to \"a.b\"", Some("a.b")),
            ("Permissions Violation for Subscription to \"a.*\" using queue \"q\"", Some("a.*")),
            ("permissions violation for subscription to \"a\"", None),
            ("Permissions Violation for Publish to \"a", None),
            ("Invalid Subject", None),
        ] {
            assert_eq!(refused(complaint), subject, "{complaint}");
        }
    }
}
