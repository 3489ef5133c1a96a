//! Runs that nobody starts: those of schedules, and those of facts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::attended::nobody_is_forgotten;
use super::{define, ends};
use crate::serve::PATIENCE;
use crate::serve::client::Client;
use crate::serve::system::System;

/// Nobody has to work on it, so nothing waits for the lease of an agent that was killed.
const THANKS: &str = r#"
output: ${ input }
stages:
  - { name: pause, wait: { for_ms: 5 } }
"#;

/// Waits until a question is answered so.
async fn until(system: &System, asked: &[&str], is_so: impl Fn(&Value) -> bool) -> Value {
    let waits = async {
        loop {
            let answer = system.json(asked);
            if is_so(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waits).await;
    waited.unwrap_or_else(|_| panic!("{asked:?}: {}", system.json(asked)))
}

/// The runs that there are.
fn runs(system: &System) -> Vec<Value> {
    system.lines(&["run", "list", "--limit", "1000"])
}

/// Records a fact, however often the system has to be asked.
async fn records(client: &Client, fact: &Value) {
    loop {
        match client.try_ask("fact.shop", fact).await {
            Some(answer) if answer["retry_after_ms"].is_null() => return,
            // There is no server just now, or it has too much to do.
            _ => tokio::task::yield_now().await,
        }
    }
}

#[track_caller]
fn succeeds(system: &System, said: &[&str]) {
    let output = system.command(said).output().expect("it runs");
    assert!(output.status.success(), "{said:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_schedule_goes_on_after_a_crash_and_no_time_has_two_runs() {
    let mut system = System::start();
    define(&system, "thank", THANKS);
    let set = ["schedule", "set", "pulse", "thank", "--every-ms", "1000", "--input", "[1]"];
    succeeds(&system, &set);
    let show = ["schedule", "show", "pulse"];
    let fired = |answer: &Value| answer["schedule"]["fired"].as_u64().expect("a number");
    until(&system, &show, |answer| fired(answer) >= 2).await;
    system.kill();
    system.start_again();
    let before = fired(&system.json(&show));
    let answer = until(&system, &show, |answer| fired(answer) >= before + 2).await;
    assert!(answer["schedule"]["next"].is_string(), "{answer}");
    succeeds(&system, &["schedule", "pause", "pulse", "--reason", "enough"]);
    let is_over = |answer: &Value| answer["schedule"]["last"]["end"] == "completed";
    let paused = until(&system, &show, is_over).await;
    assert_eq!(paused["schedule"]["phase"], "paused");
    assert!(paused["schedule"]["next"].is_null(), "{paused}");
    let runs = runs(&system);
    let times: BTreeSet<String> = runs.iter().map(|run| run["by"].to_string()).collect();
    let count = runs.len() as u64;
    assert_eq!((times.len() as u64, count), (count, fired(&paused)), "{runs:?}");
    let last = ends(&system, paused["schedule"]["last"]["run"].as_str().expect("an id"));
    assert_eq!(last["result"], json!({ "inline": [1] }));
    succeeds(&system, &["schedule", "fire", "pulse"]);
    until(&system, &show, |answer| fired(answer) == count + 1 && is_over(answer)).await;
    nobody_is_forgotten(&system).await;
    let list = system.lines(&["schedule", "list"]);
    assert_eq!((list.len(), &list[0]["id"]), (1, &json!("pulse")));
    succeeds(&system, &["schedule", "remove", "pulse"]);
    assert!(system.lines(&["schedule", "list"]).is_empty());
    system.end();
    system.verify();
}

#[tokio::test]
async fn a_fact_starts_one_run_although_the_system_is_killed_again_and_again() {
    let mut system = System::start();
    let mut client = Client::of(&system).await;
    define(&system, "thank", THANKS);
    let large = "${ fact.data.total > 100 }";
    let input = r#"{"order":"${ fact.id }"}"#;
    let set = ["trigger", "set", "paid", "thank", "--type", "order.paid", "--when", large];
    succeeds(&system, &[&set[..], &["--input", input]].concat());
    let mut orders = BTreeSet::new();
    for n in 0..24_u32 {
        let fact = json!({
            "specversion": "1.0", "id": n.to_string(), "source": "shop", "type": "order.paid",
            "data": { "total": if n % 3 == 0 { 100 } else { 101 } },
        });
        records(&client, &fact).await;
        if n % 3 != 0 {
            orders.insert(n.to_string());
        }
        if n % 6 == 5 {
            system.kill();
            system.start_again();
            client = Client::of(&system).await;
        }
    }
    let is_enough = |_: &Value| runs(&system).len() >= orders.len();
    until(&system, &["trigger", "show", "paid"], is_enough).await;
    let mut thanked = BTreeSet::new();
    for run in runs(&system) {
        let end = ends(&system, run["id"].as_str().expect("an id"));
        let order = end["result"]["inline"]["order"].as_str().expect("an order").to_owned();
        assert!(thanked.insert(order), "a fact has two runs: {end}");
    }
    assert_eq!(thanked, orders);
    let list = system.lines(&["trigger", "list"]);
    assert_eq!((&list[0]["id"], &list[0]["phase"]), (&json!("paid"), &json!("active")));
    nobody_is_forgotten(&system).await;
    system.end();
    system.verify();
}

#[test]
fn what_means_no_time_is_refused_with_its_reason() {
    let system = System::start();
    let refused = |said: &[&str]| {
        let output = system.command(said).output().expect("it runs");
        assert!(!output.status.success(), "{said:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    let set = |more: &[&str]| refused(&[&["schedule", "set", "a", "thank"], more].concat());
    assert!(set(&["--cron", "* * * * * *"]).contains("five fields"));
    assert!(set(&["--cron", "0 0 31 2 *"]).contains("never comes"));
    assert!(set(&["--cron", "0 0 * * *", "--zone", "Mars"]).contains("Europe/Berlin"));
    assert!(set(&[]).contains("--cron"));
    let trigger = ["trigger", "set", "a", "thank", "--type", "order.paid"];
    let wrong = refused(&[&trigger[..], &["--when", "${ input.total > 1 }"]].concat());
    assert!(wrong.contains("a trigger knows `fact` alone"), "{wrong}");
}
