//! What nobody waits for, kept by a server of NATS until it is on disk: whatever is killed in between, it
//! is done, and once.

mod copied;
mod given;
#[cfg(feature = "planted")]
mod resting;
mod unreadable;

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::jetstream::{self, Context};
use events::store::keys::random_id;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::far::{history, of_type, serve, serve_as, verified};
use super::system::annals;
use crate::bus::nats::server::Server;

/// How long everything together may take.
const PATIENCE: Duration = Duration::from_secs(60);
const KEEPS: &[&str] = &["--jetstream"];

/// A server that keeps things, and a log.
struct Place {
    folder: TempDir,
    store: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path().join("a.log").to_string_lossy().into_owned();
        Self { folder, store }
    }

    /// A server that finds again what another one of this name has kept.
    fn server(&self, port: &str, name: &str) -> Server {
        let kept = self.folder.path().join(name);
        Server::on(port, &["-js", "-sd", &kept.to_string_lossy()])
    }

    /// Waits until so many are recorded of this type.
    async fn until(&self, kind: &str, count: usize) {
        let done = async {
            while of_type(&history(&self.store), kind).len() < count {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, done).await.unwrap_or_else(|_| {
            let found = of_type(&history(&self.store), kind).len();
            panic!("{found} of {count} {kind}")
        });
    }
}

async fn client(server: &Server) -> (async_nats::Client, Context) {
    let pause = |_| Duration::from_millis(50);
    let options = async_nats::ConnectOptions::new().reconnect_delay_callback(pause);
    let url = format!("nats://127.0.0.1:{}", server.port);
    let client = options.connect(url).await.expect("it connects");
    (client.clone(), jetstream::new(client))
}

