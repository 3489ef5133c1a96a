//! The journal of the log, and who keeps it from beginning anew.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use events::store::sqlite::beside;
use indicatif::HumanBytes;

use super::Check;
use crate::cli::problem::Code;

/// The writer keeps the journal far shorter than this, unless someone is in its way.
const BYTES_LONG: u64 = 256 * 1024 * 1024;
/// Where SQLite locks the index of the journal as long as a read goes on.
const READ_LOCKS: RangeInclusive<u64> = 123..=127;

/// How long the journal is; of one that is long, who reads the log just now.
pub(super) fn check(path: &Path) -> Check {
    let bytes = std::fs::metadata(beside(path, "-wal")).map_or(0, |found| found.len());
    let message = format!("the journal has {}", HumanBytes(bytes));
    if bytes < BYTES_LONG {
        return Check::ok("journal", message);
    }
    let readers: Vec<String> = readers(path).into_iter().map(named).collect();
    let message = match readers.is_empty() {
        true => format!("{message}; who holds the log open for reading cannot be seen from here"),
        false => format!("{message}; the log is held open for reading by {}", readers.join(", ")),
    };
    Check::warning("journal", message, Code::JournalFull.remedy())
}

/// The processes that are in the middle of a read, as far as the system tells.
fn readers(path: &Path) -> BTreeSet<u32> {
    let index = std::fs::metadata(beside(path, "-shm")).map(|found| found.ino());
    let locks = std::fs::read_to_string("/proc/locks");
    index.and_then(|index| Ok(holders(&locks?, index))).unwrap_or_default()
}

/// Who holds a read lock of a journal's index, by the system's list of locks.
fn holders(locks: &str, index: u64) -> BTreeSet<u32> {
    let holder = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "POSIX", _, "READ", pid, file, from, to] = fields[..] else { return None };
        let inode: u64 = file.rsplit(':').next()?.parse().ok()?;
        let locked = |at: &str| at.parse().is_ok_and(|at| READ_LOCKS.contains(&at));
        (inode == index && locked(from) && locked(to)).then(|| pid.parse().ok())?
    };
    locks.lines().filter_map(holder).collect()
}

fn named(pid: u32) -> String {
    match std::fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => format!("process {pid} ({})", name.trim_end()),
        Err(_) => format!("process {pid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKS: &str = "1: POSIX  ADVISORY  READ  4711 fe:00:1234 124 124
2: POSIX  ADVISORY  READ  4712 fe:00:1234 128 128
3: POSIX  ADVISORY  READ  4713 fe:00:9999 124 124
4: POSIX  ADVISORY  WRITE 4714 fe:00:1234 120 120
4: -> POSIX  ADVISORY  READ  4715 fe:00:1234 125 125
5: FLOCK  ADVISORY  WRITE 4716 fe:00:1234 0 EOF
6: POSIX  ADVISORY  READ  4717 fe:00:1234 123 123
";

    #[test]
    fn who_reads_is_told_from_who_only_has_the_log_open() {
        assert_eq!(holders(LOCKS, 1234), BTreeSet::from([4711, 4717]));
        assert!(holders("", 1234).is_empty());
    }

    #[test]
    fn one_that_reads_just_now_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("annals.log");
        let text = "PRAGMA journal_mode = WAL; CREATE TABLE t (x); BEGIN; SELECT * FROM t";
        let reader = rusqlite::Connection::open(&path).expect("opens");
        reader.execute_batch(text).expect("it reads");
        assert_eq!(readers(&path), BTreeSet::from([std::process::id()]));
        reader.execute_batch("COMMIT").expect("it has read");
        assert!(readers(&path).is_empty());
    }
}
