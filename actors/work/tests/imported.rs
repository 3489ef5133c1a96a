//! What comes from another log while work is handed out: it is done there, unless it is adopted.

use std::time::Duration;

use events::content::{Content, Json};
use events::task::{TaskEvent, Timeouts};

use super::world::{World, asked_to, on_stage, passes, task};
use crate::task::Order;

/// A task that nobody can do, and that does not wait for ever.
fn impatient() -> Order {
    let order = Order::new("nobody", Content::Inline(Json::parse("7").expect("JSON")));
    let queue_ms = Some(5_000);
    Order { timeouts: Timeouts { queue_ms, ..Timeouts::default() }, ..order }
}

/// A log in which one task waits for a worker, and another one for nobody.
async fn there() -> World {
    let there = World::of(8);
    let life = there.begins().await;
    life.submits(task(1), "resize").await;
    life.orders(task(2), impatient()).await;
    life.ends().await;
    there
}

#[tokio::test(start_paused = true)]
async fn what_comes_beside_a_system_is_not_its_to_do() {
    on_stage(async {
        let (here, there) = (World::new(), there().await);
        let life = here.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 2).await;
        there.moves_into(&here, false).await;
        life.submits(task(3), "resize").await;
        life.orders(task(4), impatient()).await;
        let work = worker.next().await.expect("there is work");
        assert_eq!(asked_to(&work).0, task(3), "what is done elsewhere is handed out here");
        passes(Duration::from_secs(20)).await;
        let ended = here.history(task(4)).await;
        assert!(matches!(ended.last(), Some(TaskEvent::TimedOut(_))), "{ended:?}");
        for n in [1, 2] {
            let history = here.history(task(n)).await;
            assert_eq!(history.len(), 1, "what is done elsewhere goes on here: {history:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_adopted_beside_a_system_is_done_like_its_own() {
    on_stage(async {
        let (here, there) = (World::new(), there().await);
        let life = here.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 2).await;
        there.moves_into(&here, true).await;
        let work = worker.next().await.expect("there is work");
        assert_eq!(asked_to(&work).0, task(1));
        passes(Duration::from_secs(20)).await;
        let ended = here.history(task(2)).await;
        assert!(matches!(ended.last(), Some(TaskEvent::TimedOut(_))), "{ended:?}");
    })
    .await;
}
