//! Choices become assignments, and assignments go to workers.

use std::sync::Arc;

use events::id::{AgentId, Tenant};
use events::known::Known;
use events::planted::{Bug, planted};
use events::recorded::Stored;
use events::store::Verdict;
use events::task::{Loss, TaskEvent};
use events::time::Timestamp;

use super::{ASSIGNING_MAX, Desk, HANDING_MAX, Note};
use crate::leases::{Lost, Pair};
use crate::placing::{Choice, Placed};
use crate::reaction::ToDo;
use crate::runtime::{Done, Refused};
use crate::task::TaskCommand;
use crate::work::errand::{Errand, annals};
use crate::work::handing::{Handed, Handing, work_of};

/// How long an agent has a task without a sign of life, if nothing else was agreed.
const LEASE_MS: u64 = 30_000;
/// How long an agent that was not there is passed over; twice as long each time.
const PASS_OVER_MS: u64 = 1_000;
/// How often that doubles, to about a minute.
const PASS_OVER_DOUBLED_MAX: u32 = 6;
/// Of how many agents it is remembered how often they were not there.
const ABSENT_MAX: usize = 65_536;

/// An agent was not there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Absence {
    /// How often, one time after the other.
    times: u32,
    /// Until when it is not asked again.
    until: Timestamp,
}

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
            self.placing().pass(stored.position(), &stream);
        }
        self.timing.pass(stored.position());
        self.run_timing.pass(stored.position());
        self.scheduling.pass(stored.position());
    }

    /// Gives away what there is room for. Where an agent turns out not to be there, another may be.
    pub(super) fn choose(&mut self) {
        // One moment for all of it: who is passed over does not come back before it ends.
        let now = self.now();
        loop {
            let room = ASSIGNING_MAX - self.assigning;
            let room = room.min(HANDING_MAX - self.handing.min(HANDING_MAX));
            if room == 0 {
                return;
            }
            let mut all_there = true;
            let choices = self.placing().choose(now, room);
            for choice in choices {
                if self.is_away(&choice) {
                    all_there = false;
                    self.leave_be(&choice, now);
                } else {
                    self.assign(choice);
                }
            }
            if all_there {
                return;
            }
        }
    }

    /// Whether an agent that was not there when it was asked last is still not there, as far as the
    /// bus knows. It is asked nothing then, and nothing is recorded.
    fn is_away(&self, choice: &Choice) -> bool {
        !self.absent.is_empty()
            && self.absent.contains_key(&(choice.tenant.clone(), choice.agent.clone()))
            && self.means.bus.is_heard(&work_of(&choice.tenant, &choice.agent)) == Some(false)
    }

    fn leave_be(&mut self, choice: &Choice, now: Timestamp) {
        let until = now.plus_ms(PASS_OVER_MS);
        self.placing().pass_over(&choice.tenant, &choice.agent, until);
        self.placing().put_back(choice, self.now());
    }

    fn assign(&mut self, choice: Choice) {
        let (agent, attempt) = (choice.agent.clone(), choice.attempt);
        let lease_ms = lease_of(choice.heartbeat_ms);
        let command = TaskCommand::Assign { agent, attempt, lease_ms };
        let errand = Errand {
            tenant: choice.tenant.clone(),
            to_do: ToDo::Task(choice.task, command),
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
                let is_behind = recorded.is_some_and(|at| self.placing().at() >= at);
                let is_over = is_behind && !self.has(&choice);
                match (is_over, known) {
                    (true, _) => {}
                    (false, false) => self.hand_over(choice, outcome.recorded_at),
                    // Whether it was handed over nobody knows: who has it says so.
                    (false, true) => self.adopt_one(&choice),
                }
            }
            Ok(_) => {
                self.placing().refused(&choice, self.now());
                // It has it already, and perhaps by a submission of which nobody has heard.
                if self.has(&choice) {
                    self.adopt_one(&choice);
                }
            }
            Err(error) => {
                self.placing().refused(&choice, self.now());
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
            tracing::error!(%task, %error, "a lease cannot be watched, and ends");
            let (tenant, agent) = (tenant.clone(), agent.clone());
            self.unwatched.push_back(Lost { tenant, agent, pair, why: Loss::Unclaimed });
        }
    }

    /// What agents have that was not chosen here: who got it with its submission is handed it, and of
    /// anything else nobody knows whether it was.
    pub(super) fn see_to_placed(&mut self) {
        let placed = self.placing().take_placed();
        for Placed { choice, at, is_seated } in placed {
            if !self.has(&choice) {
                // It is over already.
            } else if is_seated {
                self.hand_over(choice, at);
            } else {
                self.adopt_one(&choice);
            }
        }
    }

    /// Whether the agent has it, as far as the log was taken in.
    fn has(&self, choice: &Choice) -> bool {
        let holder = self.placing().holder(&choice.tenant, choice.task);
        holder.is_some_and(|held| held == (choice.agent.clone(), choice.attempt))
    }

    fn hand_over(&mut self, choice: Choice, assigned_at: Timestamp) {
        if !self.hold(&choice) {
            return;
        }
        self.handing += 1;
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

    /// From now on it must give signs of life. What cannot be watched is handed to nobody, and placed
    /// again later.
    fn hold(&mut self, choice: &Choice) -> bool {
        let Choice { tenant, task, agent, attempt, heartbeat_ms, .. } = choice;
        let (pair, now) = (Pair { task: *task, attempt: *attempt }, self.tick());
        let held = self.leases.hold(tenant, agent, pair, lease_of(*heartbeat_ms), now);
        if let Err(error) = &held {
            tracing::error!(%task, %error, "a lease cannot be watched, and ends");
            let (tenant, agent) = (tenant.clone(), agent.clone());
            let until = self.now().plus_ms(PASS_OVER_MS);
            self.placing().pass_over(&tenant, &agent, until);
            self.unwatched.push_back(Lost { tenant, agent, pair, why: Loss::NobodyThere });
        }
        held.is_ok()
    }

    pub(super) fn handed_over(&mut self, choice: &Choice, handed: Handed) {
        let name = (choice.tenant.clone(), choice.agent.clone());
        let Handed::Lost(_) = handed else {
            self.absent.remove(&name);
            self.placing().doubt(&name.0, &name.1, false);
            return;
        };
        self.placing().doubt(&name.0, &name.1, true);
        if self.absent.len() >= ABSENT_MAX {
            self.absent.clear();
        }
        let now = self.now();
        let absence = self.absent.entry(name).or_default();
        if absence.until > now {
            // It was asked for several things at once, and was not there once.
            return;
        }
        let pause = PASS_OVER_MS << absence.times.min(PASS_OVER_DOUBLED_MAX);
        absence.times = absence.times.saturating_add(1);
        absence.until = now.plus_ms(pause);
        let until = absence.until;
        self.placing().pass_over(&choice.tenant, &choice.agent, until);
    }

    /// An agent gives a sign of life: it is worth another try.
    pub(super) fn is_there(&mut self, tenant: &Tenant, agent: &AgentId) {
        self.placing().doubt(tenant, agent, false);
        if self.absent.remove(&(tenant.clone(), agent.clone())).is_some() {
            self.placing().pass_over(tenant, agent, self.now());
        }
    }

    /// When something may be chosen although nothing happens; never, while there is no room.
    pub(super) fn waits_for_choice(&self) -> Option<Timestamp> {
        let has_room = self.assigning < ASSIGNING_MAX && self.handing < HANDING_MAX;
        self.placing().wakes_at().filter(|_| has_room)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.means.tools.clock.now()
    }
}

/// How long an agent has a task without a sign of life.
pub(in crate::work) fn lease_of(heartbeat_ms: Option<u64>) -> u64 {
    heartbeat_ms.unwrap_or(LEASE_MS)
}
