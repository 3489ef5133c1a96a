//! Those who wait for what becomes of a task.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bus::program::Running;
use crate::serve::client::Client;
use crate::serve::system::System;

#[tokio::test]
async fn who_hands_in_and_waits_gets_the_result_or_an_exit_code() {
    let system = System::start();
    let submit = |arguments: &[&str]| {
        let words = [&["task", "submit"], arguments, &["--wait"]].concat();
        system.command(&words).output().expect("it runs")
    };
    let good = submit(&["echo", "--input", r#"{"a":1}"#]);
    assert!(good.status.success(), "{good:?}");
    assert_eq!(String::from_utf8_lossy(&good.stdout), "{\"a\":1}\n");
    let bad = submit(&["template", "--input", "{}"]);
    assert_eq!(bad.status.code(), Some(1), "{bad:?}");
    let late = submit(&["nobody", "--queue-ms", "200"]);
    assert_eq!(late.status.code(), Some(1), "{late:?}");
}

// Reading what it says keeps a thread busy.
#[tokio::test(flavor = "multi_thread")]
async fn who_watches_misses_nothing_while_the_system_is_gone() {
    let mut system = System::start();
    let client = Client::of(&system).await;
    let mut worker = client.worker("late").await;
    let task = client.submit("late", json!({})).await;
    let mut watch = system.command(&["task", "watch", &task, "--json"]);
    let mut watch = Running::start(watch.stdout(Stdio::piped()));
    let mut says = BufReader::new(watch.0.stdout.take().expect("a pipe"));
    let mut next = move || {
        let mut line = String::new();
        says.read_line(&mut line).expect("it says something");
        serde_json::from_str::<Value>(&line).unwrap_or_else(|_| panic!("{line:?}"))
    };
    assert_eq!(next()["type"], "task.submitted");
    system.kill();
    system.start_again();
    let offer = json!({ "kind": "tested", "capabilities": ["late"] });
    client.insist("agent.late.register", &offer, "late").await;
    let order = worker.order().await;
    worker.answer(&order, json!({ "result": null })).await;
    let mut seen = vec![json!(1)];
    loop {
        let event = next();
        seen.push(event["version"].clone());
        if event["type"] == "task.completed" {
            break;
        }
    }
    let all: Vec<Value> = (1..=seen.len()).map(Value::from).collect();
    assert_eq!(seen, all, "each event is told once, and in order");
    assert!(watch.0.wait().expect("it ends").success());
}
