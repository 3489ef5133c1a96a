//! What time brings: timers that ring, leases that run out, agents that fall silent. Times that are
//! on record are compared with the clock; leases are watched by one that never goes back.

use std::sync::Arc;
use std::time::Duration;

use events::bus::Message;
use events::id::{AgentId, CommandId, EventId, TaskId, Tenant};
use events::known::Known;
use events::recorded::Recorded;
use events::subject::{Subject, What};
use events::task::{Loss, TaskEvent};
use events::time::Timestamp;
use tokio::time::{Instant, sleep};

use super::beats::TELLING_MAX;
use super::{Desk, Note, REST, lease_of};
use crate::leases::{Lost, Pair, Tick};
use crate::placing::Held;
use crate::reaction::ToDo;
use crate::run::RunCommand;
use crate::run_timing::RunDue;
use crate::runtime::{Done, Refused};
use crate::scheduling::ScheduleDue;
use crate::task::TaskCommand;
use crate::timing::Due;
use crate::work::errand::{Errand, about_attempt, annals};

/// How many timers ring at once.
pub(super) const RINGING_MAX: usize = 256;
/// How many leases are being ended at once.
pub(super) const ENDING_MAX: usize = 256;
/// How long a timer waits that could not be told.
const AGAIN_MS: u64 = 1_000;
/// The longest it sleeps: the clock may have been set meanwhile.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// Something whose time has come.
pub(super) enum Ringing {
    /// A timer of a task.
    Task(Due),
    /// A timer of a run.
    Run(RunDue),
    /// A schedule.
    Schedule(ScheduleDue),
}

impl Ringing {
    /// What is to be said to whom, under which id, and because of what.
    fn command(&self) -> (Tenant, ToDo, CommandId, EventId) {
        match self {
            Self::Task(due) => {
                let to_do = ToDo::Task(due.task, TaskCommand::TimeOut(due.timer));
                (due.tenant.clone(), to_do, due.command_id(), due.cause)
            }
            Self::Run(due) => {
                let ring = RunCommand::Ring(due.timer.clone());
                let to_do = ToDo::Run(due.run, Box::new(ring));
                (due.tenant.clone(), to_do, due.command_id(), due.timer.cause)
            }
            Self::Schedule(due) => {
                let to_do = ToDo::Schedule(due.schedule.clone(), Box::new(due.command()));
                (due.tenant.clone(), to_do, due.command_id(), due.cause)
            }
        }
    }
}

impl Desk {
    /// What agents have after a restart, they may still have: whoever does says so.
    pub(super) fn adopt(&mut self) {
        let now = self.tick();
        let held: Vec<Held> = self.placing().held().collect();
        for held in held {
            let lease_ms = lease_of(held.heartbeat_ms);
            let Held { tenant, task, agent, attempt, .. } = held;
            let pair = Pair { task, attempt };
            if let Err(error) = self.leases.adopt(&tenant, &agent, pair, lease_ms, now) {
                tracing::error!(%task, %error, "a lease cannot be watched, and ends");
                self.unwatched.push_back(Lost { tenant, agent, pair, why: Loss::Unclaimed });
            }
        }
        self.leases.caught_up();
    }

    /// Does what it is time for.
    pub(super) fn look_at_clocks(&mut self) {
        let now = self.now();
        while self.ringing < RINGING_MAX
            && let Some(due) = self.due(now)
        {
            self.ring(due);
        }
        let now = self.tick();
        for lost in self.leases.lost(now, ENDING_MAX - self.ending) {
            self.end_lease(lost);
        }
        while self.ending < ENDING_MAX
            && let Some(lost) = self.unwatched.pop_front()
        {
            self.end_lease(lost);
        }
        for change in self.leases.changes(now, TELLING_MAX.saturating_sub(self.telling)) {
            self.changed(change);
        }
    }

    /// The earliest of what is due by now.
    fn due(&mut self, now: Timestamp) -> Option<Ringing> {
        let rings = [self.timing.next(), self.run_timing.next(), self.scheduling.next()];
        let [task, run, _] = rings;
        let first = rings.into_iter().flatten().min().filter(|at| *at <= now);
        if first.is_none() {
            None
        } else if task == first {
            self.timing.due(now, 1).pop().map(Ringing::Task)
        } else if run == first {
            self.run_timing.due(now, 1).pop().map(Ringing::Run)
        } else {
            self.scheduling.due(now, 1).pop().map(Ringing::Schedule)
        }
    }

    fn ring(&mut self, due: Ringing) {
        let (tenant, to_do, id, cause) = due.command();
        let (causation, principal, blobs) = (Some(cause), annals(), Vec::new());
        let errand = Errand { tenant, to_do, id, causation, principal, blobs };
        self.ringing += 1;
        let notes = self.notes.clone();
        let reply = move |answer| {
            // There is room for each that is under way. Who is gone needs no note.
            let _ = notes.try_send(Note::Rung(Box::new(due), answer));
        };
        errand.ask(&self.means, Box::new(reply));
    }

