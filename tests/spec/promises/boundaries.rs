//! A kill at every boundary of the script: between any two changes of any file of the store, its
//! creation included.

use std::collections::HashSet;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::boundary::{boundaries, table};
use super::script::{Ended, at_each, recorded, struck};
use super::trace::{Fault, calls};

const SIGKILL: i32 = 9;

#[test]
fn a_kill_between_any_two_changes_leaves_nothing_lost_and_nothing_half() {
    let began = Instant::now();
    let boundaries = recorded(|calls, script| boundaries(calls, script.folder()));
    let distinct: HashSet<_> = boundaries.iter().collect();
    assert_eq!(distinct.len(), boundaries.len(), "each is another moment");
    let kills = AtomicUsize::new(0);
    let done = at_each(&boundaries, |boundary| {
        let killed = |ended: &Ended| ended.status.signal() == Some(SIGKILL);
        let (mut script, ended) = struck(Fault::Kill(boundary), killed);
        let calls = calls(&ended.log);
        let last = calls.last().map(|call| (&call.syscall, script.place(call)));
        assert_eq!(last, Some((&boundary.syscall, &*boundary.place)), "it was killed elsewhere");
        kills.fetch_add(1, Ordering::Relaxed);
        script.recovers();
    });
    let mut out = std::io::stderr().lock();
    writeln!(
        out,
        "{} boundaries of the script, {} kills, {:.0} s:\n{}",
        boundaries.len(),
        kills.load(Ordering::Relaxed),
        began.elapsed().as_secs_f64(),
        table(&boundaries),
    )
    .expect("standard error is open");
    assert_eq!((kills.into_inner(), done), (boundaries.len(), boundaries.len()));
}
