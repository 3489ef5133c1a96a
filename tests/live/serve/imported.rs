//! A log that was taken into another one: what waited there is done there, unless it is adopted.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::PATIENCE;
use super::client::Client;
use super::system::{System, annals};

/// How long nothing may happen before it is believed that nothing will.
const QUIET: Duration = Duration::from_secs(3);

#[track_caller]
fn runs(arguments: &[&str]) {
    let ended = annals(arguments).output().expect("the program starts");
    assert!(ended.status.success(), "{arguments:?}: {ended:?}");
}

/// A log in which a task waits for someone who can resize, written to a file.
async fn exported(file: &Path) -> String {
    let mut there = System::start();
    let task = Client::of(&there).await.submit("resize", json!({ "input": 7 })).await;
    there.kill();
    let (log, file) = (there.log(), file.to_string_lossy().into_owned());
    runs(&["log", "export", &file, "--store", &log.to_string_lossy()]);
    task
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_in_a_log_that_is_taken_in_is_done_only_if_it_is_adopted() {
    for adopts in [false, true] {
        let mut here = System::start();
        let file = here.file("there.jsonl");
        let task = exported(&file).await;
        here.kill();
        let (log, file) = (here.log(), file.to_string_lossy().into_owned());
        let log = log.to_string_lossy().into_owned();
        let adopt: &[&str] = if adopts { &["--adopt"] } else { &[] };
        runs(&[&["log", "import", &file, "--store", &log], adopt].concat());
        here.start_again();

        let client = Client::of(&here).await;
        let mut worker = client.worker("resize").await;
        client.register("resize", 1).await;
        match adopts {
            true => {
                let order = timeout(PATIENCE, worker.next()).await.expect("it is handed out");
                assert_eq!((order.task, order.input), (task, json!(7)));
            }
            false => {
                let order = timeout(QUIET, worker.next()).await;
                assert!(order.is_err(), "what is done elsewhere is handed out here: {order:?}");
                assert_eq!(here.task(&task)["task"]["phase"], "waiting");
            }
        }
    }
}
