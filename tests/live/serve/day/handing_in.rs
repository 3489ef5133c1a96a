//! Hands tasks in: some twice at once, and some again when the day is over. What was acknowledged is
//! remembered.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::plan::{self, Fate};
use crate::serve::client::Client;

/// A task that was handed in.
pub(super) struct HandedIn {
    pub(super) task: String,
    order: Value,
    /// What was told about it.
    pub(super) told: Vec<Value>,
}

/// Hands in the tasks of these numbers, all at once.
pub(super) fn hand_in(
    client: &Arc<Client>,
    numbers: Range<usize>,
    handing: &mut JoinSet<HandedIn>,
) {
    for number in numbers {
        let client = Arc::clone(client);
        handing.spawn(async move { one(&client, number).await });
    }
}

async fn one(client: &Client, number: usize) -> HandedIn {
    let (task, order) = (plan::id(number), plan::order(number));
    let mut told = vec![submit(client, &task, &order).await];
    if number.is_multiple_of(3) {
        let (first, second) =
            tokio::join!(submit(client, &task, &order), submit(client, &task, &order));
        told.extend([first, second]);
    }
    match plan::fate(number) {
        Fate::IsNoted => {
            told.push(about(client, &task, "note", json!({ "text": "so noted" })).await);
        }
        Fate::IsCancelled => told.push(cancel(client, &task).await),
        _ => {}
    }
    HandedIn { task, order, told }
}

async fn submit(client: &Client, task: &str, order: &Value) -> Value {
    let told = client.insist(&format!("task.{task}.submit"), order, task).await;
    assert_eq!(told["outcome"], "accepted", "{told}");
    told
}

/// Has a task cancelled.
pub(super) async fn cancel(client: &Client, task: &str) -> Value {
    about(client, task, "cancel", json!({ "reason": "so it is planned" })).await
}

async fn about(client: &Client, task: &str, verb: &str, body: Value) -> Value {
    client.insist(&format!("task.{task}.{verb}"), &body, &format!("{task}/{verb}")).await
}

impl HandedIn {
    /// Sends the same once more, long after it was answered.
    pub(super) async fn comes_again(&self, client: &Client) {
        let again = submit(client, &self.task, &self.order).await;
        for told in self.told.iter().filter(|told| told["command_id"] == again["command_id"]) {
            assert_eq!(told["position"], again["position"], "it was done twice: {told}, {again}");
        }
        assert_eq!(again["known"], true, "{again}");
    }
}
