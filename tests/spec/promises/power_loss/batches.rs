//! What no line of JSON can say, recorded by this program itself as a child: appends of many events,
//! blobs, refusals, in batches of chosen sizes, with a journal so short that it is moved into the
//! file and begins anew in between. The child ends as if it was killed: it closes nothing.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use events::chain::blob_hash;
use events::store::conformance::given::{SetClock, append, event, rejection};
use events::store::sqlite::{Options, Sqlite};
use events::store::writer::WriterTask;
use events::store::{Append, Decision, EventStore, NewBlob, Writer};
use rusqlite::Connection;

use super::super::fate::record;
use super::script::{said, store};

/// The variable that names the folder of the log, for a child.
const FOLDER: &str = "ANNALS_POWER_FOLDER";
const CHILD: &str = "promises::power_loss::batches::batches_are_recorded_and_acknowledged";
/// How many appends each batch has.
const SIZES: [usize; 9] = [1, 4, 2, 7, 1, 3, 5, 1, 6];
/// Somebody reads from the beginning of this batch to that of the other one, so that the journal is
/// moved in part and cannot begin anew.
const READ_FROM: usize = 2;
const READ_TO: usize = 5;
/// A checkpoint is due at a quarter of it.
const JOURNAL_PAGES_MAX: u32 = 100;
/// Larger than a page of the file.
const BLOB_BYTES: usize = 10_000;

/// The appends of each batch.
pub(super) fn batches() -> impl Iterator<Item = Vec<Append>> {
    let mut next = 1;
    SIZES.into_iter().map(move |size| {
        let batch = (next..).take(size).map(numbered).collect();
        next += size as u128;
        batch
    })
}

fn numbered(n: u128) -> Append {
    let key = format!("power-{}", n % 5);
    let some = append(&key, n);
    let texts = |count: usize, bytes: usize| {
        let text = move |nth| format!("{{\"n\":{n},\"text\":\"{}\"}}", "x".repeat(nth * bytes));
        Decision::Accepted((0..count).map(|nth| event(&text(nth))).collect())
    };
    match n % 6 {
        1 => rejection(&key, n),
        2 => Append { decision: texts(8, 150), ..some },
        3 => {
            let blobs = vec![blob(n), blob(n + 100)];
            let with_blob = |blob: &NewBlob| {
                event(&format!("{{\"n\":{n},\"blob\":\"{}\"}}", blob_hash(&blob.bytes)))
            };
            let decision = Decision::Accepted(blobs.iter().map(with_blob).collect());
            Append { decision, blobs, ..some }
        }
        4 => Append { decision: Decision::Nothing, ..some },
        5 => Append { decision: texts(3, 3000), ..some },
        _ => some,
    }
}

fn blob(n: u128) -> NewBlob {
    NewBlob { media_type: "text/plain".into(), bytes: vec![n as u8; BLOB_BYTES] }
}

/// The child that records them in the log in `folder`, and what it must find in its environment.
pub(super) fn child(folder: &Path) -> (Command, [(&'static str, OsString); 1]) {
    let mut command = Command::new(std::env::current_exe().expect("this program is there"));
    command.args(["--exact", CHILD, "--nocapture"]);
    (command, [(FOLDER, folder.into())])
}

#[test]
fn batches_are_recorded_and_acknowledged() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    if let Some(folder) = given_folder() {
        let _open = runtime.block_on(record_all(Path::new(&folder)));
        end_at_once();
    }
    let own = tempfile::tempdir().expect("a folder");
    runtime.block_on(async {
        let (store, writer, task) = record_all(own.path()).await;
        drop(writer);
        task.finished().await.expect("the log closes");
        assert_eq!(store.batches(), SIZES.len() as u64, "each batch is one transaction");
    });
}

/// Records all of them; nothing is closed.
async fn record_all(folder: &Path) -> (Arc<Sqlite>, Writer, WriterTask) {
    let said = OpenOptions::new().append(true).create(true).open(said(folder));
    let (mut said, path) = (said.expect("a file"), store(folder));
    let options = Options { journal_pages_max: JOURNAL_PAGES_MAX, ..Options::default() };
    let store = Box::pin(Sqlite::open(&path, &options)).await;
    let store = Arc::new(store.expect("the log opens"));
    let head = store.reader().head().await.expect("the log has an end");
    let clock = Arc::new(SetClock::at(1_780_000_000_000_000));
    let (writer, task) = Writer::start(Arc::clone(&store) as _, clock, head);
    let mut reader = None;
    for (nth, batch) in batches().enumerate() {
        if nth == READ_FROM {
            reader = Some(reads(&path));
        } else if nth == READ_TO {
            reader = None;
        }
        record(batch, &writer, &mut said).await;
    }
    assert!(reader.is_none(), "nobody reads any more");
    (store, writer, task)
}

/// Someone who sees the log as it is now, until they are gone.
fn reads(path: &Path) -> Connection {
    let reader = Connection::open(path).expect("opens");
    reader.execute_batch("BEGIN; SELECT * FROM log").expect("it reads");
    reader
}

#[expect(
    clippy::disallowed_methods,
    reason = "a child is told its folder by the test that starts it"
)]
fn given_folder() -> Option<OsString> {
    std::env::var_os(FOLDER)
}

#[expect(clippy::disallowed_methods, reason = "nothing is to be closed in good order")]
fn end_at_once() -> ! {
    std::process::exit(0)
}
