//! Two tenants in one system: neither sees or does anything of the other.

use async_nats::ConnectOptions;
use serde_json::{Value, json};

use super::client::Client;
use super::raw::{Heard, INBOX, Raw, publish};
use super::system::System;

const USERS: &str = r#"[
  {"user":"ada","password":"a-long-one","tenant":"red"},
  {"user":"bob","password":"b-long-one","tenant":"blue"}
]"#;

pub(super) fn start() -> System {
    let folder = tempfile::tempdir().expect("a folder");
    let users = folder.path().join("users.json");
    std::fs::write(&users, USERS).expect("it is written");
    // The file is read at the start.
    System::with(&["--users", users.to_str().expect("text")])
}

pub(super) async fn client(system: &System, user: &str, tenant: &str) -> Client {
    let password = format!("{}-long-one", &user[..1]);
    let options = ConnectOptions::with_user_and_password(user.into(), password);
    Client::connect(&system.url(), tenant, options).await
}

async fn ids(client: &Client, query: &str, field: &str) -> Vec<Value> {
    let told = client.ask(&format!("query.{query}"), &json!({})).await;
    told[field].as_array().expect("a list").iter().map(|row| row["id"].clone()).collect()
}

#[tokio::test]
async fn everyone_sees_and_does_only_what_is_their_own() {
    let system = start();
    let mut red = client(&system, "ada", "red").await;
    let mut blue = client(&system, "bob", "blue").await;
    // Both have an agent of the same name, and one task each.
    let (mut reds, mut blues) = (red.worker("same").await, blue.worker("same").await);
    red.register("same", 1).await;
    blue.register("same", 1).await;
    let of_red = red.submit("same", json!({ "input": "red" })).await;
    let of_blue = blue.submit("same", json!({ "input": "blue" })).await;
    for (worker, task, input) in [(&mut reds, &of_red, "red"), (&mut blues, &of_blue, "blue")] {
        let order = worker.order().await;
        assert_eq!((&order.task, order.input.as_str()), (task, Some(input)));
        worker.answer(&order, json!({ "result": input })).await;
    }
    let end = red.happens(&of_red, "completed").await;
    assert_eq!(end.payload["result"]["inline"], "red");
    blue.happens(&of_blue, "completed").await;
    assert_eq!(ids(&red, "task_list", "tasks").await, [json!(of_red)]);
    assert_eq!(ids(&blue, "task_list", "tasks").await, [json!(of_blue)]);
    assert_eq!(ids(&red, "agent_list", "agents").await, [json!("same")]);
    for question in ["task", "agent"] {
        let id = if question == "task" { json!(of_blue) } else { json!("echo") };
        let told = red.ask(&format!("query.{question}"), &json!({ "id": id })).await;
        assert_eq!(told["code"], "not_found", "{told}");
    }
    // The same id is another task there.
    let cancelled = red.ask(&format!("command.task.{of_blue}.cancel"), &json!({})).await;
    assert_eq!(cancelled["code"], "task.not_found", "{cancelled}");
}

#[tokio::test]
async fn nobody_reaches_over_to_another_tenant() {
    let system = start();
    let mut raw = Raw::come_as(system.address(), "ada", "a-long-one").await;
    for subject in ["annals.blue.query.task_list", "annals.blue.command.agent.x.retire"] {
        raw.say(&publish(subject, &format!("{INBOX}.a"), b"", b"{}")).await;
        let Heard::Complaint(said) = raw.hear().await else { panic!("{subject}") };
        assert!(said.contains("Permissions Violation for Publish to"), "{said}");
    }
    for pattern in ["annals.blue.event.>", "annals.*.event.>", "annals.>", ">", "*.blue.>"] {
        raw.say(format!("SUB {pattern} 9\r\n").as_bytes()).await;
        let Heard::Complaint(said) = raw.hear().await else { panic!("{pattern}") };
        assert!(said.contains("Permissions Violation for Subscription"), "{said}");
    }
    raw.say(b"SUB annals.red.event.> 9\r\nPING\r\n").await;
    assert_eq!(raw.hear().await, Heard::Pong);
    let mut stranger = Raw::come_as(system.address(), "ada", "b-long-one").await;
    stranger.say(b"PING\r\n").await;
    let Heard::Complaint(said) = stranger.hear().await else { panic!("it is let in") };
    assert!(said.contains("Authorization Violation"), "{said}");
}

#[tokio::test]
async fn a_tenant_with_much_to_do_does_not_keep_others_waiting() {
    const MANY: usize = 500;
    let system = start();
    let mut red = client(&system, "ada", "red").await;
    let mut blue = client(&system, "bob", "blue").await;
    for _ in 0..MANY {
        red.submit("same", json!({})).await;
    }
    let task = blue.submit("same", json!({})).await;
    // From here on there is work for both, and those who came first have far more of it.
    let (mut reds, mut blues) = (red.worker("same").await, blue.worker("same").await);
    red.register("same", 1).await;
    let first = reds.order().await;
    blue.register("same", 1).await;
    reds.answer(&first, json!({ "result": null })).await;
    let order = blues.order().await;
    blues.answer(&order, json!({ "result": null })).await;
    blue.happens(&task, "completed").await;
    red.happens(&first.task, "completed").await;
    let waiting = red.ask("query.task_list", &json!({ "phase": "waiting", "limit": 1000 })).await;
    assert!(waiting["tasks"].as_array().expect("a list").len() > MANY / 2, "it came in between");
}
