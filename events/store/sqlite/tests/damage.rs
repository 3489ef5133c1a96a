//! Damage of every kind that a person could do: rows that were deleted, swapped, forged or cut off
//! are named.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::small::{alter, small_log};
use crate::chain::event_hash;
use crate::store::conformance::given::{SetClock, append, stream};
use crate::store::sqlite::rows::EventRow;
use crate::store::sqlite::{Options, Sqlite, SqliteReader, connect, verify};
use crate::store::{Error, EventStore, LogReader, Progress, Report, Writer};
use crate::stream::{Direction, Position, Version};

pub(super) fn audit(path: &Path) -> Result<Report, Error> {
    verify::verify(&connect::reader(path)?, path, &Progress::default())
}

/// Runs `change` on a small log with its guards removed, and gives the audit's first finding.
async fn first_finding(change: &str) -> String {
    let (path, _folder) = small_log().await;
    alter(&path, |connection| connection.execute_batch(change).expect("changed"));
    let report = audit(&path).expect("checked");
    report.damages.first().map_or_else(|| "nothing".into(), ToString::to_string)
}

#[tokio::test]
async fn an_untouched_log_has_no_findings() {
    assert_eq!(first_finding("SELECT 1").await, "nothing");
}

#[tokio::test]
async fn a_deleted_event_is_named() {
    let found = first_finding("DELETE FROM events WHERE position = 7").await;
    assert_eq!(found, "event at position 7: it is missing");
}

#[tokio::test]
async fn events_cut_off_at_the_end_are_named() {
    let found = first_finding("DELETE FROM events WHERE position > 18").await;
    assert_eq!(found, "event at position 19: it is missing");
}

#[tokio::test]
async fn swapped_events_are_named() {
    let swap = "UPDATE events SET position = -1 WHERE position = 4;
                UPDATE events SET position = 4 WHERE position = 5;
                UPDATE events SET position = 5 WHERE position = -1";
    let found = first_finding(swap).await;
    assert_eq!(found, "event at position 4: its row does not match its checksum");
}

#[tokio::test]
async fn a_head_that_was_moved_is_reported() {
    let found = first_finding("UPDATE heads SET version = version - 1 WHERE stream = 1").await;
    assert!(found.contains("does not match its checksum"), "{found}");
}

#[tokio::test]
async fn a_deleted_outcome_is_reported() {
    let delete = "DELETE FROM outcomes WHERE command = (SELECT min(command) FROM outcomes)";
    let found = first_finding(delete).await;
    assert!(found.contains("the head of the log says"), "{found}");
}

#[tokio::test]
async fn guards_that_were_taken_away_are_reported() {
    let found = first_finding("CREATE TABLE extra (x)").await;
    assert!(found.contains("schema"), "{found}");
}

/// Someone who knows the checksums can write a row that looks whole; only the chain tells.
#[tokio::test]
async fn an_event_rewritten_with_care_breaks_the_chain_of_its_stream() {
    let (path, _folder) = small_log().await;
    let connection = Connection::open(&path).expect("opens");
    connection.execute_batch("DROP TRIGGER events_cannot_change").expect("dropped");
    let (number, version, header, hash): (i64, i64, Vec<u8>, Vec<u8>) = connection
        .query_row("SELECT stream, version, header, hash FROM events WHERE position = 4", [], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))
        })
        .expect("read");
    let payload = b"{\"n\":\"forged\"}".as_slice();
    let row = EventRow {
        position: Position(4),
        stream: number,
        version: Version(version as u64),
        hash: &hash,
        header: &header,
        payload,
    };
    let update = "UPDATE events SET payload = ?, checksum = ? WHERE position = 4";
    connection.execute(update, params![payload, row.sum()]).expect("forged");
    let before: Vec<u8> = connection
        .query_row("SELECT hash FROM events WHERE position = 1", [], |row| row.get(0))
        .expect("read");
    let before = crate::chain::EventHash::from_slice(&before).expect("a hash");
    assert_ne!(event_hash(&before, &header, payload).0.as_slice(), hash);
    drop(connection);

    let reader = SqliteReader::open(&path).expect("opens");
    let read = reader.read_stream(&stream("a"), Version::FIRST, Direction::Forwards, 100).await;
    let error = read.expect_err("the chain is checked on read");
    assert!(error.to_string().contains("does not follow"), "{error}");
    let report = audit(&path).expect("checked");
    assert_eq!(report.damages[0].position, Some(Position(4)), "{:?}", report.damages);
}

/// Damage of one stream is refused by name; the writer goes on with the others, also those that
/// share a transaction with it.
#[tokio::test]
async fn a_damaged_stream_keeps_nobody_else_out() {
    let (path, _folder) = small_log().await;
    let store = Sqlite::open(&path, &Options::default()).await.expect("opens");
    // Found at the next start, if it is at the end of the log; this happens to one that is running.
    let connection = Connection::open(&path).expect("opens");
    connection.execute_batch("UPDATE heads SET version = 90 WHERE stream = 1").expect("damaged");
    drop(connection);
    let head = store.reader().head().await.expect("head");
    let clock = Arc::new(SetClock::at(head.recorded_at.0));
    let (writer, _task) = Writer::start(Arc::new(store), clock, head);
    let (damaged, whole, other) = tokio::join!(
        writer.append(append("a", 100)),
        writer.append(append("b", 101)),
        writer.append(append("new", 102)),
    );
    assert!(matches!(damaged, Err(Error::Damaged(_))), "{damaged:?}");
    assert!(whole.is_ok() && other.is_ok(), "{whole:?}, {other:?}");
}
