//! Runs that nobody starts by hand: at their times, and because of facts.

use serde_json::{Value, json};

use super::define;
use crate::serve::client::Client;
use crate::serve::system::System;

const GREET: &str = r#"
stages:
  - { name: greet, task: echo, input: { whom: "${ input.whom }" } }
"#;

/// All runs of a pipeline that are over, the newest first.
fn over(system: &System, pipeline: &str) -> Vec<Value> {
    system.lines(&[
        "run",
        "list",
        "--pipeline",
        pipeline,
        "--phase",
        "completed",
        "--limit",
        "1000",
    ])
}

/// Waits until so many runs of a pipeline are over.
async fn come(system: &System, pipeline: &str, wanted: usize) -> Vec<Value> {
    let come = async {
        loop {
            let runs = over(system, pipeline);
            if runs.len() >= wanted {
                return runs;
            }
            tokio::task::yield_now().await;
        }
    };
    let come = tokio::time::timeout(super::super::PATIENCE, come).await;
    come.unwrap_or_else(|_| panic!("of {wanted}: {:?}", over(system, pipeline)))
}

#[tokio::test]
async fn a_fact_starts_one_run_also_if_it_is_said_again_and_the_system_dies() {
    let mut system = System::start();
    let client = Client::of(&system).await;
    define(&system, "greet", GREET);
    let terms = json!({
        "on": { "type": "person.came" }, "when": "${ fact.data.age >= 18 }", "pipeline": "greet",
        "input": { "whom": "${ fact.data.name }" },
    });
    let told = client.ask("command.trigger.welcome.set", &terms).await;
    assert_eq!(told["outcome"], "accepted", "{told}");
    let fact = |id: usize, age: usize| {
        json!({
            "specversion": "1.0", "id": id.to_string(), "source": "door", "type": "person.came",
            "data": { "name": format!("n{id}"), "age": age },
        })
    };
    for id in 0..10 {
        let told = client.ask("fact.door", &fact(id, 18 + id)).await;
        assert_eq!(told["outcome"], "accepted", "{told}");
    }
    client.ask("fact.door", &fact(10, 17)).await;
    system.kill();
    system.start_again();
    come(&system, "greet", 10).await;
    let again = client.ask("fact.door", &fact(3, 21)).await;
    assert_eq!(again["outcome"], "accepted", "{again}");
    let last = client.ask("fact.door", &fact(11, 30)).await;
    assert_eq!(last["outcome"], "accepted", "{last}");
    let runs = come(&system, "greet", 11).await;
    assert_eq!(runs.len(), 11, "{runs:?}");
    assert!(runs.iter().all(|run| run["by"]["trigger"]["trigger"] == "welcome"), "{runs:?}");
}

#[tokio::test]
async fn a_schedule_starts_a_run_at_each_of_its_times_and_says_which_comes_next() {
    let mut system = System::start();
    let client = Client::of(&system).await;
    define(&system, "greet", GREET);
    let terms = json!({ "every_ms": 1000, "pipeline": "greet", "input": { "whom": "all" } });
    let told = client.ask("command.schedule.often.set", &terms).await;
    assert_eq!(told["outcome"], "accepted", "{told}");
    come(&system, "greet", 2).await;
    system.kill();
    system.start_again();
    let runs = come(&system, "greet", 4).await;
    let mut times: Vec<i64> =
        runs.iter().filter_map(|run| run["by"]["schedule"]["nominal"].as_i64()).collect();
    assert_eq!(times.len(), runs.len(), "{runs:?}");
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), runs.len(), "each time has one run: {runs:?}");
    assert!(times.iter().all(|micros| micros % 1_000_000 == 0), "{times:?}");
    let schedule = client.ask("query.schedule", &json!({ "id": "often" })).await;
    assert!(schedule["schedule"]["next"].is_string(), "{schedule}");
}
