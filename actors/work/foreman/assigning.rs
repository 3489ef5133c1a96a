//! Choices become assignments, and assignments go to workers.

use std::sync::Arc;

use events::id::{AgentId, Tenant};
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
/// How long an agent that was not there is passed over; twice as long each time.
const PASS_OVER_MS: u64 = 1_000;
/// How often that doubles, to about a minute.
const PASS_OVER_DOUBLED_MAX: u32 = 6;
/// Of how many agents it is remembered how often they were not there.
const ABSENT_MAX: usize = 65_536;

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
            Ok(Done { outcome, known, .. }) if outcome.verdict == Verdict::Accepted => {
                if planted(Bug::HandedOverBeforeCommit) {
                    return;
                }
                let recorded = outcome.recorded.map(|span| span.last_position());
                // Where that was taken in already, it may be over already.
                let is_behind = recorded.is_some_and(|at| self.placing.at() >= at);
                let holder = self.placing.holder(&choice.tenant, choice.task);
                let is_over = is_behind && holder != Some((choice.agent.clone(), choice.attempt));
                match (is_over, known) {
                    (true, _) => {}
                    (false, false) => self.hand_over(choice, outcome.recorded_at),
                    // Whether it was handed over nobody knows: who has it says so.
                    (false, true) => self.adopt_one(&choice),
                }
            }
            Ok(_) => self.placing.refused(&choice, self.now()),
            Err(error) => {
                self.placing.refused(&choice, self.now());
                // It may be on record all the same; then nobody was told, and nobody claims it.
                if !matches!(error, Refused::Busy { .. } | Refused::Late | Refused::Parked) {
                    self.adopt_one(&choice);
                }
            }
        }
    }

    /// It may be with its agent, or not: unless someone names it soon, it is lost.
    fn adopt_one(&mut self, choice: &Choice) {
        let Choice { tenant, task, agent, attempt, heartbeat_ms, .. } = choice;
        let (pair, now) = (Pair { task: *task, attempt: *attempt }, self.tick());
        let adopted = self.leases.adopt(tenant, agent, pair, lease_of(*heartbeat_ms), now);
        if let Err(error) = adopted {
            tracing::error!(%task, %error, "a lease is not watched");
        }
    }

    fn hand_over(&mut self, choice: Choice, assigned_at: Timestamp) {
        self.handing += 1;
        self.hold(&choice);
        let (means, inputs) = (Arc::clone(&self.means), Arc::clone(&self.inputs));
        let (notes, lease_ms) = (self.notes.clone(), lease_of(choice.heartbeat_ms));
        let pool = self.means.tools.pool.clone();
        let work = async move {
            let handing =
                Handing { choice: choice.clone(), lease_ms, assigned_ms: assigned_at.millis() };
            let handed = handing.run(&inputs, &means).await;
            let _ = notes.try_send(Note::HandedOver(Box::new(choice), handed));
        };
        self.errands.spawn_on(work, &pool);
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
        let name = (choice.tenant.clone(), choice.agent.clone());
        let Handed::Lost(_) = handed else {
            self.absent.remove(&name);
            return;
        };
        if self.absent.len() >= ABSENT_MAX {
            self.absent.clear();
        }
        let times = self.absent.entry(name).or_default();
        *times = times.saturating_add(1);
        let pause = PASS_OVER_MS << (*times - 1).min(PASS_OVER_DOUBLED_MAX);
        let until = self.now().plus_ms(pause);
        self.placing.pass_over(&choice.tenant, &choice.agent, until);
    }

    /// An agent gives a sign of life: it is worth another try.
    pub(super) fn is_there(&mut self, tenant: &Tenant, agent: &AgentId) {
        if self.absent.remove(&(tenant.clone(), agent.clone())).is_some() {
            self.placing.pass_over(tenant, agent, self.now());
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
