//! Runs that wait: for a word, for a time, and until they are resumed.

use annals::clock::SystemClock;
use events::time::Clock as _;
use serde_json::json;

use super::attended::nobody_is_forgotten;
use super::{comes_to, define, ends, shown, start, state};
use crate::serve::client::Client;
use crate::serve::system::System;

const HELD: &str = r#"
output: ${ stages.hold.output.word }
stages:
  - { name: first, task: echo }
  - { name: hold, after: [first], wait: { signal: released } }
  - { name: pause, after: [hold], wait: { for_ms: 200 } }
  - { name: last, after: [pause], task: echo }
"#;

#[tokio::test]
async fn a_run_goes_on_when_it_is_told_what_it_waits_for_also_if_the_system_died_meanwhile() {
    let mut system = System::start();
    let client = Client::of(&system).await;
    define(&system, "held", HELD);
    let run = start(&client, "held", json!(null)).await;
    comes_to(&system, &run, "hold", "works").await;
    system.kill();
    system.start_again();
    assert_eq!(state(&shown(&system, &run), "hold"), "works");
    nobody_is_forgotten(&system).await;
    let told = ["run", "signal", &run, "released", "--input", r#"{"word":"go"}"#];
    assert!(system.command(&told).output().expect("it runs").status.success());
    let end = ends(&system, &run);
    assert_eq!((&end["end"], &end["result"]), (&json!("completed"), &json!({ "inline": "go" })));
}

#[tokio::test]
async fn what_is_told_before_anyone_waits_is_kept() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "held", HELD);
    let soon = SystemClock.now().plus_ms(700).to_string();
    let run = events::store::keys::random_id().to_string();
    let begin = ["run", "start", "held", "--id", &run, "--at", &soon];
    assert!(system.command(&begin).output().expect("it runs").status.success());
    assert_eq!(shown(&system, &run)["run"]["phase"], "delayed");
    let early = json!({ "name": "released", "payload": { "word": "early" } });
    let told = client.ask(&format!("command.run.{run}.signal"), &early).await;
    assert_eq!(told["outcome"], "accepted");
    let end = ends(&system, &run);
    assert_eq!((&end["end"], &end["result"]), (&json!("completed"), &json!({ "inline": "early" })));
    nobody_is_forgotten(&system).await;
}

#[tokio::test]
async fn nothing_begins_in_a_run_that_is_paused() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "held", HELD);
    let run = start(&client, "held", json!(null)).await;
    comes_to(&system, &run, "hold", "works").await;
    let say = |word: &str| system.command(&["run", word, &run]).output().expect("it runs").status;
    assert!(say("pause").success());
    assert_eq!(shown(&system, &run)["run"]["phase"], "paused");
    let told = ["run", "signal", &run, "released"];
    assert!(system.command(&told).output().expect("it runs").status.success());
    comes_to(&system, &run, "hold", "completed").await;
    assert_eq!(state(&shown(&system, &run), "pause"), "waits");
    nobody_is_forgotten(&system).await;
    assert!(say("resume").success());
    comes_to(&system, &run, "last", "completed").await;
    nobody_is_forgotten(&system).await;
}
