//! Placing against a model that looks at everything anew each time, over stories of all kinds,
//! with restarts in between.

use std::collections::BTreeMap;

use events::id::StreamKey;
use events::task::{Class, Priority, TaskEvent, Timeout};
use proptest::collection::vec;
use proptest::prelude::*;

use super::kept::kept;
use super::*;
use crate::agent::Agent;
use crate::decider::{Decider as _, Moment};
use crate::story::fail;
use crate::task::{Phase, Seat, Task};

const TENANTS: [&str; 3] = ["main", "acme", "beta"];
const AGENTS: [&str; 3] = ["ada", "bob", "cy"];
const KINDS: [&str; 3] = ["paint", "print", "resize"];

type TaskName = (Tenant, TaskId);
type AgentName = (Tenant, AgentId);

/// What is known beside the states of tasks and agents.
#[derive(Default)]
struct Model {
    /// In the order in which they were met.
    tenants: Vec<Tenant>,
    arrived: BTreeMap<TaskName, Position>,
    turn: usize,
    chosen: BTreeMap<TaskName, AgentId>,
    seats: BTreeMap<TaskName, AgentId>,
    refused_until: BTreeMap<TaskName, Timestamp>,
    over_until: BTreeMap<AgentName, Timestamp>,
    told: BTreeMap<AgentName, u32>,
}

impl Model {
    fn heard(&mut self, event: &Known) {
        let stream = event.stream();
        if !self.tenants.contains(&stream.tenant) {
            self.tenants.push(stream.tenant.clone());
        }
        let Known::Task(event) = event else { return };
        let name = (stream.tenant.clone(), TaskId(stream.key.as_uuid().expect("a task")));
        match &event.event {
            TaskEvent::Submitted(_) => drop(self.arrived.insert(name, event.position)),
            TaskEvent::Amended(_) => drop(self.refused_until.remove(&name)),
            TaskEvent::Noted(_)
            | TaskEvent::LateResult(_)
            | TaskEvent::Progressed(_)
            | TaskEvent::Started(_) => {}
            TaskEvent::Assigned(_)
            | TaskEvent::Completed(_)
            | TaskEvent::AttemptFailed(_)
            | TaskEvent::LeaseLost(_)
            | TaskEvent::Failed(_)
            | TaskEvent::TimedOut(_)
            | TaskEvent::Cancelled(_)
            | TaskEvent::Withdrawn(_) => {
                self.chosen.remove(&name);
                self.seats.remove(&name);
                self.refused_until.remove(&name);
            }
        }
    }

    /// What is not on record is gone.
    fn restart(&mut self) {
        let (tenants, arrived) =
            (std::mem::take(&mut self.tenants), std::mem::take(&mut self.arrived));
        *self = Self { tenants, arrived, ..Self::default() };
    }

    fn held(&self, story: &Story, (tenant, agent): &AgentName) -> usize {
        let has = |task: &Task| matches!(task.phase(), Phase::Running(it) if it.agent == *agent);
        let tasks = story.tasks.iter().filter(|((of, _), task)| of == tenant && has(task));
        let chosen = self.chosen.iter().chain(&self.seats);
        let chosen = chosen.filter(|((of, _), to)| of == tenant && *to == agent);
        tasks.count() + chosen.count()
    }

    fn slots(&self, name: &AgentName, agent: &Agent) -> usize {
        self.told.get(name).copied().unwrap_or_else(|| agent.slots()) as usize
    }

    /// The share of its slots that is taken, if it may be given this task.
    fn load(&self, story: &Story, name: &AgentName, agent: &Agent, task: &Task) -> Option<f64> {
        let is_over = self.over_until.get(name).is_some_and(|until| *until > story.now);
        let (held, slots) = (self.held(story, name), self.slots(name, agent));
        let may = agent.takes_work() && agent.is_capable_of(task.needs()) && !is_over;
        (may && held < slots).then(|| held as f64 / slots as f64)
    }

