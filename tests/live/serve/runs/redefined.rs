//! A pipeline that is defined anew while runs are open: each ends by the edition it began with.

use serde_json::json;

use super::{define, shown, start};
use crate::serve::client::Client;
use crate::serve::system::System;

/// How many runs are open.
const RUNS: usize = 500;

fn edition(output: &str) -> String {
    format!(
        "output: {output}
stages:
  - {{ name: hold, wait: {{ signal: go }} }}
  - {{ name: {output}, after: [hold], task: echo }}
"
    )
}

#[tokio::test]
async fn five_hundred_open_runs_end_by_their_own_edition() {
    let mut system = System::start();
    let client = Client::of(&system).await;
    define(&system, "changing", &edition("old"));
    let mut runs = Vec::new();
    for n in 0..RUNS {
        runs.push(start(&client, "changing", json!(n)).await);
    }
    assert_eq!(define(&system, "changing", &edition("new"))["edition"], 2);
    let newer = start(&client, "changing", json!(null)).await;
    system.kill();
    system.start_again();
    let all = runs.iter().map(|run| (run, "old", 1)).chain([(&newer, "new", 2)]);
    let all: Vec<_> = all.collect();
    for (n, (run, ..)) in all.iter().enumerate() {
        let rest = format!("run.{run}.signal");
        let told = client.insist(&rest, &json!({ "name": "go" }), &format!("go-{n}")).await;
        assert_eq!(told["outcome"], "accepted", "{told}");
    }
    for (run, output, edition) in all {
        let end = super::ends(&system, run);
        assert_eq!((&end["end"], &end["result"]["inline"]), (&json!("completed"), &json!(output)));
        let shown = shown(&system, run);
        assert_eq!(shown["run"]["edition"], edition);
        assert_eq!(shown["stages"][1]["name"], output);
    }
}
