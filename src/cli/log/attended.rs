//! Long work that someone attends: a bar moves while it goes on, the first signal asks it to stop in
//! good order, the second ends the program at once.

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use events::store::Progress;
use tokio::sync::watch;

use crate::cli::problem::Problem;
use crate::cli::signals::{Signals, Stop};
use crate::cli::{Context, Done, progress};
use crate::moving::Work;

/// Whether someone asked to stop, and how.
#[derive(Clone)]
pub(super) struct Asked {
    asked: watch::Receiver<bool>,
    stop: Arc<OnceLock<Stop>>,
}

impl Asked {
    /// Waits until someone asks to stop.
    pub(super) async fn stopped(&self) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The exit code of who was asked to stop.
    pub(super) fn code(&self) -> ExitCode {
        self.stop.get().map_or(ExitCode::FAILURE, |stop| stop.code())
    }
}

/// Does a command's work until it ends or must end.
pub(super) async fn attended<W: Future<Output = Done>>(work: impl FnOnce(Asked) -> W) -> Done {
    let mut signals = Signals::listen()?;
    let (ask, asked) = watch::channel(false);
    let stop = Arc::new(OnceLock::new());
    let work = work(Asked { asked, stop: Arc::clone(&stop) });
    let second = async {
        // Nobody else has said it yet.
        let _ = stop.set(signals.next().await);
        ask.send_replace(true);
        signals.next().await
    };
    tokio::select! {
        done = work => done,
        stop = second => Ok(stop.code()),
    }
}

/// Shows a bar over one step of it, which counts events.
pub(super) async fn step<T, E: Into<Problem>>(
    context: &Context,
    asked: &Asked,
    total: u64,
    what: &str,
    step: impl AsyncFnOnce(&Work) -> Result<T, E>,
) -> Result<T, Problem> {
    let bar = progress::bar(context.watched(), Some(total), what);
    let counted = Progress::default();
    let work = Work { progress: counted.clone(), asked: Some(asked.asked.clone()) };
    progress::watch(bar, &counted, step(&work)).await.map_err(Into::into)
}
