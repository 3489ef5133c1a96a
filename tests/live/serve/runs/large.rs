//! A run that carries much is shown as far as there is room.

use serde_json::json;

use super::attended::nobody_is_forgotten;
use super::{comes_to, define, ends, start};
use crate::serve::client::Client;
use crate::serve::system::System;

const LARGE: &str = r#"
stages:
  - { name: hold, wait: { signal: go } }
  - { name: sign, after: [hold], approval: { within_ms: 600000 } }
"#;

#[tokio::test]
async fn what_waits_for_approval_is_shown_whatever_else_happened() {
    let system = System::start();
    let client = Client::of(&system).await;
    define(&system, "large", LARGE);
    let run = start(&client, "large", json!(null)).await;
    for _ in 0..5 {
        let much = json!({ "name": "noise", "payload": "x".repeat(200_000) });
        let told = client.ask(&format!("command.run.{run}.signal"), &much).await;
        assert_eq!(told["outcome"], "accepted", "{told}");
    }
    client.ask(&format!("command.run.{run}.signal"), &json!({ "name": "go" })).await;
    let shown = comes_to(&system, &run, "sign", "asked").await;
    assert!(
        shown["left_out"].as_u64().is_some_and(|left_out| left_out > 3),
        "{}",
        shown["left_out"]
    );
    nobody_is_forgotten(&system).await;
    let hash = shown["stages"][1]["approval"]["hash"].as_str().expect("a hash");
    let approved = system.command(&["run", "approve", &run, "sign", "--hash", hash]).output();
    assert!(approved.expect("it runs").status.success());
    assert_eq!(ends(&system, &run)["end"], "completed");
    nobody_is_forgotten(&system).await;
}