    fn agent_for(&self, story: &Story, tenant: &Tenant, task: &Task) -> Option<AgentId> {
        let agents = story.agents.iter().filter(|((of, _), _)| of == tenant);
        let loads = agents.filter_map(|(name, agent)| {
            Some((self.load(story, name, agent, task)?, name.1.clone()))
        });
        let least = loads.min_by(|a, b| a.partial_cmp(b).expect("a share is a number"));
        least.map(|(_, agent)| agent)
    }

    fn is_ready(&self, story: &Story, name: &TaskName, task: &Task) -> bool {
        let deadline = task.deadlines().into_iter().find(|timer| timer.which == Timeout::Deadline);
        let is_refused = self.refused_until.get(name).is_some_and(|until| *until > story.now);
        task.is_ready(story.now)
            && deadline.is_none_or(|timer| timer.at > story.now)
            && !is_refused
            && !self.chosen.contains_key(name)
            && !self.seats.contains_key(name)
    }

    /// Whether somebody waits who could be given something.
    fn someone_waits(&self, story: &Story) -> bool {
        self.tenants.iter().any(|tenant| self.next_of(story, tenant).is_some())
    }

    /// The task of a tenant that is next, and who gets it.
    fn next_of(&self, story: &Story, tenant: &Tenant) -> Option<(TaskName, AgentId)> {
        let tasks = story.tasks.iter().filter(|((of, _), _)| of == tenant);
        let ready = tasks.filter(|(name, task)| self.is_ready(story, name, task));
        let mut ready: Vec<_> = ready
            .map(|(name, task)| {
                let ahead = i64::from(u8::from(task.priority())) * AGEING_MS * 1000;
                let waits_since = task.ready_at().expect("it waits").0;
                (waits_since - ahead, self.arrived[name], name, task)
            })
            .collect();
        ready.sort_by_key(|(rank, position, ..)| (*rank, *position));
        ready.into_iter().find_map(|(_, _, name, task)| {
            Some((name.clone(), self.agent_for(story, tenant, task)?))
        })
    }

    fn choose(&mut self, story: &Story, room: usize) -> Vec<(TaskName, AgentId)> {
        let mut chosen = Vec::new();
        while chosen.len() < room {
            let count = self.tenants.len();
            let mut turns = (1..=count).map(|n| (self.turn + n) % count);
            let next = turns
                .find_map(|turn| self.next_of(story, &self.tenants[turn]).map(|next| (turn, next)));
            let Some((turn, (name, agent))) = next else { break };
            self.turn = turn;
            self.chosen.insert(name.clone(), agent.clone());
            chosen.push((name, agent));
        }
        chosen
    }
}

/// Something is asked: of whom and what, as four dice.
type Dice = (u8, u8, u8, u8);

struct Both {
    world: World,
    model: Model,
}

impl Both {
    fn hear(&mut self, events: &[Known]) {
        for event in events {
            self.model.heard(event);
            self.world.placing.fold(event);
        }
    }

    fn step(&mut self, (what, who, how, with): Dice) {
        let tenant = TENANTS[usize::from(who) % 3];
        let name = AGENTS[usize::from(who / 3) % 3];
        match what % 16 {
            0..=2 => self.ask_agent(tenant, name, how, with),
            3..=6 => self.submit(tenant, who, how, with),
            7..=9 => self.ask_task(tenant, who, how, with),
            10 => self.world.story.later(u64::from(with) * 300),
            11 => self.tell(tenant, name, how, with),
            12 if how < 40 => self.restart(),
            13 => self.seat(tenant, who, how, with),
            _ => self.choose(usize::from(with % 8), how),
        }
    }

