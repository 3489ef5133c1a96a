//! Data of persons: sealed wherever it is kept, open to who works on it.

use std::path::Path;

use serde_json::{Value, json};

use super::client::Client;
use super::system::System;

/// What must not be found in any file.
const SECRET: &str = "SECRET-4711";

/// Hands in a task that carries it, and waits for the end.
fn hand_in(system: &System, kind: &str, input: &Value) -> Value {
    let (input, person) = (input.to_string(), ["--data-subject", "ada"]);
    let submit = ["task", "submit", kind, "--input", &input, "--wait"];
    system.json(&[&submit[..], &person].concat())
}

/// The files beside the log in which the secret stands.
fn found_in(system: &System) -> Vec<String> {
    let log = system.log();
    let folder: &Path = log.parent().expect("a folder");
    let files = std::fs::read_dir(folder).expect("it is there");
    let files = files.map(|file| file.expect("it can be read").path());
    let holds = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).expect("it can be read");
        bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
    };
    files.filter(holds).map(|path| path.display().to_string()).collect()
}

#[test]
fn what_is_made_of_the_data_of_a_person_is_sealed_like_it() {
    let system = System::start();
    let echoed = hand_in(&system, "echo", &json!({ "card": SECRET }));
    let filled = json!({ "template": "{{card}}", "values": { "card": SECRET } });
    let filled = hand_in(&system, "template", &filled);
    for end in [echoed, filled] {
        assert!(end["payload"]["result"]["sealed"].is_object(), "{end}");
    }
    assert_eq!(found_in(&system), Vec::<String>::new());
}

#[tokio::test]
async fn a_worker_gets_it_open_and_brings_it_sealed() {
    let system = System::start();
    let mut client = Client::of(&system).await;
    let mut worker = client.worker("clerk").await;
    client.register("clerk", 1).await;
    let input = json!({ "card": SECRET });
    let text = input.to_string();
    let submit = ["task", "submit", "clerk", "--input", &text, "--data-subject", "ada"];
    let task = system.json(&submit)["id"].as_str().expect("an id").to_owned();
    let order = worker.order().await;
    assert_eq!(order.input, input);
    worker.answer(&order, json!({ "result": order.input })).await;
    let end = client.happens(&task, "completed").await;
    assert!(end.payload["result"]["sealed"].is_object(), "{end:?}");
    assert_eq!(found_in(&system), Vec::<String>::new());
}
