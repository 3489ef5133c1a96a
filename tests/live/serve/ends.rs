//! A system that cannot go on ends, and says why.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::system::annals;
use crate::bus::nats::server::Server;

/// How long it may take to find that out, and to end in good order.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than are looked at before a log is opened, and fewer than would be kept as a shortcut.
const FACTS: usize = 3000;

/// A log with many facts, one of which was changed behind its back.
fn damaged(log: &Path) {
    let mut append = annals(&["log", "append", "--store"]);
    append.arg(log).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut append = append.spawn().expect("the program starts");
    let mut facts = String::new();
    for n in 0..FACTS {
        writeln!(facts, r#"{{"id":"n{n:05}","source":"shop","type":"order.placed"}}"#)
            .expect("memory can be written to");
    }
    append.stdin.take().expect("a pipe").write_all(facts.as_bytes()).expect("it is taken");
    assert!(append.wait().expect("it ends").success());
    let bytes = std::fs::read(log).expect("it can be read");
    let known = br#""id":"n00007""#;
    // A page that was used again may have an older copy of it.
    let copies = bytes.windows(known.len()).zip(0_u64..).filter(|(found, _)| found == known);
    let copies: Vec<u64> = copies.map(|(_, at)| at).collect();
    assert!(!copies.is_empty(), "it is there");
    let file = std::fs::File::options().write(true).open(log).expect("it can be written");
    for at in copies {
        file.write_at(b"I", at + 1).expect("it is changed");
    }
}

/// A system on this log.
fn started(log: &Path, where_to: &[&str]) -> Child {
    let mut serve = annals(&["serve", "--json", "--store"]);
    serve.arg(log).args(where_to).stdout(Stdio::piped()).stderr(Stdio::piped());
    serve.spawn().expect("the program starts")
}

/// What a system said that has ended by itself.
async fn ended(child: Child) -> Output {
    let pid = Pid::from_child(&child);
    let ends = tokio::task::spawn_blocking(move || child.wait_with_output());
    let ended = timeout(PATIENCE, ends).await;
    if ended.is_err() {
        let _ = kill_process(pid, Signal::KILL);
    }
    ended.expect("it ends by itself").expect("nobody panics").expect("it is waited for")
}

/// Why systems on this log stopped.
fn reasons(log: &Path) -> Vec<String> {
    let from = (FACTS + 1).to_string();
    let mut read = annals(&["log", "read", "--json", "--from", &from, "--store"]);
    let read = read.arg(log).output().expect("the program starts");
    let said = String::from_utf8(read.stdout).expect("text");
    let events = said.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let stopped = events.filter(|event| event["type"] == "node.stopped");
    stopped.map(|event| event["payload"]["reason"].as_str().expect("text").to_owned()).collect()
}

/// Hands on everything between a system and its server of NATS, until the system begins to leave. From
/// then on it hears nothing.
async fn falls_silent(listener: TcpListener, server: u16, silent: &Notify) {
    let (mut system, _) = listener.accept().await.expect("it comes");
    let mut server = TcpStream::connect(("127.0.0.1", server)).await.expect("it listens");
    let (mut said, mut to_system) = system.split();
    let (mut answers, mut to_server) = server.split();
    let hands_on = async {
        let mut bytes = vec![0; 65_536];
        loop {
            let count = said.read(&mut bytes).await.expect("it is read");
            if bytes[..count].windows(5).any(|word| word == b"UNSUB") {
                return silent.notify_one();
            }
            to_server.write_all(&bytes[..count]).await.expect("it is taken");
        }
    };
    tokio::select! {
        () = hands_on => {}
        _ = tokio::io::copy(&mut answers, &mut to_system) => panic!("the server has left"),
    }
    // The connection stays.
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_system_whose_log_cannot_be_read_to_its_end_ends_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("a.log");
    damaged(&log);
    let output = ended(started(&log, &["--listen", "127.0.0.1:0"])).await;
    let said = String::from_utf8(output.stderr).expect("text");
    let last = said.lines().last().expect("it says why");
    let told: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{said}"));
    assert_eq!(told["error"]["code"], "store_damaged", "{said}");
    assert_eq!(output.status.code(), Some(1));
    let reasons = reasons(&log);
    // Whoever came to it first.
    assert!(reasons.len() == 1 && reasons[0].contains(" ended: "), "{reasons:?}");
}

#[tokio::test]
async fn a_system_that_ends_by_itself_ends_at_once_where_that_is_asked_for_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("a.log");
    damaged(&log);
    let (server, silent) = (Server::start(&[]), Notify::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("nats://{}", listener.local_addr().expect("an address"));
    let child = started(&log, &["--nats", &url, "--nats-trust", "permissions"]);
    let pid = Pid::from_child(&child);
    let hurries = async {
        silent.notified().await;
        // The system hears these two apart from each other, whenever it looks.
        for signal in [Signal::INT, Signal::TERM] {
            kill_process(pid, signal).expect("it is there");
        }
        let asked = Instant::now();
        let output = ended(child).await;
        (output, asked.elapsed())
    };
    let (output, took) = tokio::select! {
        ended = hurries => ended,
        () = falls_silent(listener, server.port, &silent) => panic!("it hands on"),
    };
    assert!(matches!(output.status.code(), Some(130 | 143)), "{output:?}");
    assert!(took < Duration::from_secs(3), "it took {took:?}");
}
