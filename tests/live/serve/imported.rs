//! A log that was taken into another one, beside a system that runs or while it did not: what follows
//! from it is done there, unless it is adopted.

use std::path::Path;

use serde_json::{Value, json};

use super::client::Client;
use super::system::{System, annals};
use crate::postgres::database::Database;

/// Tasks from which something follows.
struct Tasks {
    /// It waits for someone who can resize.
    waits: String,
    /// Its time in the queue runs out.
    impatient: String,
    /// Its part has ended, and it was not told.
    parent: String,
    part: String,
}

impl Tasks {
    /// Hands them in; says where the log ends with them.
    async fn hand_in(client: &Client, input: u64) -> (Self, u64) {
        let waits = client.submit("resize", json!({ "input": input })).await;
        let timeouts = json!({ "timeouts": { "queue_ms": 3000 } });
        let impatient = client.submit("nobody", timeouts).await;
        let parent = client.submit("nobody", json!({})).await;
        let part = client.submit("nobody", json!({ "parent": { "task": parent } })).await;
        let withdraw = format!("command.task.{part}.withdraw");
        let told = client.ask(&withdraw, &json!({ "reason": "no longer wanted" })).await;
        let end = told["position"].as_u64().unwrap_or_else(|| panic!("{told}"));
        (Self { waits, impatient, parent, part }, end)
    }

    /// Each of them, and what was recorded of it.
    fn recorded(&self) -> [(&str, &[&str]); 4] {
        let only = &["task.submitted"][..];
        let part = &["task.submitted", "task.withdrawn"];
        [(&self.waits, only), (&self.impatient, only), (&self.parent, only), (&self.part, part)]
    }
}

#[track_caller]
fn runs(arguments: &[&str]) {
    let ended = annals(arguments).output().expect("the program starts");
    assert!(ended.status.success(), "{arguments:?}: {ended:?}");
}

/// A log in which nothing has followed yet, written to a file.
async fn exported(file: &Path) -> Tasks {
    let mut there = System::start();
    let (tasks, end) = Tasks::hand_in(&Client::of(&there).await, 7).await;
    there.kill();
    let (log, file) = (there.log(), file.to_string_lossy().into_owned());
    let (log, end) = (log.to_string_lossy().into_owned(), end.to_string());
    runs(&["log", "export", &file, "--to", &end, "--store", &log]);
    tasks
}

/// Takes another log in, and then lets the same things happen here: once what follows from these is
/// done, what followed from the others would be, too.
async fn takes_in(mut here: System, is_beside: bool, adopts: bool) {
    let file = here.file("there.jsonl");
    let theirs = exported(&file).await;
    if !is_beside {
        here.kill();
    }
    let mut client = Client::of(&here).await;
    let mut worker = client.worker("resize").await;
    let (store, file) = (here.store().to_owned(), file.to_string_lossy().into_owned());
    let adopt: &[&str] = if adopts { &["--adopt"] } else { &[] };
    runs(&[&["log", "import", &file, "--store", &store], adopt].concat());
    if !is_beside {
        here.start_again();
    }
    let (ours, _) = Tasks::hand_in(&client, 8).await;
    client.register("resize", 1).await;

    let order = worker.order().await;
    client.happens(&ours.impatient, "timed_out").await;
    client.happens(&ours.parent, "noted").await;
    if adopts {
        assert_eq!((&order.task, &order.input), (&theirs.waits, &json!(7)), "not handed out");
        client.happens(&theirs.impatient, "timed_out").await;
        client.happens(&theirs.parent, "noted").await;
        assert_eq!(client.heard_of(&theirs.part), ["submitted", "withdrawn"]);
    } else {
        assert_eq!((&order.task, &order.input), (&ours.waits, &json!(8)), "done elsewhere");
        for (task, recorded) in theirs.recorded() {
            assert_eq!(client.heard_of(task), [""; 0], "told of again");
            let task = here.task(task);
            let history = task["history"].as_array().expect("a list");
            let history: Vec<&Value> = history.iter().map(|event| &event["type"]).collect();
            assert_eq!(history, recorded, "something follows here from what is done elsewhere");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_in_is_done_only_if_it_is_adopted() {
    for adopts in [false, true] {
        takes_in(System::on_nats(None), false, adopts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_in_beside_a_system_is_done_only_if_it_is_adopted() {
    for adopts in [false, true] {
        takes_in(System::in_database(&Database::new().await), true, adopts).await;
        takes_in(System::on_nats(Some(&Database::new().await)), true, adopts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_into_a_file_that_a_system_works_on() {
    let here = System::start();
    let file = here.file("there.jsonl");
    exported(&file).await;
    let file = file.to_string_lossy().into_owned();
    let import = annals(&["log", "import", &file, "--store", here.store()]).output();
    let import = import.expect("the program starts");
    let said = String::from_utf8_lossy(&import.stderr);
    assert!(said.contains("store_locked"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_goes_on_where_the_log_stopped_and_nothing_is_told_or_done_again() {
    let mut there = System::on_nats(None);
    let mut client = Client::of(&there).await;
    let (before, _) = Tasks::hand_in(&client, 7).await;
    client.happens(&before.parent, "noted").await;
    client.happens(&before.impatient, "timed_out").await;
    there.end();
    let to = there.file("copy.log").to_string_lossy().into_owned();
    let from = there.store().to_owned();
    runs(&["log", "copy", "--from", &from, "--to", &to, "--keys"]);

    let mut client = Client::of(&there).await;
    let mut worker = client.worker("resize").await;
    there.goes_on_with(&to);
    let (after, _) = Tasks::hand_in(&client, 8).await;
    client.register("resize", 1).await;
    assert_eq!(worker.order().await.task, before.waits, "what waited there waits here");
    client.happens(&after.impatient, "timed_out").await;
    client.happens(&after.parent, "noted").await;
    assert_eq!(client.heard_of(&before.waits)[0], "assigned", "told of again");
    for task in [&before.impatient, &before.parent, &before.part] {
        assert_eq!(client.heard_of(task), [""; 0], "told of again, or done again");
    }
}
