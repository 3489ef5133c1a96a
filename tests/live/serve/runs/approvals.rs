//! What is agreed to is what is done, and nothing else.

use serde_json::{Value, json};

use super::attended::nobody_is_forgotten;
use super::{comes_to, define, ends, shown, start};
use crate::serve::client::Client;
use crate::serve::system::System;
use crate::serve::{PATIENCE, tenants};

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
    nobody_is_forgotten(&system).await;
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

const USERS: &str = r#"[
  {"user":"ada","password":"a-long-one","tenant":"main"},
  {"user":"ben","password":"b-long-one","tenant":"main"},
  {"user":"eve","password":"e-long-one","tenant":"main"}
]"#;

/// A system that knows who asks.
fn of_three() -> System {
    let folder = tempfile::tempdir().expect("a folder");
    let users = folder.path().join("users.json");
    std::fs::write(&users, USERS).expect("it is written");
    // The file is read at the start.
    System::with(&["--users", users.to_str().expect("text")])
}

/// What is known about a run as soon as its stage stands there.
async fn stands(client: &Client, run: &str, wanted: &str) -> Value {
    let waits = async {
        loop {
            let run = client.ask("query.run", &json!({ "id": run })).await;
            if run["stages"][0]["state"] == wanted {
                return run;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waits).await.expect("it comes to that")
}

#[tokio::test]
async fn only_those_who_are_asked_agree_however_often_and_whoever_agreed_before() {
    let system = of_three();
    let client = |user| tenants::client(&system, user, "main");
    let [ada, ben, eve] = [client("ada").await, client("ben").await, client("eve").await];
    let stage = json!({ "name": "pay", "task": "echo", "approval": { "who": ["ada", "ben"] } });
    let definition = json!({ "definition": { "stages": [stage] } });
    let told = ada.ask("command.pipeline.pay.define", &definition).await;
    assert_eq!(told["outcome"], "accepted", "{told}");
    // Whoever wants it done need not be one of those who may agree.
    let run = start(&eve, "pay", json!(null)).await;
    let (hash, _) = asked(&stands(&ada, &run, "asked").await);
    let other = "07".repeat(32);
    let no = "run.not_yours_to_approve";
    let stale = "run.approval_stale";
    for (who, verb, hash, outcome, code) in [
        (&eve, "approve", &hash, "refused", json!(no)),
        (&eve, "disapprove", &hash, "refused", json!(no)),
        (&ada, "approve", &other, "refused", json!(stale)),
        (&ada, "approve", &hash, "accepted", Value::Null),
        // It is agreed now, also by the other one of them; whom nobody asked agrees to nothing.
        (&ada, "approve", &hash, "nothing", Value::Null),
        (&ben, "approve", &hash, "nothing", Value::Null),
        (&eve, "approve", &hash, "refused", json!(no)),
        (&eve, "approve", &other, "refused", json!(stale)),
        (&ben, "disapprove", &hash, "refused", json!(stale)),
    ] {
        let body = json!({ "stage": "pay", "hash": hash });
        let told = who.ask(&format!("command.run.{run}.{verb}"), &body).await;
        assert_eq!((&told["outcome"], &told["code"]), (&json!(outcome), &code), "{verb}: {told}");
    }
    let done = stands(&ada, &run, "completed").await;
    let body = json!({ "stage": "pay", "hash": hash });
    let again = eve.ask(&format!("command.run.{run}.approve"), &body).await;
    assert_eq!(again["code"], no, "also when all is over");
    let history = done["history"].as_array().expect("a list");
    let agreed = history.iter().filter(|event| event["type"] == "run.approved");
    let agreed: Vec<&Value> = agreed.map(|event| &event["payload"]["by"]).collect();
    assert_eq!(agreed, ["ada"]);
    nobody_is_forgotten(&system).await;
}
