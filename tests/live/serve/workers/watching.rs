//! Those who wait for what becomes of a task.

use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Stdio};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::bus::program::Running;
use crate::serve::PATIENCE;
use crate::serve::client::Client;
use crate::serve::system::System;

/// More than fit into a pipe and what waits behind it.
const CHANGES: usize = 3_000;
/// How many priorities a task may have.
const PRIORITIES: usize = 10;

/// Someone who watches a task, and what they say.
fn watch(system: &System, task: &str) -> (Running, BufReader<ChildStdout>) {
    let mut watch = system.command(&["task", "watch", task, "--json"]);
    let mut watch = Running::start(watch.stdout(Stdio::piped()));
    let mut says = BufReader::new(watch.0.stdout.take().expect("a pipe"));
    assert_eq!(next(&mut says)["type"], "task.submitted");
    (watch, says)
}

fn next(says: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    says.read_line(&mut line).expect("it says something");
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"))
}

/// Reads on until this happens.
fn read_until(mut says: BufReader<ChildStdout>, end: &str) {
    let mut seen = vec![json!(1)];
    loop {
        let event = next(&mut says);
        seen.push(event["version"].clone());
        if event["type"] == end {
            break;
        }
    }
    let all: Vec<Value> = (1..=seen.len()).map(Value::from).collect();
    assert_eq!(seen, all, "each event is told once, and in order");
}

// Reading what it says keeps a thread busy.
#[tokio::test(flavor = "multi_thread")]
async fn who_watches_misses_nothing_while_the_system_is_gone() {
    let mut system = System::start();
    let client = Client::of(&system).await;
    let mut worker = client.worker("late").await;
    let task = client.submit("late", json!({})).await;
    let (mut watch, says) = watch(&system, &task);
    system.kill();
    system.start_again();
    let offer = json!({ "kind": "tested", "capabilities": ["late"] });
    client.insist("agent.late.register", &offer, "late").await;
    let order = worker.order().await;
    worker.answer(&order, json!({ "result": null })).await;
    read_until(says, "task.completed");
    assert!(watch.0.wait().expect("it ends").success());
}

// Reading what it says keeps a thread busy.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_too_slowly_is_told_everything_in_the_end() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let task = client.submit("nobody", json!({})).await;
    let (mut watch, says) = watch(&system, &task);
    let amend = format!("annals.main.command.task.{task}.amend");
    for _ in 0..CHANGES / PRIORITIES {
        let mut asked = JoinSet::new();
        for priority in 0..PRIORITIES {
            let body = json!({ "priority": priority }).to_string();
            let (bus, amend) = (client.bus.clone(), amend.clone());
            asked.spawn(async move { bus.request(amend, body.into()).await });
        }
        let answered = asked.join_all().await.into_iter().all(|answer| answer.is_ok());
        assert!(answered, "everything is answered");
    }
    let cancel = format!("command.task.{task}.cancel");
    client.ask(&cancel, &json!({ "reason": "enough" })).await;
    client.happens(&task, "cancelled").await;
    let reads = tokio::task::spawn_blocking(move || read_until(says, "task.cancelled"));
    timeout(PATIENCE, reads).await.expect("it hears of the end").expect("all of it");
    assert_eq!(watch.0.wait().expect("it ends").code(), Some(1));
}
