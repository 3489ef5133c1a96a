//! Those who read beside the crowd: each time over a connection opened for it alone, or as a process
//! of its own. The crowd's own work sets their pace.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use events::store::sqlite::SqliteReader;
use events::store::{LogReader, Progress};
use events::stream::Position;

use super::super::audit::every_event;
use super::super::program::annals;

/// One look at the log at this place.
type Look = fn(&Path);

/// After how many operations of the crowd someone looks, and how.
const LOOKS: [(u64, Look); 4] = [
    (500, reads_an_end),
    (8_000, reads_as_a_process),
    (80_000, audits),
    (80_000, audits_as_a_process),
];
/// How many events one look reads.
const PAGE: u64 = 200;

/// Counts what the crowd does, and lets the others look now and then.
pub(super) struct Turnstile {
    turns: AtomicU64,
    others: Vec<(u64, SyncSender<()>)>,
}

impl Turnstile {
    /// Sends the others in; they go when the turnstile does, and say how often they looked.
    pub(super) fn open<'s>(
        scope: &'s Scope<'s, '_>,
        store: &'s Path,
        turns: u64,
    ) -> (Self, Vec<ScopedJoinHandle<'s, u64>>) {
        let each = LOOKS.map(|(every, look)| {
            let room = usize::try_from(turns / every).expect("it is a small number");
            let (wakes, woken) = sync_channel(room);
            let looks = move || woken.into_iter().map(|()| look(store)).count() as u64;
            ((every, wakes), scope.spawn(looks))
        });
        let (others, at_work) = each.into_iter().unzip();
        (Self { turns: AtomicU64::new(0), others }, at_work)
    }

    /// Someone of the crowd has done something.
    pub(super) fn turns(&self) {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed) + 1;
        for (_, wakes) in self.others.iter().filter(|(every, _)| turn.is_multiple_of(*every)) {
            // There is room for every turn; and who broke off is heard of at the end.
            let _ = wakes.try_send(());
        }
    }
}

/// The end of the log, and what stands just before it.
fn reads_an_end(store: &Path) {
    let reader = opened(store);
    waited(async {
        let end = reader.head().await.expect("the log has an end").position;
        let from = Position(end.0.saturating_sub(PAGE - 1).max(1));
        let last = every_event(&reader, from).await.pop().map(|event| event.position());
        assert!(last.unwrap_or_default() >= end, "it ends at {last:?}, before {end}");
    });
}

fn audits(store: &Path) {
    let report = waited(opened(store).verify(Progress::default())).expect("the audit runs");
    assert!(report.is_whole(), "the log is damaged: {:?}", report.damages);
}

fn reads_as_a_process(store: &Path) {
    succeeds(store, &["log", "read", "--limit", &PAGE.to_string()]);
}

fn audits_as_a_process(store: &Path) {
    succeeds(store, &["log", "verify"]);
}

fn succeeds(store: &Path, arguments: &[&str]) {
    let done = annals(store).args(arguments).output().expect("the program starts");
    assert!(done.status.success(), "{arguments:?} does not work beside the crowd: {done:?}");
}

fn opened(store: &Path) -> SqliteReader {
    SqliteReader::open(store).unwrap_or_else(|error| panic!("a reader was told {error:?}"))
}

fn waited<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    runtime.block_on(work)
}
