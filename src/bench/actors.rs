//! `annals bench actors`: what it takes to keep an actor that does nothing, to wake one up, and to
//! ask those that are awake.

mod ask;
mod house;
mod idle;
mod wake;

use std::path::Path;
use std::sync::OnceLock;

use tokio::runtime::Runtime;

use super::{Common, Measure};

/// Measures everything about actors.
pub(super) fn run(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let folder = match &common.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let folder = folder.path();
    let mut measures = Vec::new();
    if common.wants("actors.idle") {
        measures.extend(idle::all(common, folder)?);
    }
    if common.wants("actors.wake") {
        measures.extend(wake::all(common, folder)?);
    }
    if common.wants("actors.ask") {
        measures.push(ask::rate(common, folder)?);
    }
    Ok(measures)
}

/// What the hidden command does that the memory is measured of.
pub(super) fn idle(path: &Path) -> anyhow::Result<()> {
    idle::keep_and_tell(path)
}

/// A runtime like the one the program runs on; actors live on it for as long as the process does.
fn runtime() -> anyhow::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if RUNTIME.get().is_none() {
        let _ = RUNTIME.set(super::log::runtime()?);
    }
    RUNTIME.get().ok_or_else(|| anyhow::anyhow!("there is no runtime"))
}
