//! What a loss of power left: the program opens it, finds everything that was acknowledged and
//! nothing by half, and goes on.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use annals::app::App;
use annals::place::Place;
use events::chain::blob_hash;
use events::id::main_tenant;
use events::store::conformance::given;
use events::store::keys::{KeyStore, Secret};
use events::store::sqlite::{SqliteKeys, beside};
use events::store::{Append, LogReader, Progress};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

use super::super::audit::open;
use super::super::fate::{Notes, all_events, is_there};
use super::recording::Recording;
use super::script::{store, world};
use super::sent::{notes, sent};
use super::states::State;

/// A folder in memory, if the machine has one: here nothing is lost when a test is killed.
const MEMORY: &str = "/dev/shm";
/// The command that comes after everything.
const ONE_MORE: u128 = 1_000_000;

/// What must be found again.
pub(super) struct Look {
    sent: Vec<Append>,
    /// The key that requests are hashed with.
    key: Secret,
}

/// A folder with what a loss of power left.
struct Ruin(TempDir);

/// How many states one process can look at: the store keeps the file of a log that it had to recover
/// open until the process ends, and a process has only so many.
pub(super) fn states_max() -> usize {
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files })
        .expect("a process may have as many files open as it may have at most");
    // The other half is for other tests in this process.
    files.maximum.map_or(usize::MAX, |files| files as usize) / 2
}

impl Ruin {
    fn of(state: &State, recording: &Recording) -> Self {
        let memory = Path::new(MEMORY);
        let within = if memory.is_dir() { memory.into() } else { std::env::temp_dir() };
        let ruin = Self(tempfile::tempdir_in(within).expect("a folder"));
        let folder = world(ruin.0.path());
        std::fs::create_dir(&folder).expect("a folder");
        state.wreck(recording).write(&recording.world(), &folder);
        ruin
    }

    fn log(&self) -> PathBuf {
        store(self.0.path())
    }
}

impl Drop for Ruin {
    /// What is in a file that stays open would keep its place in memory.
    fn drop(&mut self) {
        let _ = OpenOptions::new().write(true).truncate(true).open(self.log());
    }
}

impl Look {
    /// What must be found again of a recording.
    pub(super) fn into(recording: &Recording) -> Self {
        let keys = beside(&store(&recording.folder), ".keys");
        let keys = SqliteKeys::open(&keys).expect("the keys are there");
        let keys = runtime().block_on(async { keys.tenant(&main_tenant()).await });
        Self { sent: sent(), key: keys.expect("the keys are whole").hash }
    }

    /// Opens what is left as the program does, and compares it with what was acknowledged.
    pub(super) fn at(&self, state: &State, recording: &Recording) {
        let ruin = Ruin::of(state, recording);
        runtime().block_on(self.compare(&ruin.log(), &notes(&state.said(recording))));
    }

    async fn compare(&self, path: &Path, notes: &Notes) {
        let opened = Box::pin(App::open(&Place::File(path.into()))).await;
        let app = opened.unwrap_or_else(|error| panic!("the log does not open: {error}"));
        let found = all_events(app.reader()).await;
        let mut there = Vec::new();
        for append in &self.sent {
            if is_there(append, app.reader(), &found, notes).await {
                there.push(append);
            }
        }
        if notes.commands() > 0 {
            let key = app.hash_key(&main_tenant()).await.expect("the keys are whole");
            assert!(key == self.key, "the key of the requests is lost");
        }
        let recorded = found.values().map(Vec::len).sum::<usize>() as u64;
        let blobs = there.iter().flat_map(|append| &append.blobs);
        let blobs: HashSet<_> = blobs.map(|blob| blob_hash(&blob.bytes)).collect();
        let report = app.reader().verify(Progress::default()).await.expect("the audit runs");
        assert!(report.is_whole(), "the log is damaged: {:?}", report.damages);
        let expected = (recorded, there.len() as u64, blobs.len() as u64);
        assert_eq!(
            (report.events, report.outcomes, report.blobs),
            expected,
            "nothing else is there"
        );
        let answer = app.writer().append(given::append("after", ONE_MORE)).await;
        let answer = answer.expect("the log goes on");
        let position = answer.outcome.recorded.map(|span| span.position.0);
        assert_eq!((answer.known, position), (false, Some(recorded + 1)), "it goes on at its end");
        app.close().await.expect("the log closes");
        let head = open(path).head().await.expect("the log has an end");
        assert_eq!(head.position.0, recorded + 1, "what came after it is there");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts")
}
