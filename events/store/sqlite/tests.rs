//! What the log in a file promises beyond what every store does.

#![expect(
    clippy::disallowed_methods,
    reason = "these tests damage files, and await every task they spawn"
)]

mod backup;
mod damage;
mod flips;
mod guards;
mod journal;
mod migration;
mod pages;
mod places;
mod recovery;
mod small;
mod truth;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tempfile::TempDir;

use super::{Options, Sqlite};
use crate::store::EventStore;
use crate::store::conformance::world::{Fixture, World};

/// A log in a folder of its own.
pub(super) struct InFile {
    folder: TempDir,
    options: Options,
}

impl Default for InFile {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, options: Options::default() }
    }
}

impl InFile {
    fn path(&self) -> PathBuf {
        self.folder.path().join("annals.log")
    }
}

#[async_trait]
impl Fixture for InFile {
    async fn open(&self) -> Arc<dyn EventStore> {
        Arc::new(Sqlite::open(&self.path(), &self.options).await.expect("the log opens"))
    }
}

/// A running log, and where its file is.
async fn world() -> (World, PathBuf) {
    let fixture = InFile::default();
    let path = fixture.path();
    (World::new(Box::new(fixture)).await, path)
}

mod conformance {
    crate::conformance!(super::InFile::default());
}
