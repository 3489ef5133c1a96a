//! What is agreed about a task: whether it may be agreed, and whether it is something new.

use std::collections::BTreeSet;

use events::chain::{EventHash, blob_hash};
use events::codec::Words;
use events::id::Capability;
use events::labels::Labels;
use events::task::{Amendment, Priority, Retry, Submitted, TaskEvent, Timeouts};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Decision, Order, TaskRejection};
use crate::bounds::{CAPABILITIES_MAX, OutOfBounds, at_most, labels, within};

/// How often a task is tried at most.
pub const TRIES_MAX: u32 = 100;
/// The longest wait, lease or limit: the longest year.
pub const DURATION_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1000;

/// What was agreed about a task, without what it works on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Plan {
    /// What was submitted, by its hash: an input may be large, and a state is kept for long.
    submission: EventHash,
    pub(super) needs: BTreeSet<Capability>,
    pub(super) priority: Priority,
    pub(super) retry: Retry,
    pub(super) timeouts: Timeouts,
    pub(super) deadline: Option<Timestamp>,
    pub(super) not_before: Option<Timestamp>,
    labels: Labels,
}

pub(super) fn submit(order: Order, now: Timestamp) -> Decision {
    let submitted = agree(order, now)?;
    at_most("needs", submitted.needs.len(), CAPABILITIES_MAX)?;
    labels(&submitted.labels)?;
    check_durations(submitted.timeouts, submitted.retry)?;
    check_deadline(submitted.deadline, submitted.not_before, now)?;
    Ok(vec![TaskEvent::Submitted(submitted)])
}

/// A task of a kind for which nothing else is said needs an agent that can do this kind; to need
/// nothing at all would send it to anyone.
fn agree(order: Order, at: Timestamp) -> Result<Submitted, TaskRejection> {
    let kind = Capability::new(&order.kind).map_err(|_| TaskRejection::InvalidKind)?;
    let needs = if order.needs.is_empty() { [kind].into() } else { order.needs };
    Ok(Submitted {
        kind: order.kind,
        input: order.input,
        needs,
        priority: order.priority,
        retry: order.retry,
        timeouts: order.timeouts,
        deadline: order.deadline,
        not_before: order.not_before,
        labels: order.labels,
        parent: order.parent,
        at,
    })
}

impl Plan {
    pub(super) fn of(submitted: &Submitted) -> Self {
        Self {
            submission: hash(submitted),
            needs: submitted.needs.clone(),
            priority: submitted.priority,
            retry: submitted.retry,
            timeouts: submitted.timeouts,
            deadline: submitted.deadline,
            not_before: submitted.not_before,
            labels: submitted.labels.clone(),
        }
    }

    /// The submitter minted the id, so the same id with the same words is the same task.
    pub(super) fn submit_again(&self, order: Order) -> Decision {
        if hash(&agree(order, Timestamp::default())?) == self.submission {
            Ok(vec![])
        } else {
            Err(TaskRejection::AlreadySubmitted)
        }
    }

    pub(super) fn amend(&self, asked: Amendment, now: Timestamp) -> Decision {
        let news = self.news(asked);
        if news == Amendment::default() {
            return Ok(vec![]);
        }
        labels(news.labels.as_ref().unwrap_or(&Labels::new()))?;
        check_durations(news.timeouts.unwrap_or_default(), news.retry.unwrap_or_default())?;
        if news.deadline.is_some() || news.not_before.is_some() {
            let not_before = news.not_before.or(self.not_before);
            check_deadline(news.deadline.or(self.deadline), not_before, now)?;
        }
        Ok(vec![TaskEvent::Amended(news)])
    }

    /// What of an amendment is not so already.
    fn news(&self, asked: Amendment) -> Amendment {
        Amendment {
            priority: asked.priority.filter(|new| *new != self.priority),
            deadline: asked.deadline.filter(|new| Some(*new) != self.deadline),
            labels: asked.labels.filter(|new| *new != self.labels),
            not_before: asked.not_before.filter(|new| Some(*new) != self.not_before),
            timeouts: asked.timeouts.filter(|new| *new != self.timeouts),
            retry: asked.retry.filter(|new| *new != self.retry),
        }
    }

    pub(super) fn amended(self, news: &Amendment) -> Self {
        Self {
            priority: news.priority.unwrap_or(self.priority),
            deadline: news.deadline.or(self.deadline),
            labels: news.labels.clone().unwrap_or(self.labels),
            not_before: news.not_before.or(self.not_before),
            timeouts: news.timeouts.unwrap_or(self.timeouts),
            retry: news.retry.unwrap_or(self.retry),
            ..self
        }
    }
}

fn check_durations(timeouts: Timeouts, retry: Retry) -> Result<(), OutOfBounds> {
    let limits = [
        ("the time from start to close", timeouts.start_to_close_ms),
        ("the time between heartbeats", timeouts.heartbeat_ms),
        ("the time in the queue", timeouts.queue_ms),
    ];
    for (what, limit) in limits {
        within(what, limit.unwrap_or(1), 1, DURATION_MS_MAX)?;
    }
    within("the number of tries", retry.tries_max.into(), 1, TRIES_MAX.into())?;
    within("the longest wait", retry.cap_ms, 1, DURATION_MS_MAX)?;
    within("the first wait", retry.base_ms, 1, retry.cap_ms)
}

/// Work that cannot be over in time is not begun.
fn check_deadline(
    deadline: Option<Timestamp>,
    not_before: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), TaskRejection> {
    let begins = not_before.map_or(now, |at| at.max(now));
    match deadline {
        Some(deadline) if deadline <= begins => Err(TaskRejection::DeadlinePassed),
        Some(_) | None => Ok(()),
    }
}

/// When it was decided is no part of what was asked.
fn hash(submitted: &Submitted) -> EventHash {
    let asked = Submitted { at: Timestamp::default(), ..submitted.clone() };
    blob_hash(&TaskEvent::Submitted(asked).payload())
}
