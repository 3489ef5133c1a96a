//! Damage of every kind: each flipped byte gives correct data or a typed error, every flip inside
//! an event's row is reported, and rows that were deleted, swapped or cut off are named.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::chain::event_hash;
use crate::recorded::Stored;
use crate::store::conformance::given::{SetClock, append, command, rejection, stream};
use crate::store::sqlite::rows::EventRow;
use crate::store::sqlite::{Options, Sqlite, SqliteReader, verify};
use crate::store::{Error, EventStore, Filter, LogReader, Outcome, Progress, Report, Writer};
use crate::stream::{Direction, Position, Version};

/// What a whole log says when it is asked everything.
#[derive(PartialEq)]
struct Truth {
    log: Vec<Stored>,
    streams: Vec<Vec<Stored>>,
    outcomes: Vec<Option<Outcome>>,
}

const STREAMS: [&str; 3] = ["a", "b", "c"];
const COMMANDS: u128 = 24;

/// A small log, closed in good order, and its one file.
async fn small_log() -> (PathBuf, tempfile::TempDir) {
    let fixture = super::InFile::default();
    let path = fixture.path();
    let folder = tempfile::tempdir().expect("a folder");
    let mut world = super::World::new(Box::new(fixture)).await;
    for n in 0..20 {
        world.appends(append(STREAMS[n as usize % 3], n)).await;
    }
    for n in 20..COMMANDS {
        world.appends(rejection("a", n)).await;
    }
    world.restart().await;
    let copy = folder.path().join("annals.log");
    fs::copy(path, &copy).expect("copied");
    (copy, folder)
}

async fn ask(reader: &SqliteReader) -> Truth {
    let log = reader.read_all(Position::FIRST, &Filter::default(), 1000).await;
    let mut truth =
        Truth { log: log.map_or(vec![], |p| p.events), streams: vec![], outcomes: vec![] };
    for key in STREAMS {
        let stream = stream(key);
        let read = reader.read_stream(&stream, Version::FIRST, Direction::Forwards, 1000);
        truth.streams.push(read.await.unwrap_or_default());
    }
    for n in 0..COMMANDS {
        let outcome = reader.outcome(&stream("a").tenant, command(n)).await;
        truth.outcomes.push(outcome.unwrap_or_default());
    }
    truth
}

/// What a damaged log answers, piece by piece: right, an error, or wrong.
async fn wrong_answers(reader: &SqliteReader, truth: &Truth) -> Vec<String> {
    let mut wrong = Vec::new();
    let log = reader.read_all(Position::FIRST, &Filter::default(), 1000).await;
    if log.is_ok_and(|page| page.events != truth.log) {
        wrong.push("the log".into());
    }
    for (key, expected) in STREAMS.iter().zip(&truth.streams) {
        let stream = stream(key);
        let read = reader.read_stream(&stream, Version::FIRST, Direction::Forwards, 1000);
        if read.await.is_ok_and(|events| events != *expected) {
            wrong.push(format!("stream {key}"));
        }
    }
    for (n, expected) in (0..COMMANDS).zip(&truth.outcomes) {
        let outcome = reader.outcome(&stream("a").tenant, command(n)).await;
        if outcome.is_ok_and(|outcome| outcome != *expected) {
            wrong.push(format!("outcome {n}"));
        }
    }
    wrong
}

fn audit(path: &Path) -> Result<Report, Error> {
    verify::verify(path, &Progress::default())
}

/// Every byte of the file, one bit each: what is answered is right, or refused with a typed error.
/// A row that an index no longer finds is the one thing a lookup cannot tell from a row that never
/// was; then the audit must report it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_byte_gives_the_truth_or_an_error_and_never_anything_else() {
    const SHARES: usize = 2;
    let (path, folder) = small_log().await;
    let whole = fs::read(&path).expect("read");
    let shares = (0..SHARES).map(|share| {
        let path = folder.path().join(format!("share-{share}.log"));
        let whole = whole.clone();
        tokio::spawn(async move { flip_every_byte(&path, &whole, share, SHARES).await })
    });
    let mut noticed = 0;
    for share in shares.collect::<Vec<_>>() {
        noticed += share.await.expect("no flip gave a wrong answer");
    }
    assert!(noticed > whole.len() / 20, "only {noticed} of {} flips were noticed", whole.len());
}

