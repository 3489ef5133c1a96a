//! What outlives a restart.

use std::time::Duration;

use events::bus::{Bus as _, Message};
use events::content::{Content, Json};
use events::task::{Loss, TaskEvent, Timeouts};
use tokio::time::Instant;

use super::world::{Life, World, asked_to, on_stage, passes, task};
use crate::leases::Pair;
use crate::task::Order;

/// More steps than it takes to assign a task and to hand it over.
const STEPS: usize = 40;

#[tokio::test(start_paused = true)]
async fn after_a_restart_nothing_is_handed_over_again() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        life.submits(task(1), "resize").await;
        let work = worker.next().await.expect("there is work");
        life.answers(&work, "taken").await;
        passes(Duration::from_secs(1)).await;
        life.ends().await;

        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        let has = Pair { task: task(1), attempt: 1 };
        for _ in 0..10 {
            assert!(life.beats("resize", vec![has]).await.is_empty(), "it may go on");
            passes(Duration::from_secs(10)).await;
        }
        assert_eq!(world.history(task(1)).await.len(), 2, "it still has it");
        let again = tokio::time::timeout(Duration::from_secs(5), worker.next()).await;
        assert!(again.is_err(), "it was handed over again");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_claims_after_a_restart_is_lost_and_placed_again() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        life.submits(task(1), "resize").await;
        let work = worker.next().await.expect("there is work");
        life.answers(&work, "taken").await;
        passes(Duration::from_secs(1)).await;
        life.ends().await;

        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        for _ in 0..3 {
            life.beats("resize", Vec::new()).await;
            passes(Duration::from_secs(10)).await;
        }
        let history = world.history(task(1)).await;
        assert!(matches!(&history[2], TaskEvent::LeaseLost(lost) if lost.why == Loss::Unclaimed));
        let work = worker.next().await.expect("there is work");
        assert_eq!(asked_to(&work), (task(1), 2));
        let old = Pair { task: task(1), attempt: 1 };
        assert_eq!(life.beats("resize", vec![old]).await, [old], "it has it no longer");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_passes_once_whenever_the_system_restarts() {
    for restart_after in [0, 4_999, 5_000, 5_001, 9_000] {
        on_stage(async {
            let world = World::new();
            let life = world.begins().await;
            let order = Order::new("nobody", Content::Inline(Json::parse("7").expect("JSON")));
            let queue_ms = Some(5_000);
            let timeouts = Timeouts { queue_ms, ..Timeouts::default() };
            life.orders(task(1), Order { timeouts, ..order }).await;
            passes(Duration::from_millis(restart_after)).await;
            life.ends().await;
            let _life = world.begins().await;
            passes(Duration::from_secs(20)).await;
            let history = world.history(task(1)).await;
            assert!(matches!(history.last(), Some(TaskEvent::TimedOut(_))), "{restart_after}");
            assert_eq!(history.len(), 2, "restarted after {restart_after} ms");
            assert_eq!(world.outcomes().await, 2, "restarted after {restart_after} ms");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_is_gone_on_from() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        life.registers("never", 1).await;
        for n in 1..=1100 {
            life.submits(task(n), "resize").await;
        }
        passes(Duration::from_secs(1)).await;
        life.ends().await;

        let life = world.begins().await;
        let mut at = life.foreman.at();
        at.wait_for(|at| at.0 >= 1101).await.expect("it goes on");
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        let work = worker.next().await.expect("what was submitted before is there");
        assert_eq!(asked_to(&work), (task(1), 1));
    })
    .await;
}

/// A system with a task is told to end after so many steps; what is on record about the task then. The
/// worker answers everything.
async fn ends_after(steps: usize) -> Vec<TaskEvent> {
    let world = World::new();
    let life = world.begins().await;
    let mut worker = life.works("resize").await;
    life.registers("resize", 1).await;
    passes(Duration::from_secs(1)).await;
    life.submits(task(1), "resize").await;
    for _ in 0..steps {
        tokio::task::yield_now().await;
    }
    let Life { means, router, foreman } = life;
    let answers = async {
        while let Some(work) = worker.next().await {
            let reply = work.reply.clone().expect("work wants an answer");
            let given_back = Message::new(reply, "given_back");
            router.publish(given_back).await.expect("it is sent");
        }
    };
    tokio::select! {
        () = foreman.stop() => drop(means),
        () = answers => panic!("the bus has ended"),
    }
    world.history(task(1)).await
}

#[tokio::test(start_paused = true)]
async fn whenever_a_system_ends_in_good_order_what_was_assigned_is_with_its_worker() {
    let mut assigned = 0;
    for steps in 0..STEPS {
        let history = on_stage(ends_after(steps)).await;
        let is_left = matches!(history.last(), Some(TaskEvent::Assigned(_)));
        assert!(!is_left, "nobody was asked, or heard, after {steps} steps: {history:?}");
        assigned += usize::from(history.len() == 3);
    }
    assert!(assigned > 0, "it was never assigned");
}

#[tokio::test(start_paused = true)]
async fn who_ends_waits_for_a_worker_that_says_nothing_and_no_longer() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        life.submits(task(1), "resize").await;
        worker.next().await.expect("there is work");
        let begun = Instant::now();
        life.foreman.stop().await;
        assert!(begun.elapsed() <= Duration::from_secs(3), "{:?}", begun.elapsed());
        let history = world.history(task(1)).await;
        assert!(matches!(&history[2], TaskEvent::LeaseLost(lost) if lost.why == Loss::NoAnswer));
    })
    .await;
}
