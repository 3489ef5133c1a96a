//! What is run to be recorded: the program makes a log, and closes it in good order; a child of the
//! test goes on and breaks off; the program recovers the log, and is killed before a commit is synced;
//! it recovers the log again, gets some facts again, and goes on.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::fact::{Fact, LARGE};
use super::super::program::append;
use super::super::script::finish;
use super::super::trace::strace_with_bytes;
use super::batches::child;

/// The facts of the first run, of the one that is killed, and of the last one, which gets some again.
const FIRST: Range<u64> = 0..24;
const KILLED: Range<u64> = 24..40;
const LAST: Range<u64> = 21..54;
/// Of these the program is killed before its commit is synced. In the last run it comes first, and none
/// of those that are under way with it is new.
pub(super) const NOT_SYNCED: Fact = Fact(KILLED.start);
/// The last one gets one more that is as large as a fact may be, and takes many pages.
const LARGEST: u64 = LARGE.start;
/// How many of them are under way at once.
const IN_FLIGHT: [usize; 3] = [3, 8, 4];
/// When a log is opened two folders are synced, and then its first commit.
const FIRST_COMMIT: (&str, usize) = ("fsync", 3);

/// Where strace tells of each run.
pub(super) const LOGS: [&str; 4] = ["strace-1", "strace-2", "strace-3", "strace-4"];

/// The folder in which everything is that the program writes.
pub(super) fn world(folder: &Path) -> PathBuf {
    folder.join("world")
}

/// Where the log is.
pub(super) fn store(folder: &Path) -> PathBuf {
    world(folder).join("home/of/annals.log")
}

/// Where acknowledgements go.
pub(super) fn said(folder: &Path) -> PathBuf {
    folder.join("said")
}

/// Every fact of every run.
pub(super) fn facts() -> impl Iterator<Item = Fact> {
    (FIRST.start..LAST.end).chain([LARGEST]).map(Fact)
}

/// Runs all of them in `folder`.
pub(super) fn run_all(folder: &Path) {
    fs::create_dir(world(folder)).expect("a folder");
    record_facts(folder, LOGS[0], FIRST.map(Fact), IN_FLIGHT[0]);
    let (program, environment) = child(folder);
    let mut traced = strace_with_bytes(&folder.join(LOGS[1]), &program, None);
    ends_well(traced.envs(environment).stdin(Stdio::null()).stdout(Stdio::null()));
    let (facts, at) = (KILLED.map(Fact), Some(FIRST_COMMIT));
    let (killed, _) = finish(&mut with_facts(folder, LOGS[2], facts, IN_FLIGHT[1], at));
    assert!(killed.signal().is_some(), "it was to be killed: {killed}");
    let last = [KILLED.start].into_iter().chain(LAST).chain([LARGEST]).map(Fact);
    record_facts(folder, LOGS[3], last, IN_FLIGHT[2]);
}

/// Runs the program on the log in `folder`, and gives it these facts.
pub(super) fn record_facts(
    folder: &Path,
    log: &str,
    facts: impl Iterator<Item = Fact>,
    in_flight: usize,
) {
    ends_well(&mut with_facts(folder, log, facts, in_flight, None));
}

fn with_facts(
    folder: &Path,
    log: &str,
    facts: impl Iterator<Item = Fact>,
    in_flight: usize,
    kill_at: Option<(&str, usize)>,
) -> Command {
    let lines = folder.join("facts");
    let mut input = File::create(&lines).expect("a file");
    facts.for_each(|fact| input.write_all(fact.line().as_bytes()).expect("written"));
    let said = OpenOptions::new().append(true).create(true).open(said(folder)).expect("a file");
    let program = append(&store(folder), in_flight);
    let mut traced = strace_with_bytes(&folder.join(log), &program, kill_at);
    traced.stdin(File::open(lines).expect("a file")).stdout(said);
    traced
}

fn ends_well(command: &mut Command) {
    let (status, complaints) = finish(command);
    assert!(status.success(), "{command:?} does not run under strace: {status} {complaints:?}");
}
