//! A script of fifty commands on a fresh store, one at a time, so that every run makes the same
//! calls in the same order. It is recorded once and run again with one thing going wrong; how that
//! is done for every boundary is in `every`.

pub(super) mod every;

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;

use tempfile::TempDir;

use super::answers::{Answer, Complaint};
use super::audit::Audit;
use super::fact::Fact;
use super::ledger::Ledger;
use super::program::{PATIENCE, append, spawn};
use super::trace::{Call, Fault, calls, strace};

/// How many commands the script has.
const COMMANDS: u64 = 50;

/// One run of the script with everything it leaves.
#[derive(Debug)]
pub(super) struct Script {
    commands: u64,
    in_flight: usize,
    folder: TempDir,
    ledger: Ledger,
    audit: Audit,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) complaints: Vec<Complaint>,
    pub(super) answers: usize,
    /// What strace saw, if it looked.
    pub(super) log: Log,
}

/// strace's log; a test that fails shows its end.
#[derive(Default)]
pub(super) struct Log(pub(super) String);

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<&str> = self.0.lines().collect();
        lines[lines.len().saturating_sub(12)..].fmt(f)
    }
}

impl Script {
    /// A script that was not run yet; not even the folder of its store is there.
    pub(super) fn new() -> Self {
        Self::of(COMMANDS, 1)
    }

    /// The same with another number of commands, many of them at a time.
    pub(super) fn of(commands: u64, in_flight: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("world")).expect("a folder");
        let (ledger, audit) = (Ledger::default(), Audit::default());
        Self { commands, in_flight, folder, ledger, audit }
    }

    /// Looks at what a run left, before the next one.
    pub(super) fn look(&mut self) {
        self.audit.check_if_begun(&self.store(), &mut self.ledger);
    }

    /// Runs it under strace.
    pub(super) fn run_with(&mut self, fault: Fault<'_>) -> Ended {
        let log = self.beside("strace");
        let mut ended = self.run(&mut strace(fault, self.folder(), &log, &self.program()));
        ended.log = Log(fs::read_to_string(&log).expect("strace wrote its log"));
        ended
    }

    /// Runs it under strace and returns what it did.
    pub(super) fn record(&mut self) -> Vec<Call> {
        let ended = self.run_with(Fault::None);
        assert!(ended.status.success(), "the script does not run under strace: {ended:?}");
        self.holds_all();
        calls(&ended.log.0)
    }

    /// What must hold after it broke off anywhere: nothing acknowledged is lost, nothing is half,
    /// and to run it again completes it, with no second effect.
    pub(super) fn recovers(&mut self) {
        self.look();
        let ended = self.run(&mut self.program());
        assert!(ended.status.success(), "the script does not complete: {ended:?}");
        assert_eq!(ended.answers as u64, self.commands, "every command is answered");
        self.holds_all();
    }

    fn holds_all(&mut self) {
        let events = self.audit.check_whole(&self.store(), &mut self.ledger);
        assert_eq!(events, self.commands, "every command has one effect");
    }

    /// The program that runs it.
    pub(super) fn program(&self) -> Command {
        append(&self.store(), self.in_flight)
    }

    /// Runs it by this command, which starts the program in one way or another.
    pub(super) fn run(&mut self, command: &mut Command) -> Ended {
        let mut facts = File::create(self.beside("facts")).expect("a file");
        self.ledger.begin();
        for n in 0..self.commands {
            let sent = self.ledger.entry(Fact(n)).map(|_| Fact(n));
            let fact = sent.unwrap_or_else(|| self.ledger.new_fact());
            facts.write_all(fact.line().as_bytes()).expect("written");
            self.ledger.sent(fact);
        }
        let input = File::open(self.beside("facts")).expect("a file");
        let output = File::create(self.answers()).expect("a file");
        let (status, complaints) = finish(command.stdin(input).stdout(output));
        let answers = fs::read_to_string(self.answers()).expect("answers are text");
        let answers = Answer::parse_all(&answers);
        answers.iter().for_each(|answer| self.ledger.hear(answer));
        Ended { status, complaints, answers: answers.len(), log: Log::default() }
    }

    /// The folder of the run; what counts as the store's is in `world` in it.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a call, as seen from there.
    pub(super) fn place<'a>(&self, call: &'a Call) -> &'a Path {
        call.path.strip_prefix(self.folder()).unwrap_or(&call.path)
    }

    /// The file the answers go to.
    pub(super) fn answers(&self) -> PathBuf {
        self.beside("answers")
    }

    fn store(&self) -> PathBuf {
        self.beside("world/home/annals.log")
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }
}

/// Starts a program, and waits for its end by its last word on standard error.
pub(super) fn finish(command: &mut Command) -> (ExitStatus, Vec<Complaint>) {
    let mut child = spawn(command.stderr(Stdio::piped()));
    let mut stderr = child.stderr.take().expect("it is a pipe");
    let (said, heard) = channel();
    let listener = thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        said.send(text).is_ok()
    });
    let text = match heard.recv_timeout(PATIENCE) {
        Ok(text) => text,
        Err(RecvTimeoutError::Timeout) => {
            let _ = child.kill();
            panic!("the program does not end");
        }
        Err(RecvTimeoutError::Disconnected) => panic!("the listener broke off"),
    };
    assert!(listener.join().expect("the listener does not panic"));
    let status = child.wait().expect("a child can be waited for");
    (status, text.lines().map(Complaint::parse).collect())
}
