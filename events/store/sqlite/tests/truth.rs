//! What a log answers when it is asked everything, by its readers and by an append.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use super::small::log_of;
use crate::chain::blob_hash;
use crate::recorded::Stored;
use crate::store::admit::Books;
use crate::store::conformance::given::{append, command, event, stream};
use crate::store::sqlite::append::Remembered;
use crate::store::sqlite::books::SqliteBooks;
use crate::store::sqlite::read::stream as streams;
use crate::store::sqlite::{Options, Sqlite, connect, consumers, read};
use crate::store::{
    Append, Batch, Decision, Error, EventStore, Filter, LogHead, NewBlob, Outcome, Owner, Parked,
    ParkedState, Prepared, Save, Standing, StreamHead, Verdict,
};
use crate::stream::{Direction, Position, Version};
use crate::time::Timestamp;

const STREAMS: [&str; 3] = ["a", "b", "c"];
const EVENTS: u128 = 16;
const COMMANDS: u128 = 27;
const CONSUMER: &str = "relay";
const BLOB: &[u8] = b"a few bytes that an event refers to";

/// A log with a row of every kind, closed in good order: its file and its bytes. Few rows are asked
/// for quickly; they are so long that their tables have pages above pages.
pub(super) async fn whole_log() -> (PathBuf, Vec<u8>, TempDir) {
    let long = |length| "x".repeat(length);
    let accepted = (0..EVENTS).map(|n| {
        let decision = Decision::Accepted(vec![event(&format!("\"{n} {}\"", long(600)))]);
        Append { decision, ..append(STREAMS[n as usize % STREAMS.len()], n) }
    });
    let rejected = (EVENTS..COMMANDS - 1).map(|n| {
        let (code, message) = ("task.already_finished".into(), format!("{n} {}", long(300)));
        Append { decision: Decision::Rejected { code, message, record: None }, ..append("a", n) }
    });
    let blob = NewBlob { media_type: "text/plain".into(), bytes: BLOB.into() };
    let with_blob = Append { blobs: vec![blob], ..append("b", COMMANDS - 1) };
    let (path, folder) = log_of(accepted.chain(rejected).chain([with_blob])).await;
    let store = Sqlite::open(&path, &Options::default()).await.expect("opens");
    store.claim(stream("a").partition()).await.expect("claimed");
    let stamp = store.reader().head().await.expect("head").recorded_at;
    let batch = Batch { stamp, appends: Vec::new(), saves: vec![save()] };
    store.append(batch.into()).await.expect("saved");
    store.close().await.expect("closed");
    drop(store);
    let whole = fs::read(&path).expect("read");
    (path, whole, folder)
}

/// A consumer that stands somewhere, with a few events that are parked for it.
fn save() -> Save {
    let parked = |position| Parked {
        position: Position(position),
        stream: stream("a"),
        state: ParkedState::Blocking,
        tries: 3,
        why: "what went wrong".into(),
        since: Timestamp(1_780_000_000_000_000),
    };
    Save {
        consumer: CONSUMER.parse().expect("a token"),
        owner: Owner { partition: 0, epoch: 0 },
        position: Position(9),
        settled: Vec::new(),
        parked: (1..5).map(parked).collect(),
    }
}

/// One answer.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    End(LogHead),
    Log(Vec<Stored>),
    Stream(Vec<Stored>),
    StreamHead(StreamHead),
    Epoch(u64),
    Outcome(Option<Outcome>),
    Blob(Option<Vec<u8>>),
    Standing(Option<Standing>),
}

impl Answer {
    /// Whether it says that there is no such thing.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Self::End(_) | Self::Log(_) => false,
            Self::Stream(events) => events.is_empty(),
            Self::StreamHead(head) => *head == StreamHead::default(),
            Self::Epoch(epoch) => *epoch == 0,
            Self::Outcome(outcome) => outcome.is_none(),
            Self::Blob(bytes) => bytes.is_none(),
            Self::Standing(standing) => standing.is_none(),
        }
    }
}

/// Asks everything. A reader that met damage is not asked again: another one is.
pub(super) fn ask(connection: &Connection) -> Vec<Result<Answer, Error>> {
    let tenant = stream("a").tenant;
    let another = |answer| connect::anew_if_damaged(connection, answer);
    let mut answers = vec![
        another(read::head(connection).map(|(_, head)| Answer::End(head))),
        another(all(connection).map(Answer::Log)),
        another(read::blob(connection, &tenant, &blob_hash(BLOB)).map(Answer::Blob)),
    ];
    let consumer = CONSUMER.parse().expect("a token");
    answers.push(another(consumers::standing(connection, &consumer).map(Answer::Standing)));
    answers.extend(STREAMS.map(stream).map(|stream| {
        let (from, direction) = (Version::FIRST, Direction::Forwards);
        let events = streams::read(connection, &stream, from, direction, 1000);
        another(events.map(Answer::Stream))
    }));
    answers.extend((0..COMMANDS).map(|n| {
        let outcome = read::outcome(connection, &tenant, command(n));
        another(outcome.map(Answer::Outcome))
    }));
    answers.extend(ask_the_books(connection));
    answers
}

/// The whole log, in pages: on a slow machine they are short.
fn all(connection: &Connection) -> Result<Vec<Stored>, Error> {
    let (mut events, mut from) = (Vec::new(), Position::FIRST);
    loop {
        let page = read::page(connection, from, &Filter::default(), 1000)?;
        events.extend(page.events);
        if page.end {
            return Ok(events);
        }
        from = page.next;
    }
}

/// What appends ask. It is always the same connection, also after it met damage.
fn ask_the_books(connection: &Connection) -> Vec<Result<Answer, Error>> {
    let mut remembered = Remembered::default();
    let mut books = match SqliteBooks::open(connection, &mut remembered, LogHead::default()) {
        Ok(books) => books,
        Err(error) => return vec![Err(error)],
    };
    let mut answers = vec![books.epoch(stream("a").partition()).map(Answer::Epoch)];
    answers.extend(STREAMS.map(|key| books.head(&stream(key)).map(Answer::StreamHead)));
    answers.extend((0..COMMANDS).map(|n| {
        let known = books.known(&prepared(append("a", n)));
        known.map(|known| Answer::Outcome(known.map(|known| known.outcome)))
    }));
    answers
}

fn prepared(append: Append) -> Prepared {
    Prepared {
        stream: append.stream,
        expected: append.expected,
        base: StreamHead::default(),
        command: append.command,
        request: append.request,
        owner: None,
        follows: false,
        verdict: Verdict::Nothing,
        events: Vec::new(),
        blobs: Vec::new(),
    }
}
