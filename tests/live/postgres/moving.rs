//! A log that moves from a file into a database and back: the same bytes, whoever is killed.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::Connection as _;

use super::database::Database;
use super::race::program;

/// How many facts move: many parts of an export.
const FACTS: usize = 12_000;
/// How many copies are killed, one after the other, into one log.
const KILLS: u32 = 8;
/// How many of them must strike a copy that has entered something and not everything.
const MIDWAY: usize = 2;

/// The program, told of a log in a file.
fn on_file(store: &Path, arguments: &[&str]) -> Command {
    let mut command = program(&Database { url: String::new() }, arguments);
    command.env("ANNALS_STORE", store);
    command
}

fn succeeds(mut command: Command) -> Output {
    let ended = command.output().expect("it runs");
    assert!(ended.status.success(), "{ended:?}");
    ended
}

/// A log with facts, large ones among them.
fn a_log(folder: &Path) -> std::path::PathBuf {
    let (facts, store) = (folder.join("facts"), folder.join("a.log"));
    let mut lines = String::new();
    for n in 0..FACTS {
        let text = "x".repeat(if n % 1000 == 7 { 200_000 } else { n * 37 % 400 });
        writeln!(
            lines,
            "{{\"id\":\"{n}\",\"source\":\"s{}\",\"type\":\"counted\",\"data\":\"{text}\"}}",
            n % 16
        )
        .expect("memory can be written to");
    }
    std::fs::write(&facts, lines).expect("there is room");
    succeeds(on_file(&store, &["log", "append", "--quiet", &facts.to_string_lossy()]));
    store
}

fn copy(from: &str, to: &str, more: &[&str]) -> Command {
    let arguments = [&["log", "copy", "--from", from, "--to", to, "--json"][..], more].concat();
    program(&Database { url: String::new() }, &arguments)
}

fn exported(store: &str, format: &str) -> Vec<u8> {
    succeeds(on_file(Path::new(store), &["log", "export", "--quiet", "--format", format])).stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_file_through_two_databases_and_back_are_the_same_bytes() {
    let (database, folder) = (Database::new().await, tempfile::tempdir().expect("a folder"));
    let other = Database::new().await;
    let first = a_log(folder.path()).to_string_lossy().into_owned();
    let last = folder.path().join("b.log").to_string_lossy().into_owned();
    let ways = [(&first, &database.url), (&database.url, &other.url), (&other.url, &last)];
    for (from, to) in ways {
        let told = succeeds(copy(from, to, &["--keys", "--verify"])).stdout;
        let told: Value = serde_json::from_slice(&told).expect("JSON");
        assert_eq!((&told["copy"], &told["verified"]), (&true.into(), &true.into()), "{told}");
    }
    for format in ["json", "binary"] {
        let came = exported(&first, format);
        assert!(exported(&database.url, format) == came, "the database exports something else");
        assert!(exported(&last, format) == came, "the file exports something else");
        let file = folder.path().join(format);
        std::fs::write(&file, came).expect("there is room");
        let again = Database::new().await;
        let file = file.to_string_lossy().into_owned();
        succeeds(program(&again, &["log", "import", &file]));
        assert!(exported(&again.url, format) == exported(&first, format), "an import differs");
    }
    let facts = folder.path().join("facts").to_string_lossy().into_owned();
    for store in [&database.url, &last] {
        let said = succeeds(on_file(Path::new(store), &["log", "append", "--json", &facts])).stdout;
        let said = String::from_utf8(said).expect("text");
        let known = said.lines().filter(|line| line.contains("\"known\"")).count();
        assert_eq!(known, FACTS, "with its keys, a copy knows every fact again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_killed_goes_on_to_the_same_bytes() {
    let (database, folder) = (Database::new().await, tempfile::tempdir().expect("a folder"));
    let first = a_log(folder.path()).to_string_lossy().into_owned();
    let sample = Database::new().await;
    let began = Instant::now();
    succeeds(copy(&first, &sample.url, &[]));
    let takes = began.elapsed();
    let (mut before, mut midway) = (0, 0);
    for n in 1..=KILLS {
        let mut child = copy(&first, &database.url, &[]).spawn().expect("it starts");
        if n % 2 == 0 {
            thread::park_timeout(takes * n / KILLS);
        } else {
            has_entered_more(&database, &mut child).await;
        }
        child.kill().expect("a child can be killed");
        child.wait().expect("a child can be waited for");
        let Some(after) = events(&database).await else { continue };
        assert!(after >= before, "a kill took back what was entered: {before}, then {after}");
        midway += usize::from(before < after && after < FACTS);
        before = after;
    }
    assert!(midway >= MIDWAY, "too few kills strike a copy at work: {midway}");
    succeeds(copy(&first, &database.url, &["--verify"]));
    assert!(exported(&database.url, "json") == exported(&first, "json"), "the copy differs");
}

/// Waits until a copy has entered something, or has ended.
async fn has_entered_more(database: &Database, copy: &mut Child) {
    let mut connection = database.connect().await;
    let mut before = None;
    while copy.try_wait().expect("it can be asked").is_none() {
        let select = "SELECT position FROM annals.log";
        // There may be no log yet.
        let position: i64 =
            sqlx::query_scalar(select).fetch_one(&mut connection).await.unwrap_or(0);
        if *before.get_or_insert(position) < position {
            break;
        }
    }
    connection.close().await.expect("the server says farewell");
}

/// How many events are in a log that must be whole; none, if there is no log yet.
async fn events(database: &Database) -> Option<usize> {
    // What was under way when the process was killed ends on the server by itself.
    let patience = Instant::now() + Duration::from_secs(10);
    while database.others().await > 0 {
        assert!(Instant::now() < patience, "a connection outlives its process");
    }
    let audit = program(database, &["log", "verify", "--json"]).output().expect("it runs");
    if String::from_utf8_lossy(&audit.stderr).contains("store_missing") {
        return None;
    }
    assert!(audit.status.success(), "what a kill left is not whole: {audit:?}");
    let report: Value = serde_json::from_slice(&audit.stdout).expect("JSON");
    report["events"].as_u64().and_then(|events| usize::try_from(events).ok())
}
