//! Choices become assignments, and assignments go to workers.

use std::sync::Arc;

use events::known::Known;
use events::planted::{Bug, planted};
use events::recorded::Stored;
use events::store::Verdict;
use events::task::TaskEvent;
use events::time::Timestamp;

use super::{ASSIGNING_MAX, Desk, HANDING_MAX, Note};
use crate::leases::Pair;
use crate::placing::Choice;
use crate::runtime::{Done, Refused};
use crate::task::TaskCommand;
use crate::work::errand::{Errand, annals};
use crate::work::handing::{Handed, Handing};

/// How long an agent has a task without a sign of life, if nothing else was agreed.
const LEASE_MS: u64 = 30_000;
/// How long an agent that was not there is passed over.
const PASS_OVER_MS: u64 = 1_000;

impl Desk {
    pub(super) fn hear_one(&mut self, stored: &Arc<Stored>) {
        if self.elsewhere.holds(stored.position()) {
            return self.pass(stored);
        }
        match Known::read(stored) {
            Ok(known) => {
                if let Known::Task(recorded) = &known
                    && let TaskEvent::Submitted(_) = recorded.event
                {
                    self.inputs.keep(stored);
                }
                self.take_in(&known);
            }
            Err(error) => {
                tracing::error!(position = %stored.position(), %error, "an event is passed over");
                self.pass(stored);
            }
        }
    }

    /// What an event says is not known, or is no business of this log: its task is left alone.
    fn pass(&mut self, stored: &Stored) {
        if let Ok(stream) = stored.stream() {
            self.placing.pass(stored.position(), &stream);
        }
        self.timing.pass(stored.position());
    }

    /// Gives away what there is room for.
    pub(super) fn choose(&mut self) {
        let room = ASSIGNING_MAX - self.assigning;
        let room = room.min(HANDING_MAX - self.handing.min(HANDING_MAX));
        if room == 0 {
            return;
        }
        for choice in self.placing.choose(self.now(), room) {
            self.assign(choice);
        }
    }

    fn assign(&mut self, choice: Choice) {
        let (agent, attempt) = (choice.agent.clone(), choice.attempt);
        let errand = Errand {
            tenant: choice.tenant.clone(),
            task: choice.task,
            command: TaskCommand::Assign {
                agent,
                attempt,
                lease_ms: lease_of(choice.heartbeat_ms),
            },
            id: choice.command_id(),
            causation: Some(choice.cause),
            principal: annals(),
            blobs: Vec::new(),
        };
        self.assigning += 1;
        if planted(Bug::HandedOverBeforeCommit) {
            self.hand_over(choice.clone(), self.now());
        }
        let notes = self.notes.clone();
        let reply = move |answer| {
            // There is room for each that is under way. Who is gone needs no note.
            let _ = notes.try_send(Note::Assigned(Box::new(choice), answer));
        };
        errand.ask(&self.means, Box::new(reply));
    }

    pub(super) fn assigned(&mut self, choice: Choice, answer: Result<Done, Refused>) {
        match answer {
            Ok(Done { outcome, known: false, .. }) if outcome.verdict == Verdict::Accepted => {
                if planted(Bug::HandedOverBeforeCommit) {
                    return;
                }
                self.hand_over(choice, outcome.recorded_at);
            }
            // It was handed out in another life, and what came of it is in the log.
            Ok(Done { outcome, known: true, .. }) if outcome.verdict == Verdict::Accepted => {}
            Ok(_) | Err(_) => self.placing.refused(&choice, self.now()),
        }
    }

    fn hand_over(&mut self, choice: Choice, assigned_at: Timestamp) {
        self.handing += 1;
        self.hold(&choice);
        let (means, inputs) = (Arc::clone(&self.means), Arc::clone(&self.inputs));
        let (notes, lease_ms) = (self.notes.clone(), lease_of(choice.heartbeat_ms));
        let pool = self.means.tools.pool.clone();
        pool.spawn(async move {
            let handing =
                Handing { choice: choice.clone(), lease_ms, assigned_ms: assigned_at.millis() };
            let handed = handing.run(&inputs, &means).await;
            let _ = notes.try_send(Note::HandedOver(Box::new(choice), handed));
        });
    }

    /// From now on it must give signs of life.
    fn hold(&mut self, choice: &Choice) {
        let Choice { tenant, task, agent, attempt, heartbeat_ms, .. } = choice;
        let (pair, now) = (Pair { task: *task, attempt: *attempt }, self.tick());
        let held = self.leases.hold(tenant, agent, pair, lease_of(*heartbeat_ms), now);
        if let Err(error) = held {
            tracing::error!(%task, %error, "a lease is not watched");
        }
    }

    pub(super) fn handed_over(&mut self, choice: &Choice, handed: Handed) {
        if let Handed::Lost(_) = handed {
            let until = self.now().plus_ms(PASS_OVER_MS);
            self.placing.pass_over(&choice.tenant, &choice.agent, until);
        }
    }

    /// When something may be chosen although nothing happens; never, while there is no room.
    pub(super) fn waits_for_choice(&self) -> Option<Timestamp> {
        let has_room = self.assigning < ASSIGNING_MAX && self.handing < HANDING_MAX;
        self.placing.wakes_at().filter(|_| has_room)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.means.tools.clock.now()
    }
}

/// How long an agent has a task without a sign of life.
pub(super) fn lease_of(heartbeat_ms: Option<u64>) -> u64 {
    heartbeat_ms.unwrap_or(LEASE_MS)
}
