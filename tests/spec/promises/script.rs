//! A script of fifty commands on a fresh store, one at a time, so that every run makes the same
//! calls in the same order: recorded once, then run again with one thing going wrong.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;

use tempfile::TempDir;

use super::answers::{Answer, Complaint};
use super::audit::Audit;
use super::boundary::Boundary;
use super::fact::Fact;
use super::ledger::Ledger;
use super::program::{PATIENCE, append, spawn};
use super::trace::{Call, Fault, calls, strace};

/// How many commands the script has.
pub(super) const COMMANDS: u64 = 50;
/// How many runs go on at once.
const SIDE_BY_SIDE: usize = 2;
/// How often a run may be repeated. The id of a new log and its times are drawn by chance, and a
/// checksum over them takes four bytes or six: now and then a log has a page more or less.
const TRIES: usize = 20;

/// One run of the script with everything it leaves.
#[derive(Debug)]
pub(super) struct Script {
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
    pub(super) log: String,
}

impl Script {
    /// A script that was not run yet; not even the folder of its store is there.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("world")).expect("a folder");
        Self { folder, ledger: Ledger::default(), audit: Audit::default() }
    }

    /// Runs it under strace.
    pub(super) fn run_with(&mut self, fault: Fault<'_>) -> Ended {
        let log = self.beside("strace");
        let mut ended =
            self.run(&mut strace(fault, self.folder(), &log, &append(&self.store(), 1)));
        ended.log = fs::read_to_string(&log).expect("strace wrote its log");
        ended
    }

    /// Runs it under strace and returns what it did.
    pub(super) fn record(&mut self) -> Vec<Call> {
        let ended = self.run_with(Fault::None);
        assert!(ended.status.success(), "the script does not run under strace: {ended:?}");
        self.holds_all();
        calls(&ended.log)
    }

    /// What must hold after it broke off anywhere: nothing acknowledged is lost, nothing is half,
    /// and to run it again completes it, with no second effect.
    pub(super) fn recovers(&mut self) {
        self.audit.check_if_begun(&self.store(), &mut self.ledger);
        let ended = self.run(&mut append(&self.store(), 1));
        assert!(ended.status.success(), "the script does not complete: {ended:?}");
        assert_eq!(ended.answers as u64, COMMANDS, "every command is answered");
        self.holds_all();
    }

    fn holds_all(&mut self) {
        let events = self.audit.check_whole(&self.store(), &mut self.ledger);
        assert_eq!(events, COMMANDS, "every command has one effect");
    }

    fn run(&mut self, command: &mut Command) -> Ended {
        let mut facts = File::create(self.beside("facts")).expect("a file");
        self.ledger.begin();
        for n in 0..COMMANDS {
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
        Ended { status, complaints, answers: answers.len(), log: String::new() }
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

/// Waits for a program's end by its last word on standard error.
fn finish(command: &mut Command) -> (ExitStatus, Vec<Complaint>) {
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

/// Does the work for every boundary, a few at a time, until one fails; says which one failed.
/// Returns how many were done.
pub(super) fn at_each(boundaries: &[Boundary], work: impl Fn(&Boundary) + Sync) -> usize {
    let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let run = || {
        while !failed.load(Ordering::Relaxed)
            && let Some(boundary) = boundaries.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let naming = Naming(boundary, &failed);
            work(boundary);
            drop(naming);
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| (0..SIDE_BY_SIDE).for_each(|_| drop(scope.spawn(run))));
    done.into_inner()
}

/// Says where a run failed, and lets no other begin.
struct Naming<'a>(&'a Boundary, &'a AtomicBool);

impl Drop for Naming<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.1.store(true, Ordering::Relaxed);
            let _ = writeln!(std::io::stderr().lock(), "failed at {}", self.0);
        }
    }
}

/// Records the script until two runs agree on its boundaries.
pub(super) fn recorded(find: impl Fn(&[Call], &Script) -> Vec<Boundary>) -> Vec<Boundary> {
    let record = || {
        let mut script = Script::new();
        let calls = script.record();
        find(&calls, &script)
    };
    let mut last = record();
    for _ in 0..TRIES {
        let next = record();
        if next == last {
            assert!(next.len() > 200, "fifty commands change more than this: {next:?}");
            return next;
        }
        last = next;
    }
    panic!("the script makes other calls in every run")
}

/// Runs the script so that the fault strikes; a run that passes the boundary by is repeated.
pub(super) fn struck(fault: Fault<'_>, strikes: impl Fn(&Ended) -> bool) -> (Script, Ended) {
    for _ in 0..TRIES {
        let mut script = Script::new();
        let ended = script.run_with(fault);
        if strikes(&ended) {
            return (script, ended);
        }
        assert!(ended.status.success(), "nothing struck, and yet it does not end well: {ended:?}");
    }
    panic!("no run comes to this boundary")
}
