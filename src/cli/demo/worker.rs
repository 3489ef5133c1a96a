//! An agent of the demo: what the agents that are built in do, in a process that can be killed.

use std::sync::Arc;
use std::time::Duration;

use actors::work::built_in::answer;
use events::bus::nats::{Nats, Settings};
use events::bus::{Bus as _, Message, Subscribe};
use events::content::Json;
use events::id::{AgentId, StreamKey};
use events::store::keys::random_id;
use events::subject::What;
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use super::{CAPABILITY, PATIENCE};
use crate::cli::Done;
use crate::cli::problem::Problem;
use crate::cli::signals::Signals;
use crate::cli::system::{Identified, Remote};

/// How many tasks it has at once.
const SLOTS: u32 = 2;
/// How often it says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// What comes over the bus.
#[derive(Deserialize)]
struct Order {
    kind: String,
    input: Json,
}

/// Works until it is told to stop.
pub(super) async fn work(agent: AgentId, server: String, pace: Duration) -> Done {
    let mut signals = Signals::listen()?;
    let seed = random_id().as_u64_pair().0;
    let bus = Nats::connect(Settings::to(server, "annals demo", seed)).await?;
    let remote = Arc::new(Remote::of(bus, PATIENCE));
    let subject = remote.subject(What::Work(agent.clone()));
    let group = agent.as_str().to_owned().into_bytes();
    let mut orders = remote.bus.subscribe(Subscribe::to(subject).in_group(group)).await?;
    remote.bus.flush().await?;
    let offer = json!({ "kind": "demo", "capabilities": [CAPABILITY], "slots": SLOTS });
    let key = StreamKey::new(agent.as_str()).expect("an agent's id is a token");
    remote.command(("agent", &key, "register"), &offer, &Identified::default()).await?;
    let (mut beats, mut under_way) = (interval(HEARTBEAT), JoinSet::new());
    loop {
        tokio::select! {
            order = orders.next() => match order {
                Some(order) => drop(under_way.spawn(one(Arc::clone(&remote), order, pace))),
                None => return Err(events::bus::Error::Closed.into()),
            },
            Some(_) = under_way.join_next() => {}
            _ = beats.tick() => beat(&remote, &agent).await?,
            stop = signals.next() => return Ok(stop.code()),
        }
    }
}

async fn beat(remote: &Remote, agent: &AgentId) -> Result<(), Problem> {
    let beat = json!({ "process": agent, "slots": SLOTS, "tasks": [] });
    remote.say(What::Heartbeat(agent.clone()), &beat).await.map(drop)
}

async fn one(remote: Arc<Remote>, order: Message, pace: Duration) {
    let Some(reply) = order.reply else { return };
    sleep(pace).await;
    let read = serde_json::from_slice(&order.payload).ok();
    let answered = read.and_then(|Order { kind, input }| match kind.as_str() {
        "sleep" => Some(r#"{"result":null}"#.into()),
        kind => answer(kind, input),
    });
    let answered = answered.unwrap_or_else(|| "\"given_back\"".into());
    // Nobody waits for it any more if this fails.
    let _ = remote.bus.publish(Message::new(reply, answered)).await;
}
