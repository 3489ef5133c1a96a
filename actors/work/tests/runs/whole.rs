//! One run after the other, as they go when nothing is in the way.

use std::time::Duration;

use events::run::{How, PartHow, RunEvent};
use serde_json::json;

use super::world::{
    begins, echo, end_of, events_of, how_it_ended, result_of, run, silence, tasks_of, types_of,
};
use crate::work::tests::world::{World, on_stage, passes};

#[tokio::test(start_paused = true)]
async fn a_run_of_three_stages_goes_from_its_start_to_its_end() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let seen = system.employs("work", echo).await;
        system.defines("three", &json!({
            "output": "${ stages.c.output }",
            "stages": [
                { "name": "a", "task": "work", "input": { "from": "${ input.from }" } },
                { "name": "b", "after": ["a"], "task": "work", "input": "${ stages.a.output.from }" },
                { "name": "c", "after": ["b"], "task": "work", "input": ["${ stages.b.output }"] },
            ],
        })).await;
        system.starts(run(1), "three", &json!({ "from": 7 })).await;
        assert_eq!(result_of(&world, run(1)).await, json!([7]));
        let expected = [
            "started", "stage_began", "stage_ended", "stage_began", "stage_ended", "stage_began",
            "stage_ended", "finished",
        ];
        assert_eq!(types_of(&world, run(1)).await, expected);
        let seen = seen.lock().expect("held")["work"].clone();
        assert_eq!(seen, [json!({ "from": 7 }), json!(7), json!([7])]);
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stage_waits_for_all_that_come_before_it_and_for_nobody_else() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("work", echo).await;
        system.employs("never", silence).await;
        system.defines("wide", &json!({
            "stages": [
                { "name": "a", "task": "work" },
                { "name": "b", "foreach": "${ input }", "task": "work", "input": "${ item }" },
                { "name": "c", "after": ["a", "b"], "task": "work" },
                { "name": "d", "task": "never" },
            ],
        })).await;
        system.starts(run(1), "wide", &json!([1, 2, 3])).await;
        passes(Duration::from_secs(5)).await;
        let ended: Vec<_> = events_of(&world, run(1))
            .await
            .into_iter()
            .filter_map(|event| {
                let RunEvent::StageEnded(ended) = event else { return None };
                assert_eq!(ended.how, PartHow::Completed);
                Some(ended.stage.to_string())
            })
            .collect();
        assert_eq!((ended.len(), ended.last().map(String::as_str)), (3, Some("c")));
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_takes_too_long_is_called_off_and_so_is_its_run() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("never", silence).await;
        system
            .defines(
                "late",
                &json!({
                    "stages": [{ "name": "a", "task": "never", "timeout_ms": 5_000 }],
                }),
            )
            .await;
        system.starts(run(1), "late", &json!(null)).await;
        let end = end_of(&world, run(1)).await;
        assert_eq!(end.how, How::Failed);
        let tasks = tasks_of(&world, run(1)).await;
        let ends: Vec<_> = tasks.values().map(|events| how_it_ended(events)).collect();
        assert_eq!(ends, [Some("task.cancelled")]);
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_must_be_over_is_over_also_after_a_restart() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("never", silence).await;
        let stages = json!([{ "name": "a", "task": "never" }]);
        system.defines("late", &json!({ "timeout_ms": 600_000, "stages": stages })).await;
        system.starts(run(1), "late", &json!(null)).await;
        passes(Duration::from_secs(20)).await;
        system.ends().await;
        let system = begins(&world).await;
        assert_eq!(end_of(&world, run(1)).await.how, How::TimedOut);
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn times_that_were_waited_for_are_kept_where_the_log_is_long() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("work", echo).await;
        let hour = json!([{ "name": "a", "wait": { "for_ms": 3_600_000 } }]);
        system.defines("wait", &json!({ "stages": hour })).await;
        system.starts(run(1), "wait", &json!(null)).await;
        let many = json!([{ "name": "a", "foreach": "${ input }", "task": "work" }]);
        system.defines("many", &json!({ "stages": many })).await;
        let items: Vec<_> = (0..400).collect();
        system.starts(run(2), "many", &json!(items)).await;
        end_of(&world, run(2)).await;
        assert!(!world.is_kept());
        system.ends().await;
        assert!(world.is_kept(), "too little has happened");
        let system = begins(&world).await;
        assert_eq!(end_of(&world, run(1)).await.how, How::Completed);
        system.ends().await;
    })
    .await;
}
