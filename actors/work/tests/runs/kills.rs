//! The process ends at any moment of a run, with all that was in its memory: the run ends all the same,
//! and its history is that of one that nothing happened to.

use std::collections::BTreeMap;
use std::time::Duration;

use events::codec::Words as _;
use events::known::Known;
use events::run::{How, RunEvent, Undone};
use events::stream::StreamId;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::world::{begins, echo, end_of, events_of, how_it_ended, log_of, run, tasks_of};
use crate::runtime::tests::faulty::Fault::{self, EndsAfter, EndsBefore, Sound};
use crate::work::tests::world::{World, passes};

/// A run, and what becomes of it.
struct Tale {
    /// The last of them runs.
    pipelines: fn() -> Vec<(&'static str, Value)>,
    end: (How, Undone),
    /// How many tasks and runs there are in the end.
    tasks: usize,
    runs: usize,
}

/// Three stages, of which the second has items, and a fourth that fails: then all is undone.
const UNDONE: Tale = Tale {
    pipelines: || {
        let undo = json!({ "task": "work", "input": ["undo", "${ output }"] });
        let stages = json!([
            { "name": "a", "task": "work", "input": [1, 2, 3], "compensate": undo },
            { "name": "b", "after": ["a"], "foreach": "${ stages.a.output }", "task": "work",
              "input": "${ item }", "at_once": 2, "compensate": undo },
            { "name": "c", "after": ["b"], "task": "work", "input": "${ stages.b.output }" },
            { "name": "d", "after": ["c"], "task": "fail", "on_failure": "compensate" },
        ]);
        vec![("four", json!({ "stages": stages }))]
    },
    end: (How::Failed, Undone::All),
    tasks: 10,
    runs: 1,
};

/// Runs inside of a run, each of which waits for a while.
const WITHIN: Tale = Tale {
    pipelines: || {
        let inner = json!([
            { "name": "a", "task": "work", "input": "${ input }" },
            { "name": "b", "after": ["a"], "wait": { "for_ms": 3_000 } },
        ]);
        let outer = json!([
            { "name": "a", "foreach": [1, 2], "run": { "pipeline": "inner", "edition": 1 },
              "input": "${ item }" },
            { "name": "b", "after": ["a"], "task": "work" },
        ]);
        vec![("inner", json!({ "stages": inner })), ("outer", json!({ "stages": outer }))]
    },
    end: (How::Completed, Undone::Nothing),
    tasks: 3,
    runs: 3,
};

fn fails(_: &Value) -> Option<Value> {
    Some(json!({ "failed": { "class": "permanent", "message": "no" } }))
}

/// A process that ends, with all that is in it, when this is done.
pub(super) fn process<T>(story: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    LocalSet::new().block_on(&runtime.expect("a runtime"), story)
}

impl Tale {
    /// Goes on until the log says that the process ends, or nothing is left to do; says whether it has
    /// ended so.
    async fn lives(&self, world: &World) -> bool {
        let story = async {
            let system = begins(world).await;
            system.employs("work", echo).await;
            system.employs("fail", fails).await;
            if events_of(world, run(1)).await.is_empty() {
                let pipelines = (self.pipelines)();
                for (name, document) in &pipelines {
                    system.defines(name, document).await;
                }
                let (name, _) = pipelines.last().expect("one runs");
                system.starts(run(1), name, &json!(null)).await;
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

    /// The run with these faults of the log, and as many lives as it takes; what happened in the end, and
    /// how many batches that were.
    fn told(&self, faults: Vec<Fault>) -> (Vec<String>, usize) {
        let (world, mut has_ended) = process(async {
            let world = World::new();
            world.store.befalls(faults);
            let has_ended = self.lives(&world).await;
            (world, has_ended)
        });
        let mut hours = 0;
        while has_ended {
            hours += 1;
            assert!(hours < 5, "it ends again and again");
            has_ended = process(async { self.lives(&world.hours_later(hours)).await });
        }
        let batches = world.store.batches().len();
        (process(async { self.looked_at(&world.hours_later(9)).await }), batches)
    }

    /// What happened, in an order that does not depend on which item was first.
    async fn looked_at(&self, world: &World) -> Vec<String> {
        let end = end_of(world, run(1)).await;
        assert_eq!((end.how, end.undone), self.end);
        let mut pipelines = BTreeMap::<StreamId, String>::new();
        let mut told = Vec::new();
        let mut tasks = BTreeMap::new();
        for event in log_of(world).await {
            let Known::Run(event) = event else { continue };
            if let RunEvent::Started(started) = &event.event {
                let run = events::id::RunId(event.stream.key.as_uuid().expect("a uuid"));
                tasks.extend(tasks_of(world, run).await);
                pipelines.insert(event.stream.clone(), started.pipeline.to_string());
            }
            told.push(format!("{}: {}", pipelines[&event.stream], words(&event.event)));
        }
        assert_eq!((tasks.len(), pipelines.len()), (self.tasks, self.runs));
        for (task, events) in &tasks {
            assert!(how_it_ended(events).is_some(), "{task} has not ended: {events:?}");
        }
        told.sort();
        told
    }

    /// It comes to the same wherever the process ends, and wherever the next one does.
    fn survives_everything(&self) {
        let (told, batches) = self.told(vec![]);
        assert!(batches > 15, "{batches} batches are no test");
        let sound = |count| std::iter::repeat_n(Sound, count);
        for n in 0..batches {
            for end in [EndsBefore, EndsAfter] {
                let (again, _) = self.told(sound(n).chain([end]).collect());
                assert_eq!(again, told, "{end:?} in batch {n}");
            }
            let later = n * 7 % batches;
            let twice = sound(n).chain([EndsAfter]).chain(sound(later)).chain([EndsBefore]);
            let (again, _) = self.told(twice.collect());
            assert_eq!(again, told, "after batch {n}, and before the {later}th behind it");
        }
    }
}

/// An event, without its time.
fn words(event: &RunEvent) -> String {
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

#[test]
fn wherever_the_process_ends_what_was_done_is_undone_once() {
    UNDONE.survives_everything();
}

#[test]
fn wherever_the_process_ends_runs_inside_of_a_run_go_on() {
    WITHIN.survives_everything();
}
