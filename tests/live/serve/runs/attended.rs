//! Whatever is under way is attended to: a run that is not over waits for something that is there, and
//! whatever works for a run is wanted by it. All of it is read out of the log, by those who decide.
//!
//! For a moment it may be otherwise: what follows from an event is on record after the event. So what
//! seems to be forgotten is looked at again.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use actors::agent::Agent;
use actors::decider::Decider;
use actors::run::{PartId, Run, ShownStage, StageShown, Waits};
use actors::schedule::Schedule;
use actors::task::{Phase, Task};
use annals::clock::SystemClock;
use annals::place::Place;
use events::codec::Words as _;
use events::id::{AgentId, RunId, StreamKey, TaskId};
use events::known::Known;
use events::store::{Filter, PAGE_EVENTS_MAX};
use events::stream::{Position, StreamId};
use events::task::{Parent, TaskEvent};
use events::time::{Clock as _, Timestamp};
use serde_json::json;

use super::{comes_to, define, ends, start};
use crate::serve::PATIENCE;
use crate::serve::client::Client;
use crate::serve::system::System;

/// How long after its time something may come that is not looked at again.
const LATE_MS: u64 = 2_000;

/// Everyone whom a log knows, as they stand at its end.
#[derive(Default)]
struct Standing {
    runs: BTreeMap<RunId, Run>,
    tasks: BTreeMap<TaskId, Task>,
    /// The runs that tasks are parts of.
    works_for: BTreeMap<TaskId, RunId>,
    agents: BTreeMap<AgentId, Agent>,
    schedules: BTreeMap<StreamKey, Schedule>,
}

