//! Commands that the server does not allow fail, and say so.

use std::io::{BufRead, BufReader};
use std::process::{Output, Stdio};

use tempfile::TempDir;

use super::super::program::{Running, annals};
use super::{run, serve};

const USERS: &str = r#"[
    {"user":"in","password":"p","publish":{"allow":["a"]},"subscribe":{"allow":["nothing"]}},
    {"user":"out","password":"p","publish":{"allow":["nothing"]},"subscribe":{"allow":["a"]}},
    {"user":"ask","password":"p","publish":{"allow":["q"]},"subscribe":{"allow":["_INBOX.>"]}}]"#;

struct Guarded {
    _folder: TempDir,
    _listener: Running,
    url: String,
}

impl Guarded {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let users = folder.path().join("users.json");
        std::fs::write(&users, USERS).expect("there is room");
        let (listener, url) = serve(&["--users", &users.to_string_lossy()]);
        Self { _folder: folder, _listener: listener, url }
    }

    fn of(&self, user: &str) -> String {
        self.url.replace("nats://", &format!("nats://{user}:p@"))
    }
}

#[track_caller]
fn is_refused(done: &Output, subject: &str) {
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(77), "{said}");
    assert!(said.contains("bus_not_allowed") && said.contains(subject), "{said}");
}

#[test]
fn what_may_not_be_sent_is_not_said_to_be_sent() {
    let guarded = Guarded::new();
    assert!(run(&guarded.of("in"), &["pub", "a", "x"]).status.success());
    is_refused(&run(&guarded.of("in"), &["pub", "b", "x"]), "\"b\"");
    is_refused(&run(&guarded.of("out"), &["pub", "a", "x"]), "\"a\"");
}

#[test]
fn what_may_not_be_listened_to_ends_at_once() {
    let guarded = Guarded::new();
    is_refused(&run(&guarded.of("in"), &["sub", "a"]), "\"a\"");
    is_refused(&run(&guarded.of("out"), &["sub", "*"]), "\"*\"");
}

#[test]
fn what_may_not_be_asked_fails_before_its_time() {
    let guarded = Guarded::new();
    let patient = ["request", "other", "--patience-ms", "3600000"];
    is_refused(&run(&guarded.of("ask"), &patient), "\"other\"");
    is_refused(&run(&guarded.of("in"), &["request", "a"]), "_INBOX");
}

#[test]
fn whoever_may_do_little_can_ping_and_listen() {
    let guarded = Guarded::new();
    for user in ["in", "out", "ask"] {
        let pinged = run(&guarded.of(user), &["ping"]);
        assert!(pinged.status.success(), "{user}: {pinged:?}");
    }
    let out = guarded.of("out");
    let mut sub = annals(&["sub", "a", "--limit", "1", "--server", &out]);
    let mut child = sub.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut note = String::new();
    let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
    said.read_line(&mut note).expect("it says something");
    assert!(run(&guarded.of("in"), &["pub", "a", "x"]).status.success());
    let heard = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&heard.stdout), "a  x\n", "{heard:?}");
}

#[test]
fn a_place_that_is_taken_or_not_ours_is_named() {
    let guarded = Guarded::new();
    let taken = guarded.url.strip_prefix("nats://").expect("a URL");
    for place in [taken, "192.0.2.1:4222"] {
        let refused = annals(&["serve", "--listen", place]).output().expect("it starts");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(69), "{said}");
        assert!(said.contains("not_listening") && said.contains("--listen"), "{said}");
        assert!(said.contains(place), "{said}");
    }
}

#[test]
fn users_that_are_not_understood_let_nobody_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    for (option, text) in [
        ("--users", r#"[{"user":"a"}]"#),
        ("--token-file", " \n"),
        ("--token-file", "one\nother\n"),
    ] {
        std::fs::write(&file, text).expect("there is room");
        let file = file.to_string_lossy();
        let refused = annals(&["serve", option, &file]).output().expect("it starts");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(78), "{said}");
        assert!(said.contains("users_unusable") && said.contains(&*file), "{said}");
    }
}
