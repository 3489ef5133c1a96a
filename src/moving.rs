//! Moving a log: out into a file, in from one, from one store to another. What may move, and how it
//! looks in a file, is in `events`; here reading, proving and writing go on side by side, and end in
//! good order when someone asks.

pub mod coming;
pub mod going;
pub mod into;
pub mod new_file;

use std::path::PathBuf;

use events::store::moving::arrive::Refused;
use events::store::moving::file::NotRead;
use events::store::moving::meet::NotMoved;
use events::store::{self, Progress};
use tokio::sync::watch;

/// How many parts wait between who reads and who writes.
const PARTS_MAX: usize = 2;

/// Why a log does not move.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A log does not do what it is asked.
    #[error(transparent)]
    Log(#[from] store::Error),
    /// The target does not take it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The file is not read.
    #[error(transparent)]
    Read(#[from] NotRead),
    /// The file is another one than a moment ago.
    #[error("{} has changed since it was checked", .0.display())]
    Changed(PathBuf),
    /// The file is not written.
    #[error("writing the output failed: {0}")]
    Write(#[source] std::io::Error),
}

impl From<NotMoved> for Error {
    fn from(error: NotMoved) -> Self {
        match error {
            NotMoved::Refused(refused) => Self::Refused(refused),
            NotMoved::Store(error) => Self::Log(error),
        }
    }
}

/// Long work, for whoever watches it or wants it to end.
pub struct Work {
    /// Counts events.
    pub progress: Progress,
    /// Becomes true when someone asks it to stop; none, if nobody ever does.
    pub asked: Option<watch::Receiver<bool>>,
}

impl Work {
    /// Work that nobody watches or stops.
    #[must_use]
    pub fn alone() -> Self {
        Self { progress: Progress::default(), asked: None }
    }

    /// Waits until someone asks it to stop.
    async fn stopped(&self) {
        if let Some(asked) = &self.asked
            && asked.clone().wait_for(|asked| *asked).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
