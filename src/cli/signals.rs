//! SIGINT and SIGTERM. The first asks a command to end in good order; the second ends it at once. SIGHUP
//! ends a command by itself, unless it has others to look after.

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
    /// SIGHUP: the terminal is gone.
    HungUp,
}

impl Stop {
    /// The exit code shells know it by: 128 and the signal's number.
    pub(super) fn code(self) -> ExitCode {
        match self {
            Self::HungUp => ExitCode::from(129),
            Self::Interrupted => ExitCode::from(130),
            Self::Terminated => ExitCode::from(143),
        }
    }
}

/// The signals as they come; from now on they no longer end the program by themselves.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// Listened to by those who have others to look after; from then on `nohup` has no say.
    hang_up: Option<Signal>,
}

impl Signals {
    pub(super) fn listen() -> Result<Self, Problem> {
        let open = |kind| signal(kind).map_err(Problem::SystemFailed);
        Ok(Self {
            interrupt: open(SignalKind::interrupt())?,
            terminate: open(SignalKind::terminate())?,
            hang_up: None,
        })
    }

    /// The same, and SIGHUP as well.
    pub(super) fn listen_to_all() -> Result<Self, Problem> {
        let hang_up = signal(SignalKind::hangup()).map_err(Problem::SystemFailed)?;
        Ok(Self { hang_up: Some(hang_up), ..Self::listen()? })
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Interrupted,
            _ = self.terminate.recv() => Stop::Terminated,
            () = heard(&mut self.hang_up) => Stop::HungUp,
        }
    }

    /// Passes the first signal on, and returns at the second.
    pub(super) async fn relay(&mut self, asked: watch::Sender<Option<Stop>>) -> Stop {
        asked.send_replace(Some(self.next().await));
        self.next().await
    }
}

/// Returns when this signal comes, if it is listened to.
async fn heard(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
