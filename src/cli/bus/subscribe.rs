//! `annals bus sub`: messages as they come.

use std::process::ExitCode;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use events::bus::{Bus as _, Event, Pattern, Subscribe, Subscription};
use tokio::time::timeout;

use super::shown::{Shown, line};
use super::{Connect, refused};
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::signals::Signals;
use crate::cli::{Context, Done};

/// How many messages are written at once.
const MANY: usize = 256;
/// How long the server may take to learn that nobody listens any more.
const FAREWELL_MAX: Duration = Duration::from_secs(1);

/// Write messages as they come, without an end
///
/// What is sent while the connection is lost, or faster than it can be written, does not come; both
/// are said. It fails if the server does not allow it. SIGINT and SIGTERM end it, and so does a reader that goes away; the exit code is 0 then.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals bus sub 'annals.main.event.>'
  annals bus sub 'annals.*.fact.*' --json --limit 10
  annals bus sub work.mine --group workers")]
pub(in crate::cli) struct Sub {
    /// To what to listen; `*` is one token, a last `>` the rest
    pattern: Pattern,
    /// Share the messages with others of this group
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    group: Option<String>,
    /// End after so many messages
    #[arg(long, value_name = "MESSAGES", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    #[command(flatten)]
    connect: Connect,
}

impl Sub {
    pub(super) async fn run(self, context: &Context) -> Done {
        let mut signals = Signals::listen()?;
        let bus = self.connect.open().await?;
        let wanted = Subscribe {
            group: self.group.map(Into::into),
            ends_after: self.limit,
            ..Subscribe::to(self.pattern.clone())
        };
        let mut happens = bus.events();
        let mut messages = bus.subscribe(wanted).await?;
        let problem = refused(&mut happens, |event| context.announce(&words(event)));
        let hears = async {
            // Whoever is told that it listens may send at once.
            bus.flush().await?;
            context.note(&format!("listening to {}", self.pattern));
            write(&mut messages, context).await
        };
        tokio::select! {
            biased;
            _ = signals.next() => {
                // Whoever wants it to end does not wait for a server that is gone.
                tokio::select! {
                    _ = timeout(FAREWELL_MAX, bus.drain()) => {}
                    _ = signals.next() => {}
                }
                return Ok(ExitCode::SUCCESS);
            }
            problem = problem => return Err(problem),
            heard = hears => heard?,
        }
        bus.drain().await?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn write(messages: &mut Subscription, context: &Context) -> Result<(), Problem> {
    let (mut lines, mut came) = (Lines::new(), Vec::with_capacity(MANY));
    while messages.next_many(&mut came, MANY).await > 0 && !lines.is_closed() {
        for message in came.drain(..) {
            match context.json {
                true => lines.json(&Shown::of(&message)),
                false => lines.text(&line(&message)),
            }
        }
        lines.flush().await?;
    }
    Ok(())
}

fn words(event: &Event) -> String {
    match event {
        Event::Reconnected => "connected again; what was sent meanwhile did not come".into(),
        Event::Disconnected => "the connection is lost, and is being made again".into(),
        Event::SlowConsumer { missed, .. } => format!("too fast: {missed} messages lost so far"),
        Event::LameDuck => "the server is about to end".into(),
        Event::Complaint(text) => format!("the server complains: {text}"),
        Event::Closed => "the connection has ended".into(),
    }
}
