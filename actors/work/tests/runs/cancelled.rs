//! A run is cancelled while a thousand of its parts are under way.

use std::time::Duration;

use events::run::{How, RunEvent, Undone};
use serde_json::{Value, json};

use super::world::{begins, echo, end_of, events_of, how_it_ended, run, silence, tasks_of};
use crate::run::RunCommand;
use crate::work::tests::world::{World, on_stage, passes};

const ITEMS: usize = 1_000;
const DONE: usize = 300;

/// Does those that are lower than this, and takes all others.
fn some(input: &Value) -> Option<Value> {
    let is_done = input.as_u64().is_some_and(|n| n < DONE as u64);
    if is_done { echo(input) } else { silence(input) }
}

#[tokio::test(start_paused = true)]
async fn a_fan_out_that_is_cancelled_leaves_nothing_open_and_undoes_what_was_done() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("some", some).await;
        let undone = system.employs("undo", echo).await;
        system.defines("many", &json!({
            "stages": [
                { "name": "each", "foreach": "${ input }", "task": "some", "input": "${ item }",
                  "at_once": ITEMS, "compensate": { "task": "undo", "input": "${ output }" } },
                { "name": "after", "after": ["each"], "task": "some" },
            ],
        })).await;
        let items: Vec<_> = (0..ITEMS).collect();
        system.starts(run(1), "many", &json!(items)).await;
        passes(Duration::from_secs(5)).await;
        assert_eq!(tasks_of(&world, run(1)).await.len(), ITEMS);
        system.says(run(1), RunCommand::Cancel { reason: "no".into(), undoes: true }).await;
        let end = end_of(&world, run(1)).await;
        assert_eq!((end.how, end.undone), (How::Cancelled, Undone::All));
        passes(Duration::from_secs(20)).await;

        let tasks = tasks_of(&world, run(1)).await;
        let ended = |how| tasks.values().filter(|it| how_it_ended(it) == Some(how)).count();
        assert_eq!(tasks.len(), ITEMS + DONE, "what was done is undone");
        assert_eq!((ended("task.completed"), ended("task.cancelled")), (2 * DONE, ITEMS - DONE));
        let mut undone = undone.lock().expect("held")["undo"].clone();
        undone.sort_by_key(Value::as_u64);
        assert_eq!(undone, (0..DONE).map(Value::from).collect::<Vec<_>>());
        let events = events_of(&world, run(1)).await;
        let ends = |event: &&RunEvent| matches!(event, RunEvent::ItemEnded(_));
        assert_eq!(events.iter().filter(ends).count(), ITEMS, "each part ends once");
        system.ends().await;
    })
    .await;
}
