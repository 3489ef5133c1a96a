//! The commands of the bus, on a listener of ours and on a real server.

mod refused;

use std::io::{BufRead, BufReader};
use std::process::{Output, Stdio};

use serde_json::Value;

use super::conversations::real::Real;
use super::conversations::settings;
use super::program::{Running, annals};

pub(super) fn run(server: &str, arguments: &[&str]) -> Output {
    annals(arguments).args(["--server", server]).output().expect("the program starts")
}

pub(super) fn json(output: &[u8]) -> Value {
    serde_json::from_slice(output).unwrap_or_else(|_| panic!("no JSON: {output:?}"))
}

/// A listener on a free port, and its URL.
pub(super) fn serve(more: &[&str]) -> (Running, String) {
    let (running, address) = Running::serve(more);
    (running, format!("nats://{address}"))
}

#[test]
fn a_listener_is_pinged_and_so_is_a_real_server() {
    let (_ours, url) = serve(&[]);
    let told = json(&run(&url, &["ping", "--json"]).stdout);
    assert_eq!((&told["pings"], &told["jetstream"]), (&3.into(), &false.into()), "{told}");
    let real = Real::start(&super::nats_server(), &settings::ALL[0]);
    let told = json(&run(&format!("nats://{}", real.address()), &["ping", "--json"]).stdout);
    assert_eq!(told["version"], "2.15.1");
}

#[test]
fn what_is_sent_is_heard() {
    let (_ours, url) = serve(&[]);
    let mut sub = annals(&["sub", "greet.*", "--limit", "1", "--server", &url]);
    sub.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = sub.spawn().expect("it starts");
    let mut note = String::new();
    let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
    said.read_line(&mut note).expect("it says something");
    assert_eq!(note, "listening to greet.*\n");
    let sent = run(&url, &["pub", "greet.you", "hello", "-H", "a: b"]);
    assert!(sent.status.success(), "{sent:?}");
    let heard = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&heard.stdout), "greet.you a=b  hello\n");
}

#[test]
fn where_nobody_answers_it_is_said_at_once() {
    let (_ours, url) = serve(&[]);
    let asked = run(&url, &["request", "nobody", "--patience-ms", "60000"]);
    let said = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.code() == Some(69) && said.contains("no_responders"), "{said}");
}

#[test]
fn who_has_no_password_stays_outside() {
    let folder = tempfile::tempdir().expect("a folder");
    let users = folder.path().join("users.json");
    let text =
        r#"[{"user":"ada","password":"very-secret","publish":{"allow":["a.>","_INBOX.>"]}}]"#;
    std::fs::write(&users, text).expect("there is room");
    let (_ours, url) = serve(&["--users", &users.to_string_lossy()]);
    let refused = run(&url, &["pub", "a.b", "x"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(77) && said.contains("bus_not_allowed"), "{said}");
    let known = url.replace("nats://", "nats://ada:very-secret@");
    let sent = run(&known, &["pub", "a.b", "x"]);
    assert!(sent.status.success(), "{sent:?}");
    assert!(!String::from_utf8_lossy(&sent.stderr).contains("very-secret"));
}

/// A program that listens to `a`, once the server knows it.
fn listens(url: &str, more: &[&str]) -> Running {
    let arguments = [&["sub", "a", "--server", url][..], more].concat();
    let mut command = annals(&arguments);
    let mut sub = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut line = String::new();
    let mut said = BufReader::new(sub.0.stderr.take().expect("a pipe"));
    said.read_line(&mut line).expect("it says something");
    assert_eq!(line.trim_end(), "listening to a");
    sub
}

#[test]
fn who_wants_more_messages_than_servers_can_count_gets_them() {
    let (_ours, url) = serve(&[]);
    let mut sub = listens(&url, &["--limit", "1000000000"]);
    assert!(run(&url, &["pub", "a", "hello"]).status.success());
    let mut line = String::new();
    let mut out = BufReader::new(sub.0.stdout.take().expect("a pipe"));
    out.read_line(&mut line).expect("it says something");
    assert_eq!(line.trim_end(), "a  hello");
}

#[test]
fn listening_ends_when_it_should_though_the_server_is_gone() {
    let (ours, url) = serve(&[]);
    let mut sub = listens(&url, &[]);
    drop(ours);
    sub.interrupt();
    let ended = sub.0.wait().expect("it ends");
    assert!(ended.success(), "{ended}");
}

#[test]
fn where_no_server_is_it_is_said_how_to_get_one() {
    let refused = run("nats://127.0.0.1:1", &["ping"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(69) && said.contains("bus_unavailable"), "{said}");
    assert!(said.contains("annals bus serve"), "{said}");
}
