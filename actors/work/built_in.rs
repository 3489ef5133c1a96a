//! Agents that are built in: they work in this process, and are agents like all others. Work comes to
//! them over the bus, and what they bring goes back over it.

mod echo;
mod pulse;
mod slumber;
mod template;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use events::agent::Offer;
use events::bus::{self, Bus, Message, Name, Subscribe};
use events::content::Json;
use events::id::{AgentId, CommandId, EventId, LogId, StreamKey, TaskId, Tenant, main_tenant};
use events::labels::Labels;
use events::store::{Cause, RequestHash};
use events::subject::Subject;
use events::task::Loss;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::errand::{Errand, about_attempt, annals};
use super::foreman::beats::Heartbeats;
use super::{Means, PATIENCE};
use crate::agent::AgentCommand;
use crate::leases::Pair;
use crate::reaction::ToDo;
use crate::runtime::{NewCommand, Place};
use crate::task::TaskCommand;
use pulse::{PULSE, Pulse};

/// How many tasks each of them holds at once.
pub const SLOTS: u32 = 256;

/// How many digits of a log's id tell its agents from those of other logs.
const ID_DIGITS: usize = 8;

/// What came of a piece of work.
type Brought = Result<Json, Wrong>;

/// Why nothing came of it.
struct Wrong {
    code: &'static str,
    message: String,
}

/// The agents there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BuiltIn {
    /// Brings back what it is given.
    Echo,
    /// Waits for a while.
    Sleep,
    /// Fills in a text.
    Template,
}

/// A piece of work, as it comes over the bus.
#[derive(Deserialize)]
struct Work {
    task: TaskId,
    attempt: u32,
    input: Json,
    #[serde(skip)]
    tenant: Option<Tenant>,
}

/// The agents that are built in, at work.
pub struct AtWork {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl BuiltIn {
    const ALL: [Self; 3] = [Self::Echo, Self::Sleep, Self::Template];

    fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Sleep => "sleep",
            Self::Template => "template",
        }
    }

    /// Its id in this log. In each log it is another one, so that one log can be taken into another.
    fn id(self, log: LogId) -> AgentId {
        let log = log.0.simple().to_string();
        let tail = &log[log.len() - ID_DIGITS..];
        format!("{}-{tail}", self.name()).parse().expect("words and digits are a token")
    }

    fn offer(self) -> Offer {
        Offer {
            kind: "built-in".into(),
            capabilities: BTreeSet::from([self.name().parse().expect("it is a word")]),
            slots: SLOTS,
            labels: Labels::new(),
            tools: BTreeSet::new(),
            owner: None,
            contact: None,
        }
    }
}

impl AtWork {
    /// Lets them begin: they listen first, and are registered then.
    pub async fn begin(means: &Arc<Means>, heartbeats: &Heartbeats) -> Result<Self, bus::Error> {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let log = means.tools.reader.log_id();
        for agent in BuiltIn::ALL {
            let id = agent.id(log);
            let pattern = format!("annals.*.work.{id}");
            let pattern: bus::Pattern = pattern.parse().expect("it is a pattern");
            let group = agent.name().as_bytes().to_vec();
            let heard = means.bus.subscribe(Subscribe::to(pattern).in_group(group)).await?;
            let pulse = Pulse::of(id.clone(), heartbeats.clone());
            let work = work(agent, heard, Arc::clone(means), pulse, stopped.clone());
            tasks.spawn_on(work, &means.tools.pool);
            register(agent, &id, means);
        }
        Ok(Self { stop, tasks })
    }

    /// Lets them go; what they are at is given back.
    pub async fn stop(self) {
        let Self { stop, mut tasks } = self;
        stop.send_replace(true);
        // One that has panicked has ended as well.
        while tasks.join_next().await.is_some() {}
    }
}

