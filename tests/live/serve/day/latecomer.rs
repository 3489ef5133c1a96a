//! Someone who means well and is always late: for each attempt that was lost or has failed it says
//! that it is done, at once and again when another one has the task. It also takes tasks away.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::handing_in::cancel;
use super::plan::{self, Fate};
use crate::serve::client::{Client, Event};

/// What it says that came out.
pub(super) const NEWS: &str = "old news";

/// The one who is late.
pub(super) struct Latecomer {
    hears: Client,
    says: Arc<Client>,
    /// The last attempt of each task that was lost.
    lost: BTreeMap<String, u64>,
    saying: JoinSet<Value>,
}

impl Latecomer {
    pub(super) fn new(hears: Client, says: Arc<Client>) -> Self {
        Self { hears, says, lost: BTreeMap::new(), saying: JoinSet::new() }
    }

    /// Goes on until it is told to stop; gives what it was told.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) -> Vec<Value> {
        loop {
            tokio::select! {
                event = self.hears.heard() => self.react(event),
                _ = stopped.changed() => return self.saying.join_all().await,
            }
        }
    }

    fn react(&mut self, event: Event) {
        let Event { task, word, payload, .. } = event;
        match word.as_str() {
            "lease_lost" | "attempt_failed" => {
                let attempt = payload["attempt"].as_u64().expect("a number");
                self.complete(&task, attempt, "late");
                self.lost.insert(task, attempt);
            }
            "assigned" => {
                if let Some(attempt) = self.lost.remove(&task) {
                    self.complete(&task, attempt, "later");
                }
                if plan::fate(plan::number(&task)) == Fate::IsTakenAway {
                    let says = Arc::clone(&self.says);
                    self.saying.spawn(async move { cancel(&says, &task).await });
                }
            }
            _ => {}
        }
    }

    fn complete(&mut self, task: &str, attempt: u64, name: &str) {
        let says = Arc::clone(&self.says);
        let (rest, id) = (format!("task.{task}.complete"), format!("{task}/{attempt}/{name}"));
        let body = json!({ "attempt": attempt, "result": NEWS });
        self.saying.spawn(async move { says.insist(&rest, &body, &id).await });
    }
}
