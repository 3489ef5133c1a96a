//! Answers in the place of others: whoever was asked something learns nothing of where others answer,
//! and cannot answer there.

use serde_json::json;

use super::client::Order;
use super::raw::{Heard, Raw, publish};
use super::system::System;
use super::tenants::{client, start};

/// How far ahead someone guesses.
const GUESSES: u64 = 50;

/// Where answers might go that are wanted soon after this one.
fn guesses(order: &Order) -> impl Iterator<Item = String> {
    let (before, last) = order.reply.rsplit_once('.').expect("tokens");
    let digits = last.find(|c: char| !c.is_ascii_digit()).unwrap_or(last.len());
    let number: u64 = last[..digits].parse().expect("a number");
    (1..=GUESSES).map(move |n| format!("{before}.{}{}", number + n, &last[digits..]))
}

#[tokio::test]
async fn nobody_answers_for_another_tenant() {
    let system = start();
    let red = client(&system, "ada", "red").await;
    let mut blue = client(&system, "bob", "blue").await;
    let (mut reds, mut blues) = (red.worker("same").await, blue.worker("same").await);
    red.register("same", 1).await;
    blue.register("same", 1).await;
    red.submit("same", json!({})).await;
    let seen = reds.order().await;
    let task = blue.submit("same", json!({})).await;
    let order = blues.order().await;
    // Also where it goes in truth, which ada cannot know.
    for place in guesses(&seen).chain([order.reply.to_string()]) {
        let forged = json!({ "result": "forged" }).to_string();
        red.bus.publish(place, forged.into()).await.expect("it is sent");
    }
    // What is answered was asked behind all of that.
    red.ask("query.task_list", &json!({})).await;
    blues.answer(&order, json!({ "result": "true" })).await;
    let end = blue.happens(&task, "completed").await;
    assert_eq!(end.payload["result"]["inline"], "true");
    assert_eq!(end.payload["attempt"], 1, "the first answer of who was asked counts");
}

/// What a worker of ada's is asked first.
async fn asked_of_ada(system: &System) -> Order {
    let red = client(system, "ada", "red").await;
    let mut reds = red.worker("same").await;
    red.register("same", 1).await;
    red.submit("same", json!({})).await;
    reds.order().await
}

#[tokio::test]
async fn nobody_hears_what_others_answer_or_has_annals_answer_there() {
    let system = start();
    let order = asked_of_ada(&system).await;
    let (before, _) = order.reply.rsplit_once('.').expect("tokens");
    let mut raw = Raw::come_as(system.address(), "ada", "a-long-one").await;
    for pattern in [format!("{before}.*"), format!("{before}.>"), order.reply.to_string()] {
        raw.say(format!("SUB {pattern} 9\r\n").as_bytes()).await;
        let Heard::Complaint(said) = raw.hear().await else { panic!("{pattern}") };
        assert!(said.contains("Permissions Violation for Subscription"), "{said}");
    }
    for reply in guesses(&order).take(1).chain([order.reply.to_string()]) {
        raw.say(&publish("annals.red.query.task_list", &reply, b"", b"{}")).await;
        let Heard::Complaint(said) = raw.hear().await else { panic!("{reply}") };
        assert!(said.contains("Permissions Violation for Publish with Reply"), "{said}");
    }
    raw.say(b"SUB _INBOX.mine.* 9\r\nPING\r\n").await;
    assert_eq!(raw.hear().await, Heard::Pong);
}
