//! Start-up is recovery: an end of the log that does not hold together is not appended to. What is
//! damaged elsewhere does not keep a log closed, however long it is.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, params};

use super::small::{alter, log_of, small_log};
use super::{InFile, World};
use crate::chain::EventHash;
use crate::store::conformance::given::{append, event, stream};
use crate::store::sqlite::read::stream::find;
use crate::store::sqlite::rows::{self, EventRow};
use crate::store::sqlite::{Options, Sqlite, columns, lock, read};
use crate::store::{Append, Damage, Decision, Error, LogHead};
use crate::stream::{Position, Version};

async fn open(path: &Path) -> Result<Sqlite, Error> {
    Sqlite::open(path, &Options::default()).await
}

/// Why a log does not open.
#[track_caller]
fn refusal(opened: Result<Sqlite, Error>) -> Damage {
    match opened.err().expect("a damaged end is refused") {
        Error::Damaged(damage) => damage,
        error => panic!("damage is refused as damage, not as {error:?}"),
    }
}

/// Why a small log does not open after this change.
async fn after(change: impl FnOnce(&Connection)) -> String {
    let (path, _folder) = small_log().await;
    alter(&path, change);
    refusal(open(&path).await).to_string()
}

async fn after_statement(text: &str) -> String {
    after(|connection| connection.execute_batch(text).expect("changed")).await
}

#[tokio::test]
async fn a_log_that_was_left_alone_opens() {
    let (path, _folder) = small_log().await;
    alter(&path, |_| ());
    open(&path).await.expect("it opens");
}

#[tokio::test]
async fn a_damaged_event_at_the_end_is_refused_by_its_position() {
    let found = after_statement("UPDATE events SET payload = x'7b7d' WHERE position = 20").await;
    assert_eq!(found, "event at position 20: its row does not match its checksum");
}

#[tokio::test]
async fn events_missing_at_the_end_are_refused() {
    let found = after_statement("DELETE FROM events WHERE position > 18").await;
    assert_eq!(found, "event at position 19: it is missing");
}

#[tokio::test]
async fn an_event_missing_among_the_last_is_refused() {
    let found = after_statement("DELETE FROM events WHERE position = 12").await;
    assert_eq!(found, "event at position 12: it is missing");
}

#[tokio::test]
async fn events_missing_at_the_beginning_of_a_short_log_are_refused() {
    for text in ["DELETE FROM events WHERE position < 3", "DELETE FROM events"] {
        assert_eq!(after_statement(text).await, "event at position 1: it is missing");
    }
}

#[tokio::test]
async fn events_behind_the_head_are_refused() {
    let found = after(|connection| {
        let (log_id, head) = read::head(connection).expect("read");
        let sum = rows::log_sum(log_id, &LogHead { position: Position(18), ..head });
        let update = "UPDATE log SET position = 18, checksum = ?";
        connection.execute(update, [sum]).expect("changed");
    });
    assert_eq!(found.await, "event at position 20: it stands behind the end of the log");
}

#[tokio::test]
async fn a_damaged_head_is_refused() {
    let found = after_statement("UPDATE log SET position = 18").await;
    assert_eq!(found, "the head of the log does not match its checksum");
}

/// A new head would make the log a new one, and its history something behind its end.
#[tokio::test]
async fn a_lost_head_is_refused_and_not_made_anew() {
    let (path, _folder) = small_log().await;
    alter(&path, |connection| connection.execute_batch("DELETE FROM log").expect("changed"));
    refusal(open(&path).await);
    let connection = Connection::open(&path).expect("opens");
    let heads = connection.query_row("SELECT count(*) FROM log", [], |row| row.get::<_, i64>(0));
    assert_eq!(heads.expect("read"), 0);
}

#[tokio::test]
async fn a_stream_whose_head_is_not_its_last_event_is_refused() {
    let found = after(|connection| {
        let found = find(connection, &stream("b")).expect("read").expect("there");
        let (version, none) = (Version(found.head.version.0 - 1), EventHash::NONE.0);
        let sum = rows::head_sum(found.number, version, &none);
        let values = params![version.0 as i64, none.as_slice(), sum, found.number];
        let update = "UPDATE heads SET version = ?, hash = ?, checksum = ? WHERE stream = ?";
        connection.execute(update, values).expect("changed");
    });
    let expected =
        "event at position 20: stream number 2: the head of main/task-b is not its last event";
    assert_eq!(found.await, expected);
}

