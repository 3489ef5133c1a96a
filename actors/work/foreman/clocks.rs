//! What time brings: timers that ring, leases that run out, agents that fall silent. Times that are
//! on record are compared with the clock; leases are watched by one that never goes back.

use std::sync::Arc;
use std::time::Duration;

use events::bus::Message;
use events::id::{AgentId, TaskId, Tenant};
use events::known::Known;
use events::recorded::Recorded;
use events::subject::{Subject, What};
use events::task::{Loss, TaskEvent};
use tokio::time::{Instant, sleep};

use super::beats::TELLING_MAX;
use super::{Desk, Note, REST};
use crate::leases::{Lost, Pair, Tick};
use crate::placing::Held;
use crate::runtime::{Done, Refused};
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

impl Desk {
    /// What agents have after a restart, they may still have: whoever does says so.
    pub(super) fn adopt(&mut self) {
        let now = self.tick();
        for held in self.placing.held().collect::<Vec<_>>() {
            let lease_ms = super::assigning::lease_of(held.heartbeat_ms);
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
        for due in self.timing.due(self.now(), RINGING_MAX - self.ringing) {
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

    fn ring(&mut self, due: Due) {
        let errand = Errand {
            tenant: due.tenant.clone(),
            task: due.task,
            command: TaskCommand::TimeOut(due.timer),
            id: due.command_id(),
            causation: Some(due.cause),
            principal: annals(),
            blobs: Vec::new(),
        };
        self.ringing += 1;
        let notes = self.notes.clone();
        let reply = move |answer| {
            // There is room for each that is under way. Who is gone needs no note.
            let _ = notes.try_send(Note::Rung(Box::new(due), answer));
        };
        errand.ask(&self.means, Box::new(reply));
    }

    pub(super) fn rung(&mut self, due: &Due, answer: &Result<Done, Refused>) {
        if answer.is_err() {
            self.timing.again(due, self.now().plus_ms(AGAIN_MS));
        }
    }

    /// The lease is watched no longer, so this is said until it is heard.
    fn end_lease(&mut self, lost: Lost) {
        let Lost { tenant, pair: Pair { task, attempt }, why, .. } = lost;
        let id = about_attempt(task, attempt, "lease", self.now().millis());
        let command = TaskCommand::LoseLease { attempt, why };
        let (principal, causation, blobs) = (annals(), None, Vec::new());
        let errand = Errand { tenant, task, command, id, causation, principal, blobs };
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
        let Some((agent, attempt)) = self.placing.holder(tenant, task) else { return };
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
        let rings = self.timing.next().filter(|_| self.ringing < RINGING_MAX);
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
        self.placing.fold(known);
        self.timing.fold(known, &self.placing);
        self.leases.fold(known);
        if let Known::Agent(event) = known {
            self.registered(&event.stream.tenant, &event.stream.key, &event.event);
        }
    }
}
