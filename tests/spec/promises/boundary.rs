//! The boundaries of a program: the moments just before each call that changes a file of the store.
//! A kill at every one of them is a kill between any two changes.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::trace::Call;

/// One moment, and how strace finds it again in another run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Boundary {
    /// The call that is about to change something, or one just before it.
    pub(super) syscall: String,
    /// The file it is about, as seen from the run's folder.
    pub(super) place: PathBuf,
    /// A file whose calls count too.
    pub(super) beside: Option<PathBuf>,
    /// The how-manieth such call of its thread on these files; strace counts threads apart.
    pub(super) nth: usize,
    /// Whether it is the program's first thread, which strace can watch alone.
    pub(super) first_thread: bool,
}

impl Boundary {
    /// A boundary near the end: just before the fifth but last sync of the log's journal.
    pub(super) fn late(boundaries: &[Self]) -> &Self {
        let syncs = |boundary: &&Self| {
            boundary.syscall.ends_with("sync") && boundary.place.ends_with("annals.log-wal")
        };
        boundaries.iter().rev().filter(syncs).nth(4).expect("every command is synced")
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = if self.first_thread { "the first thread" } else { "another thread" };
        write!(f, "{} {} of {thread} on {}", self.syscall, self.nth, self.place.display())
    }
}

/// The boundaries of a run.
#[derive(Debug)]
pub(super) struct Found {
    boundaries: Vec<Boundary>,
    /// Changes that strace cannot tell from those another thread made before.
    lost: Vec<Call>,
}

impl Found {
    /// All of them; none may be lost.
    pub(super) fn every_one(self) -> Vec<Boundary> {
        assert!(self.lost.is_empty(), "strace would strike another thread before {:?}", self.lost);
        self.boundaries
    }

    /// All of them, but for the index of the journal: whoever opens a log first throws it away and
    /// makes it again, and when a log is mended that happens twice, by two threads.
    pub(super) fn but_the_index(self) -> Vec<Boundary> {
        let lost = self.lost.into_iter();
        let lost = lost.filter(|call| !call.path.ends_with("annals.log-shm")).collect();
        Self { boundaries: self.boundaries, lost }.every_one()
    }
}

/// Every boundary of a run in `folder`, whose store is in `world` there.
pub(super) fn boundaries(calls: &[Call], folder: &Path) -> Found {
    let world = folder.join("world");
    let mut before = 0;
    let mut found = Found { boundaries: Vec::new(), lost: Vec::new() };
    for change in changes(calls, &world) {
        // Whatever comes after the change before and up to this one is the same moment.
        let moment = (before..=change).rev().filter(|index| calls[*index].path.starts_with(&world));
        before = change + 1;
        match moment.filter_map(|index| boundary(calls, index, folder, None)).next() {
            Some(boundary) => found.boundaries.push(boundary),
            None => found.lost.push(calls[change].clone()),
        }
    }
    found
}

/// Every boundary whose call is one of these, to make it fail. The calls on `beside` are watched
/// as well, and so they count.
pub(super) fn failures(calls: &[Call], folder: &Path, beside: &Path, these: &[&str]) -> Found {
    let changes = changes(calls, &folder.join("world")).into_iter();
    let mut found = Found { boundaries: Vec::new(), lost: Vec::new() };
    for change in changes.filter(|change| these.contains(&&*calls[*change].syscall)) {
        match boundary(calls, change, folder, Some(beside)) {
            Some(boundary) => found.boundaries.push(boundary),
            None => found.lost.push(calls[change].clone()),
        }
    }
    found
}

/// How a call is found again; not at all, if another thread comes to the same number sooner.
fn boundary(
    calls: &[Call],
    index: usize,
    folder: &Path,
    beside: Option<&Path>,
) -> Option<Boundary> {
    let call = &calls[index];
    let first_thread = call.thread == calls[0].thread;
    let watched = |path: &Path| path == call.path || beside == Some(path);
    let mut nths: HashMap<u32, usize> = HashMap::new();
    for other in calls[..=index].iter().filter(|other| watched(&other.path)) {
        *nths.entry(other.thread).or_default() += usize::from(other.syscall == call.syscall);
    }
    let nth = nths[&call.thread];
    let sooner = nths.iter().any(|(thread, n)| *thread != call.thread && *n >= nth);
    let seen = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_owned();
    (first_thread || !sooner).then(|| Boundary {
        syscall: call.syscall.clone(),
        place: seen(&call.path),
        beside: beside.map(seen),
        nth,
        first_thread,
    })
}

