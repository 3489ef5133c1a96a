//! `annals task watch`: one task, live.

use std::process::ExitCode;

use events::id::TaskId;

use super::following::{Following, Happened};
use crate::cli::answers::event_line;
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::signals::Signals;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// Show what happens to a task until it is over
///
/// Everything that happened to it comes first. The exit code is 0 if it ends with a result, else 1.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Watch {
    /// The task's id
    id: TaskId,
    #[command(flatten)]
    system: System,
}

impl Watch {
    pub(super) async fn run(self, context: &Context) -> Done {
        let mut signals = Signals::listen()?;
        let remote = self.system.open().await?;
        let mut following = Following::begin(&remote, self.id).await?;
        let end = tokio::select! {
            end = show(&mut following, context) => end?,
            stop = signals.next() => return Ok(stop.code()),
        };
        remote.close().await?;
        Ok(if end.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn show(following: &mut Following<'_>, context: &Context) -> Result<Happened, Problem> {
    let mut lines = Lines::new();
    let mut events = following.known().await?;
    loop {
        for event in events {
            match context.json {
                true => lines.json(event.json()),
                false => lines.text(&event_line(event.json())),
            }
            if event.is_end() {
                lines.flush().await?;
                return Ok(event);
            }
        }
        lines.flush().await?;
        events = following.next().await?;
    }
}
