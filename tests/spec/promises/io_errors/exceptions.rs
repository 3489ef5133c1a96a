//! Where the rule of the first error cannot hold, why not, and why that is harmless. An exception
//! that nothing needs any more fails the test, so that this list stays true.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::boundary::Boundary;
use super::super::script::Ended;

/// Something a program should not do after an error of the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Breach {
    AnsweredAgain,
    SyncedAgain,
    /// It ended with another exit code, or said something else.
    EndedWith(Option<i32>, String),
}

struct Exception {
    places: &'static [&'static str],
    excuses: fn(&Breach, &Ended) -> bool,
    reason: &'static str,
}

const EXCEPTIONS: [Exception; 3] = [
    Exception {
        places: &["world/home"],
        excuses: |breach, ended| *breach == Breach::SyncedAgain || ended.status.success(),
        reason: "SQLite syncs the folder when it makes a journal, and does not look at the result; \
                 the log's own sync of its folders is looked at",
    },
    Exception {
        places: &["world/home/annals.log"],
        excuses: |breach, ended| *breach == Breach::SyncedAgain && ended.answers == 0,
        reason: "before the file is a log, SQLite puts back what it wrote and syncs that: whole \
                 pages, written anew",
    },
    Exception {
        places: &["world/home/annals.log.keys", "world/home/annals.log.keys-journal"],
        excuses: |breach, ended| *breach == Breach::SyncedAgain && ended.answers == 0,
        reason: "keys are kept with a journal of the old pages: SQLite puts them back and syncs \
                 them, written anew; the key that was being made is used by nobody",
    },
];

/// How often each exception was needed.
#[derive(Debug, Default)]
pub(super) struct Excuses {
    needed: [AtomicUsize; EXCEPTIONS.len()],
    /// How often the log's own sync of its folder failed and everything was as it should be.
    folder: AtomicUsize,
}

impl Excuses {
    /// Fails the test on a breach that nothing excuses.
    pub(super) fn judge(&self, boundary: &Boundary, ended: &Ended, breaches: &[Breach]) {
        if breaches.is_empty() && boundary.place == Path::new("world/home") {
            self.folder.fetch_add(1, Ordering::Relaxed);
        }
        for breach in breaches {
            let excuse = EXCEPTIONS.iter().zip(&self.needed).find(|(exception, _)| {
                exception.places.iter().any(|place| boundary.place == Path::new(place))
                    && (exception.excuses)(breach, ended)
            });
            let Some((_, needed)) = excuse else {
                panic!("an error of the disk must stop the program, but {breach:?}: {ended:?}")
            };
            needed.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn are_all_needed(&self) {
        for (exception, needed) in EXCEPTIONS.iter().zip(&self.needed) {
            let needed = needed.load(Ordering::Relaxed);
            assert!(needed > 0, "{:?} need no exception any more", exception.places);
        }
        assert!(self.folder.load(Ordering::Relaxed) > 0, "a folder's sync is looked at");
    }
}

impl fmt::Display for Excuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (exception, needed) in EXCEPTIONS.iter().zip(&self.needed) {
            let (needed, places) = (needed.load(Ordering::Relaxed), exception.places.join(", "));
            writeln!(f, "  excused {needed} times on {places}: {}", exception.reason)?;
        }
        Ok(())
    }
}
