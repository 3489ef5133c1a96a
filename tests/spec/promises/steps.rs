//! A kill right before and right after every statement of transactions of several appends, one of
//! them of twenty events with blobs: each append is there whole or not at all, and with it its
//! outcome. Needs a program that counts its steps, so it is compiled with the feature `planted`.

mod batches;
mod look;

use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use events::planted::steps;
use tempfile::TempDir;

use super::script::every::at_each;
use batches::{changes, record_all};
use look::Look;

/// The variable that names the folder of the log, for a child.
const FOLDER: &str = "ANNALS_STEPS_FOLDER";
const CHILD: &str = "promises::steps::batches_are_recorded_whole_and_acknowledged";
const SIGKILL: i32 = 9;

/// Also the child of the test below: a process of its own, with real appends, in a folder it is given.
#[test]
fn batches_are_recorded_whole_and_acknowledged() {
    let given = given_folder();
    // A child that is killed takes nothing away: what it made itself would stay.
    let own = given.is_none().then(|| tempfile::tempdir().expect("a folder"));
    let folder = given.as_deref().map(Path::new).or_else(|| own.as_ref().map(TempDir::path));
    let folder = folder.expect("one or the other");
    record_all(folder);
    Look::into(folder).finds_everything();
}

#[test]
fn a_kill_before_or_after_any_statement_leaves_no_append_by_half() {
    let began = Instant::now();
    let every = steps_of_a_whole_run();
    let changing =
        every.iter().filter(|step| step.contains(" INSERT ") || step.contains(" UPDATE "));
    assert_eq!(changing.count(), 2 * changes(), "a statement runs that is no step, or the reverse");
    let moments: Vec<Moment<'_>> = (1..=every.len()).map(|n| Moment(&every[..n])).collect();
    let kills = AtomicUsize::new(0);
    let done = at_each(&moments, |moment| {
        let child = Child::new();
        let status = child.run(Some(moment));
        assert_eq!(status.signal(), Some(SIGKILL), "it was to be killed: {status}");
        kills.fetch_add(1, Ordering::Relaxed);
        assert_eq!(child.steps(), moment.0, "it was killed elsewhere");
        Look::into(child.folder()).finds_what_was_committed(moment.0);
        record_all(child.folder());
        Look::into(child.folder()).finds_everything();
    });
    let (kills, seconds) = (kills.into_inner(), began.elapsed().as_secs_f64());
    let mut out = std::io::stderr().lock();
    writeln!(out, "{} statements, {kills} kills, {seconds:.0} s", every.len() / 2)
        .expect("standard error is open");
    assert_eq!((kills, done), (every.len(), every.len()), "a kill at every step");
}

/// The moment right after these steps: the last of them is where the process is killed.
struct Moment<'a>(&'a [String]);

impl fmt::Display for Moment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}, {}", self.0.len(), self.0[self.0.len() - 1])
    }
}

fn steps_of_a_whole_run() -> Vec<String> {
    let child = Child::new();
    let status = child.run(None);
    assert!(status.success(), "the batches are not recorded: {status}");
    child.steps()
}

/// This program once more, to record the batches in a folder of its own.
struct Child(TempDir);

impl Child {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Runs it to its end, or until it kills itself at a step.
    fn run(&self, kill_at: Option<&Moment<'_>>) -> ExitStatus {
        let mut command = Command::new(std::env::current_exe().expect("this program is there"));
        command.args(["--exact", CHILD, "--quiet"]).env(FOLDER, self.folder());
        command.env(steps::FILE, self.folder().join("steps")).stdout(Stdio::null());
        kill_at.map(|moment| command.env(steps::KILL_AT, moment.0.len().to_string()));
        command.status().expect("it starts")
    }

    /// The steps it took.
    fn steps(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder().join("steps")).expect("it took steps");
        text.lines().map(str::to_owned).collect()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a child is told its folder by the test that starts it"
)]
fn given_folder() -> Option<OsString> {
    std::env::var_os(FOLDER)
}
