//! A system that is killed while it has much to do, and started again: every task ends once, every
//! submission that was acknowledged is there, and nothing was done twice under one attempt.

mod laborer;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use events::store::keys::random_id;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::client::Client;
use super::system::System;
use super::unfinished;
use laborer::{AGENT, Laborer, is_frozen};

/// How often it is killed.
const KILLS: usize = 3;
/// How many tasks there are, handed in as many parts as it is killed, and one more.
const TASKS: usize = 200;
/// How many run when it is killed.
const RUNNING: usize = 20;
/// When all of it is over at the latest.
const DEADLINE: Duration = Duration::from_secs(120);

/// A task to be handed in: of four, one is worked on outside, and one takes its time.
fn order(number: usize) -> Value {
    let retry = json!({ "base_ms": 10, "lost_lease_counts": false });
    match number % 4 {
        0 => json!({ "kind": "sleep", "input": { "ms": 1500 }, "retry": retry }),
        1 => json!({ "kind": "echo", "input": number, "retry": retry }),
        _ => json!({ "kind": AGENT, "input": number, "retry": retry,
            "timeouts": { "heartbeat_ms": 1000 } }),
    }
}

/// What should come out of it.
fn is_right(number: usize, end: &Value) -> bool {
    let (result, attempt) = (&end["result"]["inline"], &end["attempt"]);
    match number % 4 {
        0 => result.is_null(),
        1 => *result == json!(number),
        _ => *result == json!({ "of": number, "by": attempt }),
    }
}

/// Hands in a part of them, all at once.
fn hand_in(client: &Arc<Client>, numbers: std::ops::Range<usize>, all: &mut Submissions) {
    for number in numbers {
        let client = Arc::clone(client);
        all.spawn(async move {
            let task = random_id().to_string();
            let submit = format!("task.{task}.submit");
            let told = client.insist(&submit, &order(number), &task).await;
            assert_eq!(told["outcome"], "accepted", "{told}");
            (task, number)
        });
    }
}

type Submissions = JoinSet<(String, usize)>;

async fn run(system: &mut System, harm: impl Fn(&mut System)) -> BTreeMap<String, usize> {
    let client = Arc::new(Client::of(system).await);
    let (stop, stopped) = watch::channel(false);
    let laborer = Laborer::come(system).await;
    let mut working = JoinSet::new();
    working.spawn(laborer.run(stopped));
    let (mut all, part) = (Submissions::new(), TASKS / (KILLS + 1));
    for kill in 0..=KILLS {
        hand_in(&client, kill * part..(kill + 1) * part, &mut all);
        if kill < KILLS {
            while unfinished::look(&client, None).await.is_none_or(|left| left.running < RUNNING) {}
            harm(system);
        }
    }
    let submitted = all.join_all().await.into_iter().collect();
    unfinished::all_is_over(system).await;
    stop.send_replace(true);
    working.join_all().await;
    submitted
}

fn is_killed(system: &mut System) {
    system.kill();
    system.start_again();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_task_ends_once_although_the_system_is_killed_again_and_again() {
    every_task_ends_once(System::start(), is_killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_task_ends_once_although_the_system_ends_in_good_order_again_and_again() {
    let is_ended = |system: &mut System| {
        system.end();
        system.start_again();
    };
    every_task_ends_once(System::start(), is_ended).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_task_ends_once_on_a_server_of_nats() {
    every_task_ends_once(System::on_nats(None), is_killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_task_ends_once_although_the_server_of_nats_is_lost_again_and_again() {
    every_task_ends_once(System::on_nats(None), System::lose_server).await;
}

async fn every_task_ends_once(mut system: System, harm: impl Fn(&mut System)) {
    let submitted = timeout(DEADLINE, run(&mut system, harm)).await.expect("it is over in time");
    assert_eq!(submitted.len(), TASKS);
    let client = Client::of(&system).await;
    let begun = begun(&system);
    let mut late = 0;
    for (task, number) in &submitted {
        let told = client.ask("query.task", &json!({ "id": task })).await;
        ended_once(&told, *number);
        if number % 4 > 1 && is_frozen(*number as u64) && begun.contains(&format!("{task} 1")) {
            came_too_late(&told, *number);
            late += 1;
        }
    }
    assert!(late > 0, "nothing was forgotten");
    let ids = client.ask("query.task_list", &json!({ "limit": 1000 })).await;
    let ids = ids["tasks"].as_array().expect("a list").iter().map(|task| task["id"].as_str());
    let ids: BTreeSet<&str> = ids.map(|id| id.expect("text")).collect();
    assert_eq!(ids, submitted.keys().map(String::as_str).collect(), "no task but these");
    system.verify();
}

fn ended_once(told: &Value, number: usize) {
    let ends = events(told, "task.completed");
    assert_eq!(ends.len(), 1, "{number}: {told}");
    assert_eq!(events(told, "task.submitted").len(), 1, "{number}: {told}");
    assert_eq!(told["task"]["phase"], "completed", "{number}: {told}");
    assert!(is_right(number, ends[0]), "{number}: {told}");
}

/// What was brought under the first attempt is on record, and did not count.
fn came_too_late(told: &Value, number: usize) {
    let late = events(told, "task.late_result");
    let is_late = late.iter().any(|late| late["attempt"] == 1);
    assert!(is_late, "a result of a lost attempt counts, {number}: {told}");
    let end = events(told, "task.completed")[0];
    assert!(end["attempt"].as_u64() > Some(1), "{number}: {told}");
}

/// What is known of the events of this name.
fn events<'a>(told: &'a Value, name: &str) -> Vec<&'a Value> {
    let history = told["history"].as_array().unwrap_or_else(|| panic!("{told}"));
    let named = history.iter().filter(|event| event["type"] == name);
    named.map(|event| &event["payload"]).collect()
}

/// What the worker outside wrote down whenever it began with something: nothing twice.
fn begun(system: &System) -> BTreeSet<String> {
    let ledger = std::fs::read_to_string(system.file(laborer::LEDGER)).expect("it is there");
    let mut once = BTreeSet::new();
    for line in ledger.lines() {
        assert!(once.insert(line.to_owned()), "{line} was begun twice");
    }
    assert!(once.len() >= TASKS / 2, "it has begun with {} only", once.len());
    once
}
