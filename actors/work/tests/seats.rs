//! Tasks whose submission says who gets them.

use std::time::Duration;

use events::bus::Subscription;
use events::content::{Content, Json};
use events::id::{StreamKey, TaskId, main_tenant};
use events::store::Verdict;
use events::task::TaskEvent;
use tokio::sync::oneshot;

use super::world::{Life, World, asked, asked_to, next, on_stage, passes, task};
use crate::runtime::{Done, NewCommand, Place, Refused};
use crate::task::{Order, TaskCommand};
use crate::work::seats::ask_task;

const MOMENT: Duration = Duration::from_millis(10);

impl Life {
    /// A task is submitted through the door that all submissions come by.
    async fn hands_in(&self, task: TaskId, input: &str) -> Done {
        answered(self.asks(task, submission(input))).await
    }

    /// The same, and nobody waits for the answer yet.
    fn asks(&self, task: TaskId, asked: NewCommand<TaskCommand>) -> Answer {
        let place = Place { tenant: main_tenant(), key: StreamKey::of_uuid(task.0) };
        let (tell, told) = oneshot::channel();
        ask_task(&self.means, place, asked, Box::new(move |answer| drop(tell.send(answer))));
        told
    }

    /// An agent with one slot, which has done something before.
    async fn at_work(&self) -> Subscription {
        let mut worker = self.works("resize").await;
        self.registers("resize", 1).await;
        self.submits(task(1000), "resize").await;
        self.does(&mut worker, task(1000)).await;
        worker
    }

    async fn does(&self, worker: &mut Subscription, task: TaskId) {
        let work = next(worker).await;
        assert_eq!(asked_to(&work), (task, 1));
        self.answers(&work, r#"{"result":8}"#).await;
        passes(MOMENT).await;
    }
}

/// Where the answer comes.
type Answer = oneshot::Receiver<Result<Done, Refused>>;

async fn answered(told: Answer) -> Done {
    told.await.expect("it is answered").expect("it is decided")
}

fn submission(input: &str) -> NewCommand<TaskCommand> {
    let order = Order::new("resize", Content::Inline(Json::parse(input).expect("JSON")));
    asked(TaskCommand::Submit(Box::new(order)))
}

fn events(done: &Done) -> u32 {
    done.outcome.recorded.map_or(0, |span| span.events)
}

#[tokio::test(start_paused = true)]
async fn where_there_is_room_a_task_is_recorded_with_its_agent_and_goes_there() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.at_work().await;
        let before = world.outcomes().await;
        for n in 1..=20 {
            assert_eq!(events(&life.hands_in(task(n), "7").await), 2, "it is assigned at once");
            life.does(&mut worker, task(n)).await;
            let history = world.history(task(n)).await;
            assert!(matches!(&history[..], [_, TaskEvent::Assigned(_), TaskEvent::Completed(_)]));
        }
        assert_eq!(world.outcomes().await - before, 40, "two decisions a task");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_room_a_task_waits() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.at_work().await;
        assert_eq!(events(&life.hands_in(task(1), "7").await), 2);
        assert_eq!(events(&life.hands_in(task(2), "7").await), 1, "the slot is taken");
        life.does(&mut worker, task(1)).await;
        life.does(&mut worker, task(2)).await;
        assert_eq!(world.history(task(2)).await.len(), 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_seat_of_which_nothing_comes_is_given_up() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.at_work().await;
        life.hands_in(task(1), "7").await;
        life.does(&mut worker, task(1)).await;
        let other = life.hands_in(task(1), "8").await;
        assert!(matches!(other.outcome.verdict, Verdict::Rejected { .. }), "it is another task");
        let done = life.hands_in(task(2), "7").await;
        assert_eq!(events(&done), 2, "the slot of a refused task is not free again");
        life.does(&mut worker, task(2)).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_sent_again_leaves_its_seat_to_others() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.at_work().await;
        let asked = submission("7");
        for _ in 0..3 {
            let done = answered(life.asks(task(1), asked.clone())).await;
            if !done.known {
                life.does(&mut worker, task(1)).await;
            }
            passes(MOMENT).await;
        }
        assert_eq!(world.history(task(1)).await.len(), 3, "it was done once");
        assert_eq!(events(&life.hands_in(task(2), "7").await), 2, "the slot is free");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_called_off_in_the_same_breath_is_handed_to_nobody() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.at_work().await;
        let cancel = TaskCommand::Cancel { reason: "a mistake".into() };
        let (done, cancelled) =
            tokio::join!(life.hands_in(task(1), "7"), life.says(task(1), cancel));
        assert_eq!(events(&done), 2, "it had a seat");
        cancelled.expect("it is decided");
        assert!(matches!(world.history(task(1)).await.last(), Some(TaskEvent::Cancelled(_))));
        let work = tokio::time::timeout(Duration::from_secs(60), worker.next()).await;
        assert!(work.is_err(), "what was called off is handed over");
        assert_eq!(world.history(task(1)).await.len(), 3);
        assert_eq!(events(&life.hands_in(task(2), "7").await), 2, "the slot is free");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_was_not_there_is_given_nothing_before_it_shows_itself() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let worker = life.at_work().await;
        drop(worker);
        passes(MOMENT).await;
        life.hands_in(task(1), "7").await;
        passes(Duration::from_secs(120)).await;
        let tries = world.history(task(1)).await.len();
        life.hands_in(task(2), "7").await;
        passes(Duration::from_secs(120)).await;
        let (tried, untried) = (world.history(task(1)).await, world.history(task(2)).await);
        assert_eq!((tried.len(), untried.len()), (tries, 1), "nobody is there, and it is asked");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn at_the_end_of_the_process_what_has_its_agent_is_handed_over_first() {
    on_stage(async {
        for steps in 0..40 {
            let world = World::new();
            let life = world.begins().await;
            let mut worker = life.at_work().await;
            let told = life.asks(task(1), submission("7"));
            for _ in 0..steps {
                tokio::task::yield_now().await;
            }
            let (ended, work) = tokio::join!(life.foreman.stop(), async {
                let done = answered(told).await;
                let work = tokio::time::timeout(Duration::from_secs(2), worker.next()).await;
                (events(&done), work.ok().flatten().map(|work| asked_to(&work)))
            });
            let ((), (events, work)) = (ended, work);
            let expected = (events == 2).then_some((task(1), 1));
            assert_eq!(work, expected, "after {steps} steps");
        }
    })
    .await;
}
