//! A system that ends in good order.

use std::time::Instant;

use serde_json::json;

use super::PATIENCE;
use super::client::Client;
use super::system::System;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_system_itself_is_at_is_given_back_and_done_after_the_next_start() {
    let mut system = System::start();
    let mut client = Client::of(&system).await;
    let task = client.submit("sleep", json!({ "input": { "ms": 2000 } })).await;
    client.happens(&task, "assigned").await;
    system.end();
    system.start_again();
    let begun = Instant::now();
    let done = loop {
        let known = system.task(&task);
        if known["task"]["phase"] == "completed" {
            break known;
        }
        assert!(begun.elapsed() < PATIENCE, "it is not done: {known}");
    };
    assert_eq!(done["task"]["attempts"], 2);
    let history = done["history"].as_array().expect("a list");
    let lost =
        history.iter().find(|event| event["type"] == "task.lease_lost").expect("it was lost");
    assert_eq!(
        (&lost["payload"]["why"], &lost["payload"]["counted"]),
        (&json!("given_back"), &json!(false))
    );
}
