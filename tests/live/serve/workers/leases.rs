//! Tasks that are lost and placed again.

use serde_json::json;
use tokio::time::timeout;
use tokio_stream::StreamExt;

use crate::serve::PATIENCE;
use crate::serve::client::Client;
use crate::serve::system::{System, result};

#[tokio::test]
async fn who_gives_no_sign_of_life_loses_the_task_and_comes_too_late() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut worker = client.worker("slow").await;
    client.register("slow", 1).await;
    let terms = json!({ "timeouts": { "heartbeat_ms": 300 }, "retry": { "base_ms": 1 } });
    let task = client.submit("slow", terms).await;
    let first = worker.order().await;
    assert_eq!((&first.task, first.attempt), (&task, 1));
    worker.answer(&first, json!("taken")).await;
    assert_eq!(client.happens(&task, "lease_lost").await.payload["why"], "expired");
    let second = worker.order().await;
    assert_eq!((&second.task, second.attempt), (&task, 2));
    worker.answer(&second, json!("taken")).await;

    let complete = format!("command.task.{task}.complete");
    let late = client.ask(&complete, &json!({ "attempt": 1, "result": "first" })).await;
    let too_late = late["code"] == "task.result_too_late" && late["recorded"] == true;
    assert!(too_late, "a result of a lost attempt counts: {late}");
    let record = client.happens(&task, "late_result").await;
    assert_eq!(record.payload["attempt"], 1);
    let good = client.ask(&complete, &json!({ "attempt": 2, "result": "second" })).await;
    assert_eq!(good["outcome"], "accepted", "{good}");
    client.happens(&task, "completed").await;
    assert_eq!(*result(&system.task(&task)), "second");
}

#[tokio::test]
async fn what_is_given_back_is_placed_again_and_uses_up_no_try() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut worker = client.worker("picky").await;
    client.register("picky", 1).await;
    let task = client.submit("picky", json!({ "retry": { "tries_max": 1 } })).await;
    let first = worker.order().await;
    worker.answer(&first, json!("given_back")).await;
    assert_eq!(client.happens(&task, "lease_lost").await.payload["why"], "given_back");
    let second = worker.order().await;
    assert_eq!((&second.task, second.attempt), (&task, 2));
    worker.answer(&second, json!({ "result": 2 })).await;
    client.happens(&task, "completed").await;
}

#[tokio::test]
async fn where_nobody_listens_the_task_waits_for_someone() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    client.register("absent", 1).await;
    let task = client.submit("absent", json!({ "retry": { "tries_max": 1 } })).await;
    assert_eq!(client.happens(&task, "lease_lost").await.payload["why"], "nobody_there");
    let mut worker = client.worker("absent").await;
    let order = worker.order().await;
    assert!(order.task == task && order.attempt > 1, "{order:?}");
    worker.answer(&order, json!({ "result": null })).await;
    client.happens(&task, "completed").await;
}

#[tokio::test]
async fn who_does_not_answer_has_not_got_the_task() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut worker = client.worker("mute").await;
    client.register("mute", 1).await;
    let task = client.submit("mute", json!({ "retry": { "base_ms": 1 } })).await;
    let first = worker.order().await;
    assert_eq!(client.happens(&task, "lease_lost").await.payload["why"], "no_answer");
    let second = worker.order().await;
    assert_eq!((first.attempt, second.attempt), (1, 2));
    worker.answer(&second, json!({ "result": 2 })).await;
    client.happens(&task, "completed").await;
    // An answer to an order of which the system expects none any more goes nowhere.
    worker.answer(&first, json!({ "result": 1 })).await;
    assert_eq!(*result(&system.task(&task)), 2);
}

#[tokio::test]
async fn who_works_on_what_is_cancelled_is_told_to_stop() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut stops =
        client.bus.subscribe("annals.main.signal.agent.busy.stop").await.expect("it listens");
    let mut worker = client.worker("busy").await;
    client.register("busy", 1).await;
    let task = client.submit("busy", json!({})).await;
    let order = worker.order().await;
    worker.answer(&order, json!("taken")).await;
    let cancel = format!("command.task.{task}.cancel");
    let told = client.ask(&cancel, &json!({ "reason": "no longer wanted" })).await;
    assert_eq!(told["outcome"], "accepted", "{told}");
    let stop = timeout(PATIENCE, stops.next()).await.expect("it comes").expect("it goes on");
    let stop: serde_json::Value = serde_json::from_slice(&stop.payload).expect("JSON");
    assert_eq!(stop, json!({ "task": task, "attempt": 1 }));

    let pair = json!({ "process": "p", "tasks": [{ "task": task, "attempt": 1 }] });
    let beat = client.ask("signal.agent.busy.heartbeat", &pair).await;
    assert_eq!(beat, json!({ "drop": [{ "task": task, "attempt": 1 }] }));
    let complete = format!("command.task.{task}.complete");
    let late = client.ask(&complete, &json!({ "attempt": 1 })).await;
    assert_eq!(late["code"], "task.result_too_late", "{late}");
    client.happens(&task, "late_result").await;
    assert_eq!(system.task(&task)["task"]["phase"], "cancelled");
}
