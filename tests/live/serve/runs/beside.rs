//! A pipeline that another process brings into the log, beside a system that runs.

use events::store::keys::random_id;
use serde_json::json;

use super::{define, start};
use crate::postgres::database::Database;
use crate::serve::client::Client;
use crate::serve::system::{System, annals};

const WAITS: &str = "stages: [{ name: pause, wait: { for_ms: 5 } }]";

#[track_caller]
fn succeeds(words: &[&str]) {
    let ended = annals(words).output().expect("the program starts");
    assert!(ended.status.success(), "{words:?}: {ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_there_is_found_as_soon_as_another_process_has_brought_it() {
    let mut there = System::start();
    define(&there, "late", WAITS);
    there.end();
    let file = there.file("there.jsonl").to_string_lossy().into_owned();
    succeeds(&["log", "export", &file, "--store", there.store()]);

    let mut here = System::in_database(&Database::new().await);
    let client = Client::of(&here).await;
    for _ in 0..3 {
        let body = json!({ "pipeline": "late", "input": null });
        let refused = client.ask(&format!("command.run.{}.start", random_id()), &body).await;
        assert_eq!(refused["code"], "run.pipeline_not_found", "{refused}");
    }
    succeeds(&["log", "import", &file, "--store", here.store()]);
    start(&client, "late", json!(null)).await;
    here.end();
}
