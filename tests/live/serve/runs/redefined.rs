//! A pipeline that is defined anew while runs are open: each ends by the edition it began with.

use serde_json::{Value, json};

use super::attended::nobody_is_forgotten;
use super::{define, start};
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
    nobody_is_forgotten(&system).await;
    let all = runs.iter().map(|run| (run, "old", 1)).chain([(&newer, "new", 2)]);
    let all: Vec<_> = all.collect();
    for (n, (run, ..)) in all.iter().enumerate() {
        let rest = format!("run.{run}.signal");
        let told = client.insist(&rest, &json!({ "name": "go" }), &format!("go-{n}")).await;
        assert_eq!(told["outcome"], "accepted", "{told}");
    }
    for (run, output, edition) in all {
        let shown = over(&client, run).await;
        assert_eq!(
            (&shown["run"]["phase"], &shown["run"]["edition"]),
            (&json!("completed"), &json!(edition))
        );
        assert_eq!(shown["stages"][1]["name"], output);
        let end = shown["history"].as_array().and_then(|history| history.last());
        assert_eq!(end.expect("it has ended")["payload"]["result"], json!({ "inline": output }));
    }
    nobody_is_forgotten(&system).await;
}

/// What is known about a run when it is over.
async fn over(client: &Client, run: &str) -> Value {
    let asked = json!({ "id": run });
    let is_over = async {
        loop {
            let shown = client.ask("query.run", &asked).await;
            if shown["run"]["phase"] == "completed" {
                return shown;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(super::super::PATIENCE, is_over).await.expect("it comes to its end")
}
