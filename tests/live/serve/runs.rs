//! Runs of pipelines through the whole program: defined and started by people, done by agents, carried on
//! by whatever process comes after a crash.

mod approvals;
mod attended;
mod beside;
mod called_off;
mod crash;
mod demo;
mod example;
mod far;
mod large;
mod redefined;
mod started;
mod waiting;
mod written;

use std::time::Duration;

use events::store::keys::random_id;
use serde_json::{Value, json};

use super::client::Client;
use super::system::System;

/// Defines a pipeline, as it is written in YAML.
#[track_caller]
fn define(system: &System, name: &str, definition: &str) -> Value {
    let file = system.file(&format!("{name}.yaml"));
    std::fs::write(&file, definition).expect("it is written");
    system.json(&["pipeline", "define", name, &file.to_string_lossy()])
}

/// Starts a run; gives its id.
async fn start(client: &Client, pipeline: &str, input: Value) -> String {
    let run = random_id().to_string();
    let body = json!({ "pipeline": pipeline, "input": input });
    let told = client.ask(&format!("command.run.{run}.start"), &body).await;
    assert_eq!(told["outcome"], "accepted", "{told}");
    run
}

/// What becomes of a run: how it ended, its error and its result.
#[track_caller]
fn ends(system: &System, run: &str) -> Value {
    let watched = system.command(&["run", "watch", run, "--json"]).output().expect("it runs");
    let said = String::from_utf8(watched.stdout).expect("text");
    let last = said.lines().last().unwrap_or_else(|| panic!("nothing is said of {run}"));
    serde_json::from_str(last).expect("JSON")
}

/// What is known about a run.
#[track_caller]
fn shown(system: &System, run: &str) -> Value {
    system.json(&["run", "show", run])
}

/// Where a stage of it stands.
#[track_caller]
fn state(run: &Value, stage: &str) -> String {
    let stages = run["stages"].as_array().expect("a list");
    let found = stages.iter().find(|one| one["name"] == stage);
    found.unwrap_or_else(|| panic!("no {stage}: {run}"))["state"].as_str().expect("text").into()
}

/// Waits until a stage stands there.
async fn comes_to(system: &System, run: &str, stage: &str, wanted: &str) -> Value {
    comes_to_within(super::PATIENCE, system, run, stage, wanted).await
}

/// The same of one that takes its time.
async fn comes_to_within(
    patience: Duration,
    system: &System,
    run: &str,
    stage: &str,
    wanted: &str,
) -> Value {
    let waits = async {
        loop {
            let run = shown(system, run);
            if state(&run, stage) == wanted {
                return run;
            }
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(patience, waits).await;
    waited.unwrap_or_else(|_| panic!("{stage} is not {wanted}: {}", shown(system, run)))
}

/// The names of what happened to it, in order.
fn words(run: &Value) -> Vec<&str> {
    let history = run["history"].as_array().expect("a list");
    let words = history.iter().map(|event| event["type"].as_str().expect("text"));
    words.map(|word| word.trim_start_matches("run.")).collect()
}
