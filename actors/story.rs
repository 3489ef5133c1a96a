//! What happened to actors, as the log tells it to those who listen: every event of a
//! story was decided by its actor, and has its place.

use std::collections::BTreeMap;

use events::codec::Words;
use events::content::{Content, Json};
use events::id::{
    AgentId, Capability, CommandId, EventId, RunId, ScheduleId, StreamKey, TaskId, Tenant,
};
use events::known::Known;
use events::recorded::Recorded;
use events::run::RunEvent;
use events::schedule::ScheduleEvent;
use events::stream::{Position, StreamId, Version};
use events::task::{Class, Failure};
use events::time::Timestamp;

use crate::agent::{Agent, AgentCommand, Offer};
use crate::decider::{Decider, Moment};
use crate::schedule::{Schedule, ScheduleCommand};
use crate::task::{Order, Task, TaskCommand};

/// When a story begins.
pub(crate) const NOON: Timestamp = Timestamp(1_770_000_000_000_000);

/// What happened so far, and what time it is.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) now: Timestamp,
    pub(crate) tasks: BTreeMap<(Tenant, TaskId), Task>,
    pub(crate) agents: BTreeMap<(Tenant, AgentId), Agent>,
    pub(crate) schedules: BTreeMap<(Tenant, ScheduleId), Schedule>,
    versions: BTreeMap<StreamId, Version>,
    position: Position,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self {
            now: NOON,
            tasks: BTreeMap::new(),
            agents: BTreeMap::new(),
            schedules: BTreeMap::new(),
            versions: BTreeMap::new(),
            position: Position::ZERO,
        }
    }

    pub(crate) fn later(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
    }

    /// What a task answers, and what happens to it then: a rejection may have its event, too.
    pub(crate) fn task(&mut self, tenant: &str, task: TaskId, command: TaskCommand) -> Vec<Known> {
        let place = (self::tenant(tenant), task);
        let state = self.tasks.remove(&place).unwrap_or_default();
        let key = StreamKey::of_uuid(task.0);
        let (state, events) = self.asked(state, &place.0, key, command);
        self.tasks.insert(place, state);
        events.into_iter().map(Known::Task).collect()
    }

    /// The same for an agent.
    pub(crate) fn agent(&mut self, tenant: &str, name: &str, command: AgentCommand) -> Vec<Known> {
        let place = (self::tenant(tenant), agent(name));
        let state = self.agents.remove(&place).unwrap_or_default();
        let (state, events) = self.asked(state, &place.0, name.parse().expect("a token"), command);
        self.agents.insert(place, state);
        events.into_iter().map(Known::Agent).collect()
    }

    /// The same for a schedule.
    pub(crate) fn schedule(
        &mut self,
        tenant: &str,
        name: &str,
        command: ScheduleCommand,
    ) -> Vec<Known> {
        let place = (self::tenant(tenant), name.parse().expect("a token"));
        let state = self.schedules.remove(&place).unwrap_or_default();
        let key = name.parse().expect("a token");
        let (state, events) = self.asked(state, &place.0, key, command);
        self.schedules.insert(place, state);
        events.into_iter().map(Known::Schedule).collect()
    }

    fn asked<D: Decider>(
        &mut self,
        state: D,
        tenant: &Tenant,
        key: StreamKey,
        command: D::Command,
    ) -> (D, Vec<Recorded<D::Event>>) {
        let moment = Moment { now: self.now, tenant: tenant.clone(), id: key.clone() };
        let decision = state.decide(command, &moment);
        let happened = decision.unwrap_or_else(|no| D::record(&no).into_iter().collect());
        let category = D::Event::CATEGORY.parse().expect("a token");
        let stream = StreamId::new(tenant.clone(), category, key);
        let state = happened.iter().fold(state, D::evolve);
        let events = happened.into_iter().map(|event| self.record(stream.clone(), event));
        (state, events.collect())
    }

    fn record<E>(&mut self, stream: StreamId, event: E) -> Recorded<E> {
        self.position = self.position.next();
        let version = self.versions.entry(stream.clone()).or_default();
        *version = version.next();
        let (version, position) = (*version, self.position);
        let (ms, place) = (self.now.millis(), position.0);
        let id = format!("{:08x}-{:04x}-7000-8000-{place:012x}", ms >> 16, ms & 0xffff);
        let id: EventId = id.parse().expect("a uuid");
        let command_id = CommandId::publisher(&place.to_string());
        Recorded { id, stream, version, position, recorded_at: self.now, command_id, event }
    }

    /// This happens to a run, whatever led to it.
    pub(crate) fn of_run(&mut self, tenant: &str, run: RunId, event: RunEvent) -> Known {
        let category = RunEvent::CATEGORY.parse().expect("a token");
        let stream = StreamId::new(self::tenant(tenant), category, StreamKey::of_uuid(run.0));
        Known::Run(self.record(stream, event))
    }

    /// This happens to a schedule, whatever led to it.
    pub(crate) fn of_schedule(&mut self, tenant: &str, name: &str, event: ScheduleEvent) -> Known {
        let category = ScheduleEvent::CATEGORY.parse().expect("a token");
        let key = name.parse().expect("a token");
        let stream = StreamId::new(self::tenant(tenant), category, key);
        Known::Schedule(self.record(stream, event))
    }
}

pub(crate) fn tenant(name: &str) -> Tenant {
    name.parse().expect("a token")
}

pub(crate) fn agent(name: &str) -> AgentId {
    name.parse().expect("a token")
}

/// The `n`-th task of a story.
pub(crate) fn task(n: u64) -> TaskId {
    format!("00000000-0000-7000-8000-{n:012x}").parse().expect("a uuid")
}

/// The `n`-th run of a story.
pub(crate) fn run(n: u64) -> RunId {
    RunId(task(n).0)
}

pub(crate) fn capabilities<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Capability> {
    names.into_iter().map(|name| name.parse().expect("a token")).collect()
}

/// An agent with these capabilities and so many slots.
pub(crate) fn register<'a>(names: impl IntoIterator<Item = &'a str>, slots: u32) -> AgentCommand {
    AgentCommand::Register(Offer {
        kind: "worker".into(),
        capabilities: capabilities(names).into_iter().collect(),
        slots,
        labels: [].into(),
        tools: [].into(),
        owner: None,
        contact: None,
    })
}

/// A task of this kind, of which no more is said.
pub(crate) fn order(kind: &str) -> Order {
    Order::new(kind, content())
}

pub(crate) fn submit(order: Order) -> TaskCommand {
    TaskCommand::Submit(Box::new(order))
}

pub(crate) fn assign(agent: &AgentId, attempt: u32) -> TaskCommand {
    TaskCommand::Assign { agent: agent.clone(), attempt, lease_ms: 30_000 }
}

pub(crate) fn complete(attempt: u32) -> TaskCommand {
    TaskCommand::Complete { attempt, result: content() }
}

pub(crate) fn fail(attempt: u32, class: Class) -> TaskCommand {
    let error = Failure { code: "gpu.busy".into(), message: "no memory left".into() };
    TaskCommand::Fail { attempt, class, error }
}

fn content() -> Content {
    Content::Inline(Json::parse("{}").expect("JSON"))
}
