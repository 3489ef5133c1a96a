//! Runs go on wherever the system died.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::attended::nobody_is_forgotten;
use super::{define, ends, shown, start};
use crate::serve::client::Client;
use crate::serve::system::System;

/// How many runs there are, and how often the system dies meanwhile.
const RUNS: usize = 40;
const KILLS: usize = 6;

const WORK: &str = r#"
output: ${ stages.join.output }
stages:
  - { name: split, task: echo, input: { list: [1, 2, 3, 4, 5] } }
  - { name: each, after: [split], foreach: "${ stages.split.output.list }", at_once: 2, task: echo, input: { n: "${ item }" } }
  - { name: nap, after: [split], task: sleep, input: { ms: 50 } }
  - { name: join, after: [each, nap], task: echo, input: "${ stages.each.output }" }
"#;

#[tokio::test]
async fn every_run_ends_once_and_right_although_the_system_is_killed_again_and_again() {
    let mut system = System::start();
    let client = Client::of(&system).await;
    define(&system, "work", WORK);
    let mut runs = Vec::new();
    for n in 0..RUNS {
        runs.push(begin(&client, n).await);
        if n % (RUNS / KILLS) == RUNS / KILLS - 1 {
            system.kill();
            system.start_again();
        }
    }
    let expected: Vec<Value> = (1..=5).map(|n| json!({ "n": n })).collect();
    for run in &runs {
        let end = ends(&system, run);
        assert_eq!(
            (&end["end"], &end["result"]),
            (&json!("completed"), &json!({ "inline": expected }))
        );
        let shown = shown(&system, run);
        let mut began: BTreeMap<&str, u32> = BTreeMap::new();
        for event in shown["history"].as_array().expect("a list") {
            if event["type"] == "run.stage_began" {
                *began.entry(event["payload"]["stage"].as_str().expect("text")).or_default() += 1;
            }
        }
        let once = [("each", 1), ("join", 1), ("nap", 1), ("split", 1)];
        assert_eq!(began, BTreeMap::from(once), "{shown}");
    }
    nobody_is_forgotten(&system).await;
    system.end();
    system.verify();
}

/// Starts a run, however often it has to be asked; gives its id.
async fn begin(client: &Client, n: usize) -> String {
    if n == 0 {
        return start(client, "work", json!(null)).await;
    }
    let run = events::store::keys::random_id().to_string();
    let body = json!({ "pipeline": "work" });
    let told = client.insist(&format!("run.{run}.start"), &body, &format!("begin-{n}")).await;
    assert_eq!(told["outcome"], "accepted", "{told}");
    run
}