/// The same words under the same id: it is recorded once, however often the system starts.
fn register(agent: BuiltIn, id: &AgentId, means: &Means) {
    let log = EventId(means.tools.reader.log_id().0);
    let asked = NewCommand {
        command: AgentCommand::Register(agent.offer()),
        id: CommandId::derived(log, log.millis(), "built_in", agent as u32),
        request: RequestHash([0; 32]),
        cause: Cause::by(annals()),
        blobs: Vec::new(),
        deadline: Instant::now() + PATIENCE,
    };
    let key = StreamKey::new(id.as_str()).expect("an agent's id is a token");
    let place = Place { tenant: main_tenant(), key };
    let tell = move |answer: Result<_, _>| {
        if let Err(error) = answer {
            tracing::error!(agent = agent.name(), %error, "a built-in agent is not registered");
        }
    };
    means.agents.ask(place, asked, Box::new(tell));
}

async fn work(
    agent: BuiltIn,
    mut heard: bus::Subscription,
    means: Arc<Means>,
    pulse: Arc<Pulse>,
    mut stopped: watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(SLOTS as usize));
    let mut under_way = JoinSet::new();
    let mut beats = interval(PULSE);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = heard.next() => message,
            Some(_) = under_way.join_next() => continue,
            _ = beats.tick() => {
                pulse.beat();
                continue;
            }
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let Some(message) = message else { return };
        let Some(reply) = message.reply.clone() else { continue };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            send(&*means.bus, reply, "\"given_back\"".into()).await;
            continue;
        };
        let (means, pulse) = (Arc::clone(&means), Arc::clone(&pulse));
        under_way.spawn(async move {
            one(agent, &message, reply, &means, &pulse).await;
            drop(slot);
        });
    }
    let has = pulse.all();
    drop(under_way);
    give_back(has, &means).await;
}

/// What it has when it goes is placed again at once, and uses up no try.
async fn give_back(has: BTreeSet<(Tenant, Pair)>, means: &Arc<Means>) {
    let mut telling = JoinSet::new();
    for (tenant, Pair { task, attempt }) in has {
        let command = TaskCommand::LoseLease { attempt, why: Loss::GivenBack };
        let id = about_attempt(task, attempt, "given_back", means.tools.clock.now().millis());
        let to_do = ToDo::Task(task, command);
        let (causation, principal, blobs) = (None, annals(), Vec::new());
        let errand = Errand { tenant, to_do, id, causation, principal, blobs };
        let means = Arc::clone(means);
        telling.spawn(async move { errand.run(&means).await });
    }
    // Who is not told loses the lease when nobody claims it.
    telling.join_all().await;
}

async fn one(agent: BuiltIn, message: &Message, reply: Name, means: &Arc<Means>, pulse: &Pulse) {
    let subject = str::from_utf8(message.subject.as_bytes()).ok();
    let subject: Option<Subject> = subject.and_then(|text| text.parse().ok());
    let work = serde_json::from_slice::<Work>(&message.payload);
    let (Some(subject), Ok(work)) = (subject, work) else { return };
    let work = Work { tenant: Some(subject.tenant), ..work };
    let brought = match agent {
        BuiltIn::Echo => echo::work(work.input),
        BuiltIn::Template => template::work(&work.input),
        BuiltIn::Sleep => match slumber::work(work, &reply, means, pulse).await {
            Some(brought) => brought,
            None => return,
        },
    };
    send(&*means.bus, reply, said(brought)).await;
}

/// What `echo` and `template` answer to work of their kind: for agents in other processes that do the
/// same.
#[must_use]
pub fn answer(kind: &str, input: Json) -> Option<Bytes> {
    match kind {
        "echo" => Some(said(echo::work(input))),
        "template" => Some(said(template::work(&input))),
        _ => None,
    }
}

/// What is said of what was brought.
fn said(brought: Brought) -> Bytes {
    match brought {
        Ok(json) => format!(r#"{{"result":{}}}"#, json.as_str()).into(),
        Err(Wrong { code, message }) => {
            let failed = json!({ "class": "permanent", "code": code, "message": message });
            json!({ "failed": failed }).to_string().into()
        }
    }
}

async fn send(bus: &dyn Bus, reply: Name, payload: Bytes) {
    if let Err(error) = bus.publish(Message::new(reply, payload)).await {
        tracing::warn!(%error, "a built-in agent is not heard");
    }
}
