//! How a run that failed is repeated: what was recorded is kept, the seed draws the same states of
//! it, and a number picks one of them.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::TempDir;

use super::super::chance::Chance;

/// The variable that names the folder of a recording that was kept.
const RECORDING: &str = "ANNALS_RECORDING";
/// The variable that picks one state by its number.
const STATE: &str = "ANNALS_STATE";

/// The folder of a recording. It is kept if the test fails.
#[derive(Debug)]
pub(super) struct Archive {
    folder: PathBuf,
    /// None of ours, if it was kept before.
    own: Option<TempDir>,
    seed: u64,
}

impl Archive {
    /// One that was kept, or a new one, which `record` fills; and the chance that goes with it.
    pub(super) fn open(record: impl FnOnce(&Path)) -> (Self, Chance) {
        let (chance, seed) = Chance::seeded();
        writeln!(std::io::stderr(), "loss of power: ANNALS_SEED={seed}").expect("it is open");
        if let Some(folder) = named(RECORDING) {
            return (Self { folder: folder.into(), own: None, seed }, chance);
        }
        let own = tempfile::tempdir().expect("a folder");
        let archive = Self { folder: own.path().into(), own: Some(own), seed };
        record(&archive.folder);
        (archive, chance)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        let thread = thread::current();
        if thread::panicking() {
            self.own.take().map(TempDir::keep);
            let (folder, seed, test) = (self.folder.display(), self.seed, thread.name());
            let _ = writeln!(
                std::io::stderr().lock(),
                "to repeat it: {RECORDING}={folder} ANNALS_SEED={seed} {STATE}=<number> \
                 cargo test --test spec {}",
                test.unwrap_or("power_loss")
            );
        }
    }
}

/// The number of the state that is to be repeated alone, if any.
pub(super) fn only() -> Option<usize> {
    let text = named(STATE)?.into_string().expect("a state has a number");
    Some(text.parse().unwrap_or_else(|_| panic!("{STATE} is not a number: {text}")))
}

/// Whether there is time for many more states.
pub(super) fn is_long() -> bool {
    named("ANNALS_LONG").is_some()
}

#[expect(clippy::disallowed_methods, reason = "whoever repeats a run names it")]
fn named(variable: &str) -> Option<OsString> {
    std::env::var_os(variable)
}
