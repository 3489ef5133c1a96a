//! Those who say something and do not wait for an answer.

use events::store::keys::random_id;
use serde_json::json;
use tokio::time::timeout;
use tokio_stream::StreamExt;

use super::PATIENCE;
use super::client::Client;
use super::system::System;

async fn is_done_without_an_answer(system: System) {
    let mut client = Client::of(&system).await;
    let mut facts = client.bus.subscribe("annals.main.event.fact.*.*").await.expect("it listens");
    let task = random_id().to_string();
    let order = json!({ "kind": "echo", "input": 1 }).to_string();
    let fact = json!({ "id": "1", "type": "order.placed" }).to_string();
    let submit = format!("annals.main.enqueue.task.{task}.submit");
    client.bus.publish(submit, order.into()).await.expect("it is sent");
    client.bus.publish("annals.main.deposit.shop", fact.into()).await.expect("it is sent");
    assert_eq!(client.happens(&task, "completed").await.payload["result"]["inline"], 1);
    let told = timeout(PATIENCE, facts.next()).await.expect("it is told").expect("it goes on");
    assert_eq!(told.subject.as_str(), "annals.main.event.fact.shop.recorded");
}

#[tokio::test]
async fn what_nobody_waits_for_is_done() {
    is_done_without_an_answer(System::start()).await;
}

#[tokio::test]
async fn what_nobody_waits_for_is_done_on_a_server_of_nats() {
    is_done_without_an_answer(System::on_nats(None)).await;
}
