//! The process ends at any moment of a run, with all that was in its memory: the run ends all the same,
//! and its history is that of one that nothing happened to.

use std::time::Duration;

use events::codec::Words as _;
use events::run::{RunEvent, Undone};
use serde_json::json;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::world::{begins, echo, end_of, events_of, how_it_ended, run, tasks_of};
use crate::runtime::tests::faulty::Fault::{self, EndsAfter, EndsBefore, Sound};
use crate::work::tests::world::{World, passes};

/// A process that ends, with all that is in it, when this is done.
fn process<T>(story: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    LocalSet::new().block_on(&runtime.expect("a runtime"), story)
}

/// Three stages, of which the second has items, and a fourth that fails: then all is undone.
fn document() -> serde_json::Value {
    let undo = json!({ "task": "work", "input": ["undo", "${ output }"] });
    json!({
        "stages": [
            { "name": "a", "task": "work", "input": [1, 2, 3], "compensate": undo },
            { "name": "b", "after": ["a"], "foreach": "${ stages.a.output }", "task": "work",
              "input": "${ item }", "at_once": 2, "compensate": undo },
            { "name": "c", "after": ["b"], "task": "work", "input": "${ stages.b.output }" },
            { "name": "d", "after": ["c"], "task": "fail", "on_failure": "compensate" },
        ],
    })
}

fn fails(_: &serde_json::Value) -> Option<serde_json::Value> {
    Some(json!({ "failed": { "class": "permanent", "message": "no" } }))
}

/// Runs until the log says that the process ends, or nothing is left to do; says whether it has ended so.
async fn lives(world: &World) -> bool {
    let story = async {
        let system = begins(world).await;
        system.employs("work", echo).await;
        system.employs("fail", fails).await;
        if events_of(world, run(1)).await.is_empty() {
            system.defines("four", &document()).await;
            system.starts(run(1), "four", &json!(null)).await;
        }
        end_of(world, run(1)).await;
        // What is told of the end is told, and kept.
        passes(Duration::from_secs(20)).await;
        system.ends().await;
    };
    tokio::select! {
        () = story => false,
        () = world.store.ends() => true,
    }
}

/// What happened, in an order that does not depend on which item was first.
async fn history(world: &World) -> Vec<String> {
    let mut told: Vec<_> = events_of(world, run(1)).await.iter().map(told).collect();
    told.sort();
    told
}

/// An event, without its time.
fn told(event: &RunEvent) -> String {
    let name = event.wire_type().name;
    if let RunEvent::ItemsBegan(began) = event {
        let items: Vec<_> = began.items.iter().map(|it| it.item).collect();
        return format!("{name} {} {items:?}", began.stage);
    }
    if let RunEvent::StageEnded(ended) = event {
        return format!("{name} {} {:?}", ended.stage, ended.how);
    }
    if let RunEvent::ItemEnded(ended) = event {
        return format!("{name} {} {} {:?}", ended.stage, ended.item, ended.how);
    }
    if let RunEvent::UndoEnded(ended) = event {
        return format!("{name} {} {} {:?}", ended.stage, ended.item, ended.how);
    }
    name.to_owned()
}

/// The run with these faults of the log, and as many lives as it takes.
fn story(faults: Vec<Fault>) -> (Vec<String>, usize) {
    let first = process(async {
        let world = World::new();
        world.store.befalls(faults);
        let has_ended = lives(&world).await;
        (world, has_ended)
    });
    let (first, mut has_ended) = first;
    let mut hours = 0;
    while has_ended {
        hours += 1;
        assert!(hours < 5, "it ends again and again");
        has_ended = process(async { lives(&first.hours_later(hours)).await });
    }
    let batches = first.store.batches().len();
    let told = process(async {
        let world = first.hours_later(9);
        let end = end_of(&world, run(1)).await;
        assert_eq!(end.undone, Undone::All);
        let tasks = tasks_of(&world, run(1)).await;
        assert_eq!(tasks.len(), 10, "four of work, three items, a failure, and four undone");
        for (task, events) in &tasks {
            assert!(how_it_ended(events).is_some(), "{task} has not ended: {events:?}");
        }
        history(&world).await
    });
    (told, batches)
}

#[test]
fn wherever_the_process_ends_a_run_goes_on_to_the_same_end() {
    let (told, batches) = story(vec![]);
    assert!(batches > 20, "{batches} batches are no test");
    for n in 0..batches {
        for end in [EndsBefore, EndsAfter] {
            let faults = std::iter::repeat_n(Sound, n).chain([end]).collect();
            let (again, _) = story(faults);
            assert_eq!(again, told, "{end:?} in batch {n}");
        }
    }
}
