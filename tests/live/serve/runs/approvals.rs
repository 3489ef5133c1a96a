//! What is agreed to is what is done, and nothing else.

use serde_json::{Value, json};

use super::{comes_to, define, ends, shown, start};
use crate::serve::client::Client;
use crate::serve::system::System;

const PAY: &str = r#"
stages:
  - name: pay
    task: echo
    input: { amount: "${ input.amount }" }
    approval: { within_ms: 600000 }
"#;

fn asked(run: &Value) -> (String, Value) {
    let approval = &run["stages"][0]["approval"];
    (approval["hash"].as_str().expect("a hash").to_owned(), approval["action"].clone())
}

/// Runs such a command; gives its exit code and what it says on either side.
fn say(system: &System, arguments: &[&str]) -> (bool, String) {
    let ended = system.command(arguments).output().expect("it runs");
    let said = [ended.stdout, ended.stderr].concat();
    (ended.status.success(), String::from_utf8(said).expect("text"))
}

#[tokio::test]
async fn what_was_agreed_to_is_done() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "pay", PAY);
    let run = start(&client, "pay", json!({ "amount": 12 })).await;
    let waiting = comes_to(&system, &run, "pay", "asked").await;
    let (hash, action) = asked(&waiting);
    assert!(action.to_string().contains("amount"), "{action}");
    let (done, said) = say(&system, &["run", "show", &run]);
    assert!(
        done && said.contains(&format!("annals run approve {run} pay --hash {hash}")),
        "{said}"
    );
    let (done, said) = say(&system, &["run", "approve", &run, "pay", "--hash", &hash]);
    assert!(done, "{said}");
    assert_eq!(ends(&system, &run)["end"], "completed");
    let approved = shown(&system, &run);
    let history = approved["history"].as_array().expect("a list");
    let approved =
        history.iter().find(|event| event["type"] == "run.approved").expect("it is on record");
    assert_eq!(approved["payload"]["hash"], hash);
    assert!(approved["payload"]["by"].is_string(), "{approved}");
}

#[tokio::test]
async fn agreeing_to_something_else_does_nothing() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "pay", PAY);
    let one = start(&client, "pay", json!({ "amount": 12 })).await;
    let other = start(&client, "pay", json!({ "amount": 12_000 })).await;
    let (hash, _) = asked(&comes_to(&system, &one, "pay", "asked").await);
    comes_to(&system, &other, "pay", "asked").await;
    let (done, said) = say(&system, &["run", "approve", &other, "pay", "--hash", &hash]);
    assert!(!done && said.contains("run.approval_stale"), "{said}");
    comes_to(&system, &other, "pay", "asked").await;
}

#[tokio::test]
async fn what_somebody_says_no_to_is_not_done() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "pay", PAY);
    let run = start(&client, "pay", json!({ "amount": 12 })).await;
    let (hash, _) = asked(&comes_to(&system, &run, "pay", "asked").await);
    let no = ["run", "disapprove", &run, "pay", "--hash", &hash, "--note", "too much"];
    let (done, said) = say(&system, &no);
    assert!(done, "{said}");
    assert_eq!(ends(&system, &run)["end"], "failed");
    let (_, said) = say(&system, &["task", "list", "--json"]);
    assert!(said.trim().is_empty(), "nothing was handed out: {said}");
}
