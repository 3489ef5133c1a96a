//! What is not over yet in a system, as far as anyone is there to tell.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::client::Client;
use super::system::System;

/// How many tasks there are that are not over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unfinished {
    pub(super) running: usize,
    pub(super) waiting: usize,
    /// Whether nothing was recorded between the two questions: else a task may be in neither number.
    is_exact: bool,
}

impl Unfinished {
    pub(super) fn count(self) -> usize {
        self.running + self.waiting
    }
}

/// Looks, if anyone is there to tell; at tasks of this kind alone, if one is named.
pub(super) async fn look(client: &Client, kind: Option<&str>) -> Option<Unfinished> {
    let (running, then) = count(client, "running", kind).await?;
    let (waiting, now) = count(client, "waiting", kind).await?;
    Some(Unfinished { running, waiting, is_exact: then == now })
}

async fn count(client: &Client, phase: &str, kind: Option<&str>) -> Option<(usize, Value)> {
    let asked = json!({ "phase": phase, "kind": kind, "limit": 1000 });
    let told = client.try_ask("query.task_list", &asked).await?;
    Some((told["tasks"].as_array()?.len(), told["position"].clone()))
}

/// Returns when nothing is left to do.
pub(super) async fn all_is_over(system: &System) {
    let mut client = Client::of(system).await;
    loop {
        // Something happens soon, or has happened before this began to listen.
        let _ = timeout(Duration::from_secs(1), client.heard()).await;
        let left = look(&client, None).await;
        if left.is_some_and(|left| left.is_exact && left.count() == 0) {
            return;
        }
    }
}
