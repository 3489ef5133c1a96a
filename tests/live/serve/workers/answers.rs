//! What a worker answers, and in which order it gets its work.

use serde_json::json;

use crate::serve::client::Client;
use crate::serve::system::System;

#[tokio::test]
async fn a_temporary_failure_is_tried_again_when_its_wait_is_over() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut worker = client.worker("weak").await;
    client.register("weak", 1).await;
    let task = client.submit("weak", json!({ "retry": { "base_ms": 500 } })).await;
    let first = worker.order().await;
    let failed = json!({ "class": "temporary", "code": "no_disk", "message": "it is full" });
    worker.answer(&first, json!({ "failed": failed })).await;
    let attempt = client.happens(&task, "attempt_failed").await;
    let again_at = attempt.payload["again_at"].as_i64().expect("a time");
    let second = worker.order().await;
    assert_eq!(second.attempt, 2);
    worker.answer(&second, json!({ "result": 2 })).await;
    let completed = client.happens(&task, "completed").await;
    let completed: events::time::Timestamp = completed.recorded_at.parse().expect("a time");
    assert!(completed.0 >= again_at, "{completed} is before {again_at}");
}

#[tokio::test]
async fn a_failure_for_good_ends_the_task() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut worker = client.worker("weak").await;
    client.register("weak", 1).await;
    for (class, alarm) in [("permanent", json!(false)), ("critical", json!(true))] {
        let task = client.submit("weak", json!({})).await;
        let order = worker.order().await;
        let failed = json!({ "class": class, "code": "broken", "message": "for good" });
        worker.answer(&order, json!({ "failed": failed })).await;
        let end = client.happens(&task, "failed").await;
        assert_eq!(end.payload["error"]["code"], "broken", "{class}: {end:?}");
        assert_eq!(end.payload["alarm"].as_bool().unwrap_or_default(), alarm, "{class}: {end:?}");
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_a_failure_that_may_pass() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut worker = client.worker("odd").await;
    client.register("odd", 1).await;
    let task = client.submit("odd", json!({ "retry": { "base_ms": 1 } })).await;
    let first = worker.order().await;
    worker.answer(&first, json!({ "done": true })).await;
    let failed = client.happens(&task, "attempt_failed").await;
    assert_eq!(failed.payload["error"]["code"], "answer_unreadable", "{failed:?}");
    let second = worker.order().await;
    worker.answer(&second, json!({ "result": null })).await;
    client.happens(&task, "completed").await;
}

#[tokio::test]
async fn with_one_slot_the_most_urgent_comes_first() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut worker = client.worker("one").await;
    client.register("one", 1).await;
    client.submit("one", json!({})).await;
    let first = worker.order().await;
    let mut last = String::new();
    for priority in [1, 9, 5, 9, 0] {
        let more = json!({ "priority": priority, "input": priority });
        last = client.submit("one", more).await;
    }
    worker.answer(&first, json!({ "result": null })).await;
    let mut came = Vec::new();
    for _ in 0..5 {
        let order = worker.order().await;
        worker.answer(&order, json!({ "result": null })).await;
        came.push(order.input.as_u64().expect("a number"));
    }
    assert_eq!(came, [9, 9, 5, 1, 0]);
    client.happens(&last, "completed").await;
}
