//! A system that cannot go on ends, and says why.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::system::annals;

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

/// What a system said that has ended by itself.
async fn ended(log: &Path) -> Output {
    let mut serve = annals(&["serve", "--json", "--listen", "127.0.0.1:0", "--store"]);
    serve.arg(log).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = serve.spawn().expect("the program starts");
    let pid = rustix::process::Pid::from_child(&child);
    let ends = tokio::task::spawn_blocking(move || child.wait_with_output());
    let ended = tokio::time::timeout(PATIENCE, ends).await;
    if ended.is_err() {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    ended.expect("it ends by itself").expect("nobody panics").expect("it is waited for")
}

#[tokio::test]
async fn a_system_whose_log_cannot_be_read_to_its_end_ends_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("a.log");
    damaged(&log);
    let output = ended(&log).await;
    let said = String::from_utf8(output.stderr).expect("text");
    let last = said.lines().last().expect("it says why");
    let told: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{said}"));
    assert_eq!(told["error"]["code"], "store_damaged", "{said}");
    assert_eq!(output.status.code(), Some(1));
}
