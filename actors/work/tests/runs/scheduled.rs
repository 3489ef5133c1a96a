//! Runs that a schedule starts.

use std::time::Duration;

use events::codec::Words as _;
use events::content::{Content, Json};
use events::id::RunId;
use events::run::How;
use events::schedule::{CatchUp, Overlap, ScheduleEvent, When};
use events::time::Timestamp;
use serde_json::json;

use super::world::{Running, begins, echo, end_of, how_it_ended, silence, tasks_of};
use crate::schedule::{ScheduleCommand, Terms};
use crate::work::tests::world::{World, all_of, ask, asked, on_stage, passes};

/// Each minute, this work.
async fn each_minute(system: &Running, kind: &str, overlap: Overlap) {
    system
        .defines(
            "clean",
            &json!({
                "stages": [{ "name": "a", "task": kind, "input": "${ input }" }],
            }),
        )
        .await;
    let terms = Terms {
        when: When::Every { ms: 60_000, from: Timestamp(0) },
        zone: "UTC".into(),
        jitter_ms: 0,
        overlap,
        catch_up: CatchUp::None,
        late_ms: 1_000,
        pipeline: "clean".parse().expect("a token"),
        edition: None,
        input: Content::Inline(Json::parse("7").expect("JSON")),
    };
    let schedules = &system.life.means.schedules;
    let key = "nightly".parse().expect("a token");
    ask(schedules, key, asked(ScheduleCommand::Set(terms))).await.expect("it is recorded");
}

async fn history(world: &World) -> Vec<ScheduleEvent> {
    all_of(&world.store.log, "nightly".parse().expect("a token")).await
}

/// The runs that it has started.
async fn fired(world: &World) -> Vec<RunId> {
    let fired = history(world).await.into_iter().filter_map(|event| {
        if let ScheduleEvent::Fired(fired) = event { Some(fired.run) } else { None }
    });
    fired.collect()
}

#[tokio::test(start_paused = true)]
async fn a_schedule_starts_its_runs_and_hears_how_they_end_also_after_a_restart() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let seen = system.employs("work", echo).await;
        each_minute(&system, "work", Overlap::Skip).await;
        passes(Duration::from_secs(90)).await;
        system.ends().await;
        let system = begins(&world).await;
        let later = system.employs("work", echo).await;
        passes(Duration::from_secs(60)).await;
        let runs = fired(&world).await;
        assert!(runs.len() >= 2, "{runs:?}");
        for run in &runs {
            assert_eq!(end_of(&world, *run).await.how, How::Completed);
        }
        let history = history(&world).await;
        let ends = history.iter().filter(|event| matches!(event, ScheduleEvent::RunEnded(_)));
        assert_eq!(ends.count(), runs.len(), "{history:?}");
        let count = [seen, later].map(|seen| seen.lock().expect("held").values().flatten().count());
        assert_eq!(count[0] + count[1], runs.len(), "each run is worked on once");
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_replaced_is_cancelled_and_then_the_next_one_begins() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("never", silence).await;
        each_minute(&system, "never", Overlap::Replace).await;
        passes(Duration::from_secs(130)).await;
        let runs = fired(&world).await;
        assert!(runs.len() >= 2, "{:?}", history(&world).await);
        assert_eq!(end_of(&world, runs[0]).await.how, How::Cancelled);
        let tasks = tasks_of(&world, runs[0]).await;
        let ends: Vec<_> = tasks.values().map(|events| how_it_ended(events)).collect();
        assert_eq!(ends, [Some("task.cancelled")]);
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_schedule_hears_also_that_its_run_could_not_begin() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        each_minute(&system, "work", Overlap::Queue).await;
        let deprecate =
            crate::pipeline::PipelineCommand::Deprecate { edition: None, reason: String::new() };
        let pipelines = &system.life.means.pipelines;
        let key = "clean".parse().expect("a token");
        ask(pipelines, key, asked(deprecate)).await.expect("it is recorded");
        passes(Duration::from_secs(130)).await;
        let types: Vec<_> = history(&world).await.iter().map(|it| it.wire_type().name).collect();
        let twice = ["schedule.fired", "schedule.run_ended"].repeat(2);
        assert_eq!(types[1..], twice, "{types:?}");
        system.ends().await;
    })
    .await;
}
