//! The system with all that follows from events, and workers that know what to do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use events::bus::{Bus as _, Message};
use events::codec::Words as _;
use events::content::{Content, Json};
use events::id::{RunId, StreamKey, TaskId, main_tenant};
use events::known::Known;
use events::labels::Labels;
use events::recorded::Recorded;
use events::run::{By, Finished, RunEvent};
use events::store::{Filter, LogReader as _, PAGE_EVENTS_MAX, Verdict};
use events::stream::Position;
use events::task::{ENDINGS, Parent, TaskEvent};
use serde_json::Value;
use uuid::Uuid;

use crate::agent::SLOTS_MAX;
use crate::command::Carrying as _;
use crate::pipeline::PipelineCommand;
use crate::reactions;
use crate::run::{Begin, Given, RunCommand, Wanted};
use crate::runtime::{Done, NewCommand};
use crate::work::carrying::Carrier;
use crate::work::reactor::Reactor;
use crate::work::tests::world::{Life, World, all_of, ask, asked, passes};

/// How long a run may take, in virtual time.
const PATIENCE: Duration = Duration::from_secs(7_200);
/// How many tasks a worker has at once.
const SLOTS: u32 = SLOTS_MAX;

/// One life of the system, in which events lead to more.
pub(super) struct Running {
    pub(super) life: Life,
    reactors: Vec<Reactor>,
}

/// What a worker does with what it is asked to do: what it answers, or nothing.
pub(super) type Does = fn(&Value) -> Option<Value>;

/// What came to workers, by kind.
pub(super) type Seen = Arc<Mutex<BTreeMap<String, Vec<Value>>>>;

pub(super) fn run(n: u128) -> RunId {
    RunId(Uuid::from_u128(n))
}

pub(super) fn json(value: &Value) -> Json {
    Json::parse(&value.to_string()).expect("JSON")
}

/// Brings back what it is given.
pub(super) fn echo(input: &Value) -> Option<Value> {
    Some(serde_json::json!({ "result": input }))
}

/// Takes it, and is not heard of again.
pub(super) fn silence(_: &Value) -> Option<Value> {
    Some(Value::from("taken"))
}

/// The system begins, on whatever is on record.
pub(super) async fn begins(world: &World) -> Running {
    let life = world.begins().await;
    let begin = |listed: &reactions::Listed| {
        Reactor::begin(*listed, Arc::clone(&life.means), Box::new(|_, _| {}))
    };
    let reactors = reactions::ALL.iter().map(begin).collect();
    Running { life, reactors }
}

impl Running {
    /// The process is gone, with everything it had in memory.
    pub(super) async fn ends(self) {
        for reactor in self.reactors {
            reactor.stop().await;
        }
        self.life.ends().await;
    }

    /// Someone who does this kind of work.
    pub(super) async fn employs(&self, kind: &str, does: Does) -> Seen {
        let mut heard = self.life.works(kind).await;
        self.life.registers(kind, SLOTS).await;
        let (seen, router) = (Seen::default(), self.life.router.clone());
        let (sees, kind) = (Arc::clone(&seen), kind.to_owned());
        tokio::task::spawn_local(async move {
            while let Some(work) = heard.next().await {
                let said: Value = serde_json::from_slice(&work.payload).expect("JSON");
                let input = said["input"].clone();
                sees.lock().expect("held").entry(kind.clone()).or_default().push(input.clone());
                if let (Some(answer), Some(reply)) = (does(&input), work.reply.clone()) {
                    let answer = Message::new(reply, answer.to_string());
                    router.publish(answer).await.expect("it is sent");
                }
            }
        });
        seen
    }

    pub(super) async fn defines(&self, pipeline: &str, document: &Value) -> Done {
        let means = &self.life.means;
        let define = asked(PipelineCommand::Define { document: json(document) });
        let key = pipeline.parse().expect("a token");
        let done = ask(&means.pipelines, key, define).await.expect("it is decided");
        // It may be so already.
        assert!(!matches!(done.outcome.verdict, Verdict::Rejected { .. }), "{:?}", done.outcome);
        means.definitions.heard(&main_tenant(), &pipeline.parse().expect("a token"));
        done
    }

    pub(super) async fn starts(&self, run: RunId, pipeline: &str, input: &Value) {
        self.starts_with(run, pipeline, Content::Inline(json(input))).await;
    }

    pub(super) async fn starts_with(&self, run: RunId, pipeline: &str, input: Content) {
        self.says(run, start(self, pipeline, input).await).await;
    }

