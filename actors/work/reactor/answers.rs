//! Commands leave, and answers come back. That the domain says no is an answer; that there is too much
//! to do, or that the log takes nothing just now, is none, and no failure either.

use std::sync::Arc;
use std::time::Duration;

use events::id::StreamKey;
use events::node::{EventParked, NodeEvent};
use events::store::{Cause, Error, RequestHash};
use events::stream::{Position, StreamId};
use tokio::time::Instant;

use super::order::Job;
use super::{Desk, Note};
use crate::reaction::ToDo;
use crate::runtime::{NewCommand, Place, Refused, Reply};
use crate::work::errand::annals;
use crate::work::{Means, PATIENCE};

/// How often a command may fail before its event is parked.
pub(super) const TRIES_MAX: u32 = 5;

impl Desk {
    /// Sends what may be sent.
    pub(super) fn send(&mut self) {
        while let Some((target, job)) = self.order.next() {
            let notes = self.notes.clone();
            let reply = move |answer| {
                // There is room for each that is under way. Who is gone needs no answer.
                let _ = notes.try_send(Note { target, answer });
            };
            ask(job, &self.means, Box::new(reply));
        }
    }

    pub(super) fn note(&mut self, Note { target, answer }: Note) {
        let Some(turn) = self.order.sent_to(&target).map(|job| job.turn) else { return };
        let refused = match answer {
            Err(refused) if self.window.has(&turn) => refused,
            // Also one that is taken back by now: nobody waits for it.
            Ok(_) | Err(_) => return self.answered(&target),
        };
        if let Some(at_least) = is_to_wait(&refused) {
            return self.order.rest(&target, at_least, Instant::now());
        }
        let tries = self.order.failed(&target);
        if tries < TRIES_MAX {
            return self.order.rest(&target, Duration::ZERO, Instant::now());
        }
        self.order.answered(&target);
        if let Some(stream) = self.window.leave(&turn) {
            self.order.withdraw(&turn);
            self.park(&stream, turn.position, format!("{target}: {refused}"), tries);
        }
    }

    fn answered(&mut self, target: &StreamId) {
        let Some(job) = self.order.answered(target) else { return };
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

fn ask(job: Job, means: &Arc<Means>, reply: Reply) {
    match job.to_do.clone() {
        ToDo::Task(task, command) => {
            let place = place(&job, StreamKey::of_uuid(task.0));
            means.tasks.ask(place, new_command(&job, command), reply);
        }
        ToDo::Agent(agent, command) => {
            let key = StreamKey::new(agent.as_str()).expect("an agent's id is a token");
            means.agents.ask(place(&job, key), new_command(&job, command), reply);
        }
    }
}

fn place(job: &Job, key: StreamKey) -> Place {
    Place { tenant: job.tenant.clone(), key }
}

fn new_command<C>(job: &Job, command: C) -> NewCommand<C> {
    NewCommand {
        command,
        id: job.id,
        // What is asked follows from the id: two different requests never have the same one.
        request: RequestHash([0; 32]),
        cause: Cause { causation: Some(job.cause), ..Cause::by(annals()) },
        blobs: Vec::new(),
        deadline: Instant::now() + PATIENCE,
    }
}
