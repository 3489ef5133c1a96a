//! Tasks on their way in. Where an agent has room at once and nobody waits for it, the submission says who
//! gets the task: both are decided and recorded together, and the worker has it one commit earlier.
//! To look costs little, and nobody is waited for: a task that gets no seat is placed like any other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use events::id::{TaskId, Tenant};
use events::planted::{Bug, planted};
use events::store::Verdict;
use events::time::Timestamp;
use tokio::sync::Notify;

use super::Means;
use super::foreman::lease_of;
use crate::placing::Placing;
use crate::runtime::{Done, NewCommand, Place, Refused, Reply};
use crate::task::{Order, Seat, TaskCommand};

/// Who gets what, as the foreman sees it.
#[derive(Debug, Default)]
pub struct Seats {
    placing: Mutex<Placing>,
    /// Whether what is given away here will be handed over.
    is_open: AtomicBool,
    given_up: Notify,
}

impl Seats {
    pub(super) fn placing(&self) -> MutexGuard<'_, Placing> {
        self.placing.lock().expect("nobody panics while placing")
    }

    /// Whether seats are given from now on.
    pub(super) fn open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Release);
    }

    /// Returns when a seat was given up, and may be for someone else.
    pub(super) async fn given_up(&self) {
        self.given_up.notified().await;
    }

    /// A seat for a task, if there is one and whoever places has no hand on it just now.
    fn take(&self, tenant: &Tenant, task: TaskId, order: &Order) -> Option<Seat> {
        let is_open = self.is_open.load(Ordering::Acquire);
        // The planted bug is in the way by which tasks come that have no seat.
        if !is_open || order.not_before.is_some() || planted(Bug::HandedOverBeforeCommit) {
            return None;
        }
        let needs = order.needed()?;
        let agent = self.placing.try_lock().ok()?.seat(tenant, task, &needs)?;
        Some(Seat { agent, lease_ms: lease_of(order.timeouts.heartbeat_ms) })
    }

    fn give_up(&self, tenant: &Tenant, task: TaskId, now: Timestamp) {
        self.placing().give_seat_up(tenant, task, now);
        self.given_up.notify_one();
    }
}

/// Asks a task. One that is submitted has its agent at once, if one has room.
pub fn ask_task(means: &Arc<Means>, place: Place, asked: NewCommand<TaskCommand>, reply: Reply) {
    let task = place.key.as_uuid().map(TaskId);
    let NewCommand { command: TaskCommand::Submit(order), .. } = &asked else {
        return means.tasks.ask(place, asked, reply);
    };
    let seat = task.and_then(|task| Some((task, means.seats.take(&place.tenant, task, order)?)));
    let Some((task, seat)) = seat else { return means.tasks.ask(place, asked, reply) };
    let command = TaskCommand::SubmitTo(order.clone(), seat);
    let (seats, clock) = (Arc::clone(&means.seats), Arc::clone(&means.tools.clock));
    let tenant = place.tenant.clone();
    let reply = Box::new(move |answer| {
        if !has_sat_down(&answer) {
            seats.give_up(&tenant, task, clock.now());
        }
        reply(answer);
    });
    means.tasks.ask(place, NewCommand { command, ..asked }, reply);
}

/// Whether the task was recorded with its agent: two events, and now.
fn has_sat_down(answer: &Result<Done, Refused>) -> bool {
    let Ok(Done { outcome, known: false, .. }) = answer else { return false };
    let recorded = outcome.recorded.map_or(0, |span| span.events);
    outcome.verdict == Verdict::Accepted && recorded == 2
}
