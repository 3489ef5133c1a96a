//! The commands on a log in a database: the same as on one in a file.

use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::Value;

use super::database::Database;
use super::race::program;

/// Runs a command with this as its input.
fn fed(database: &Database, arguments: &[&str], input: &str) -> Output {
    let mut child = program(database, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("it reads");
    // A command that refuses at once does not read.
    let _ = pipe.write_all(input.as_bytes());
    drop(pipe);
    child.wait_with_output().expect("it ends")
}

fn json(database: &Database, arguments: &[&str]) -> Value {
    let done = fed(database, arguments, "");
    serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("not JSON: {done:?}"))
}

const FACT: &str = "{\"id\":\"1\",\"source\":\"shop\",\"type\":\"order.placed\"}\n";

#[tokio::test]
async fn a_fact_is_recorded_once_read_back_and_proven() {
    let database = Database::new().await;
    for outcome in ["recorded", "known"] {
        let done = fed(&database, &["log", "append", "--json"], FACT);
        let said: Value = serde_json::from_slice(&done.stdout).expect("JSON");
        assert_eq!((&said["outcome"], &said["position"]), (&outcome.into(), &1.into()), "{said}");
    }
    assert_eq!(json(&database, &["log", "read", "--json"])["payload"]["id"], "1");
    assert_eq!(json(&database, &["log", "verify", "--json"])["whole"], true);
    let stats = json(&database, &["log", "stats", "--json"]);
    assert_eq!((&stats["events"], &stats["journal_bytes"]), (&1.into(), &Value::Null), "{stats}");
    assert_eq!(json(&database, &["doctor", "--json"])["healthy"], true);
    assert_eq!(json(&database, &["migrate", "--check", "--json"])["due"], false);
}

#[tokio::test]
async fn a_database_without_a_log_is_not_made_one_by_reading() {
    let database = Database::new().await;
    for command in
        [&["log", "read"][..], &["log", "stats"], &["log", "verify"], &["migrate", "--check"]]
    {
        let done = fed(&database, command, "");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(66) && said.contains("store_missing"), "{said}");
    }
}

#[tokio::test]
async fn what_needs_a_file_says_so() {
    let database = Database::new().await;
    for command in ["backup", "restore"] {
        let done = fed(&database, &["log", command, "/nonexistent/x"], "");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(said.contains("not_a_file"), "{said}");
    }
}

#[tokio::test]
async fn a_password_is_never_shown() {
    let database = Database { url: "postgres://ada:very-secret@127.0.0.1:1/none".into() };
    for command in [&["log", "stats"][..], &["log", "append"], &["doctor"], &["migrate"]] {
        let done = fed(&database, command, FACT);
        let said = [done.stdout, done.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(!said.contains("very-secret"), "{said}");
        assert!(said.contains("127.0.0.1:1"), "{said}");
    }
}
