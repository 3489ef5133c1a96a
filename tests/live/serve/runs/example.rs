//! The definition that the program gives out to begin with runs as it is.

use serde_json::json;

use super::attended::nobody_is_forgotten;
use super::{ends, shown, state};
use crate::serve::system::System;

#[tokio::test]
async fn six_stages_come_to_their_end_with_agents_that_are_built_in() {
    let mut system = System::start();
    let example = system.command(&["pipeline", "example"]).output().expect("it runs");
    let file = system.file("six-stages.yaml");
    std::fs::write(&file, &example.stdout).expect("it is written");
    let file = file.to_string_lossy();
    let defined = system.json(&["pipeline", "define", "six-stages", &file]);
    assert_eq!((defined["edition"].as_u64(), &defined["outcome"]), (Some(1), &json!("accepted")));
    let again = system.json(&["pipeline", "define", "six-stages", &file]);
    assert_eq!(again["edition"], 1, "the same words are the same edition");
    let waited = system.lines(&["run", "start", "six-stages", "--wait"]);
    let last = waited.last().expect("it says how it ended");
    assert_eq!(last["end"], "completed", "{last}");
    let text = "Orders of today: 4 in all, first 2 of lamp for ADA";
    assert_eq!(last["result"], json!({ "inline": text }));
    let run = shown(&system, last["id"].as_str().expect("an id"));
    for stage in ["ingest", "validate", "transform", "process", "store", "report"] {
        assert_eq!(state(&run, stage), "completed", "{stage}");
    }
    nobody_is_forgotten(&system).await;
    system.end();
    system.verify();
}

#[tokio::test]
async fn an_order_that_is_wrong_ends_it_and_says_where() {
    let system = System::start();
    let example = system.command(&["pipeline", "example"]).output().expect("it runs");
    let file = system.file("six-stages.yaml");
    std::fs::write(&file, &example.stdout).expect("it is written");
    system.json(&["pipeline", "define", "six-stages", &file.to_string_lossy()]);
    let input = r#"{"orders":[{"who":"Ada","what":"lamp"}]}"#;
    let started = system.json(&["run", "start", "six-stages", "--input", input]);
    let run = started["id"].as_str().expect("an id");
    let end = ends(&system, run);
    assert_eq!(end["end"], "failed", "{end}");
    let run = shown(&system, run);
    assert_eq!(
        (state(&run, "validate").as_str(), state(&run, "report").as_str()),
        ("failed", "waits")
    );
    let said = system.command(&["run", "show", run["run"]["id"].as_str().expect("an id")]);
    let said = { said }.output().expect("it runs");
    let said = String::from_utf8(said.stdout).expect("text");
    assert!(said.contains("✗ validate") && said.contains("template_wrong"), "{said}");
    nobody_is_forgotten(&system).await;
}
