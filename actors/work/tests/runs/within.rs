//! Runs inside of runs.

use std::time::Duration;

use events::codec::Words as _;
use events::id::RunId;
use events::run::{How, Part, RunEvent, Sort};
use serde_json::{Value, json};

use super::world::{
    Running, begins, echo, end_of, events_of, how_it_ended, result_of, run, silence, tasks_of,
};
use crate::run::RunCommand;
use crate::work::tests::world::{World, on_stage, passes};

/// A pipeline whose only stage is a run of another one.
async fn define_both(system: &Running, inner: &str) {
    system
        .defines(
            "inner",
            &json!({
                "output": "${ stages.a.output }",
                "stages": [{ "name": "a", "task": inner, "input": ["${ input }"] }],
            }),
        )
        .await;
    system.defines("outer", &json!({
        "output": "${ stages.sub.output }",
        "stages": [
            { "name": "sub", "foreach": "${ input }", "run": { "pipeline": "inner", "edition": 1 },
              "input": "${ item }" },
        ],
    })).await;
}

/// The runs inside of a run.
async fn inside(world: &World, of: RunId) -> Vec<RunId> {
    let mut runs = Vec::new();
    for event in events_of(world, of).await {
        let RunEvent::ItemsBegan(began) = event else { continue };
        for item in began.items {
            let (stage, turn, at) = (&began.stage, began.turn, began.at);
            let part = Part { run: of, stage, turn, item: item.item, sort: Sort::Work, at };
            runs.push(part.within());
        }
    }
    runs
}

#[tokio::test(start_paused = true)]
async fn a_stage_may_be_runs_of_another_pipeline() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("work", echo).await;
        define_both(&system, "work").await;
        system.starts(run(1), "outer", &json!([1, 2, 3])).await;
        assert_eq!(result_of(&world, run(1)).await, json!([[1], [2], [3]]));
        let inside = inside(&world, run(1)).await;
        assert_eq!(inside.len(), 3);
        for inner in inside {
            let events = events_of(&world, inner).await;
            let [RunEvent::Started(started), ..] = &events[..] else { panic!("{events:?}") };
            assert_eq!(
                (started.parent.as_ref().map(|slot| slot.run), started.depth),
                (Some(run(1)), 1)
            );
            assert_eq!(end_of(&world, inner).await.how, How::Completed);
        }
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn runs_inside_of_one_are_paused_resumed_and_cancelled_with_it() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("never", silence).await;
        define_both(&system, "never").await;
        system.starts(run(1), "outer", &json!([1, 2])).await;
        passes(Duration::from_secs(1)).await;
        let reason = || "why".to_owned();
        let inside = inside(&world, run(1)).await;
        let last_of = async |run| {
            passes(Duration::from_secs(1)).await;
            let events = events_of(&world, run).await;
            events.last().map(|event| event.wire_type().name)
        };
        system.says(run(1), RunCommand::Pause { reason: reason() }).await;
        assert_eq!(last_of(inside[0]).await, Some("run.paused"));
        system.says(run(1), RunCommand::Resume { reason: reason() }).await;
        assert_eq!(last_of(inside[1]).await, Some("run.resumed"));
        system.says(run(1), RunCommand::Cancel { reason: reason(), undoes: true }).await;
        assert_eq!(end_of(&world, run(1)).await.how, How::Cancelled);
        for inner in inside {
            assert_eq!(end_of(&world, inner).await.how, How::Cancelled);
            for events in tasks_of(&world, inner).await.values() {
                assert_eq!(how_it_ended(events), Some("task.cancelled"));
            }
        }
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_inside_of_one_that_cannot_begin_fails_its_stage() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system
            .defines(
                "outer",
                &json!({
                    "stages": [{ "name": "sub", "run": { "pipeline": "gone", "edition": 7 } }],
                }),
            )
            .await;
        system.starts(run(1), "outer", &Value::Null).await;
        let end = end_of(&world, run(1)).await;
        assert_eq!(end.how, How::Failed, "{end:?}");
        system.ends().await;
    })
    .await;
}
