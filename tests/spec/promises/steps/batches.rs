//! What is recorded: three transactions, the second one of five appends, some large, some without
//! events, on new streams and old ones; and with each of them where a consumer stands.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use events::chain::blob_hash;
use events::store::conformance::given::{SetClock, append, event, rejection, stream};
use events::store::sqlite::{Options, Sqlite};
use events::store::{
    Append, Decision, EventStore, NewBlob, Owner, Parked, ParkedState, Save, Standing, Writer,
};
use events::stream::{Position, StreamId};
use events::time::Timestamp;

use super::super::fate::record;

/// How many events the large append has, and how many of them refer to a blob.
const EVENTS: usize = 20;
const BLOBS: usize = 4;

/// The appends of each transaction.
pub(super) fn batches() -> [Vec<Append>; 3] {
    let nothing = Append { decision: Decision::Nothing, ..append("second", 6) };
    let mut refused = rejection("second", 5);
    if let Decision::Rejected { record, .. } = &mut refused.decision {
        *record = Some(event("{\"too\":\"late\"}"));
    }
    [
        vec![append("first", 1), append("second", 2)],
        // The last one is chained to the large one, and shares a blob with it.
        vec![append("first", 3), large("new", 4), refused, nothing, large_again()],
        vec![append("new", 8), append("third", 9)],
    ]
}

/// Twenty events, some of them with a blob each.
fn large(key: &str, n: u128) -> Append {
    let blobs: Vec<NewBlob> = (0..BLOBS).map(|nth| blob(nth as u8)).collect();
    let events = (0..EVENTS).map(|nth| match blobs.get(nth) {
        Some(blob) => event(&format!("{{\"blob\":\"{}\"}}", blob_hash(&blob.bytes))),
        None => event(&format!("{{\"text\":\"{}\"}}", "x".repeat(nth * 40))),
    });
    Append { decision: Decision::Accepted(events.collect()), blobs, ..append(key, n) }
}

fn large_again() -> Append {
    let blobs = vec![blob(0), blob(BLOBS as u8)];
    Append { blobs, ..large("new", 7) }
}

/// Larger than a page of the file.
fn blob(n: u8) -> NewBlob {
    NewBlob { media_type: "text/plain".into(), bytes: vec![n; 10_000] }
}

/// What a consumer leaves before each batch, to go with it: it parks an event, parks another one in
/// its place, and goes on.
pub(super) fn saves() -> [Save; 3] {
    let save = |position, settled: &[u64], parked: &[u64]| Save {
        consumer: "relay".parse().expect("a token"),
        owner: Owner { partition: 0, epoch: 0 },
        position: Position(position),
        settled: settled.iter().map(|position| Position(*position)).collect(),
        parked: parked.iter().map(|position| parked_at(*position)).collect(),
    };
    [save(1, &[], &[1]), save(2, &[1], &[2]), save(5, &[], &[])]
}

fn parked_at(position: u64) -> Parked {
    Parked {
        position: Position(position),
        stream: stream(if position == 1 { "first" } else { "second" }),
        state: ParkedState::Blocking,
        tries: 1,
        why: "it did not work".into(),
        since: Timestamp(1_780_000_000_000_000),
    }
}

/// Where the consumer stands after so many batches.
pub(super) fn standing(batches: usize) -> Option<Standing> {
    let position = saves()[..batches].last()?.position;
    let parked = [&[1][..], &[2], &[2]][batches - 1].iter();
    Some(Standing { position, parked: parked.map(|position| parked_at(*position)).collect() })
}

/// How many statements change something while all of it is recorded: a head once in a batch.
pub(super) fn changes() -> usize {
    let mut streams: HashSet<StreamId> = HashSet::new();
    let (batches, mut changes) = (batches(), 0);
    for batch in &batches {
        let mut heads: HashSet<&StreamId> = HashSet::new();
        for append in batch {
            let events = append.decision.events().len();
            let new = streams.insert(append.stream.clone());
            let outcome = 1;
            changes += outcome + usize::from(new) + append.blobs.len() + events;
            if new || events > 0 {
                heads.insert(&append.stream);
            }
        }
        changes += heads.len();
    }
    let cursors = saves().len();
    let parked: usize = saves().iter().map(|save| save.parked.len()).sum();
    changes + cursors + parked + batches.len()
}

/// Where it is noted what was acknowledged.
pub(super) fn acknowledged(folder: &Path) -> PathBuf {
    folder.join("acknowledged")
}

/// Where the log is.
pub(super) fn log(folder: &Path) -> PathBuf {
    folder.join("annals.log")
}

/// Records everything in the log in `folder`, batch by batch, and notes each acknowledgement.
pub(super) fn record_all(folder: &Path) {
    let notes = OpenOptions::new().append(true).create(true).open(acknowledged(folder));
    let mut notes = notes.expect("a file");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    runtime.block_on(async {
        let path = log(folder);
        let store = Box::pin(Sqlite::open(&path, &Options::default())).await;
        let store = Arc::new(store.expect("the log opens"));
        let head = store.reader().head().await.expect("the log has an end");
        let clock = Arc::new(SetClock::at(1_780_000_000_000_000));
        let (writer, task) = Writer::start(Arc::clone(&store) as _, clock, head);
        for (batch, save) in batches().into_iter().zip(saves()) {
            drop(writer.save(save));
            record(batch, &writer, &mut notes).await;
        }
        drop(writer);
        task.finished().await.expect("the log closes");
        assert_eq!(store.batches(), batches().len() as u64, "each batch is one transaction");
    });
}
