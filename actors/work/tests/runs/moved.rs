//! A run goes on in another log, if that one is to carry on with it.

use std::time::Duration;

use events::run::{How, RunEvent};
use serde_json::{Value, json};

use super::world::{begins, echo, end_of, events_of, how_it_ended, run, silence, tasks_of};
use crate::work::carrying::CARRIED_BYTES_MAX;
use crate::work::tests::world::{World, on_stage, passes};

/// More than an event holds.
fn large() -> Value {
    json!("x".repeat(CARRIED_BYTES_MAX + 1))
}

/// A run that was half way when its log was taken into another one.
async fn moved(adopted: bool) -> World {
    let there = World::of(8);
    let system = begins(&there).await;
    system.employs("work", echo).await;
    system.employs("slow", silence).await;
    let stages = json!([
        { "name": "a", "task": "work", "input": "${ input }" },
        { "name": "b", "after": ["a"], "task": "slow", "input": "${ stages.a.output }" },
        { "name": "c", "after": ["b"], "wait": { "for_ms": 5_000 } },
        { "name": "d", "after": ["c"], "task": "work" },
    ]);
    system.defines("clean", &json!({ "stages": stages })).await;
    system.starts_large(run(1), "clean", &large()).await;
    passes(Duration::from_secs(1)).await;
    system.ends().await;
    let here = World::new();
    let system = begins(&here).await;
    // A log in which nothing is yet would carry on with everything.
    system.defines("other", &json!({ "stages": [{ "name": "a", "task": "work" }] })).await;
    system.ends().await;
    there.moves_into(&here, adopted).await;
    here
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_adopted_goes_on_where_it_was() {
    on_stage(async {
        let world = moved(true).await;
        let before = events_of(&world, run(1)).await;
        let system = begins(&world).await;
        system.employs("work", echo).await;
        let seen = system.employs("slow", echo).await;
        assert_eq!(end_of(&world, run(1)).await.how, How::Completed);
        let after = events_of(&world, run(1)).await;
        assert_eq!(after[..before.len()], before);
        let ends = after.iter().filter(|event| matches!(event, RunEvent::StageEnded(_)));
        assert_eq!(ends.count(), 4);
        assert_eq!(seen.lock().expect("held")["slow"], [large()], "what is large came as well");
        let tasks = tasks_of(&world, run(1)).await;
        assert_eq!(tasks.len(), 3, "nothing was begun again");
        assert!(tasks.values().all(|it| how_it_ended(it) == Some("task.completed")));
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_is_left_alone() {
    on_stage(async {
        let world = moved(false).await;
        let before = events_of(&world, run(1)).await;
        let system = begins(&world).await;
        system.employs("work", echo).await;
        system.employs("slow", echo).await;
        passes(Duration::from_secs(600)).await;
        assert_eq!(events_of(&world, run(1)).await, before);
        system.ends().await;
    })
    .await;
}