    /// The same, with as much beside the log as there has to be.
    pub(super) async fn starts_large(&self, run: RunId, pipeline: &str, input: &Value) {
        let tenant = main_tenant();
        let mut carrier = Carrier::new(&tenant, None);
        let input = carrier.content(json(input));
        assert!(matches!(input, Content::Blob(_)), "it is large");
        let begin = start(self, pipeline, input).await;
        let asked = NewCommand { blobs: carrier.into_blobs(), ..asked(begin) };
        let key = StreamKey::of_uuid(run.0);
        ask(&self.life.means.runs, key, asked).await.expect("it is recorded");
    }

    pub(super) async fn says(&self, run: RunId, command: RunCommand) {
        let key = StreamKey::of_uuid(run.0);
        let done = ask(&self.life.means.runs, key, asked(command)).await.expect("it is decided");
        assert!(!matches!(done.outcome.verdict, Verdict::Rejected { .. }), "{:?}", done.outcome);
    }
}

/// What is said to a run that is to begin by the newest definition.
pub(super) async fn start(system: &Running, pipeline: &str, input: Content) -> RunCommand {
    let wanted = Wanted { pipeline: pipeline.parse().expect("a token"), edition: None };
    let found = system.life.means.definitions.find(&main_tenant(), &wanted).await;
    RunCommand::Start(Box::new(Begin {
        wanted,
        found: Some(found.expect("it is looked for")),
        input: Given::Content(input),
        by: By::Publisher,
        parent: None,
        depth: 0,
        begins_at: None,
        labels: Labels::new(),
    }))
}

/// What has happened to a run.
pub(super) async fn events_of(world: &World, run: RunId) -> Vec<RunEvent> {
    all_of(&world.store.log, StreamKey::of_uuid(run.0)).await
}

/// How a run has ended; it must have in time.
pub(super) async fn end_of(world: &World, run: RunId) -> Finished {
    let pause = Duration::from_millis(500);
    let mut waited = Duration::ZERO;
    loop {
        let events = events_of(world, run).await;
        if let Some(RunEvent::Finished(finished)) = events.last() {
            return finished.clone();
        }
        assert!(waited < PATIENCE, "it does not end: {:?}", types_of(world, run).await);
        passes(pause).await;
        waited += pause;
    }
}

/// What an ended run has brought.
pub(super) async fn result_of(world: &World, run: RunId) -> Value {
    match end_of(world, run).await.result {
        Some(Content::Inline(json)) => serde_json::from_str(json.as_str()).expect("JSON"),
        other => panic!("{other:?}"),
    }
}

/// The types of what has happened to a run, in order.
pub(super) async fn types_of(world: &World, run: RunId) -> Vec<&'static str> {
    let events = events_of(world, run).await;
    events.iter().map(|event| event.wire_type().name.trim_start_matches("run.")).collect()
}

/// All that has happened.
pub(super) async fn log_of(world: &World) -> Vec<Known> {
    let (mut from, filter) = (Position::FIRST, Filter::default());
    let mut all = Vec::new();
    loop {
        let page = world.store.log.read_all(from, &filter, PAGE_EVENTS_MAX).await;
        let page = page.expect("it is read");
        all.extend(page.events.iter().map(|stored| Known::read(stored).expect("known")));
        if page.end {
            return all;
        }
        from = page.next;
    }
}

/// All tasks of a run, with their events.
pub(super) async fn tasks_of(world: &World, run: RunId) -> BTreeMap<TaskId, Vec<TaskEvent>> {
    let mut tasks = BTreeMap::<TaskId, Vec<TaskEvent>>::new();
    for event in log_of(world).await {
        let Known::Task(Recorded { stream, event, .. }) = event else { continue };
        let task = TaskId(stream.key.as_uuid().expect("a uuid"));
        let is_of_run = matches!(&event, TaskEvent::Submitted(submitted)
            if submitted.parent == Some(Parent::Run(run)));
        if is_of_run || tasks.contains_key(&task) {
            tasks.entry(task).or_default().push(event);
        }
    }
    tasks
}

/// How a task has ended, if it has.
pub(super) fn how_it_ended(events: &[TaskEvent]) -> Option<&'static str> {
    let ends = |event: &&TaskEvent| ENDINGS.iter().any(|end| end.name == event.wire_type().name);
    let mut ends = events.iter().filter(ends);
    let end = ends.next()?;
    assert!(ends.next().is_none(), "a task ends once: {events:?}");
    Some(end.wire_type().name)
}
