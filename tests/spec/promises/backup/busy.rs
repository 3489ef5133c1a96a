//! A log whose writer is fed all the while: whatever is done beside it, facts keep coming.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::super::audit::Audit;
use super::super::hashes::Hashes;
use super::super::ledger::Ledger;
use super::super::program::{Appender, Heard, PATIENCE, annals, append, spawn};

/// How many facts are under way at once.
const WINDOW: usize = 16;
/// How long the writer is listened to between two looks at what is done beside it.
const LISTEN: Duration = Duration::from_millis(2);
/// How many facts are in the file of the log when it becomes busy; the rest is in its journal.
const BEGINNING: u64 = 50;

/// A log, its writer, and what was acknowledged.
#[derive(Debug)]
pub(super) struct Busy {
    folder: TempDir,
    ledger: Ledger,
    writer: Option<Appender>,
    acknowledged: u64,
}

/// What a command of the program said.
#[derive(Debug)]
pub(super) struct Said(Output);

impl Busy {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::default();
        let mut busy = Self { folder, ledger, writer: None, acknowledged: 0 };
        busy.begins();
        busy.feeds_until(|busy| busy.acknowledged >= BEGINNING);
        busy.pauses();
        busy.begins();
        busy.feeds_until(|busy| busy.ledger.answered() > 0);
        busy
    }

    /// The last position that was acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Backs the log up, while facts keep coming.
    pub(super) fn is_backed_up(&mut self) -> Said {
        let mut child = started(self.backup());
        self.feeds_until(|_| child.try_wait().expect("a child can be asked").is_some());
        Said(child.wait_with_output().expect("it said something")).succeeded()
    }

    /// Kills a backup after this time, while facts keep coming.
    pub(super) fn kills_a_backup(&mut self, after: Duration) {
        let mut child = started(self.backup());
        let moment = Instant::now() + after;
        self.feeds_until(|_| Instant::now() >= moment);
        child.kill().expect("a child can be killed");
        child.wait().expect("a child can be waited for");
    }

    /// Restores the backup and removes it; it must be whole. Returns what it held.
    pub(super) fn gives_back(&mut self) -> Hashes {
        let restored = self.path("restored/annals.log");
        let run = |command: &mut Command| Said(command.output().expect("it runs")).succeeded();
        run(annals(&restored).args(["log", "restore"]).arg(self.path("b.log")));
        let report = run(annals(&restored).args(["log", "verify"]));
        assert_eq!(report.field("whole"), true);
        let hashes = Hashes::of(&restored);
        std::fs::remove_dir_all(self.path("restored")).expect("it is there");
        for name in ["b.log", "b.log.keys"] {
            std::fs::remove_file(self.path(name)).expect("it is there");
        }
        // Reading the backup left these.
        for name in ["b.log-wal", "b.log-shm"] {
            let _ = std::fs::remove_file(self.path(name));
        }
        hashes
    }

    /// Whether there is such a file beside the log.
    pub(super) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Ends the writer; returns what the log holds.
    pub(super) fn ends(&mut self) -> Hashes {
        self.pauses();
        Hashes::of(&self.path("annals.log"))
    }

    /// Compares the log with what was acknowledged.
    pub(super) fn agrees_with_its_ledger(mut self) {
        Audit::default().check_whole(&self.path("annals.log"), &mut self.ledger);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn backup(&self) -> Command {
        let mut command = annals(&self.path("annals.log"));
        command.args(["log", "backup"]).arg(self.path("b.log"));
        command
    }

    fn begins(&mut self) {
        self.ledger.begin();
        self.writer = Some(Appender::start(append(&self.path("annals.log"), WINDOW)));
    }

    /// Hears the writer out, and ends it.
    fn pauses(&mut self) {
        let mut writer = self.writer.take().expect("it writes");
        writer.no_more();
        while self.ledger.in_flight() > 0 {
            let answer = writer.answer();
            self.acknowledged = answer.position;
            self.ledger.hear(&answer);
        }
        let (status, last_words) = writer.end();
        assert!(status.success() && last_words.is_empty(), "{status}: {last_words:?}");
    }

    /// Keeps the writer busy until this is so.
    fn feeds_until(&mut self, mut done: impl FnMut(&Self) -> bool) {
        let patience = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < patience, "it does not come to an end beside a busy writer");
            let writer = self.writer.as_mut().expect("it writes");
            while self.ledger.in_flight() < 2 * WINDOW {
                let fact = self.ledger.new_fact();
                writer.send(fact);
                self.ledger.sent(fact);
            }
            match writer.hear_until(Instant::now() + LISTEN) {
                Some(Heard::Answer(answer)) => {
                    self.acknowledged = answer.position;
                    self.ledger.hear(&answer);
                }
                Some(other) => writer.astonish("an answer was due", &other),
                None => {}
            }
        }
    }
}

fn started(mut command: Command) -> Child {
    spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
}

impl Said {
    #[track_caller]
    fn succeeded(self) -> Self {
        assert!(self.0.status.success(), "{:?}", self.0);
        self
    }

    /// A field of what it said.
    #[track_caller]
    pub(super) fn field(&self, name: &str) -> Value {
        let said: Value = serde_json::from_slice(&self.0.stdout).expect("JSON");
        said[name].clone()
    }
}
