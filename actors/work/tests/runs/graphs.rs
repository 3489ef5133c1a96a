//! Pipelines that nobody would write, done by everything that works on runs, while the process ends again
//! and again with all that was in its memory: each run comes to its end, and all of it is done once.
#![expect(clippy::wildcard_enum_match_arm, reason = "most events are about something else")]

use std::collections::BTreeMap;
use std::time::Duration;

use events::id::{Principal, RunId, StreamKey, TaskId};
use events::known::Known;
use events::run::{Ending, RunEvent, Why};
use events::task::TaskEvent;
use events::time::Timestamp;
use serde_json::{Value, json};

use super::kills::process;
use super::world::{Running, begins, echo, events_of, how_it_ended, json, log_of, run};
use crate::decider::Decider as _;
use crate::run::tests::dice::Dice;
use crate::run::tests::graphs::Books;
use crate::run::tests::random;
use crate::run::{Run, RunCommand, Verdict, Waits};
use crate::runtime::tests::faulty::Fault::{self, EndsAfter, EndsBefore, Sound};
use crate::work::tests::world::{World, ask, asked, passes};

/// How many pipelines there are.
const GRAPHS: u64 = 100;
/// How often at most the process ends in one of them, and after how many batches of its life.
const ENDS_MAX: usize = 24;
const BATCHES: (usize, usize) = (3, 8);
/// How often people look at what a run waits for.
const LOOKS: Duration = Duration::from_millis(300);
/// How often they look at most. The longest wait for a worker that is gone is far shorter.
const LOOKS_MAX: usize = 2_000;

/// A run, and its day.
struct Tale {
    seed: u64,
    document: Value,
    input: Value,
    /// When someone calls it off, and whether it is undone then.
    called_off: Option<(Timestamp, bool)>,
}

/// Fails where the first of what it is given is one of these.
fn works(input: &Value) -> Option<Value> {
    let fails = matches!(input[0].as_u64(), Some(0 | 3));
    let failed = json!({ "failed": { "class": "permanent", "message": "no" } });
    if fails && input[1] != 1 { Some(failed) } else { echo(input) }
}

impl Tale {
    fn new(seed: u64, begins: Timestamp) -> Self {
        let mut dice = Dice(seed);
        let document = random::pipeline(&mut dice);
        let first = dice.below(4);
        let input = json!({ "yes": true, "list": [first, 2, 3] });
        let ms = 100 + dice.below(3_000) as u64;
        let called_off = dice.often(25).then(|| (begins.plus_ms(ms), dice.often(70)));
        Self { seed, document, input, called_off }
    }

    /// When the process ends.
    fn faults(&self) -> Vec<Fault> {
        let mut dice = Dice(!self.seed);
        let mut faults = Vec::new();
        for _ in 0..ENDS_MAX {
            let (least, most) = BATCHES;
            faults.extend(std::iter::repeat_n(Sound, least + dice.below(most - least)));
            faults.push(if dice.often(50) { EndsBefore } else { EndsAfter });
        }
        faults
    }

    /// One life of the system; says whether the run is over and everyone knows.
    async fn lives(&self, world: &World) -> bool {
        let story = async {
            let system = begins(world).await;
            system.employs("work", works).await;
            system.employs("undo", echo).await;
            if events_of(world, run(1)).await.is_empty() {
                let inner =
                    json!({ "stages": [{ "name": "a", "task": "work", "input": "${ input }" }] });
                system.defines("inner", &inner).await;
                system.defines("random", &self.document).await;
                system.starts(run(1), "random", &self.input).await;
            }
            for _ in 0..LOOKS_MAX {
                let state = state_of(world, run(1)).await;
                if state.is_over() {
                    // What is told of the end is told, and kept.
                    passes(Duration::from_secs(20)).await;
                    return system.ends().await;
                }
                self.helps(&system, &state, world.now()).await;
                passes(LOOKS).await;
            }
            let state = state_of(world, run(1)).await;
            panic!("{}: it does not end: {:?}", self.seed, state.waits());
        };
        tokio::select! {
            () = story => true,
            () = world.store.ends() => false,
        }
    }

