//! What may be done with one attempt. Only the newest one counts, and only until it is over: what
//! others say about their attempts comes too late, however right they are.

use events::content::Content;
use events::id::AgentId;
use events::planted::{Bug, planted};
use events::task::{
    Assigned, AttemptFailed, Came, Cause, Class, Completed, Failed, Failure, LateResult, LeaseLost,
    Loss, Progressed, Started, TaskEvent,
};
use events::time::Timestamp;

use super::plan::DURATION_MS_MAX;
use super::{Decision, Ending, Phase, Running, Task, TaskRejection, backoff};
use crate::bounds::{TEXT_BYTES_MAX, cut, name, text, within};
use crate::decider::Moment;

/// How often a task is handed over to someone. Tries end much sooner; this ends what never uses one
/// up. That nobody was there does not count: how long it may wait for someone is for limits of time.
pub const ATTEMPTS_MAX: u32 = 1000;
/// How many late results a task records.
pub const LATE_RESULTS_MAX: usize = 32;

impl Task {
    pub(super) fn assign(
        &self,
        agent: AgentId,
        attempt: u32,
        lease_ms: u64,
        now: Timestamp,
    ) -> Decision {
        if self.attempt.checked_add(1) != Some(attempt) {
            return Err(self.other_attempt(attempt));
        }
        if let Some(ready_at) = self.ready_at().filter(|ready_at| *ready_at > now) {
            return Err(TaskRejection::NotReady { ready_at });
        }
        within("a lease", lease_ms, 1, DURATION_MS_MAX)?;
        Ok(vec![TaskEvent::Assigned(Assigned { agent, attempt, lease_ms, at: now })])
    }

    pub(super) fn assign_again(
        &self,
        running: &Running,
        agent: &AgentId,
        attempt: u32,
    ) -> Decision {
        if attempt == self.attempt && *agent == running.agent {
            return Ok(vec![]);
        }
        let is_next = self.attempt.checked_add(1) == Some(attempt);
        if attempt == self.attempt || is_next {
            return Err(running.already_assigned());
        }
        Err(self.other_attempt(attempt))
    }

    pub(super) fn start(&self, running: &Running, attempt: u32, now: Timestamp) -> Decision {
        if attempt != self.attempt {
            return Err(self.other_attempt(attempt));
        }
        if running.is_started {
            return Ok(vec![]);
        }
        Ok(vec![TaskEvent::Started(Started { attempt, at: now })])
    }

    pub(super) fn progress(&self, running: &Running, progressed: Progressed) -> Decision {
        if progressed.attempt != self.attempt {
            return Err(self.other_attempt(progressed.attempt));
        }
        if running.progress.as_ref() == Some(&progressed) {
            return Ok(vec![]);
        }
        text("a note", progressed.note.as_deref().unwrap_or_default(), TEXT_BYTES_MAX)?;
        Ok(vec![TaskEvent::Progressed(progressed)])
    }

    /// A hand-over has one result: the first one stands, and its worker may bring it as often as it
    /// likes.
    pub(super) fn complete(&self, attempt: u32, result: Content) -> Decision {
        if self.phase == Phase::Finished(Ending::Completed { attempt }) {
            return Ok(vec![]);
        }
        let is_over = matches!(self.phase, Phase::Finished(_));
        let counts = self.runs(attempt) || !is_over && planted(Bug::AttemptNotChecked);
        if !counts {
            return Err(self.refuse(attempt, Came::Completed { result }));
        }
        Ok(vec![TaskEvent::Completed(Completed { attempt, result })])
    }

    pub(super) fn fail(
        &self,
        attempt: u32,
        class: Class,
        error: Failure,
        moment: &Moment,
    ) -> Decision {
        if self.reported == Some(attempt) {
            return Ok(vec![]);
        }
        name("the code of an error", &error.code)?;
        let error = Failure { message: cut(error.message, TEXT_BYTES_MAX), ..error };
        if !self.runs(attempt) {
            return Err(self.refuse(attempt, Came::Failed { class, error }));
        }
        Ok(vec![self.failed(class, Cause::Reported, error, moment)])
    }

