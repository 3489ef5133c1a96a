//! Signs of life and of progress. They are not recorded themselves; what they change is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actors::bounds::OutOfBounds;
use actors::command::{Object, fields};
use actors::leases::Pair;
use actors::work::foreman::beats::{Heartbeat, Heartbeats};
use events::id::{AgentId, StreamKey, TaskId, Tenant};
use events::shape::ShapeOf;
use events::subject::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::time::Instant;

use super::asking::{Answered, Asking};
use super::dispatch::Dispatch;
use super::read::Found;
use super::refusal::Refusal;
use super::who::{Action, Who, authorize};

/// How often the progress of a task is recorded, at most.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// Of how many tasks it is remembered when that was.
const TASKS_MAX: usize = 65_536;

/// Takes signals.
pub struct Signals {
    dispatch: Arc<Dispatch>,
    heartbeats: Heartbeats,
    progressed: Mutex<HashMap<(Tenant, TaskId), Instant>>,
}

/// A heartbeat, as a worker says it.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beat {
    process: String,
    #[serde(default = "one")]
    slots: u32,
    #[serde(default, deserialize_with = "objects")]
    tasks: Vec<Pair>,
}

fn objects<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<Pair>, D::Error> {
    Vec::deserialize(list).map(|list| list.into_iter().map(|Object(pair)| pair).collect())
}

/// What is answered to it.
#[derive(JsonSchema, Serialize)]
struct Told {
    /// What the process has no longer, and must stop.
    drop: Vec<Pair>,
}

/// The shapes of a heartbeat and of the answer to it.
pub const HEARTBEAT: (ShapeOf, ShapeOf) = (Beat::json_schema, Told::json_schema);

fn one() -> u32 {
    1
}

impl Signals {
    /// Takes them to these.
    #[must_use]
    pub fn new(dispatch: Arc<Dispatch>, heartbeats: Heartbeats) -> Self {
        Self { dispatch, heartbeats, progressed: Mutex::default() }
    }

    /// A process of an agent lives; `tell` is told what it has no longer.
    pub fn heartbeat(&self, who: &Who, tenant: Tenant, agent: AgentId, body: &[u8], tell: Found) {
        if let Err(denied) = authorize(who, Action::Signal, &tenant) {
            return tell(Err(denied.into()));
        }
        let Beat { process, slots, tasks: pairs } = match fields(body) {
            Ok(beat) => beat,
            Err(malformed) => return tell(Err(malformed.into())),
        };
        let answer = move |dropped: Result<Vec<Pair>, OutOfBounds>| {
            tell(match dropped {
                Ok(drop) => Ok(drop_list(drop)),
                Err(error) => Err(Refusal::Unreadable(error.to_string())),
            });
        };
        let heartbeat = Heartbeat { tenant, agent, process, slots, pairs, tell: Box::new(answer) };
        if let Err(_too_many) = self.heartbeats.send(heartbeat) {
            // Another one comes soon, and nobody waits for the answer to this one.
            tracing::debug!("a heartbeat is not heard");
        }
    }

    /// A worker says how far it is. What comes too soon after the last word is let go.
    pub fn progress(self: &Arc<Self>, asking: Asking, task: TaskId) {
        let now = Instant::now();
        let mut progressed = self.progressed.lock().expect("nobody panics here");
        let name = (asking.tenant.clone(), task);
        let last = progressed.get(&name);
        if last.is_some_and(|last| now.duration_since(*last) < PROGRESS_EVERY) {
            return;
        }
        if progressed.len() >= TASKS_MAX {
            progressed.retain(|_, last| now.duration_since(*last) < PROGRESS_EVERY);
        }
        if progressed.len() < TASKS_MAX {
            progressed.insert(name.clone(), now);
        }
        drop(progressed);
        let this = Arc::clone(self);
        let tell = move |answered: Answered| {
            // What leaves nothing in the log takes nobody's turn.
            if answered.is_err() {
                this.progressed.lock().expect("nobody panics here").remove(&name);
            }
        };
        self.dispatch.dispatch(asking, Box::new(tell));
    }
}

fn drop_list(drop: Vec<Pair>) -> Vec<u8> {
    serde_json::to_vec(&Told { drop }).expect("texts and numbers are JSON")
}

/// The command that a word about progress becomes.
#[must_use]
pub fn progress_target(task: TaskId) -> Target {
    Target {
        category: "task".parse().expect("it is a word"),
        id: StreamKey::of_uuid(task.0),
        word: "progress".parse().expect("it is a word"),
    }
}
