//! A copy that takes many steps, while someone commits between any two of them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::store::conformance::given::{append, event};
use crate::store::sqlite::SqliteReader;
use crate::store::sqlite::backup::Draft;
use crate::store::sqlite::lock::beside;
use crate::store::{Append, Decision, Progress};

/// How many times a step the log is large.
const STEPS: u128 = 5;
/// How many events have the size of about one step.
const EVENTS: u64 = 20;
/// How often it is copied: now and then nobody else gets a turn meanwhile.
const COPIES: usize = 5;
/// How often someone commits at most: many times as long as copying takes.
const COMMITS_MAX: u32 = 20_000;

/// About as much as one step copies.
fn large(n: u128) -> Append {
    let payload = format!("\"{}\"", "x".repeat(200 * 1024));
    let events = (0..EVENTS).map(|_| event(&payload)).collect();
    Append { decision: Decision::Accepted(events), ..append("a", n) }
}

/// Someone who commits a page again and again, until told to stop.
struct Someone {
    commits: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Someone {
    fn commits(path: &Path) -> Self {
        let (commits, stop) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (path, done, told) = (path.to_owned(), Arc::clone(&commits), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let other = Connection::open(path).expect("opens");
            let fast = "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0";
            other.execute_batch(fast).expect("set");
            while !told.load(Ordering::Relaxed) && done.load(Ordering::Relaxed) < COMMITS_MAX {
                let n = done.fetch_add(1, Ordering::Relaxed);
                other.pragma_update(None, "user_version", n).expect("committed");
            }
        });
        Self { commits, stop, thread }
    }

    /// How often until now.
    fn ends(self) -> u32 {
        let commits = self.commits.load(Ordering::Relaxed);
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it does not panic");
        commits
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_sees_one_view_of_the_log_however_often_someone_commits() {
    let (world, path) = super::world().await;
    for n in 0..STEPS {
        world.appends(large(n)).await;
    }
    let (copy, no_keys) = (path.with_extension("copy"), path.with_extension("none"));
    std::fs::write(&no_keys, "").expect("written");
    let reader = SqliteReader::open(&path).expect("opens");
    let mut meanwhile = 0;
    for _ in 0..COPIES {
        let draft = Draft::of_backup(&copy, &beside(&copy, ".keys")).expect("a draft");
        let (draft, progress) = (Arc::new(draft), Progress::default());
        let someone = Someone::commits(&path);
        reader.copy_to(&draft, &no_keys, progress.clone()).await.expect("copied");
        let commits = someone.ends();
        assert!(commits < COMMITS_MAX, "the copy began anew until nobody committed any more");
        meanwhile += commits;
        let copied = draft.verify(Progress::default()).await.expect("whole");
        let events = STEPS as u64 * EVENTS;
        assert_eq!((copied.head.position.0, progress.done()), (events, copied.bytes / 4096));
    }
    assert!(meanwhile > STEPS as u32, "someone commits meanwhile: {meanwhile}");
}
