//! An error of the disk at every write and sync of the script: the program stops acknowledging,
//! says why, ends, and never syncs that file again, for a second sync may succeed without a reason.

mod exceptions;

use std::io::Write;
use std::time::Instant;

use super::boundary::{Boundary, boundaries, failures, table};
use super::script::every::{Start, at_each, recorded, struck};
use super::script::{Ended, Script};
use super::trace::{Call, Fault, calls};
use exceptions::{Breach, Excuses};

/// The calls that fail.
const FAIL: [&str; 5] = ["write", "pwrite64", "ftruncate", "fsync", "fdatasync"];
/// The calls that say that a file is safe.
const SYNC: [&str; 3] = ["fsync", "fdatasync", "sync_file_range"];
/// The exit code of an error of input or output, and what it is called.
const STORE_FAILED: (i32, &str) = (74, "store_failed");

#[test]
fn an_error_of_the_disk_stops_the_program_and_loses_nothing() {
    let failures = found(Start::Fresh);
    assert!(failures.len() > 200, "fifty commands write more than this: {failures:?}");
    fail_at_each("a fresh store", Start::Fresh, &failures).are_all_needed();
}

#[test]
fn an_error_of_the_disk_after_a_kill_stops_the_program_and_loses_nothing() {
    let fresh = recorded(Start::Fresh, |calls, script| boundaries(calls, script.folder()));
    let start = Start::AfterAKill(Boundary::late(&fresh));
    let failures = found(start);
    assert!(failures.len() > 20, "five commands write more than this: {failures:?}");
    fail_at_each("a store after a kill", start, &failures);
}

fn found(start: Start<'_>) -> Vec<Boundary> {
    recorded(start, |calls, script| failures(calls, script.folder(), &script.answers(), &FAIL))
}

fn fail_at_each(what: &str, start: Start<'_>, failures: &[Boundary]) -> Excuses {
    let began = Instant::now();
    let excuses = Excuses::default();
    let done = at_each(failures, |boundary| {
        let failed = |ended: &Ended| ended.log.0.contains("(INJECTED)");
        let (mut script, ended) = struck(start, Fault::Error(boundary), failed);
        excuses.judge(boundary, &ended, &breaches(&ended, &script, boundary));
        script.recovers();
    });
    let seconds = began.elapsed().as_secs_f64();
    let table = table(failures);
    let mut out = std::io::stderr().lock();
    writeln!(out, "{done} errors of the disk on {what}, {seconds:.0} s:\n{table}{excuses}")
        .expect("standard error is open");
    assert_eq!(done, failures.len(), "every call failed once");
    excuses
}

/// What the program did after the error that it should not have done.
fn breaches(ended: &Ended, script: &Script, boundary: &Boundary) -> Vec<Breach> {
    let path = script.folder().join(&boundary.place);
    let calls = calls(&ended.log.0);
    let first = calls.iter().position(|call| call.injected).expect("a call failed");
    assert_eq!(calls[first].path, path, "another file's call failed");
    let after = &calls[first + 1..];
    let synced = |call: &Call| call.path == path && SYNC.contains(&&*call.syscall);
    let told: Vec<&str> = ended.complaints.iter().filter_map(|said| said.code()).collect();
    let end = (ended.status.code(), told.first().copied(), told.len());
    let well = (Some(STORE_FAILED.0), Some(STORE_FAILED.1), 1);
    let breaches = [
        after.iter().any(|call| call.path == script.answers()).then_some(Breach::AnsweredAgain),
        after.iter().any(synced).then_some(Breach::SyncedAgain),
        (end != well).then(|| Breach::EndedWith(ended.status.code(), told.join(" "))),
    ];
    breaches.into_iter().flatten().collect()
}