    fn ask_agent(&mut self, tenant: &str, name: &str, how: u8, with: u8) {
        let names = (0..3).filter(|n| with >> n & 1 == 1).map(|n| KINDS[n]);
        let since = self.world.story.now;
        let command = match how % 16 {
            0..=8 => register(names, u32::from(with % 3 + 1)),
            9 => AgentCommand::Pause { reason: String::new() },
            10 => AgentCommand::GoSilent { since },
            11 if with < 40 => AgentCommand::Retire { reason: String::new() },
            12 | 13 => AgentCommand::Return,
            _ => AgentCommand::Resume,
        };
        let events = self.world.story.agent(tenant, name, command);
        self.hear(&events);
    }

    fn submit(&mut self, tenant: &str, who: u8, how: u8, with: u8) {
        let now = self.world.story.now;
        let time = |die: u8| die.is_multiple_of(4).then(|| now.plus_ms(u64::from(die) * 100 + 1));
        let needs = (0..3).filter(|n| how >> n & 1 == 1).map(|n| KINDS[n]);
        let needs = crate::story::capabilities(needs).into_iter().collect();
        let order = Order {
            needs,
            priority: Priority::new(with % 10).expect("a priority"),
            not_before: time(how),
            deadline: time(with),
            ..order(KINDS[usize::from(with) % 3])
        };
        let events = self.world.story.task(tenant, task(u64::from(who / 8)), submit(order));
        self.hear(&events);
    }

    fn ask_task(&mut self, tenant: &str, who: u8, how: u8, with: u8) {
        let place = (crate::story::tenant(tenant), task(u64::from(who / 8)));
        let attempt = self.world.story.tasks.get(&place).map_or(0, Task::attempt);
        let at = Some(self.world.story.now.plus_ms(u64::from(with) * 100));
        let command = match how % 12 {
            0..=2 => complete(attempt),
            3 | 4 => fail(attempt, Class::Temporary),
            5 => TaskCommand::LoseLease { attempt, why: Loss::Expired },
            6 => TaskCommand::Cancel { reason: String::new() },
            7 => TaskCommand::Note { text: format!("{with}") },
            8 => TaskCommand::Amend(Amendment { not_before: at, ..Amendment::default() }),
            9 => TaskCommand::Amend(Amendment { deadline: at, ..Amendment::default() }),
            10 => assign(&agent(AGENTS[usize::from(with) % 3]), attempt + 1),
            _ => TaskCommand::Amend(Amendment {
                priority: Priority::new(with % 10).ok(),
                ..Amendment::default()
            }),
        };
        let events = self.world.story.task(tenant, place.1, command);
        self.hear(&events);
    }

    /// What is told about an agent beside the log.
    fn tell(&mut self, tenant: &str, name: &str, how: u8, with: u8) {
        let (tenant, agent) = (crate::story::tenant(tenant), agent(name));
        let place = (tenant.clone(), agent.clone());
        if how.is_multiple_of(2) {
            let total = how.is_multiple_of(4).then(|| u32::from(with % 4));
            if self.world.placing.offer_slots(&tenant, &agent, total) {
                self.model.told.remove(&place);
                self.model.told.extend(total.map(|total| (place, total)));
            }
        } else if self.world.placing.agent_named(&tenant, &agent).is_some() {
            let until = self.world.story.now.plus_ms(u64::from(with) * 50);
            self.world.placing.pass_over(&tenant, &agent, until);
            self.model.over_until.insert(place, until);
        }
    }

    fn restart(&mut self) {
        self.model.restart();
        self.world.placing = Placing::restore(&kept(&self.world.placing)).expect("it is whole");
        self.world.placing.begin_telling();
    }