    pub(super) fn rung(&mut self, due: &Ringing, answer: &Result<Done, Refused>) {
        if answer.is_ok() {
            return;
        }
        let later = self.now().plus_ms(AGAIN_MS);
        match due {
            Ringing::Task(due) => self.timing.again(due, later),
            Ringing::Run(due) => self.run_timing.again(due, later),
            Ringing::Schedule(due) => self.scheduling.again(due, later),
        }
    }

    /// The lease is watched no longer, so this is said until it is heard.
    fn end_lease(&mut self, lost: Lost) {
        let Lost { tenant, pair: Pair { task, attempt }, why, .. } = lost;
        let id = about_attempt(task, attempt, "lease", self.now().millis());
        let command = TaskCommand::LoseLease { attempt, why };
        let to_do = ToDo::Task(task, command);
        let (principal, causation, blobs) = (annals(), None, Vec::new());
        let errand = Errand { tenant, to_do, id, causation, principal, blobs };
        self.ending += 1;
        let (means, notes) = (Arc::clone(&self.means), self.notes.clone());
        let work = async move {
            errand.insist(&means).await;
            let _ = notes.try_send(Note::LeaseEnded);
        };
        let pool = self.means.tools.pool.clone();
        self.errands.spawn_on(work, &pool);
    }

    /// Whoever works on something that is over should stop, and who brings something lives.
    pub(super) fn follow_up(&mut self, event: &Recorded<TaskEvent>) {
        let Some(task) = event.stream.key.as_uuid().map(TaskId) else { return };
        let tenant = &event.stream.tenant;
        let Some((agent, attempt)) = self.placing().holder(tenant, task) else { return };
        match &event.event {
            TaskEvent::Cancelled(_) | TaskEvent::TimedOut(_) | TaskEvent::LeaseLost(_) => {
                self.stop(tenant, &agent, Pair { task, attempt });
            }
            TaskEvent::AttemptFailed(_) | TaskEvent::Failed(_) => {
                self.stop(tenant, &agent, Pair { task, attempt });
                self.is_alive(tenant, &agent);
            }
            TaskEvent::Completed(_) | TaskEvent::Started(_) | TaskEvent::Progressed(_) => {
                self.is_alive(tenant, &agent);
            }
            TaskEvent::Submitted(_)
            | TaskEvent::Amended(_)
            | TaskEvent::Assigned(_)
            | TaskEvent::Withdrawn(_)
            | TaskEvent::Noted(_)
            | TaskEvent::LateResult(_) => {}
        }
    }

    fn is_alive(&mut self, tenant: &Tenant, agent: &AgentId) {
        let now = self.tick();
        if self.leases.alive(tenant, agent, now) {
            self.comes_back(tenant, agent);
        }
    }

    /// Told to all processes of the agent; one that does not hear it is told at its next heartbeat.
    fn stop(&self, tenant: &Tenant, agent: &AgentId, pair: Pair) {
        let subject = Subject::of(tenant.clone(), What::Stop(agent.clone())).to_string();
        let name = subject.parse().expect("subjects of Annals are subjects");
        let body = serde_json::to_vec(&pair).expect("texts and numbers are JSON");
        let bus = Arc::clone(&self.means.bus);
        self.means.tools.pool.spawn(async move {
            if let Err(error) = bus.publish(Message::new(name, body)).await {
                tracing::warn!(%error, "a worker is not told to stop");
            }
        });
    }

    /// Returns when a time has come that something waits for.
    pub(super) async fn alarm(&self) {
        let rings = [self.timing.next(), self.run_timing.next(), self.scheduling.next()];
        let rings = rings.into_iter().flatten().min().filter(|_| self.ringing < RINGING_MAX);
        let recorded = [self.waits_for_choice(), rings].into_iter().flatten().min();
        let until_recorded = recorded.map(|at| {
            let micros = u64::try_from(at.0.saturating_sub(self.now().0)).unwrap_or(0);
            Duration::from_micros(micros)
        });
        let until_lease = self.leases.next().map(|at| {
            let now = (Instant::now() - self.began).as_millis() as u64;
            let until = Duration::from_millis(at.saturating_sub(now));
            // What there is no room for comes when there is.
            let is_full = self.ending >= ENDING_MAX || self.telling >= TELLING_MAX;
            if is_full { until.max(REST) } else { until }
        });
        match [until_recorded, until_lease].into_iter().flatten().min() {
            Some(time) => sleep(time.min(SLEEP_MAX)).await,
            None => std::future::pending().await,
        }
    }

    /// Milliseconds since it began.
    pub(super) fn tick(&self) -> Tick {
        (Instant::now() - self.began).as_millis() as Tick
    }
}

/// What the fold takes in, in the order in which its parts need it.
impl Desk {
    pub(super) fn take_in(&mut self, known: &Known) {
        if let Known::Task(event) = known
            && self.is_caught_up
        {
            self.follow_up(event);
        }
        let mut placing = self.means.seats.placing();
        placing.fold(known);
        self.timing.fold(known, &placing);
        drop(placing);
        self.run_timing.fold(known);
        self.scheduling.fold(known);
        self.leases.fold(known);
        if let Known::Agent(event) = known {
            self.registered(&event.stream.tenant, &event.stream.key, &event.event);
        }
        if let Known::Pipeline(event) = known {
            self.means.definitions.heard_of(event);
        }
    }
}
