//! The same program in the other world: on a server of NATS, and on a database where another system
//! may take over.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use async_nats::ConnectOptions;
use events::store::keys::random_id;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::client::Client;
use super::system::annals;
use crate::bus::nats::server::Server;
use crate::bus::program::Running;
use crate::postgres::database::Database;

/// How long everything together may take to catch up.
const CATCH_UP: Duration = Duration::from_secs(30);
/// How long it takes where half of all work comes first to someone who stands still.
const HALF: Duration = Duration::from_secs(90);
/// What a system that was taken over ends with.
const TAKEN_OVER: i32 = 75;

/// A system on a server of NATS.
pub(super) fn serve(store: &str, server: &Server, more: &[&str]) -> Running {
    serve_as("", store, server, more)
}

/// The same as a user of the server, `name:password@`.
pub(super) fn serve_as(user: &str, store: &str, server: &Server, more: &[&str]) -> Running {
    let url = format!("127.0.0.1:{}", server.port);
    let login = format!("nats://{user}{url}");
    let mut serve = annals(&["serve", "--json", "--nats-trust", "permissions", "--nats", &login]);
    serve.args(["--store", store]).args(more).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(&mut serve);
    let mut line = String::new();
    let mut out = BufReader::new(running.0.stdout.take().expect("a pipe"));
    out.read_line(&mut line).expect("it says something");
    assert!(line.contains(&url), "it does not start: {line}");
    running
}

async fn client(server: &Server) -> Client {
    let url = format!("nats://127.0.0.1:{}", server.port);
    Client::connect(&url, "main", ConnectOptions::new()).await
}

/// Hands in so many tasks at once, each as often as it has to be; gives their ids.
async fn hand_in(server: &Server, count: usize) -> BTreeSet<String> {
    let mut handing = JoinSet::new();
    for _ in 0..count {
        let client = client(server).await;
        handing.spawn(async move {
            let task = random_id().to_string();
            let (order, rest) =
                ((json!({ "kind": "echo", "input": task, "retry": { "tries_max": 50, "base_ms": 100 } })), format!("task.{task}.submit"));
            let told = client.insist(&rest, &order, &task).await;
            assert_eq!(told["outcome"], "accepted", "{told}");
            task
        });
    }
    handing.join_all().await.into_iter().collect()
}

/// Everything that the log says.
pub(super) fn history(store: &str) -> Vec<Value> {
    let read = annals(&["log", "read", "--json", "--store", store]).output().expect("it starts");
    assert!(read.status.success(), "{read:?}");
    let said = String::from_utf8(read.stdout).expect("text");
    said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

pub(super) fn of_type<'e>(events: &'e [Value], kind: &str) -> Vec<&'e str> {
    let of_it = events.iter().filter(|event| event["type"] == kind);
    of_it.map(|event| event["stream"].as_str().expect("text")).collect()
}

/// Each of these tasks was submitted once and completed once.
fn all_done(store: &str, tasks: &BTreeSet<String>) {
    let events = history(store);
    let wanted: BTreeSet<String> = tasks.iter().map(|task| format!("main/task-{task}")).collect();
    for kind in ["task.submitted", "task.completed"] {
        let found = of_type(&events, kind);
        let once: BTreeSet<String> = found.iter().map(|&stream| stream.to_owned()).collect();
        assert_eq!(once.len(), found.len(), "{kind} twice");
        assert!(once.is_superset(&wanted), "{kind} is missing: {:?}", wanted.difference(&once));
    }
    verified(store);
}

pub(super) fn verified(store: &str) {
    let verify = annals(&["log", "verify", "--store", store]).output().expect("it starts");
    assert!(verify.status.success(), "{verify:?}");
}

/// Waits until everyone has heard that they are done.
async fn until_done(store: &str, tasks: &BTreeSet<String>, patience: Duration) {
    let done = async {
        loop {
            let events = history(store);
            let done = of_type(&events, "task.completed");
            if tasks.iter().all(|task| done.contains(&format!("main/task-{task}").as_str())) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(patience, done).await.expect("everything is done in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stood_still_while_another_took_over_appends_nothing_more() {
    let (database, server) = (Database::new().await, Server::start(&[]));
    let mut first = serve(&database.url, &server, &[]);
    let mut tasks = hand_in(&server, 10).await;
    until_done(&database.url, &tasks, HALF).await;
    // It has something to say when it goes on.
    let slow = client(&server).await;
    let sleeps = random_id().to_string();
    let order = json!({ "kind": "sleep", "input": { "ms": 1500 } });
    slow.insist(&format!("task.{sleeps}.submit"), &order, &sleeps).await;
    let assigned = format!("main/task-{sleeps}");
    while !of_type(&history(&database.url), "task.assigned").contains(&assigned.as_str()) {
        tokio::task::yield_now().await;
    }
    first.stops();

    let refused = Command::output(
        annals(&["serve", "--store", &database.url, "--listen"]).arg("127.0.0.1:0"),
    );
    assert_eq!(refused.expect("it starts").status.code(), Some(75), "two systems at once");
    let second = serve(&database.url, &server, &["--take-over"]);
    // Some of what is sent comes to the one that stands still, and waits there.
    tasks.extend(hand_in(&server, 8).await);
    until_done(&database.url, &tasks, HALF).await;
    first.goes_on();
    let ended = tokio::task::spawn_blocking(move || {
        let ended = first.0.wait();
        (first, ended)
    });
    let (mut first, ended) =
        timeout(CATCH_UP, ended).await.expect("it ends by itself").expect("no panic");
    let ended = ended.expect("it ends by itself");
    let mut said = String::new();
    first.0.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert_eq!(ended.code(), Some(TAKEN_OVER), "{said}");
    let refused = said.contains("commands were refused since") && !said.contains(" 0 commands");
    assert!(refused, "{said}");
    tasks.extend(hand_in(&server, 5).await);
    until_done(&database.url, &tasks, HALF).await;
    drop(second);
    all_done(&database.url, &tasks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_forgets_everything_under_load_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("a.log").to_string_lossy().into_owned();
    let server = Server::start(&[]);
    let port = server.port;
    let system = serve(&store, &server, &[]);
    let before = hand_in(&server, 20).await;
    let load = {
        let mut handing = JoinSet::new();
        for _ in 0..20 {
            let client = client(&server).await;
            handing.spawn(async move {
                let mut tasks = Vec::new();
                for _ in 0..5 {
                    let task = random_id().to_string();
                    let rest = format!("task.{task}.submit");
                    let order = json!({ "kind": "echo", "input": task });
                    let told = client.insist(&rest, &order, &task).await;
                    assert_eq!(told["outcome"], "accepted", "{told}");
                    tasks.push(task);
                }
                tasks
            });
        }
        handing
    };
    drop(server);
    let server = Server::again(port);
    let during = timeout(CATCH_UP, load.join_all()).await.expect("everyone is answered");
    let tasks: BTreeSet<String> = before.into_iter().chain(during.into_iter().flatten()).collect();
    until_done(&store, &tasks, CATCH_UP).await;
    drop(system);
    drop(server);
    all_done(&store, &tasks);
}