#[tokio::test]
async fn an_event_whose_command_has_no_outcome_is_refused() {
    let found = after_statement("DELETE FROM outcomes WHERE position = 20").await;
    assert_eq!(found, "event at position 20: the outcome of its command is missing");
}

#[tokio::test]
async fn an_outcome_that_names_other_events_is_refused() {
    let found = after(|connection| {
        let select = "SELECT tenant, command, request, stream, verdict, position, version, events,
                      recorded_at, code, message, checksum FROM outcomes WHERE position = 20";
        let sum = connection.query_row(select, [], |row| {
            let mut outcome = columns::outcome(row).expect("whole");
            outcome.position = 17;
            Ok(outcome.sum())
        });
        let update = "UPDATE outcomes SET position = 17, checksum = ? WHERE position = 20";
        connection.execute(update, [sum.expect("read")]).expect("changed");
    });
    assert_eq!(found.await, "event at position 20: the outcome of its command names other events");
}

#[tokio::test]
async fn an_event_rewritten_with_care_is_refused() {
    let found = after(|connection| forge(connection, Position(20)));
    let expected = "event at position 20 (main/task-b, version 7): its hash does not follow from \
                    its bytes and the event before it";
    assert_eq!(found.await, expected);
}

/// Gives an event another payload as long as its own, and its row the checksum of that.
fn forge(connection: &Connection, position: Position) {
    let select = "SELECT position, stream, version, hash, header, payload FROM events
                  WHERE position = ?";
    let forged = connection.query_row(select, [position.0 as i64], |row| {
        let event = columns::event_unchecked(row)?;
        let payload = vec![b'0'; event.payload.len()];
        let sum = EventRow { payload: &payload, ..event }.sum();
        Ok((payload, sum))
    });
    let (payload, sum) = forged.expect("read");
    let update = "UPDATE events SET payload = ?, checksum = ? WHERE position = ?";
    connection.execute(update, params![payload, sum, position.0 as i64]).expect("forged");
}

/// An append of this many events with this payload.
fn events(n: u128, count: usize, payload: &str) -> Append {
    Append { decision: Decision::Accepted(vec![event(payload); count]), ..append("a", n) }
}

#[tokio::test]
async fn of_a_long_log_the_last_thousand_events_are_audited() {
    let (path, _folder) = log_of((0..11).map(|n| events(n, 100, "{}"))).await;
    alter(&path, |connection| forge(connection, Position(99)));
    open(&path).await.expect("it is not looked at");
    // An event rests on the one before it.
    alter(&path, |connection| forge(connection, Position(101)));
    let damage = refusal(open(&path).await);
    assert_eq!(damage.position, Some(Position(101)), "{damage}");
}

#[tokio::test]
async fn of_large_events_the_last_megabytes_are_audited() {
    let large = format!("\"{}\"", "x".repeat(200 * 1024));
    let (path, _folder) = log_of((0..60).map(|n| events(n, 1, &large))).await;
    alter(&path, |connection| forge(connection, Position(19)));
    open(&path).await.expect("it is not looked at");
    alter(&path, |connection| forge(connection, Position(21)));
    let damage = refusal(open(&path).await);
    assert_eq!(damage.position, Some(Position(21)), "{damage}");
}

/// SQLite takes a journal beside an empty file for a left-over, and deletes it.
#[tokio::test]
async fn a_journal_whose_log_is_gone_is_refused_and_kept() {
    let fixture = InFile::default();
    let (path, folder) = (fixture.path(), tempfile::tempdir().expect("a folder"));
    let world = World::new(Box::new(fixture)).await;
    world.appends(append("a", 1)).await;
    let copy = folder.path().join("annals.log");
    let journal = lock::beside(&copy, "-wal");
    fs::copy(lock::beside(&path, "-wal"), &journal).expect("copied");
    let before = fs::read(&journal).expect("read");
    for log in [None, Some("")] {
        log.inspect(|text| fs::write(&copy, text).expect("written"));
        let damage = refusal(open(&copy).await);
        assert_eq!(damage.what, "its file is empty or gone, and its journal is not");
        assert!(fs::read(&journal).expect("read") == before, "the journal is as it was");
    }
}
