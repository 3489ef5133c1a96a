//! Limits of time.

use annals::clock::SystemClock;
use events::time::Clock as _;
use serde_json::json;

use crate::serve::client::Client;
use crate::serve::system::System;

#[tokio::test]
async fn a_task_that_nobody_does_in_time_is_over() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let soon = SystemClock.now().plus_ms(700).to_string();
    let task = client.submit("nobody", json!({ "deadline": soon })).await;
    let waits = client.submit("nobody", json!({ "timeouts": { "queue_ms": 300 } })).await;
    client.happens(&waits, "timed_out").await;
    client.happens(&task, "timed_out").await;
    for task in [task, waits] {
        assert_eq!(system.task(&task)["task"]["phase"], "timed_out");
    }
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_has_failed() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut worker = client.worker("slow").await;
    client.register("slow", 1).await;
    let terms = json!({ "timeouts": { "start_to_close_ms": 300 }, "retry": { "tries_max": 1 } });
    let task = client.submit("slow", terms).await;
    let order = worker.order().await;
    worker.answer(&order, json!("taken")).await;
    let end = client.happens(&task, "failed").await;
    assert_eq!(end.payload["error"]["code"], "timed_out", "{end:?}");
}

#[tokio::test]
async fn a_task_is_not_handed_out_before_its_time() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let soon = SystemClock.now().plus_ms(500);
    let task = client.submit("echo", json!({ "not_before": soon.to_string() })).await;
    let assigned = client.happens(&task, "assigned").await;
    let assigned: events::time::Timestamp = assigned.recorded_at.parse().expect("a time");
    assert!(assigned >= soon, "{assigned} is before {soon}");
    client.happens(&task, "completed").await;
}
