//! What a kill left of the batches: the log is opened again, and each append looked for in it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use events::chain::blob_hash;
use events::id::CommandId;
use events::recorded::Stored;
use events::store::sqlite::SqliteReader;
use events::store::{Append, LogReader, Progress};

use super::super::audit::open;
use super::super::fate::{Notes, all_events, is_there};
use super::batches::{acknowledged, batches, log, standing};

/// A log, opened again.
pub(super) struct Look {
    folder: PathBuf,
    reader: SqliteReader,
    runtime: tokio::runtime::Runtime,
}

impl Look {
    pub(super) fn into(folder: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime starts");
        Self { folder: folder.into(), reader: open(&log(folder)), runtime }
    }

    /// Every append is there.
    pub(super) fn finds_everything(&self) {
        assert_eq!(self.whole_batches(), batches().len(), "not everything is there");
    }

    /// What was committed before the process took its last step is there, and nothing else is.
    pub(super) fn finds_what_was_committed(&self, steps: &[String]) {
        let committed = committed(steps);
        assert_eq!(self.whole_batches(), committed, "committed and found are not the same");
    }

    /// How many batches are there whole; the others are not there at all.
    fn whole_batches(&self) -> usize {
        self.runtime.block_on(async {
            let events = all_events(&self.reader).await;
            let notes = self.notes();
            let mut found = Vec::new();
            for batch in batches() {
                let mut whole = Vec::new();
                for append in &batch {
                    whole.push(is_there(append, &self.reader, &events, &notes).await);
                }
                assert!(whole.iter().all(|there| *there == whole[0]), "a batch is there by half");
                found.push(whole[0]);
            }
            let whole = found.iter().take_while(|there| **there).count();
            assert!(found[whole..].iter().all(|there| !there), "a batch is there before another");
            self.is_sound(whole, &events).await;
            whole
        })
    }

    /// What was acknowledged.
    fn notes(&self) -> Notes {
        let text = std::fs::read_to_string(acknowledged(&self.folder)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Everything fits, and there is nothing that these batches did not bring.
    async fn is_sound(&self, whole: usize, events: &HashMap<CommandId, Vec<Stored>>) {
        let report = self.reader.verify(Progress::default()).await.expect("the audit runs");
        assert!(report.is_whole(), "the log is damaged: {:?}", report.damages);
        let batches = batches();
        let appends: Vec<&Append> = batches[..whole].iter().flatten().collect();
        let blobs = appends.iter().flat_map(|append| &append.blobs);
        let blobs: HashSet<_> = blobs.map(|blob| blob_hash(&blob.bytes)).collect();
        let found = events.values().map(Vec::len).sum::<usize>();
        assert_eq!((report.events, report.outcomes), (found as u64, appends.len() as u64));
        assert_eq!(report.blobs, blobs.len() as u64, "a blob is there without its event");
        let consumers = self.reader.consumers().await.expect("read");
        let found = consumers.into_iter().next().map(|(_, standing)| standing);
        assert_eq!(found, standing(whole), "a consumer stands where its batch did not bring it");
    }
}

/// How many transactions that change something were committed within these steps.
fn committed(steps: &[String]) -> usize {
    let (mut begun, mut committed) = (false, 0);
    for step in steps {
        begun |= step == "after BEGIN IMMEDIATE";
        if begun && step == "after COMMIT" {
            (begun, committed) = (false, committed + 1);
        }
    }
    committed
}