/// Nothing that is under way on this system is forgotten.
pub(super) async fn nobody_is_forgotten(system: &System) {
    let mut found = Vec::new();
    let looks = async {
        loop {
            let now = SystemClock.now();
            found = Standing::after(&log_of(system).await).forgotten(now);
            if found.is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let attended = tokio::time::timeout(PATIENCE, looks).await;
    assert!(attended.is_ok(), "forgotten: {found:#?}");
}

/// All that has happened.
pub(super) async fn log_of(system: &System) -> Vec<Known> {
    let place = Place::from(OsString::from(system.store()));
    let reader = annals::app::reader(&place).await.expect("it opens");
    let (mut from, mut all) = (Position::FIRST, Vec::new());
    loop {
        let page = reader.read_all(from, &Filter::default(), PAGE_EVENTS_MAX).await;
        let page = page.expect("it is read");
        all.extend(page.events.iter().map(|stored| Known::read(stored).expect("it is known")));
        if page.end {
            return all;
        }
        from = page.next;
    }
}

impl Standing {
    fn after(log: &[Known]) -> Self {
        let mut all = Self::default();
        log.iter().for_each(|event| all.enter(event));
        all
    }

    fn enter(&mut self, event: &Known) {
        let uuid = |stream: &StreamId| stream.key.as_uuid().expect("it is called by a uuid");
        match event {
            Known::Run(it) => evolve(&mut self.runs, RunId(uuid(&it.stream)), &it.event),
            Known::Task(it) => {
                let task = TaskId(uuid(&it.stream));
                if let TaskEvent::Submitted(submitted) = &it.event
                    && let Some(Parent::Run(run)) = submitted.parent
                {
                    self.works_for.insert(task, run);
                }
                evolve(&mut self.tasks, task, &it.event);
            }
            Known::Agent(it) => {
                let agent = it.stream.key.as_str().parse().expect("a token");
                evolve(&mut self.agents, agent, &it.event);
            }
            Known::Schedule(it) => {
                evolve(&mut self.schedules, it.stream.key.clone(), &it.event);
            }
            Known::Fact(_) | Known::Pipeline(_) | Known::Trigger(_) | Known::Other(_) => {}
        }
    }

    /// What is under way, and nobody will ever go on with.
    fn forgotten(&self, now: Timestamp) -> Vec<String> {
        let open = self.runs.iter().filter(|(_, run)| !run.is_over());
        let open: Vec<(RunId, &Run)> = open.map(|(id, run)| (*id, run)).collect();
        let parts = |(id, run): &(RunId, &Run)| run.open_parts(*id).into_iter().map(|part| part.id);
        let wanted: BTreeSet<PartId> = open.iter().flat_map(parts).collect();
        let mut found = Vec::new();
        for (id, run) in &open {
            let whys = held_up(*id, run, now).into_iter().chain(self.parts_of(*id, run));
            found.extend(whys.map(|why| format!("run {id} {why}")));
            let parent = run.beginning().and_then(|began| began.parent.as_ref());
            if parent.is_some() && !wanted.contains(&PartId::Run(*id)) {
                found.push(format!("run {id} works for a run that does not want it"));
            }
        }
        for (id, task) in self.tasks.iter().filter(|(_, task)| !task.is_over()) {
            if self.works_for.contains_key(id) && !wanted.contains(&PartId::Task(*id)) {
                found.push(format!("task {id} works for a run that does not want it"));
            }
            if let Phase::Running(running) = task.phase()
                && !self.agents.get(&running.agent).is_some_and(is_heard)
            {
                found.push(format!("task {id} is with {}, who is not there", running.agent));
            }
        }
        found.extend(self.schedules.iter().flat_map(|(id, schedule)| {
            let whys = self.of_schedule(schedule, now).into_iter();
            whys.map(move |why| format!("schedule {} {why}", id.as_str()))
        }));
        found
    }

    /// What a run waits for others to do, and they do not.
    fn parts_of(&self, id: RunId, run: &Run) -> Vec<String> {
        let missing = |part| {
            let (name, is_over) = match part {
                PartId::Task(task) => {
                    (format!("task {task}"), self.tasks.get(&task).map(Task::is_over))
                }
                PartId::Run(run) => (format!("run {run}"), self.runs.get(&run).map(Run::is_over)),
            };
            match is_over {
                None => Some(format!("waits for {name}, which there is not")),
                Some(true) => Some(format!("is not told that {name} is over")),
                Some(false) => None,
            }
        };
        run.open_parts(id).into_iter().filter_map(|part| missing(part.id)).collect()
    }

    fn of_schedule(&self, schedule: &Schedule, now: Timestamp) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(next) = schedule.rings_at().filter(|next| has_passed(next.rings_at, now)) {
            found.push(format!("waits for {}, which has passed", next.rings_at));
        }
        if let Some(run) = schedule.open() {
            match self.runs.get(&run).map(Run::is_over) {
                None => found.push(format!("waits for run {run}, which there is not")),
                Some(true) => found.push(format!("is not told that run {run} is over")),
                Some(false) => {}
            }
        }
        found
    }
}

fn evolve<K: Ord, D: Decider>(all: &mut BTreeMap<K, D>, id: K, event: &D::Event) {
    let one = all.entry(id).or_default();
    *one = std::mem::take(one).evolve(event);
}

fn has_passed(at: Timestamp, now: Timestamp) -> bool {
    at.plus_ms(LATE_MS) < now
}

/// Whether it is registered, and there.
fn is_heard(agent: &Agent) -> bool {
    agent.mode().is_some() && agent.silent_since().is_none()
}

/// Why a run does not go on by itself, or by those who are asked.
fn held_up(id: RunId, run: &Run, now: Timestamp) -> Vec<String> {
    let waits = run.waits();
    let mut found = Vec::new();
    if waits.is_empty() {
        found.push("waits for nothing".into());
    }
    for waits in waits {
        match waits {
            Waits::Time(None) => found.push("has more to begin, and does not".into()),
            Waits::Time(Some(at)) if has_passed(at, now) => {
                found.push(format!("waits for {at}, which has passed"));
            }
            Waits::Approval(stage) if !run.approvals(id).iter().any(|it| it.stage == stage) => {
                found.push(format!("waits for approval of {stage}, and asks nobody"));
            }
            // Someone can say it. What others do is looked at with them.
            Waits::Pause | Waits::Signal(_) | Waits::Approval(_) => {}
            Waits::Time(Some(_)) | Waits::Parts(_) => {}
        }
    }
    if run.ends_by().is_some_and(|at| has_passed(at, now)) {
        found.push("should be over".into());
    }
    let stages = run.stages().into_iter().filter(|stage| is_under_way(stage));
    let late = stages.filter(|stage| stage.ends_by.is_some_and(|at| has_passed(at, now)));
    found.extend(late.map(|stage| format!("has a stage that should be over: {}", stage.name)));
    found
}

fn is_under_way(stage: &ShownStage<'_>) -> bool {
    match stage.stands {
        StageShown::Asked
        | StageShown::Agreed
        | StageShown::Works
        | StageShown::WaitsForSignal(_)
        | StageShown::WaitsUntil(_) => true,
        StageShown::Waits | StageShown::Ended(_) | StageShown::Skipped | StageShown::Kept => false,
    }
}

const INNER: &str = "
stages:
  - { name: hold, wait: { signal: go } }
";

/// It waits for everything that there is to wait for.
const OUTER: &str = "
stages:
  - { name: task, task: echo }
  - { name: ready, after: [task], task: nobody-does-this }
  - { name: slow, task: slow }
  - { name: run, run: { pipeline: inner, edition: 1 } }
  - { name: time, wait: { for_ms: 600000 } }
  - { name: signal, wait: { signal: go, within_ms: 500000 } }
  - { name: sign, approval: {} }
";

/// What is found if the log had none of these events.
fn without(log: &[Known], is_gone: impl Fn(&Known) -> bool) -> Vec<String> {
    let left: Vec<Known> = log.iter().filter(|event| !is_gone(event)).cloned().collect();
    Standing::after(&left).forgotten(SystemClock.now())
}

#[track_caller]
fn is_found(found: &[String], why: &str) {
    assert!(found.iter().any(|one| one.contains(why)), "{why} is not found: {found:#?}");
}

#[tokio::test]
async fn what_is_forgotten_is_found() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "inner", INNER);
    define(&system, "outer", OUTER);
    client.register("slow", 1).await;
    let mut worker = client.worker("slow").await;
    let run = start(&client, "outer", json!(null)).await;
    let order = worker.order().await;
    worker.answer(&order, json!("taken")).await;
    comes_to(&system, &run, "task", "completed").await;
    nobody_is_forgotten(&system).await;
    let log = log_of(&system).await;
    let is_of = |event: &Known, id: &str| event.stream().key.as_str() == id;
    let named = |event: &Known, name: &str| matches!(event, Known::Run(it) if it.event.wire_type().name == name);

    is_found(&without(&log, |it| matches!(it, Known::Task(_))), "waits for task");
    is_found(&without(&log, |it| matches!(it, Known::Run(_)) && !is_of(it, &run)), "waits for run");
    is_found(&without(&log, |it| is_of(it, &run)), "works for a run that does not want it");
    let nothing_began = without(&log, |it| is_of(it, &run) && !named(it, "run.started"));
    is_found(&nothing_began, "waits for nothing");
    is_found(&without(&log, |it| named(it, "run.stage_ended")), "is not told that task");
    is_found(&without(&log, |it| matches!(it, Known::Agent(_))), "who is not there");
    let later = Standing::after(&log).forgotten(SystemClock.now().plus_ms(550_000));
    is_found(&later, "has a stage that should be over: signal");
    assert_eq!(later.len(), 1, "{later:?}");
    let later = Standing::after(&log).forgotten(SystemClock.now().plus_ms(700_000));
    is_found(&later, "which has passed");

    assert!(system.command(&["run", "cancel", &run]).output().expect("it runs").status.success());
    assert_eq!(ends(&system, &run)["end"], "cancelled");
    nobody_is_forgotten(&system).await;
    let log = log_of(&system).await;
    let is_off =
        |it: &Known| matches!(it, Known::Task(it) if matches!(it.event, TaskEvent::Cancelled(_)));
    is_found(&without(&log, is_off), "works for a run that does not want it");
}
