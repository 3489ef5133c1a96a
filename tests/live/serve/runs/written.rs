//! What people write is on record as they wrote it, and what they call things is what they find them by.

use serde_json::Value;

use super::{define, ends};
use crate::serve::system::System;

/// No other way to write it means the same to everyone.
const INPUT: &str =
    r#"{"z": 9007199254740993, "n": 123456789012345678901234567890, "a": 1.50, "a": -0.0}"#;

const ECHO: &str = r#"
output: ${ input }
stages:
  - { name: go, wait: { signal: go } }
"#;

#[track_caller]
fn says(system: &System, words: &[&str]) -> String {
    let said = system.command(words).args(["--input", INPUT]).output().expect("it runs");
    assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).expect("text").trim().to_owned()
}

#[tokio::test]
async fn what_is_given_to_a_command_is_on_record_as_it_was_written() {
    let mut system = System::start();
    define(&system, "echo", ECHO);
    let run = says(&system, &["run", "start", "echo"]);
    says(&system, &["run", "signal", &run, "go"]);
    ends(&system, &run);
    says(&system, &["run", "fork", &run, "--from", "go"]);
    says(&system, &["task", "submit", "nothing"]);
    says(&system, &["schedule", "set", "pulse", "echo", "--at", "2100-01-01T00:00:00Z"]);
    says(&system, &["trigger", "set", "paid", "echo", "--type", "order.paid"]);
    let refused = system.command(&["run", "start", "echo", "--input", "{'a': 1}"]).output();
    let refused = String::from_utf8(refused.expect("it runs").stderr).expect("text");
    assert!(refused.contains("the input is not JSON: key must be a string"), "{refused}");
    let (log, store) = (["log", "read", "--json", "--store"], system.store());
    let log = system.command(&log).arg(store).output().expect("it runs");
    let log = String::from_utf8(log.stdout).expect("text");
    for kind in [
        "run.started",
        "run.signalled",
        "run.finished",
        "task.submitted",
        "schedule.set",
        "trigger.set",
    ] {
        let mut of_kind = log.lines().filter(|line| line.contains(&format!("\"{kind}\"")));
        assert!(of_kind.any(|line| line.contains(INPUT)), "{kind}: {log}");
    }
    system.end();
}

#[tokio::test]
async fn runs_and_tasks_are_found_by_all_the_labels_that_are_asked_for() {
    let mut system = System::start();
    define(&system, "echo", ECHO);
    let labelled = |words: &[&str], labels: &[&str]| {
        let labels = labels.iter().flat_map(|label| ["--label", label]);
        let words: Vec<&str> = words.iter().copied().chain(labels).collect();
        says(&system, &words)
    };
    let found = |what: &str, labels: &[&str]| {
        let labels = labels.iter().flat_map(|label| ["--label", label]);
        let words: Vec<&str> = [what, "list"].into_iter().chain(labels).collect();
        let id = |row: &Value| row["id"].as_str().expect("text").to_owned();
        system.lines(&words).iter().map(id).collect::<Vec<_>>()
    };
    for words in [&["run", "start", "echo"], &["task", "submit", "nothing"]] {
        let one = labelled(words, &["shop=north", "size=2"]);
        let two = labelled(words, &["shop=north"]);
        let three = labelled(words, &[]);
        assert_eq!(found(words[0], &[]), [&three[..], &two, &one]);
        assert_eq!(found(words[0], &["shop=north"]), [&two[..], &one]);
        assert_eq!(found(words[0], &["size=2", "shop=north"]), [&one[..]]);
        assert!(found(words[0], &["size=2", "shop=south"]).is_empty());
    }
    let twice = ["run", "list", "--label", "size=1", "--label", "size=2"];
    let refused = system.command(&twice).output().expect("it runs");
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    system.end();
}