/// Sends something until the server says that it keeps it.
async fn keep(context: &Context, subject: &str, body: &Value) {
    let kept = async {
        loop {
            let sent = context.publish(subject.to_owned(), body.to_string().into()).await;
            if let Ok(kept) = sent
                && kept.await.is_ok()
            {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, kept).await.expect("it is kept");
}

fn submit() -> String {
    format!("annals.main.enqueue.task.{}.submit", random_id())
}

/// How many messages the stream still keeps.
async fn waiting(context: &Context) -> u64 {
    let mut stream = context.get_stream("ANNALS_INTAKE").await.expect("it is there");
    stream.info().await.expect("it is told").state.messages
}

async fn nothing_waits(context: &Context) {
    let empty = async {
        while waiting(context).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, empty).await.expect("everything is settled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_while_a_system_is_killed_again_and_again_is_done_once() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let (_client, context) = client(&server).await;
    // It makes the stream.
    drop(serve(&place.store, &server, KEEPS));
    // Facts of a source are one stream: each that is recorded twice would be seen.
    for number in 0..100 {
        keep(&context, &submit(), &json!({ "kind": "nobody-does-this" })).await;
        let fact = json!({ "id": number.to_string(), "type": "t" });
        keep(&context, "annals.main.deposit.shop", &fact).await;
        let note = format!("annals.main.enqueue.agent.a{number}.register");
        keep(&context, &note, &json!({ "kind": "tested", "capabilities": [] })).await;
    }
    for enough in [1, 30, 60] {
        let running = serve(&place.store, &server, KEEPS);
        place.until("fact.recorded", enough).await;
        // It is killed while some are recorded and not settled.
        drop(running);
    }
    let running = serve(&place.store, &server, KEEPS);
    for kind in ["task.submitted", "fact.recorded"] {
        place.until(kind, 100).await;
    }
    nothing_waits(&context).await;
    drop(running);
    let events = history(&place.store);
    let tasks = of_type(&events, "task.submitted");
    assert_eq!((tasks.len(), tasks.iter().collect::<BTreeSet<_>>().len()), (100, 100));
    assert_eq!(of_type(&events, "fact.recorded").len(), 100);
    verified(&place.store);
}

/// A server on which one user settles nothing: what is sent for that is not taken.
const MUTE: &str = r#"
jetstream { store_dir: "STORE" }
no_auth_user: "all"
authorization { users = [
  { user: "all", password: "all" }
  { user: "mute", password: "mute", permissions: { publish: { deny: ["$JS.ACK.>"] } } }
] }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_recorded_and_not_settled_comes_again_and_is_not_done_twice() {
    let place = Place::new();
    let (file, kept) = (place.folder.path().join("nats.conf"), place.folder.path().join("kept"));
    let text = MUTE.replace("STORE", &kept.to_string_lossy());
    std::fs::write(&file, text).expect("it is written");
    let server = Server::on("-1", &["-c", &file.to_string_lossy()]);
    let (_client, context) = client(&server).await;
    let running = serve_as("mute:mute@", &place.store, &server, KEEPS);
    // None of them has an id of its own, but for the fact.
    let task = random_id();
    let of = |verb: &str| format!("annals.main.enqueue.task.{task}.{verb}");
    keep(&context, &of("submit"), &json!({ "kind": "nobody-does-this" })).await;
    place.until("task.submitted", 1).await;
    for number in 0..20 {
        keep(&context, &of("note"), &json!({ "text": number.to_string() })).await;
    }
    keep(&context, "annals.main.deposit.shop", &json!({ "id": "1", "type": "t" })).await;
    place.until("task.noted", 20).await;
    place.until("fact.recorded", 1).await;
    drop(running);
    assert_eq!(waiting(&context).await, 22, "nothing was settled");

    let running = serve(&place.store, &server, KEEPS);
    nothing_waits(&context).await;
    drop(running);
    let events = history(&place.store);
    let counts =
        ["task.submitted", "task.noted", "fact.recorded"].map(|kind| of_type(&events, kind).len());
    assert_eq!(counts, [1, 20, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_loses_nothing_that_it_keeps() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let port = server.port.to_string();
    let running = serve(&place.store, &server, KEEPS);
    let (_client, context) = client(&server).await;
    let mut load = JoinSet::new();
    load.spawn(async move {
        for _ in 0..100 {
            keep(&context, &submit(), &json!({ "kind": "echo" })).await;
        }
        context
    });
    place.until("task.submitted", 10).await;
    drop(server);
    let _server = place.server(&port, "kept");
    let context = timeout(PATIENCE, load.join_next()).await.expect("all are kept");
    let context = context.expect("it was begun").expect("no panic");
    nothing_waits(&context).await;
    place.until("task.completed", 100).await;
    drop(running);
    let events = history(&place.store);
    // Whoever was not told that it is kept has sent it again, under the same subject.
    assert_eq!(of_type(&events, "task.submitted").len(), 100);
    verified(&place.store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_has_forgotten_everything_is_told_anew_what_to_keep() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let port = server.port.to_string();
    let running = serve(&place.store, &server, KEEPS);
    let (_client, context) = client(&server).await;
    let fact = |id: u32| json!({ "id": id.to_string(), "type": "t" });
    keep(&context, "annals.main.deposit.shop", &fact(1)).await;
    place.until("fact.recorded", 1).await;
    drop(server);
    let _server = place.server(&port, "empty");
    // The places of messages begin anew, and those of before mean others.
    for id in 2..20 {
        keep(&context, "annals.main.deposit.shop", &fact(id)).await;
        keep(&context, &submit(), &json!({ "kind": "nobody-does-this" })).await;
    }
    place.until("fact.recorded", 19).await;
    place.until("task.submitted", 18).await;
    nothing_waits(&context).await;
    drop(running);
    verified(&place.store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_never_be_done_does_not_come_for_ever() {
    let place = Place::new();
    let server = place.server("-1", "kept");
    let running = serve(&place.store, &server, KEEPS);
    let (_client, context) = client(&server).await;
    for (subject, body) in [
        (submit(), json!([1])),
        (submit(), json!({ "kind": "a", "odd": 1 })),
        ("annals.main.enqueue.nothing.a.b".into(), json!({})),
        (format!("annals.main.enqueue.task.{}.cancel", random_id()), json!({})),
        ("annals._annals.deposit.shop".into(), json!({ "id": "1", "type": "t" })),
        ("annals.main.deposit.shop".into(), json!({ "id": "1" })),
    ] {
        keep(&context, &subject, &body).await;
    }
    keep(&context, "annals.main.deposit.shop", &json!({ "id": "1", "type": "t" })).await;
    nothing_waits(&context).await;
    assert_eq!(of_type(&history(&place.store), "fact.recorded").len(), 1);
    drop(running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_keeps_nothing_is_not_taken_for_one_that_does() {
    let (place, server) = (Place::new(), Server::start(&[]));
    let url = format!("nats://127.0.0.1:{}", server.port);
    let mut serve = annals(&["serve", "--json", "--nats-trust", "permissions", "--nats", &url]);
    let ended = serve.args(["--jetstream", "--store", &place.store]).output().expect("it starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("JetStream"), "{ended:?}");
}
