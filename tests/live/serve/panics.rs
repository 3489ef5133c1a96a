//! A whole system in which one decision in a hundred panics: nobody is left without an answer, and
//! everything goes on.

use std::sync::Arc;
use std::time::Instant;

use events::planted::PANICS;
use events::store::keys::random_id;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::client::Client;
use super::system::System;
use super::{PATIENCE, unfinished};

/// One of so many decisions panics.
const ONE_OF: &str = "100";
/// How many tasks there are; about each of them at least four decisions are made.
const TASKS: usize = 1000;
/// How many panics there are at least.
const PANICS_MIN: usize = 30;
/// How many ask at once.
const ASKING: usize = 20;

/// Asks until it is done; each time there is an answer.
async fn is_done(client: &Client, rest: &str, body: &Value, id: &str) {
    loop {
        let told = client.try_ask_as(rest, body, id).await;
        let told = told.unwrap_or_else(|| panic!("{rest} is left without an answer"));
        match (&told["outcome"], &told["code"]) {
            (outcome, _) if outcome == "accepted" => return,
            (_, code) if code == "broken" || code == "busy" => tokio::task::yield_now().await,
            _ => panic!("{rest}: {told}"),
        }
    }
}

/// Every one of them is asked to do this.
async fn all_do(client: &Arc<Client>, tasks: &[String], verb: &'static str, body: Value) {
    let mut asking = JoinSet::new();
    for tasks in tasks.chunks(TASKS / ASKING) {
        let (client, tasks, body) = (Arc::clone(client), tasks.to_vec(), body.clone());
        asking.spawn(async move {
            for task in tasks {
                let id = format!("{task}/{verb}");
                is_done(&client, &format!("task.{task}.{verb}"), &body, &id).await;
            }
        });
    }
    asking.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_decision_in_a_hundred_panics_and_nobody_is_stuck() {
    let mut system = System::start();
    system.end();
    system.set(PANICS, ONE_OF);
    system.start_again();
    let client = Arc::new(Client::of(&system).await);
    let tasks: Vec<String> = (0..TASKS).map(|_| random_id().to_string()).collect();
    let order = json!({ "kind": "echo", "input": 1,
        "retry": { "base_ms": 10, "tries_max": 50 }, "timeouts": { "heartbeat_ms": 1000 } });
    all_do(&client, &tasks, "submit", order).await;
    let is_over = timeout(3 * PATIENCE, unfinished::all_is_over(&system)).await;
    let left = unfinished::look(&client, None).await;
    assert!(is_over.is_ok(), "an actor is stuck: {left:?}");
    all_do(&client, &tasks, "note", json!({ "text": "it is there" })).await;

    let ends = Instant::now();
    system.end();
    assert!(ends.elapsed() < PATIENCE / 4, "something was still waited for: {:?}", ends.elapsed());
    let log = system.lines(&["log", "read", "--store", system.store()]);
    let count = |what: &str| log.iter().filter(|event| event["type"] == what).count();
    assert_eq!(count("task.submitted"), TASKS);
    assert_eq!(count("task.completed"), TASKS);
    assert_eq!(count("task.noted"), TASKS);
    let panics = count("node.actor_panicked");
    assert!(panics >= PANICS_MIN, "there were {panics} panics");
    println!("{panics} panics, {} parked", count("node.actor_parked"));
}