    /// The running attempt failed, and with it the task if there is no use in another one.
    pub(super) fn failed(
        &self,
        class: Class,
        cause: Cause,
        error: Failure,
        moment: &Moment,
    ) -> TaskEvent {
        let (attempt, tries) = (self.attempt, self.tries.saturating_add(1));
        let is_over = match class {
            Class::Temporary => self.is_last(tries),
            Class::Permanent | Class::Critical => true,
        };
        if is_over {
            let alarm = class == Class::Critical;
            return TaskEvent::Failed(Failed { attempt, class, cause, error, alarm });
        }
        let again_at = self.again_at(tries, moment);
        TaskEvent::AttemptFailed(AttemptFailed { attempt, class, cause, error, again_at })
    }

    /// News of a lease that is lost already, or of a task that is over, come too late to matter.
    pub(super) fn lose_lease(&self, attempt: u32, why: Loss, moment: &Moment) -> Decision {
        if attempt == 0 || attempt > self.attempt {
            return Err(self.other_attempt(attempt));
        }
        if !self.runs(attempt) {
            return Ok(vec![]);
        }
        let counted = self.plan.retry.lost_lease_counts && may_be_its_own_doing(why);
        let tries = self.tries.saturating_add(u32::from(counted));
        if why != Loss::NobodyThere && self.is_last(tries) {
            return Ok(vec![self.failed_of_loss(why)]);
        }
        let again_at = self.again_at(tries, moment);
        Ok(vec![TaskEvent::LeaseLost(LeaseLost { attempt, why, counted, again_at })])
    }

    fn failed_of_loss(&self, why: Loss) -> TaskEvent {
        TaskEvent::Failed(Failed {
            attempt: self.attempt,
            class: Class::Temporary,
            cause: Cause::LeaseLost,
            error: Failure { code: "lease_lost".into(), message: in_words(why).into() },
            alarm: false,
        })
    }

    /// Whether this attempt is the one that runs.
    pub(super) fn runs(&self, attempt: u32) -> bool {
        matches!(self.phase, Phase::Running(_)) && attempt == self.attempt
    }

    /// Whether nothing comes after so many tries.
    fn is_last(&self, tries: u32) -> bool {
        let taken = self.attempt.saturating_sub(self.untaken);
        tries >= self.plan.retry.tries_max || taken >= ATTEMPTS_MAX
    }

    fn again_at(&self, tries: u32, moment: &Moment) -> Timestamp {
        let wait = backoff::wait_ms(&self.plan.retry, tries, &moment.id, self.attempt);
        moment.now.plus_ms(wait)
    }

    fn other_attempt(&self, given: u32) -> TaskRejection {
        TaskRejection::OtherAttempt { given, current: self.attempt }
    }

    /// A result of an attempt that is over, or that never was.
    fn refuse(&self, attempt: u32, came: Came) -> TaskRejection {
        if self.attempt == 0 {
            return TaskRejection::NotAssigned;
        }
        if attempt == 0 || attempt > self.attempt {
            return self.other_attempt(attempt);
        }
        let is_new = self.late.len() < LATE_RESULTS_MAX && !self.late.contains(&attempt);
        let record = is_new.then(|| Box::new(LateResult { attempt, came }));
        TaskRejection::LateResult { attempt, record }
    }
}

impl Running {
    pub(super) fn already_assigned(&self) -> TaskRejection {
        TaskRejection::AlreadyAssigned { agent: self.agent.clone() }
    }
}

/// A task that takes its worker down with it would be handed out for ever if the loss used up no
/// try. Where the task cannot be the reason, because nobody began with it or because a person took
/// it away, it keeps its tries.
fn may_be_its_own_doing(why: Loss) -> bool {
    match why {
        Loss::NoAnswer | Loss::Expired | Loss::AgentSilent | Loss::Unclaimed => true,
        Loss::NobodyThere | Loss::AgentRetired | Loss::GivenBack => false,
    }
}

fn in_words(why: Loss) -> &'static str {
    match why {
        Loss::NobodyThere => "no process of the agent was there",
        Loss::NoAnswer => "the agent did not answer",
        Loss::Expired => "the worker gave no sign of life",
        Loss::AgentSilent => "the agent went silent",
        Loss::AgentRetired => "the agent was retired",
        Loss::Unclaimed => "nobody claimed it after a restart",
        Loss::GivenBack => "the worker gave it back",
    }
}
