//! A kill at every boundary of the script: between any two changes of any file of the store, its
//! creation included; and once more while the store is opened again after such a kill.

use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::boundary::{Boundary, boundaries, table};
use super::script::every::{Start, at_each, killed, recorded, struck};
use super::trace::{Fault, calls};

#[test]
fn a_kill_between_any_two_changes_leaves_nothing_lost_and_nothing_half() {
    let boundaries = found(Start::Fresh);
    assert!(boundaries.len() > 200, "fifty commands change more than this: {boundaries:?}");
    kill_at_each("a fresh store", Start::Fresh, &boundaries);
}

#[test]
fn a_kill_while_the_last_one_is_mended_leaves_nothing_lost_and_nothing_half() {
    let fresh = found(Start::Fresh);
    let start = Start::AfterAKill(Boundary::late(&fresh));
    let boundaries = found(start);
    assert!(boundaries.len() > 20, "five commands change more than this: {boundaries:?}");
    kill_at_each("a store after a kill", start, &boundaries);
}

fn found(start: Start<'_>) -> Vec<Boundary> {
    recorded(start, |calls, script| boundaries(calls, script.folder()))
}

fn kill_at_each(what: &str, start: Start<'_>, boundaries: &[Boundary]) {
    let began = Instant::now();
    let distinct: HashSet<_> = boundaries.iter().collect();
    assert_eq!(distinct.len(), boundaries.len(), "each is another moment");
    let kills = AtomicUsize::new(0);
    let done = at_each(boundaries, |boundary| {
        let (mut script, ended) = struck(start, Fault::Kill(boundary), killed);
        let calls = calls(&ended.log.0);
        let last = calls.last().map(|call| (&call.syscall, script.place(call)));
        assert_eq!(last, Some((&boundary.syscall, &*boundary.place)), "it was killed elsewhere");
        kills.fetch_add(1, Ordering::Relaxed);
        script.recovers();
    });
    let (count, kills, seconds) =
        (boundaries.len(), kills.into_inner(), began.elapsed().as_secs_f64());
    let table = table(boundaries);
    let mut out = std::io::stderr().lock();
    writeln!(out, "{count} boundaries of {what}, {kills} kills, {seconds:.0} s:\n{table}")
        .expect("standard error is open");
    assert_eq!((kills, done), (count, count), "a kill at every boundary");
}
