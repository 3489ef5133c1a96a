//! What was recorded in a folder, read step by step; and how a log is mended that lost its power.

use std::fs;
use std::path::{Path, PathBuf};

use events::store::sqlite::beside;

use super::script::{LOGS, NOT_SYNCED, facts, record_facts, said, store, world};
use super::sent::notes;
use super::states::State;
use super::step::{Deed, Step, StepReader, acknowledged};

/// Where strace tells how a log is mended.
const MENDING: &str = "strace";
/// How many facts are under way at once meanwhile.
const IN_FLIGHT: usize = 8;

/// A recording.
pub(super) struct Recording {
    pub(super) folder: PathBuf,
    pub(super) steps: Vec<Step>,
    /// How many steps only make the disk what it was to begin with.
    pub(super) before: usize,
}

impl Recording {
    /// What was recorded of the script in `folder`.
    pub(super) fn of_script(folder: &Path) -> Self {
        let (world, said) = (world(folder), said(folder));
        let mut reader = StepReader::new(&world, &said);
        let ends = LOGS.map(|log| {
            reader.read(&fs::read_to_string(folder.join(log)).expect("strace wrote its log"));
            reader.steps.len()
        });
        let steps = reader.steps;
        assert!(notes(&acknowledged(&steps)).commands() >= 50, "too little was acknowledged");
        moves_the_journal(&steps[ends[0]..ends[1]], &store(folder));
        ends_before_a_sync(&steps[ends[1]..ends[2]], &store(folder));
        finds_what_was_not_synced(&steps[ends[2]..], &store(folder));
        Self { folder: folder.into(), steps, before: 0 }
    }

    /// The program opens what a loss of power left, and gets every fact again; recorded now, if that
    /// was not done before.
    pub(super) fn of_mending(&self, state: &State) -> Self {
        let folder = self.folder.join("mended");
        let wreck = state.wreck(self);
        if !folder.is_dir() {
            fs::create_dir_all(world(&folder)).expect("a folder");
            wreck.write(&self.world(), &world(&folder));
            record_facts(&folder, MENDING, facts(), IN_FLIGHT);
        }
        let (world, said) = (world(&folder), said(&folder));
        let mut reader = StepReader::new(&world, &said);
        let found = wreck.steps(&self.world(), &world);
        found.into_iter().for_each(|deed| reader.begin_with(deed));
        reader.begin_with(Deed::Say(state.said(self)));
        let before = reader.steps.len();
        reader.read(&fs::read_to_string(folder.join(MENDING)).expect("strace wrote its log"));
        let steps = reader.steps;
        Self { folder, steps, before }
    }

    /// The folder in which everything is that was written.
    pub(super) fn world(&self) -> PathBuf {
        world(&self.folder)
    }
}

/// In mid-run, between two acknowledgements, the journal is moved into the log and begins anew.
fn moves_the_journal(steps: &[Step], store: &Path) {
    let journal = beside(store, "-wal");
    let is_said = |step: &Step| matches!(step.deed, Deed::Say(_));
    let first = steps.iter().position(is_said).expect("something was acknowledged");
    let last = steps.iter().rposition(is_said).expect("something was acknowledged");
    let moved = |step: &Step| matches!(&step.deed, Deed::Write { path, .. } if path == store);
    let begins =
        |step: &Step| matches!(&step.deed, Deed::Write { path, at: 0, .. } if *path == journal);
    let between = &steps[first..last];
    assert!(between.iter().any(moved), "the journal was not moved in mid-run");
    assert!(between.iter().any(begins), "the journal did not begin anew in mid-run");
}

/// It breaks off between a write to the journal and its sync.
fn ends_before_a_sync(steps: &[Step], store: &Path) {
    let journal = beside(store, "-wal");
    let writes = |step: &Step| matches!(&step.deed, Deed::Write { path, .. } if *path == journal);
    let syncs = |step: &Step| {
        step.ended < usize::MAX && matches!(&step.deed, Deed::Sync(path) if *path == journal)
    };
    let last = steps.iter().rposition(writes).expect("it wrote to the journal");
    assert!(!steps[last..].iter().any(syncs), "it was killed too late");
}

/// What was not synced then is acknowledged before anything else is written, and so synced.
fn finds_what_was_not_synced(steps: &[Step], store: &Path) {
    let journal = beside(store, "-wal");
    let writes = |step: &Step| matches!(&step.deed, Deed::Write { path, .. } if *path == journal);
    let first = steps.iter().position(writes).expect("it wrote to the journal");
    let said = acknowledged(&steps[..first]);
    assert!(said.contains(&NOT_SYNCED.id()), "it is not asked for: {said}");
}
