//! A run that is called off leaves nothing under way.

use serde_json::{Value, json};

use super::attended::nobody_is_forgotten;
use super::{comes_to, define, ends, shown, start, state, words};
use crate::serve::client::Client;
use crate::serve::system::System;

const MANY: &str = r#"
stages:
  - name: many
    foreach: ${ input }
    at_once: 1000
    task: slow
    input: ${ item }
"#;

const UNDONE: &str = r#"
stages:
  - { name: first, task: echo, input: { did: 1 }, compensate: { task: echo, input: { undo: "${ output }" } } }
  - { name: second, after: [first], task: echo, compensate: { task: echo, input: { undo: 2 } } }
  - { name: third, after: [second], wait: { signal: never } }
"#;

/// The phases of all tasks that are in none of these.
fn others(system: &System, phases: &[&str]) -> Vec<Value> {
    let tasks = system.lines(&["task", "list", "--limit", "1000"]);
    let is_other = |task: &Value| !phases.iter().any(|phase| task["phase"] == *phase);
    tasks.into_iter().filter(is_other).collect()
}

#[tokio::test]
async fn a_thousand_tasks_are_called_off_and_whoever_has_one_is_told() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "many", MANY);
    client.register("slow", 3).await;
    let mut worker = client.worker("slow").await;
    let mut stop = client.bus.subscribe("annals.main.signal.agent.slow.stop").await.expect("heard");
    let run = start(&client, "many", json!((0..1000).collect::<Vec<_>>())).await;
    let mut has = Vec::new();
    for _ in 0..3 {
        let order = worker.order().await;
        worker.answer(&order, json!("taken")).await;
        has.push(order.task);
    }
    let told =
        client.ask(&format!("command.run.{run}.cancel"), &json!({ "reason": "enough" })).await;
    assert_eq!(told["outcome"], "accepted", "{told}");
    for _ in 0..3 {
        let message = tokio_stream::StreamExt::next(&mut stop);
        let message = tokio::time::timeout(super::super::PATIENCE, message).await;
        let message = message.expect("it is told").expect("it goes on");
        let pair: Value = serde_json::from_slice(&message.payload).expect("JSON");
        has.retain(|task| pair["task"] != **task);
    }
    assert!(has.is_empty(), "told to stop: {has:?}");
    assert_eq!(ends(&system, &run)["end"], "cancelled");
    assert_eq!(others(&system, &["cancelled"]), [] as [Value; 0]);
    assert_eq!(system.lines(&["task", "list", "--limit", "1000"]).len(), 1000);
    nobody_is_forgotten(&system).await;
}

#[tokio::test]
async fn what_was_done_is_undone_in_reverse() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "undone", UNDONE);
    let run = start(&client, "undone", json!(null)).await;
    comes_to(&system, &run, "third", "works").await;
    let cancelled = system.command(&["run", "cancel", &run, "--reason", "enough"]).output();
    assert!(cancelled.expect("it runs").status.success());
    assert_eq!(ends(&system, &run)["end"], "cancelled");
    let run = shown(&system, &run);
    assert_eq!((state(&run, "third").as_str(), &run["undone"]), ("called_off", &json!("all")));
    let history = run["history"].as_array().expect("a list");
    let undone = history.iter().filter(|event| event["type"] == "run.undo_began");
    let undone: Vec<&Value> = undone.map(|event| &event["payload"]["stage"]).collect();
    assert_eq!(undone, ["second", "first"]);
    let input = json!({ "undo": { "did": 1 } });
    let first = history.iter().rfind(|event| event["type"] == "run.undo_began").expect("the last");
    assert_eq!(first["payload"]["items"][0]["input"], json!({ "inline": input }));
    assert_eq!(words(&run).last(), Some(&"finished"));
    nobody_is_forgotten(&system).await;
}

#[tokio::test]
async fn what_shall_be_kept_is_kept() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "undone", UNDONE);
    let run = start(&client, "undone", json!(null)).await;
    comes_to(&system, &run, "third", "works").await;
    let kept = system.command(&["run", "cancel", &run, "--keep"]).output().expect("it runs");
    assert!(kept.status.success(), "{kept:?}");
    assert_eq!(ends(&system, &run)["end"], "cancelled");
    let run = shown(&system, &run);
    assert_eq!(run["undone"], "nothing");
    assert!(!words(&run).contains(&"undo_began"));
    nobody_is_forgotten(&system).await;
}
