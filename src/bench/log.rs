//! `annals bench log`: the log in one file against the fastest loop over the same tables.

mod append;
mod corpus;
mod fill;
mod memory;
mod moving;
mod postgres;
mod raw;
mod read;
mod rows;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use events::store::sqlite::{Options, Sqlite};
use events::store::{EventStore, Writer};

use super::{Better, Common, Measure};
use crate::clock::SystemClock;

/// Measures everything about the log.
pub(super) fn run(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let folder = match &common.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let folder = folder.path();
    let mut measures = Vec::new();
    if common.wants("log.append.sqlite.256") {
        measures.extend(append::many(common, folder)?);
    }
    if common.wants("log.append.sqlite.1") {
        measures.push(append::single(common, folder)?);
    }
    if ["log.read", "log.verify"].into_iter().any(|name| common.wants(name)) {
        measures.extend(read::all(common, folder)?);
    }
    if ["log.append.postgres", "log.read_all.postgres"].into_iter().any(|name| common.wants(name)) {
        measures.extend(postgres::all(common)?);
    }
    if ["log.export", "log.import"].into_iter().any(|name| common.wants(name)) {
        measures.extend(moving::all(common, folder)?);
    }
    if common.wants("log.memory") {
        measures.extend(memory::all(common, folder)?);
    }
    Ok(measures)
}

/// What the hidden command does that the memory is measured of.
pub(super) fn peak(path: &Path, events: u64, threads: bool) -> anyhow::Result<()> {
    memory::append_and_tell(path, events, threads)
}

/// A runtime like the one the program runs on.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Opens a log with its writer.
async fn open(
    path: &Path,
) -> anyhow::Result<(Arc<Sqlite>, Writer, events::store::writer::WriterTask)> {
    let store = Arc::new(Box::pin(Sqlite::open(path, &Options::default())).await?);
    let head = store.reader().head().await?;
    let (writer, task) = Writer::start(Arc::clone(&store) as _, Arc::new(SystemClock), head);
    Ok((store, writer, task))
}

/// Takes a log's files away again.
fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        // A file that is not there is as good as removed.
        let _ = std::fs::remove_file(name);
    }
}

pub(super) fn per_second(count: u64, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}
