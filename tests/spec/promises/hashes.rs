//! What two logs are compared by.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// The hashes of a log, in the order of their positions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hashes(Vec<String>);

impl Hashes {
    /// The hashes of a log; its positions have no gaps.
    pub(super) fn of(store: &Path) -> Self {
        let log = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let log = log.expect("it opens");
        let mut select = log
            .prepare("SELECT position, hex(hash) FROM events ORDER BY position")
            .expect("it is a log");
        let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
        let rows = rows.expect("it reads").map(|row| row.expect("a position and a hash"));
        let hash = |(n, (position, hash))| {
            assert_eq!(position, n, "positions are dense");
            hash
        };
        Self((1..).zip(rows).map(hash).collect())
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn begins_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}