/// The calls that change a file in `world`; to open one that is there changes nothing, nor does to
/// look for one that is not.
fn changes(calls: &[Call], world: &Path) -> Vec<usize> {
    let mut there: HashSet<&Path> = HashSet::new();
    let mut found = Vec::new();
    for (index, call) in calls.iter().enumerate().filter(|(_, c)| c.path.starts_with(world)) {
        let opens = matches!(&*call.syscall, "openat" | "open");
        if !opens || (call.creates && !there.contains(call.path.as_path())) {
            found.push(index);
        }
        match &*call.syscall {
            "unlink" | "unlinkat" => drop(there.remove(call.path.as_path())),
            _ if call.failed => {}
            _ => drop(there.insert(&call.path)),
        }
    }
    found
}

/// How many boundaries each file and call has, for people.
pub(super) fn table(boundaries: &[Boundary]) -> String {
    let mut counts: HashMap<(&Path, &str), usize> = HashMap::new();
    for boundary in boundaries {
        *counts.entry((&boundary.place, &boundary.syscall)).or_default() += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_unstable();
    let line = |((place, syscall), count): ((&Path, &str), usize)| {
        format!("  {count:>5}  {syscall:<10} {}\n", place.display())
    };
    rows.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(thread: u32, syscall: &str, path: &str, creates: bool) -> Call {
        let path = Path::new("/t").join(path);
        Call { thread, syscall: syscall.into(), path, creates, failed: false, injected: false }
    }

    fn told(calls: &[Call]) -> Vec<String> {
        boundaries(calls, Path::new("/t")).every_one().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_boundary_is_found_again_by_its_thread_its_file_and_its_number() {
        let calls = [
            call(1, "write", "out", false),
            call(1, "write", "world/a", false),
            call(2, "fsync", "world/b", false),
            call(1, "write", "world/a", false),
            call(1, "fsync", "world/b", false),
        ];
        let expected = [
            "write 1 of the first thread on world/a",
            "fsync 1 of another thread on world/b",
            "write 2 of the first thread on world/a",
            "fsync 1 of the first thread on world/b",
        ];
        assert_eq!(told(&calls), expected);
        let found = failures(&calls, Path::new("/t"), Path::new("/t/out"), &["write"]);
        let failures = found.every_one();
        assert_eq!(failures.iter().map(|found| found.nth).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn to_open_what_is_there_changes_nothing() {
        let looked_for = Call { failed: true, ..call(1, "openat", "world/a", false) };
        let calls = [
            looked_for,
            call(1, "openat", "world/a", true),
            call(1, "openat", "world/a", true),
            call(1, "unlink", "world/a", false),
            call(1, "openat", "world/a", true),
        ];
        let expected = [
            "openat 2 of the first thread on world/a",
            "unlink 1 of the first thread on world/a",
            "openat 4 of the first thread on world/a",
        ];
        assert_eq!(told(&calls), expected);
    }

    #[test]
    fn a_thread_that_comes_second_is_met_at_what_came_just_before() {
        let looked_for = Call { failed: true, ..call(1, "openat", "world/a", false) };
        let calls = [looked_for, call(2, "openat", "world/a", true)];
        assert_eq!(told(&calls), ["openat 1 of the first thread on world/a"]);
    }

    #[test]
    #[should_panic(expected = "would strike another thread")]
    fn a_boundary_that_cannot_be_found_again_is_no_boundary() {
        let calls = [
            call(1, "openat", "lib", false),
            call(2, "fsync", "world/a", false),
            call(3, "fsync", "world/a", false),
        ];
        told(&calls);
    }
}
