//! The boundaries of a program: the moments just before each call that changes a file of the store.
//! A kill at every one of them is a kill between any two changes.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::trace::Call;

/// One moment, and how strace finds it again in another run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Boundary {
    /// The call that is about to change something.
    pub(super) syscall: String,
    /// The file it changes, as seen from the run's folder.
    pub(super) place: PathBuf,
    /// A file whose calls count too.
    pub(super) beside: Option<PathBuf>,
    /// The how-manieth such call of its thread on these files; strace counts threads apart.
    pub(super) nth: usize,
    /// Whether it is the program's first thread, which strace can watch alone.
    pub(super) first_thread: bool,
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = if self.first_thread { "the first thread" } else { "another thread" };
        write!(f, "{} {} of {thread} on {}", self.syscall, self.nth, self.place.display())
    }
}

/// Every boundary of a run in `folder`, whose store is in `world` there.
pub(super) fn boundaries(calls: &[Call], folder: &Path, beside: Option<&Path>) -> Vec<Boundary> {
    let first = calls.first().map(|call| call.thread);
    let seen = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_owned();
    let found = changes(calls, &folder.join("world")).into_iter().map(|index| {
        let call = &calls[index];
        let first_thread = Some(call.thread) == first;
        let counts = |other: &&Call| {
            other.syscall == call.syscall
                && (other.path == call.path || beside.is_some_and(|path| other.path == path))
        };
        let mut nths: HashMap<u32, usize> = HashMap::new();
        for other in calls[..=index].iter().filter(counts) {
            *nths.entry(other.thread).or_default() += 1;
        }
        let nth = nths[&call.thread];
        let sooner = nths.iter().any(|(thread, n)| *thread != call.thread && *n >= nth);
        assert!(first_thread || !sooner, "strace would strike another thread before {call:?}");
        Boundary {
            syscall: call.syscall.clone(),
            place: seen(&call.path),
            beside: beside.map(seen),
            nth,
            first_thread,
        }
    });
    found.collect()
}

/// The calls that change a file in `world`; to open one that is there changes nothing.
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
        Call { thread, syscall: syscall.into(), path, creates, injected: false }
    }

    fn told(calls: &[Call], beside: Option<&str>) -> Vec<String> {
        let found = boundaries(calls, Path::new("/t"), beside.map(Path::new));
        found.iter().map(ToString::to_string).collect()
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
        assert_eq!(told(&calls, None), expected);
        assert_eq!(told(&calls, Some("/t/out"))[0], "write 2 of the first thread on world/a");
    }

    #[test]
    fn to_open_what_is_there_changes_nothing() {
        let calls = [
            call(1, "openat", "world/a", true),
            call(1, "openat", "world/a", true),
            call(1, "unlink", "world/a", false),
            call(1, "openat", "world/a", true),
        ];
        let expected = [
            "openat 1 of the first thread on world/a",
            "unlink 1 of the first thread on world/a",
            "openat 3 of the first thread on world/a",
        ];
        assert_eq!(told(&calls, None), expected);
    }

    #[test]
    #[should_panic(expected = "would strike another thread")]
    fn a_boundary_that_cannot_be_found_again_is_no_boundary() {
        let calls = [
            call(1, "openat", "lib", false),
            call(2, "fsync", "world/a", false),
            call(3, "fsync", "world/a", false),
        ];
        told(&calls, None);
    }
}