    /// People do what the run waits for, and call it off when they have had enough.
    async fn helps(&self, system: &Running, state: &Run, now: Timestamp) {
        for waits in state.waits() {
            let command = match waits {
                Waits::Signal(name) => {
                    let payload = events::content::Content::Inline(json(&json!("now")));
                    RunCommand::Signal { name, payload }
                }
                Waits::Approval(stage) => {
                    let asked = state.approvals(run(1)).into_iter().find(|it| it.stage == stage);
                    let Some(asked) = asked else { continue };
                    let by = Principal::new("ada").ok();
                    RunCommand::Approve(Verdict {
                        stage,
                        hash: asked.hash,
                        note: String::new(),
                        by,
                    })
                }
                Waits::Parts(_) | Waits::Time(_) | Waits::Pause => continue,
            };
            says(system, command).await;
        }
        if let Some((at, undoes)) = self.called_off
            && at <= now
        {
            says(system, RunCommand::Cancel { reason: "enough".into(), undoes }).await;
        }
    }

    /// All that happened is right.
    async fn looks_right(&self, world: &World) {
        let mut books = Books::of(&self.document);
        let events = events_of(world, run(1)).await;
        events.iter().for_each(|event| books.enter(event));
        books.balance();
        for event in &events {
            let RunEvent::Ending(Ending { why: Why::Cancelled { .. }, undoes, .. }) = event else {
                continue;
            };
            let meant = self.called_off.map(|(_, undoes)| undoes);
            assert_eq!(Some(*undoes), meant, "whoever calls a run off says whether it is undone");
        }
        let (mut tasks, mut runs) = (BTreeMap::<TaskId, Vec<TaskEvent>>::new(), BTreeMap::new());
        for event in log_of(world).await {
            match event {
                Known::Task(it) => {
                    let task = TaskId(it.stream.key.as_uuid().expect("a uuid"));
                    tasks.entry(task).or_default().push(it.event);
                }
                Known::Run(it) => {
                    let is_end =
                        matches!(it.event, RunEvent::Finished(_) | RunEvent::NotStarted(_));
                    *runs.entry(it.stream.key.clone()).or_insert(0) += usize::from(is_end);
                }
                _ => {}
            }
        }
        for (task, events) in &tasks {
            assert!(
                how_it_ended(events).is_some(),
                "{}: {task} has not ended: {events:?}",
                self.seed
            );
        }
        assert!(
            runs.values().all(|ends| *ends == 1),
            "{}: each run ends once: {runs:?}",
            self.seed
        );
    }
}

/// A no is an answer, too: what was seen a moment ago may be otherwise by now.
async fn says(system: &Running, command: RunCommand) {
    let runs = &system.life.means.runs;
    let _ = ask(runs, StreamKey::of_uuid(run(1).0), asked(command)).await;
}

async fn state_of(world: &World, run: RunId) -> Run {
    Run::replay(&events_of(world, run).await)
}

/// As many lives as it takes; how many there were.
fn told(seed: u64) -> usize {
    let (mut world, tale, mut now, mut is_done) = process(async {
        let world = World::new();
        let tale = Tale::new(seed, world.now());
        world.store.befalls(tale.faults());
        let is_done = tale.lives(&world).await;
        let now = world.now();
        (world, tale, now, is_done)
    });
    let mut lives = 1;
    while !is_done {
        lives += 1;
        (world, now, is_done) = process(async {
            let world = world.from(now);
            let is_done = tale.lives(&world).await;
            let now = world.now();
            (world, now, is_done)
        });
    }
    process(async { tale.looks_right(&world.from(now)).await });
    lives
}

#[test]
fn whatever_the_pipeline_everything_is_done_once_although_the_process_ends_again_and_again() {
    let lives: usize = (0..GRAPHS).map(told).sum();
    assert!(lives as u64 > 4 * GRAPHS, "it ended {} times only", lives as u64 - GRAPHS);
}