    /// Whoever gets a seat is before nobody, and gets it where any other would have been placed; then
    /// the task comes with its agent, or without, or does not come, or nobody knows yet.
    fn seat(&mut self, tenant: &str, who: u8, how: u8, with: u8) {
        let (now, task) = (self.world.story.now, task(u64::from(who / 8)));
        let name = (crate::story::tenant(tenant), task);
        let order = order(KINDS[usize::from(with) % 3]);
        let needs = order.needed().expect("a capability").into_owned();
        assert_eq!(self.world.placing.choose(now, 0), [], "only times are looked at");
        let seat = self.world.placing.seat(&name.0, task, &needs);
        let Some(agent) = seat else { return };
        assert!(!self.model.someone_waits(&self.world.story), "someone was passed over");
        let moment = Moment { now, tenant: name.0.clone(), id: StreamKey::of_uuid(task.0) };
        let submitted = Task::default().decide(submit(order.clone()), &moment);
        let like_it = Task::replay(&submitted.expect("it can be submitted"));
        let expected = self.model.agent_for(&self.world.story, &name.0, &like_it);
        assert_eq!(Some(agent.clone()), expected);
        self.model.seats.insert(name.clone(), agent.clone());
        let seat = Seat { agent, lease_ms: 30_000 };
        let command = match how % 4 {
            0 => return,
            1 => TaskCommand::SubmitTo(Box::new(order), seat),
            2 => submit(order),
            _ => TaskCommand::Note { text: "about nothing".into() },
        };
        let events = self.world.story.task(tenant, task, command);
        self.hear(&events);
        let placed = self.world.placing.take_placed();
        let seated = placed.iter().filter(|placed| placed.is_seated).count();
        assert_eq!(seated, usize::from(events.len() == 2));
        self.world.placing.give_seat_up(&name.0, task, now);
        self.model.seats.remove(&name);
    }

    /// Both choose the same; then what was chosen comes true, or is refused, or nobody knows yet.
    fn choose(&mut self, room: usize, how: u8) {
        let now = self.world.story.now;
        let choices = self.world.placing.choose(now, room);
        let names = choices.iter().map(|it| ((it.tenant.clone(), it.task), it.agent.clone()));
        assert_eq!(names.collect::<Vec<_>>(), self.model.choose(&self.world.story, room));
        for (n, choice) in choices.iter().enumerate() {
            match (usize::from(how) + n) % 5 {
                0 => {
                    self.world.placing.refused(choice, now);
                    let name = (choice.tenant.clone(), choice.task);
                    self.model.chosen.remove(&name);
                    self.model.refused_until.insert(name, now.plus_ms(REFUSED_WAIT_MS));
                }
                1 => {}
                _ => self.assign(choice),
            }
        }
    }

    fn assign(&mut self, choice: &Choice) {
        let command = assign(&choice.agent, choice.attempt);
        let events = self.world.story.task(choice.tenant.as_str(), choice.task, command);
        assert_eq!(events.len(), 1, "what is chosen can be assigned");
        self.hear(&events);
    }
}

fn any_dice() -> impl Strategy<Value = Dice> {
    (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>())
}

proptest! {
    #[test]
    fn placing_chooses_what_the_model_chooses(story in vec(any_dice(), 1..150)) {
        let mut both = Both { world: World::new(), model: Model::default() };
        both.world.placing.begin_telling();
        story.into_iter().for_each(|dice| both.step(dice));
    }

    /// However busy its tenant is with what is more urgent.
    #[test]
    fn every_class_gets_its_turn(urgent in 1u64..3, priority in 6u8..9) {
        let mut world = World::with_agents(&[("ada", &["paint", "resize"], 1)]);
        let with = |kind, priority: u8| {
            let priority = Priority::new(priority).expect("a priority");
            submit(Order { priority, ..order(kind) })
        };
        world.task(0, with("paint", priority));
        let mut rounds = 0;
        for n in 1.. {
            (0..urgent).for_each(|k| world.task(n * 10 + k, with("resize", 9)));
            let chosen = world.assign_all().remove(0);
            if chosen.task == task(0) {
                break;
            }
            let done = world.story.task("main", chosen.task, complete(1));
            world.placing.fold(&done[0]);
            world.story.later(1_000);
            rounds = n;
            prop_assert!(rounds <= urgent * 30 * 9 + 1, "it waits for ever");
        }
        prop_assert!(rounds >= 30 * u64::from(9 - priority) - 1, "what is urgent is first");
    }
}
