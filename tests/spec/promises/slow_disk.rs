//! A slow disk: whoever reads takes long, and yet holds no view of the log for long. So the journal
//! can begin anew beside an audit of the whole log, and beside readers of all of it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::store::EventStore;
use events::store::Writer;
use events::store::conformance::given::{SetClock, append};
use events::store::sqlite::{Options, Sqlite, beside};
use events::store::writer::WriterTask;
use rusqlite::Connection;

use super::program::{annals, spawn};

/// How much longer every read of the disk takes.
const DELAY_MICROS: u32 = 4000;
/// How many events the log holds before anyone reads.
const EVENTS: u128 = 12_000;
/// How many are appended between two looks at how long readers stay.
const MORE: u128 = 20;
/// How long a reader may hold a view of the log. Nobody of ours comes near the five seconds that a
/// program waits for another one.
const STAY_MAX: Duration = Duration::from_millis(1500);
/// How long readers that stay are waited for, so that it is seen how long they do.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn on_a_slow_disk_no_reader_holds_on_to_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("annals.log");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let (writer, task) = runtime.block_on(open(&store));
    runtime.block_on(appends(&writer, 0..EVENTS));
    let mut audit = reads(&store, &["log", "verify"]);
    let mut reader = reads(&store, &["log", "read"]);
    let watch = Watch::of(&store);
    let (mut next, mut looks, mut longest) = (EVENTS, 0, Duration::ZERO);
    while is_running(&mut audit) || is_running(&mut reader) {
        runtime.block_on(appends(&writer, next..next + MORE));
        (next, looks) = (next + MORE, looks + 1);
        longest = longest.max(watch.until_all_have_gone());
    }
    let mut out = std::io::stderr().lock();
    writeln!(out, "a slow disk: {looks} looks, the longest stay took {longest:?}").expect("open");
    for child in [audit, reader] {
        let ended = child.wait_with_output().expect("it ends");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    assert!(longest <= STAY_MAX, "a reader held on to the log for {longest:?}");
    assert!(looks > 10, "there were only {looks} looks");
    drop(writer);
    runtime.block_on(task.finished()).expect("the log closes");
}

async fn open(store: &Path) -> (Writer, WriterTask) {
    let store = Box::pin(Sqlite::open(store, &Options::default())).await.expect("the log opens");
    let head = store.reader().head().await.expect("the log has an end");
    let clock = Arc::new(SetClock::at(1_780_000_000_000_000));
    Writer::start(Arc::new(store), clock, head)
}

/// Appends an event for each number, to a few hundred streams.
async fn appends(writer: &Writer, numbers: std::ops::Range<u128>) {
    let mut appending = tokio::task::JoinSet::new();
    for n in numbers {
        let writer = writer.clone();
        let append = append(&format!("stream-{}", n % 300), n);
        appending.spawn(async move { writer.append(append).await });
    }
    for appended in appending.join_all().await {
        appended.expect("appended");
    }
}

/// Starts a command of the program that reads the log as if from a slow disk.
fn reads(store: &Path, arguments: &[&str]) -> Child {
    let program = annals(store);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-q", "-o", "/dev/null", "-e", "trace=pread64", "-e"]);
    strace.arg(format!("inject=pread64:delay_exit={DELAY_MICROS}"));
    strace.arg("-P").arg(store).arg("-P").arg(beside(store, "-wal")).arg("--");
    strace.arg(program.get_program()).args(program.get_args()).args(arguments);
    // What is read goes nowhere, so that nobody waits for who takes it.
    spawn(strace.stdout(Stdio::null()).stderr(Stdio::piped()))
}

fn is_running(child: &mut Child) -> bool {
    child.try_wait().expect("a child can be asked").is_none()
}

/// Someone who waits until every reader has let go of what it saw.
struct Watch(Connection);

impl Watch {
    fn of(store: &Path) -> Self {
        let connection = Connection::open(store).expect("opens");
        connection.busy_timeout(Duration::from_millis(5)).expect("it can be set");
        Self(connection)
    }

    /// How long it takes until those who read now have gone. It is asked in short waits, because a
    /// long one takes those who come meanwhile for those who were there.
    fn until_all_have_gone(&self) -> Duration {
        let begun = Instant::now();
        let restart = "PRAGMA wal_checkpoint(RESTART)";
        while begun.elapsed() < PATIENCE {
            let busy: i64 = self.0.query_row(restart, [], |row| row.get(0)).expect("it is done");
            if busy == 0 {
                break;
            }
        }
        begun.elapsed()
    }
}
