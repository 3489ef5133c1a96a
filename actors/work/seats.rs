//! Tasks on their way in. Where an agent has room at once and nobody waits for it, the submission says who
//! gets the task: both are decided and recorded together, and the worker has it one commit earlier.
//! To look costs little, and nobody is waited for: a task that gets no seat is placed like any other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use events::id::{TaskId, Tenant};
use events::planted::{Bug, planted};
use events::store::Verdict;
use events::stream::Position;
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

    /// Closes them when this is dropped: whoever places may end in any way.
    pub(super) fn closing(self: &Arc<Self>) -> Closing {
        Closing(Arc::clone(self))
    }

    /// Returns when a seat was given up, and may be for someone else.
    pub(super) async fn given_up(&self) {
        self.given_up.notified().await;
    }

    /// A seat for a task, if there is one and whoever places has no hand on it just now.
    fn take(&self, tenant: &Tenant, task: TaskId, order: &Order) -> Option<Seat> {
        // The planted bug is in the way by which tasks come that have no seat.
        if order.not_before.is_some() || planted(Bug::HandedOverBeforeCommit) {
            return None;
        }
        let needs = order.needed()?;
        let mut placing = self.placing.try_lock().ok()?;
        // Looked at under the lock: whoever closes looks then whether any seat is left.
        if !self.is_open.load(Ordering::Acquire) {
            return None;
        }
        let agent = placing.seat(tenant, task, &needs)?;
        Some(Seat { agent, lease_ms: lease_of(order.timeouts.heartbeat_ms) })
    }

    /// The task was decided, or will not be. Its seat is given up, unless it is on record with its agent
    /// and the log has only to tell so.
    fn settle(
        &self,
        (tenant, task): (&Tenant, TaskId),
        answer: &Result<Done, Refused>,
        now: Timestamp,
    ) {
        // An answer must be told whatever happened to those who place.
        let Ok(mut placing) = self.placing.lock() else { return };
        if with_agent(answer).is_some_and(|(at, is_new)| is_new || at > placing.at()) {
            return;
        }
        placing.give_seat_up(tenant, task, now);
        self.given_up.notify_one();
    }
}

/// Nobody gets a seat once this is gone.
pub(super) struct Closing(Arc<Seats>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.open(false);
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
        seats.settle((&tenant, task), &answer, clock.now());
        reply(answer);
    });
    means.tasks.ask(place, NewCommand { command, ..asked }, reply);
}

/// Where a task is on record with its agent, and whether only now. A submission that is found to be on
/// record may be one of long ago, or this very one, of which the answer was lost.
fn with_agent(answer: &Result<Done, Refused>) -> Option<(Position, bool)> {
    let Done { outcome, known, .. } = answer.as_ref().ok()?;
    let recorded = outcome.recorded.filter(|span| span.events == 2)?;
    let is_accepted = outcome.verdict == Verdict::Accepted;
    is_accepted.then(|| (recorded.last_position(), !known))
}

#[cfg(test)]
mod tests {
    use events::content::{Content, Json};
    use events::id::StreamKey;
    use events::known::Known;
    use events::store::{Outcome, Span};
    use events::stream::{StreamId, Version};

    use super::*;
    use crate::story::{Story, agent, assign, complete, order, register, submit, task, tenant};

    /// Seats at an agent with one slot, which has done something before.
    fn open() -> (Story, Seats) {
        let (mut story, seats) = (Story::new(), Seats::default());
        seats.hear(&story.agent("main", "ada", register(["resize"], 1)));
        let commands = [submit(order("resize")), assign(&agent("ada"), 1), complete(1)];
        for command in commands {
            seats.hear(&story.task("main", task(1), command));
        }
        seats.open(true);
        (story, seats)
    }

    impl Seats {
        fn hear(&self, events: &[Known]) {
            events.iter().for_each(|event| self.placing().fold(event));
        }

        fn takes(&self, n: u64) -> Option<Seat> {
            let order = Order::new("resize", Content::Inline(Json::parse("7").expect("JSON")));
            self.take(&tenant("main"), task(n), &order)
        }

        fn settles(&self, n: u64, answer: Result<Done, Refused>) {
            self.settle((&tenant("main"), task(n)), &answer, Timestamp::default());
        }
    }

    /// The answer that the task is on record with its agent there.
    fn on_record(position: u64, known: bool) -> Result<Done, Refused> {
        let category = "task".parse().expect("a word");
        let stream = StreamId::new(tenant("main"), category, StreamKey::of_uuid(task(2).0));
        let (position, version) = (Position(position), Version::FIRST);
        let outcome = Outcome {
            stream: stream.clone(),
            verdict: Verdict::Accepted,
            after: Position(position.0 - 1),
            recorded: Some(Span { position, version, events: 2 }),
            recorded_at: Timestamp::default(),
        };
        Ok(Done { stream, outcome, known })
    }

    #[test]
    fn a_seat_whose_answer_was_lost_stays_until_the_log_tells() {
        let (_, seats) = open();
        let seat = seats.takes(2);
        assert!(seat.is_some());
        let behind = seats.placing().at().0 + 1;
        seats.settles(2, on_record(behind, true));
        assert_eq!(seats.placing().seats(), 1, "the log has yet to tell of it");
    }

    #[test]
    fn what_was_on_record_long_ago_needs_no_seat() {
        let (_, seats) = open();
        assert!(seats.takes(2).is_some());
        seats.settles(2, on_record(1, true));
        assert_eq!(seats.placing().seats(), 0);
        assert!(seats.takes(3).is_some());
        seats.settles(3, Err(Refused::Late));
        assert!(seats.takes(4).is_some());
    }

    #[test]
    fn nobody_gets_a_seat_before_it_is_opened_or_after_whoever_places_is_gone() {
        let (_, seats) = open();
        let seats = Arc::new(seats);
        seats.open(false);
        assert!(seats.takes(2).is_none());
        seats.open(true);
        drop(seats.closing());
        assert!(seats.takes(2).is_none());
    }
}