/// Flips every byte of this share, one after the other, and counts what was noticed.
async fn flip_every_byte(path: &Path, whole: &[u8], share: usize, shares: usize) -> usize {
    fs::write(path, whole).expect("written");
    let truth = ask(&SqliteReader::open(path).expect("opens")).await;
    assert_eq!((truth.log.len(), truth.outcomes.len()), (20, COMMANDS as usize));
    let mut counted = 0;
    for at in (share..whole.len()).step_by(shares) {
        let mut flipped = whole.to_vec();
        flipped[at] ^= 1 << (at / shares % 8);
        fs::write(path, &flipped).expect("written");
        let Ok(reader) = SqliteReader::open(path) else {
            counted += 1;
            continue;
        };
        let wrong = wrong_answers(&reader, &truth).await;
        let report = audit(path);
        let noticed = report.is_err() || report.is_ok_and(|report| !report.is_whole());
        counted += usize::from(noticed);
        let not_found = wrong.iter().all(|what| !what.starts_with("the log"));
        assert!(
            wrong.is_empty() || (not_found && noticed),
            "byte {at}: wrong answers for {wrong:?}, noticed by the audit: {noticed}"
        );
    }
    counted
}

/// Every bit of every column of an event and of an outcome.
#[tokio::test]
async fn every_flip_inside_an_event_or_outcome_is_reported() {
    let (path, _folder) = small_log().await;
    let whole = fs::read(&path).expect("read");
    let needles: Vec<Vec<u8>> = {
        let connection = Connection::open(&path).expect("opens");
        let select = |text: &str| -> Vec<Vec<u8>> {
            let mut select = connection.prepare(text).expect("prepared");
            let rows = select.query_map([], |row| row.get(0)).expect("rows");
            rows.collect::<Result<_, _>>().expect("read")
        };
        let mut needles =
            select("SELECT CAST(header || payload AS BLOB) FROM events WHERE position IN (1, 7)");
        needles.extend(select("SELECT hash FROM events WHERE position = 7"));
        needles.extend(select(
            "SELECT CAST(command || request AS BLOB) FROM outcomes WHERE events = 0 LIMIT 1",
        ));
        needles
    };
    for needle in needles {
        let start = whole.windows(needle.len()).position(|window| window == needle);
        let start = start.expect("the columns stand side by side in the file");
        for at in start..start + needle.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            fs::write(&path, &flipped).expect("written");
            let report = audit(&path);
            assert!(report.is_err() || !report.expect("checked").is_whole(), "byte {at}");
        }
    }
}

/// Runs `change` on a copy with its guards removed, and gives the audit's first finding.
async fn first_finding(change: &str) -> String {
    let (path, _folder) = small_log().await;
    let connection = Connection::open(&path).expect("opens");
    let texts = |select: &str| -> Vec<String> {
        let mut select = connection.prepare(select).expect("prepared");
        let rows = select.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("read")
    };
    let drops = texts("SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'");
    let creates = texts("SELECT sql FROM sqlite_schema WHERE type = 'trigger'");
    connection.execute_batch(&drops.join(";")).expect("dropped");
    connection.execute_batch(change).expect("changed");
    connection.execute_batch(&creates.join(";")).expect("created");
    drop(connection);
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
    let connection = Connection::open(&path).expect("opens");
    connection.execute_batch("UPDATE heads SET version = 90 WHERE stream = 1").expect("damaged");
    drop(connection);
    let store = Sqlite::open(&path, &Options::default()).await.expect("opens");
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
