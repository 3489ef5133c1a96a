//! A small log to be damaged, and how a person would damage it.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::{InFile, World};
use crate::store::Append;
use crate::store::conformance::given::{append, rejection};

pub(super) const STREAMS: [&str; 3] = ["a", "b", "c"];
pub(super) const COMMANDS: u128 = 24;

/// A small log, closed in good order, and its one file.
pub(super) async fn small_log() -> (PathBuf, TempDir) {
    let accepted = (0..20).map(|n| append(STREAMS[n as usize % 3], n));
    log_of(accepted.chain((20..COMMANDS).map(|n| rejection("a", n)))).await
}

/// A log of these appends, closed in good order.
pub(super) async fn log_of(appends: impl Iterator<Item = Append>) -> (PathBuf, TempDir) {
    let fixture = InFile::default();
    let path = fixture.path();
    let folder = tempfile::tempdir().expect("a folder");
    let mut world = World::new(Box::new(fixture)).await;
    for append in appends {
        world.appends(append).await;
    }
    world.restart().await;
    let copy = folder.path().join("annals.log");
    fs::copy(path, &copy).expect("copied");
    (copy, folder)
}

/// Changes a log with its guards removed, and puts them back.
pub(super) fn alter(path: &Path, change: impl FnOnce(&Connection)) {
    let connection = Connection::open(path).expect("opens");
    let texts = |select: &str| -> Vec<String> {
        let mut select = connection.prepare(select).expect("prepared");
        let rows = select.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("read")
    };
    let drops = texts("SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'");
    let creates = texts("SELECT sql FROM sqlite_schema WHERE type = 'trigger'");
    connection.execute_batch(&drops.join(";")).expect("dropped");
    change(&connection);
    connection.execute_batch(&creates.join(";")).expect("created");
}
