//! A word to an actor of a system that runs, and what became of it.

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;
use std::str::FromStr;

use events::id::StreamKey;

use super::body::Body;
use super::output::Lines;
use super::system::{Answered, Identified, System};
use super::{Context, Done};

/// Whom a word is for, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Addressed {
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

/// Something that goes by its name, and why a word is said to it.
#[derive(Debug, clap::Args)]
pub(super) struct Named<I>
where
    I: FromStr<Err: Error + Send + Sync + 'static> + Clone + Send + Sync + 'static,
{
    /// What it is called
    name: I,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    addressed: Addressed,
}

/// A word to an actor.
pub(super) struct Word<'a> {
    /// What sort of actor it is.
    pub(super) category: &'a str,
    /// What it is called.
    pub(super) key: StreamKey,
    pub(super) verb: &'a str,
    pub(super) body: Body,
    /// What it is then: `paused`.
    pub(super) done: &'a str,
}

impl Addressed {
    /// Says it, and tells what became of it.
    pub(super) async fn say(&self, word: Word<'_>, context: &Context) -> Done {
        say((&self.system, &self.identified), word, context).await
    }
}

impl<I> Named<I>
where
    I: FromStr<Err: Error + Send + Sync + 'static> + Display + Clone + Send + Sync + 'static,
{
    /// Says why, and tells what became of it.
    pub(super) async fn say(
        self,
        (category, verb): (&str, &str),
        done: &str,
        context: &Context,
    ) -> Done {
        let key = self.name.to_string().parse().expect("such a name is a token");
        let body = Body::default().with("reason", &self.reason);
        self.addressed.say(Word { category, key, verb, body, done }, context).await
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

/// Tells of something that has begun: its id, and with which command one sees more of it.
pub(super) async fn tell_begun(
    id: &impl Display,
    answered: Answered,
    (begun, see): (&str, &str),
    context: &Context,
) -> Done {
    let mut lines = Lines::new();
    match context.json {
        true => {
            let mut whole = answered.whole;
            whole["id"] = id.to_string().into();
            lines.json(&whole);
        }
        false => {
            lines.text(&id.to_string());
            let known = if answered.happened { "" } else { &format!("it was {begun} before; ") };
            context.note(&format!("{known}see it with: {see} {id}"));
        }
    }
    lines.flush().await?;
    Ok(ExitCode::SUCCESS)
}
