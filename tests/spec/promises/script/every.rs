//! The same script for every boundary: recorded, then run until the fault strikes, a few at a time.

use std::fmt::Display;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::super::boundary::{Boundary, Found};
use super::super::trace::{Call, Fault};
use super::{Ended, Script};

/// How many runs go on at once.
const SIDE_BY_SIDE: usize = 2;
/// How often a run may be repeated. The id of a new log and its times are drawn by chance, and a
/// checksum over them takes four bytes or six: now and then a log has a page more or less.
const TRIES: usize = 20;
const SIGKILL: i32 = 9;

/// What a run begins with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Start<'a> {
    /// Nothing.
    Fresh,
    /// What a kill at this boundary left.
    AfterAKill(&'a Boundary),
}

impl Start<'_> {
    fn script(self) -> Script {
        let Self::AfterAKill(boundary) = self else { return Script::new() };
        let (mut script, _) = struck(Start::Fresh, Fault::Kill(boundary), killed);
        script.look();
        script
    }
}

/// Whether a run was killed.
pub(in super::super) fn killed(ended: &Ended) -> bool {
    ended.status.signal() == Some(SIGKILL)
}

/// Records the script until two runs agree on its boundaries.
pub(in super::super) fn recorded(
    start: Start<'_>,
    find: impl Fn(&[Call], &Script) -> Found,
) -> Vec<Boundary> {
    let record = || {
        let mut script = start.script();
        let calls = script.record();
        let found = find(&calls, &script);
        match start {
            Start::Fresh => found.every_one(),
            Start::AfterAKill(_) => found.but_the_index(),
        }
    };
    let mut last = record();
    for _ in 0..TRIES {
        let next = record();
        if next == last {
            return next;
        }
        last = next;
    }
    panic!("the script makes other calls in every run")
}

/// Runs the script so that the fault strikes; a run that passes the boundary by is repeated.
pub(in super::super) fn struck(
    start: Start<'_>,
    fault: Fault<'_>,
    strikes: impl Fn(&Ended) -> bool,
) -> (Script, Ended) {
    for _ in 0..TRIES {
        let mut script = start.script();
        let ended = script.run_with(fault);
        if strikes(&ended) {
            return (script, ended);
        }
        assert!(ended.status.success(), "nothing struck, and yet it does not end well: {ended:?}");
    }
    panic!("no run comes to this boundary")
}

/// Does the work for every moment, a few at a time, until one fails; says which one failed.
/// Returns how many were done.
pub(in super::super) fn at_each<M: Display + Sync>(
    moments: &[M],
    work: impl Fn(&M) + Sync,
) -> usize {
    let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let run = || {
        while !failed.load(Ordering::Relaxed)
            && let Some(moment) = moments.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let naming = Naming(moment, &failed);
            work(moment);
            drop(naming);
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| (0..SIDE_BY_SIDE).for_each(|_| drop(scope.spawn(run))));
    done.into_inner()
}

/// Says where a run failed, and lets no other begin.
struct Naming<'a, M: Display>(&'a M, &'a AtomicBool);

impl<M: Display> Drop for Naming<'_, M> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.1.store(true, Ordering::Relaxed);
            let _ = writeln!(std::io::stderr().lock(), "failed at {}", self.0);
        }
    }
}
