//! A thousand parts of one run end at once.

use serde_json::{Value, json};

use super::world::{begins, echo, end_of, events_of, result_of, run};
use crate::work::tests::world::{World, on_stage};
use events::run::{How, RunEvent};

const ITEMS: usize = 1_000;

#[tokio::test(start_paused = true)]
async fn a_thousand_ends_are_recorded_together() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("work", echo).await;
        system.defines("many", &json!({
            "output": "${ length(stages.each.output) }",
            "stages": [
                { "name": "each", "foreach": "${ input }", "task": "work", "input": "${ item }",
                  "at_once": ITEMS },
            ],
        })).await;
        let items: Vec<_> = (0..ITEMS).collect();
        system.starts(run(1), "many", &json!(items)).await;
        assert_eq!(end_of(&world, run(1)).await.how, How::Completed);
        assert_eq!(result_of(&world, run(1)).await, Value::from(ITEMS));
        let events = events_of(&world, run(1)).await;
        let ends = events.iter().filter(|event| matches!(event, RunEvent::ItemEnded(_))).count();
        assert_eq!(ends, ITEMS, "each item ends once");
        let batches = world.store.batches();
        let of_runs: Vec<_> =
            batches.iter().filter_map(|batch| batch.get("run").copied()).collect();
        assert_eq!(of_runs.iter().sum::<usize>(), ITEMS + 1, "one append for each end");
        assert!(of_runs.len() < ITEMS / 20, "{of_runs:?} are too many batches");
        system.ends().await;
    })
    .await;
}
