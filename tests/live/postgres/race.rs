//! Two processes with sixteen writers each on one log, while the lock on its head is slow and
//! transactions are rolled back under it, and a reader follows all the while.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sqlx::Executor as _;

use super::database::Database;

/// How many facts each process appends.
const FACTS: usize = 150_000;
/// How many streams both of them append to.
const STREAMS: usize = 32;

/// One call in a thousand sleeps while it holds the lock, and one in a hundred is rolled back.
const HARM: &str = "CREATE FUNCTION public.harm() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF random() < 0.001 THEN PERFORM pg_sleep(0.02); END IF;
        IF random() < 0.01 THEN
            RAISE EXCEPTION 'rolled back on purpose' USING ERRCODE = 'serialization_failure';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER harm BEFORE UPDATE ON annals.log FOR EACH ROW EXECUTE FUNCTION public.harm()";

/// The program, told which log to use.
pub(super) fn program(database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annals"));
    if cfg!(feature = "planted") {
        command.arg("--harness");
    }
    command.env("ANNALS_STORE", &database.url).stdin(Stdio::null()).args(arguments);
    command
}

/// A process that appends the facts of `name` from a file, sixteen at a time.
fn appender(database: &Database, folder: &Path, name: &str) -> Child {
    let mut lines = String::new();
    for n in 0..FACTS {
        let stream = n % STREAMS;
        writeln!(lines, "{{\"id\":\"{name}-{n}\",\"source\":\"s{stream}\",\"type\":\"counted\"}}")
            .expect("memory can be written to");
    }
    let path = folder.join(name);
    std::fs::File::create(&path)
        .and_then(|mut file| file.write_all(lines.as_bytes()))
        .expect("there is room");
    let path = path.to_string_lossy();
    program(database, &["log", "append", "--quiet", "--in-flight", "16", &path])
        .spawn()
        .expect("the program starts")
}

/// What a follower has seen: the id of every fact, in order and without a gap.
fn followed(follower: &mut Child) -> HashSet<String> {
    let out = BufReader::new(follower.stdout.take().expect("it writes"));
    let mut seen = HashSet::new();
    for (line, n) in out.lines().zip(1_u64..) {
        let event: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        assert_eq!(event["position"], n, "the follower missed an event, or saw one out of order");
        let id = event["payload"]["id"].as_str().expect("a fact has an id").to_owned();
        assert!(seen.insert(id), "a fact was recorded twice");
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_under_harm_leave_no_gap_and_a_follower_misses_nothing() {
    let database = Database::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let made = program(&database, &["migrate", "--quiet"]).status().expect("the program starts");
    assert!(made.success());
    database.connect().await.execute(HARM).await.expect("harm can be done");
    let limit = (2 * FACTS).to_string();
    let mut follower = program(&database, &["log", "follow", "--json", "--limit", &limit])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut appenders = ["a", "b"].map(|name| appender(&database, folder.path(), name));
    let seen = followed(&mut follower);
    let followed = follower.wait().expect("it ends");
    for appender in &mut appenders {
        // A follower that fails has ended early; its own words say why.
        if seen.len() < 2 * FACTS {
            appender.kill().expect("it is ours");
        }
        let ended = appender.wait().expect("it ends");
        assert!(seen.len() < 2 * FACTS || ended.success(), "an appender failed: {ended}");
    }
    assert!(followed.success(), "the follower missed an event: it failed");
    assert_eq!(seen.len(), 2 * FACTS, "the follower missed events");
    let audit = program(&database, &["log", "verify", "--quiet"]).status().expect("it starts");
    assert!(audit.success(), "the log is damaged");
}
