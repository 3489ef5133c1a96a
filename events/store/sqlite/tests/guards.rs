//! The database guards the log: settings, triggers, the version of SQLite, every statement's text.

use rusqlite::Connection;

use super::world;
use crate::store::conformance::given::{append, stream};
use crate::store::sqlite::{Options, Sqlite, SqliteReader, connect};
use crate::store::{Error, Filter};
use crate::stream::Position;

#[tokio::test]
async fn facts_cannot_be_changed_deleted_or_replaced() {
    let (world, path) = world().await;
    world.appends(append("a", 1)).await;
    let other = Connection::open(path).expect("opens");
    let attempts = [
        "UPDATE events SET payload = x'00'",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT * FROM events",
        "REPLACE INTO events VALUES (1, 1, 1, x'00', x'00', x'00', 0)",
        "UPDATE outcomes SET verdict = 3",
        "DELETE FROM outcomes",
        "UPDATE streams SET key = 'b'",
        "DELETE FROM streams",
    ];
    for attempt in attempts {
        let refused = other.execute(attempt, []).expect_err(attempt);
        assert!(refused.to_string().contains("cannot be"), "{attempt}: {refused}");
    }
    assert_eq!(world.stream(&stream("a")).await.len(), 1);
    world.verifies().await;
}

#[tokio::test]
async fn fifty_connections_are_all_as_safe_as_they_must_be() {
    let (world, path) = world().await;
    world.appends(append("a", 1)).await;
    for _ in 0..50 {
        let connection = connect::reader(&path).expect("opens and was compared");
        let refused = connection.execute("CREATE TABLE x (y)", []);
        assert!(refused.is_err(), "a reader wrote");
    }
}

#[test]
fn the_linked_sqlite_is_one_that_loses_nothing() {
    assert!(rusqlite::version_number() >= crate::store::sqlite::SQLITE_OLDEST);
    connect::check_version().expect("new enough");
}

#[tokio::test]
async fn a_log_of_a_newer_program_is_refused_by_writer_and_reader() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("annals.log");
    Sqlite::open(&path, &Options::default()).await.expect("creates a log");
    let other = Connection::open(&path).expect("opens");
    let newer = "INSERT INTO _sqlx_migrations VALUES (9, 'later', 0, 1, x'00', 0)";
    other.execute(newer, []).expect("inserted");
    drop(other);
    let writer = Sqlite::open(&path, &Options::default()).await.err().expect("refused");
    assert!(matches!(writer, Error::NewerSchema { found: 9, .. }), "{writer}");
    let reader = SqliteReader::open(&path).expect_err("refused");
    assert!(matches!(reader, Error::NewerSchema { found: 9, .. }), "{reader}");
}

/// As a kill leaves it between the tables and the identity.
#[tokio::test]
async fn tables_without_an_identity_are_no_log_until_a_writer_makes_them_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("annals.log");
    Sqlite::open(&path, &Options::default()).await.expect("creates a log");
    without_identity(&path);
    let reader = SqliteReader::open(&path).map(drop).expect_err("there is no log");
    assert!(matches!(reader, Error::Missing(_)), "{reader}");
    Sqlite::open(&path, &Options::default()).await.expect("makes it a log");
    SqliteReader::open(&path).expect("a log");
}

#[tokio::test]
async fn a_history_without_an_identity_is_damaged() {
    let (world, path) = world().await;
    world.appends(append("a", 1)).await;
    without_identity(&path);
    let reader = SqliteReader::open(&path).map(drop).expect_err("it is damaged");
    assert!(matches!(reader, Error::Damaged(_)), "{reader}");
}

fn without_identity(path: &std::path::Path) {
    let guards = "SELECT group_concat('DROP TRIGGER ' || name || ';', ' ') FROM sqlite_schema
                  WHERE type = 'trigger' AND tbl_name = 'log'";
    let other = Connection::open(path).expect("opens");
    let drop: Option<String> = other.query_row(guards, [], |row| row.get(0)).expect("a list");
    other.execute_batch(&drop.unwrap_or_default()).expect("dropped");
    assert_eq!(other.execute("DELETE FROM log", []).expect("deleted"), 1);
}

#[tokio::test]
async fn a_second_writer_is_kept_out_and_told_by_whom() {
    let (_world, path) = world().await;
    let second = Sqlite::open(&path, &Options::default()).await.err().expect("refused");
    let me = std::process::id().to_string();
    assert!(matches!(second, Error::Locked { pid, .. } if pid == me));
    SqliteReader::open(&path).expect("readers may come");
}

#[tokio::test]
async fn what_is_no_log_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    let text = b"dear diary, ".repeat(600);
    std::fs::write(&path, &text).expect("written");
    let writer = Sqlite::open(&path, &Options::default()).await.err().expect("refused");
    assert!(matches!(writer, Error::NotALog { .. }), "{writer}");
    let reader = SqliteReader::open(&path).expect_err("refused");
    assert!(matches!(reader, Error::NotALog { .. }), "{reader}");
    assert_eq!(std::fs::read(&path).expect("read"), text);
    let missing = SqliteReader::open(&folder.path().join("none")).expect_err("refused");
    assert!(matches!(missing, Error::Missing(_)), "{missing}");
}

#[tokio::test]
async fn the_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.db");
    let other = Connection::open(&path).expect("opens");
    other.execute_batch("CREATE TABLE notes (text); INSERT INTO notes VALUES (1)").expect("made");
    drop(other);
    let before = std::fs::read(&path).expect("read");
    let refused = Sqlite::open(&path, &Options::default()).await.err().expect("refused");
    assert!(matches!(refused, Error::NotALog { .. }), "{refused}");
    assert_eq!(std::fs::read(&path).expect("read"), before);
}

#[tokio::test]
async fn the_journal_is_moved_into_the_file_and_stays_bounded() {
    let (world, path) = world().await;
    for round in 0..40_u128 {
        let appends = (0..200_u128).map(|n| {
            let writer = world.writer().clone();
            tokio::spawn(async move { writer.append(append("a", round * 1000 + n)).await })
        });
        for append in appends.collect::<Vec<_>>() {
            append.await.expect("no panic").expect("appended");
        }
    }
    let mut journal = path.into_os_string();
    journal.push("-wal");
    let bytes = std::fs::metadata(journal).expect("a journal").len();
    assert!(bytes < 40 * 1024 * 1024, "the journal has {bytes} bytes");
    let page = world.reader().read_all(Position(7990), &Filter::default(), 100).await;
    assert_eq!(page.expect("read").events.len(), 11);
}

#[tokio::test]
async fn a_full_store_says_so_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture =
        super::InFile { folder, options: Options { pages_max: Some(60), ..Options::default() } };
    let mut world = super::World::new(Box::new(fixture)).await;
    let mut recorded = 0;
    let full = loop {
        match world.writer().append(append("a", recorded)).await {
            Ok(_) => recorded += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, Error::Full), "{full}");
    assert!(matches!(world.writer().append(append("b", 9999)).await, Err(Error::Full)));
    assert_eq!(world.stream(&stream("a")).await.len(), recorded as usize);
    world.verifies().await;
    world.restart().await;
    assert_eq!(world.stream(&stream("a")).await.len(), recorded as usize);
}
