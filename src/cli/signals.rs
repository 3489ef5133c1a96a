//! SIGINT and SIGTERM. The first asks a command to end in good order; the second ends it at once.

use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::problem::Problem;

/// The signal that asked the program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// SIGINT: someone pressed Ctrl-C.
    Interrupted,
    /// SIGTERM: someone stops the program.
    Terminated,
}

impl Stop {
    /// The exit code shells know it by: 128 and the signal's number.
    pub(super) fn code(self) -> ExitCode {
        match self {
            Self::Interrupted => ExitCode::from(130),
            Self::Terminated => ExitCode::from(143),
        }
    }
}

/// The signals as they come; from now on they no longer end the program by themselves.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self, Problem> {
        let open = |kind| signal(kind).map_err(Problem::SystemFailed);
        Ok(Self {
            interrupt: open(SignalKind::interrupt())?,
            terminate: open(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Interrupted,
            _ = self.terminate.recv() => Stop::Terminated,
        }
    }

    /// Passes the first signal on, and returns at the second.
    pub(super) async fn relay(&mut self, asked: watch::Sender<Option<Stop>>) -> Stop {
        asked.send_replace(Some(self.next().await));
        self.next().await
    }
}
