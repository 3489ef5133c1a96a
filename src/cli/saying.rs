//! A word to an actor of a system that runs, and what became of it.

use std::process::ExitCode;

use events::id::StreamKey;
use serde_json::Value;

use super::output::Lines;
use super::system::{Identified, System};
use super::{Context, Done};

/// Whom a word is for, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Addressed {
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

/// A word to an actor.
pub(super) struct Word<'a> {
    /// What sort of actor it is.
    pub(super) category: &'a str,
    /// What it is called.
    pub(super) key: StreamKey,
    pub(super) verb: &'a str,
    pub(super) body: Value,
    /// What it is then: `paused`.
    pub(super) done: &'a str,
}

impl Addressed {
    /// Says it, and tells what became of it.
    pub(super) async fn say(&self, word: Word<'_>, context: &Context) -> Done {
        say((&self.system, &self.identified), word, context).await
    }
}

/// Says it, and tells what became of it.
pub(super) async fn say(
    (system, identified): (&System, &Identified),
    word: Word<'_>,
    context: &Context,
) -> Done {
    let Word { category, key, verb, body, done } = word;
    let remote = system.open().await?;
    let answered = remote.command((category, &key, verb), &body, identified).await?;
    remote.close().await?;
    let mut lines = Lines::new();
    match (context.json, context.quiet, answered.happened) {
        (true, _, _) => lines.json(&answered.whole),
        (false, true, _) => {}
        (false, false, true) => lines.text(&format!("{key} is {done}, at {}", answered.position)),
        (false, false, false) => lines.text(&format!("{key} was {done} before")),
    }
    lines.flush().await?;
    Ok(ExitCode::SUCCESS)
}
