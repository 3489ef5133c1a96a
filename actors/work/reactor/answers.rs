//! Commands leave, and answers come back. That the domain says no is an answer; that there is too much
//! to do, or that the log takes nothing just now, is none, and no failure either.

use std::time::Duration;

use events::node::{EventParked, NodeEvent};
use events::store::{Cause, Error};
use events::stream::{Position, StreamId};
use tokio::time::Instant;

use super::order::Flight;
use super::{Desk, Note};
use crate::runtime::Refused;
use crate::work::PATIENCE;
use crate::work::errand::annals;
use crate::work::telling::{Told, tell};

/// How often a command may fail before its event is parked.
pub(super) const TRIES_MAX: u32 = 5;

impl Desk {
    /// Sends what may be sent.
    pub(super) fn send(&mut self) {
        while let Some((flight, job)) = self.order.next() {
            let notes = self.notes.clone();
            let reply = move |answer| {
                // There is room for each that is under way. Who is gone needs no answer.
                let _ = notes.try_send(Note { flight, answer });
            };
            let told = Told {
                tenant: job.tenant,
                id: job.id,
                cause: Cause { causation: Some(job.cause), ..Cause::by(annals()) },
                blobs: Vec::new(),
                deadline: Instant::now() + PATIENCE,
            };
            tell((*job.to_do).clone(), told, &self.means, Box::new(reply));
        }
    }

    pub(super) fn note(&mut self, Note { flight, answer }: Note) {
        let Some(turn) = self.order.flying(&flight).map(|job| job.turn) else { return };
        let refused = match answer {
            Err(refused) if self.window.has(&turn) => refused,
            // Also one that is taken back by now: nobody waits for it.
            Ok(_) | Err(_) => return self.answered(&flight),
        };
        if let Some(at_least) = is_to_wait(&refused) {
            return self.order.rest(&flight, at_least, Instant::now());
        }
        let tries = self.order.failed(&flight);
        if tries < TRIES_MAX {
            return self.order.rest(&flight, Duration::ZERO, Instant::now());
        }
        self.order.answered(&flight);
        if let Some(stream) = self.window.leave(&turn) {
            self.order.withdraw(&turn);
            let target = &flight.target;
            self.park(&stream, turn.position, format!("{target}: {refused}"), tries);
        }
    }

    fn answered(&mut self, flight: &Flight) {
        let Some(job) = self.order.answered(flight) else { return };
        if self.window.answered(&job.turn) {
            if job.turn.is_again {
                self.shelf.settle(job.turn.position);
            }
            self.saving.is_due();
        }
    }

    pub(super) fn tell_parked(&self, stream: &StreamId, position: Position, why: &str) {
        tracing::error!(consumer = %self.consumer, %position, %stream, why, "an event is parked");
        let parked = EventParked {
            consumer: self.consumer.to_string(),
            position: position.0,
            stream: stream.clone().into(),
            why: why.to_owned(),
        };
        (self.on_record)(NodeEvent::EventParked(parked), annals());
    }
}

/// Whether this says nothing about the command, and how long to wait at least.
fn is_to_wait(refused: &Refused) -> Option<Duration> {
    match refused {
        Refused::Busy { retry } => Some(*retry),
        Refused::Late | Refused::Moved => Some(Duration::ZERO),
        Refused::Log(error) => {
            let is_at_its_end = matches!(error, Error::Stopped | Error::Failed(_));
            let is_moved = matches!(error, Error::StaleEpoch { .. });
            let passes = error.passes() || matches!(error, Error::Busy);
            (passes || is_moved || is_at_its_end).then_some(Duration::ZERO)
        }
        Refused::Reused | Refused::Parked | Refused::Broken => None,
    }
}
