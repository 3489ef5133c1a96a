//! What becomes of facts that find no room, and of those behind them.

use std::path::Path;
use std::sync::Arc;

use events::store::conformance::given::append;
use events::store::sqlite::{Options, Sqlite};
use events::store::writer::WriterTask;
use events::store::{EventStore, Writer};
use rusqlite::Connection;

use super::*;
use crate::clock::SystemClock;

/// A log whose journal is soon full when someone holds it.
async fn open(path: &Path) -> (Writer, WriterTask) {
    let options = Options { journal_pages_max: 64, ..Options::default() };
    let store = Box::pin(Sqlite::open(path, &options)).await.expect("the log opens");
    let head = store.reader().head().await.expect("the log has an end");
    Writer::start(Arc::new(store), Arc::new(SystemClock), head)
}

fn fact(line: u64) -> Ready {
    Ready { line, id: line.to_string(), append: append("a", line.into()), bytes_read: 0 }
}

/// The lines of the facts that have landed; all of them must be recorded.
fn recorded(flight: &mut Flight) -> Vec<u64> {
    let landed = std::iter::from_fn(|| flight.landed());
    let line = |landed| match landed {
        Landed::Answered(fact, answer) if !answer.known => fact.line,
        _ => panic!("it was given up or refused"),
    };
    landed.map(line).collect()
}

#[tokio::test]
async fn facts_wait_for_a_program_that_holds_the_log_open_and_land_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("annals.log");
    let (writer, task) = open(&path).await;
    let holder = Connection::open(&path).expect("opens");
    holder.execute_batch("BEGIN; SELECT * FROM log").expect("it reads");
    let mut flight = Flight::new(writer, 8);
    let (mut sent, mut landed) = (0, Vec::new());
    let why = loop {
        while flight.has_place() {
            flight.send(fact(sent));
            sent += 1;
        }
        if let Room::Gone(why) = flight.moves().await.expect("nothing broke") {
            break why;
        }
        landed.extend(recorded(&mut flight));
    };
    assert!(matches!(why, Error::JournalFull { .. }), "{why}");
    let tried = flight.moves().await.expect("nothing broke");
    assert!(
        matches!(tried, Room::AsBefore),
        "it is tried again, and nothing new is told: {tried:?}"
    );
    assert!(!flight.has_place(), "no more is sent meanwhile");
    drop(holder);
    while !matches!(flight.moves().await.expect("nothing broke"), Room::Back) {}
    landed.extend(recorded(&mut flight));
    assert_eq!(landed, (0..sent).collect::<Vec<_>>());
    assert!(flight.is_empty() && flight.has_place());
    drop(flight);
    task.finished().await.expect("the log closes");
}
