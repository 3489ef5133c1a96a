//! `annals log append`: facts as lines of JSON, recorded once each. Lines are read and checked on a
//! thread of their own (`intake`, `line`), appended many at a time (`flight`), and acknowledged in
//! the order they came (`session`). A line that was printed is committed.

mod flight;
mod intake;
mod refusals;
mod session;

use std::path::PathBuf;
use std::process::ExitCode;

use events::id::{InvalidId, Source, Tenant};
use tokio::sync::watch;

pub(in crate::cli) use intake::LINE_BYTES_MAX;

use crate::app::App;
use crate::cli::problem::Problem;
use crate::cli::signals::Signals;
use crate::cli::{Context, Done};
use crate::place::Place;
use intake::{Input, Recorder, is_typed};
use session::{Counts, Ending, Session};

/// Record facts, one line of JSON each
///
/// Each line is a CloudEvent with `id`, `source` and `type`; the same id from the same source is
/// recorded once for ever. With --json a line is written for each fact when it is committed and
/// synced: once it is there, the fact is safe. A line that is refused ends the reading; what was
/// read before it is recorded and acknowledged. When the disk is full, it waits for room; when
/// a program holds the log open for reading until its journal may not grow any more, it waits for
/// that program. SIGINT and SIGTERM end it in the same good order; a second one ends it at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  echo '{\"id\":\"1\",\"source\":\"shop\",\"type\":\"order.placed\",\"data\":{\"total\":3}}' | annals log append
  annals log append facts.jsonl --source shop
  producer | annals log append --json | consumer")]
pub(in crate::cli) struct Append {
    /// The file to read; `-` is standard input
    #[arg(default_value = "-", hide_default_value = true)]
    file: PathBuf,
    /// The source of lines that name none
    #[arg(long, value_parser = open_token::<Source>)]
    source: Option<Source>,
    /// Whose facts they are
    #[arg(long, default_value = "main", value_parser = open_token::<Tenant>)]
    tenant: Tenant,
    /// How many facts may be under way at once
    #[arg(long, value_name = "FACTS", default_value_t = 1024,
          value_parser = clap::value_parser!(u16).range(1..=i64::from(flight::FACTS_MAX)))]
    in_flight: u16,
    /// Make up ids for lines that have none; sent again, they are recorded again
    #[arg(long)]
    mint_ids: bool,
}

/// Names that begin with `_` are the system's own.
fn open_token<T: std::str::FromStr<Err = InvalidId>>(text: &str) -> Result<T, String> {
    if text.starts_with('_') {
        return Err("names that begin with `_` are reserved".into());
    }
    text.parse().map_err(|error: InvalidId| error.to_string())
}

impl Append {
    pub(super) async fn run(self, context: &Context) -> Done {
        let place = context.store()?;
        // Before the log is made: a missing input must not leave an empty log behind.
        let input = Input::open(&self.file)?;
        let mut signals = Signals::listen()?;
        let (asked, stopping) = watch::channel(None);
        let work = Box::pin(self.append(&place, input, stopping, context));
        tokio::select! {
            done = work => done,
            stop = signals.relay(asked) => Ok(stop.code()),
        }
    }

    async fn append(
        self,
        place: &Place,
        input: Input,
        stopping: watch::Receiver<Option<crate::cli::signals::Stop>>,
        context: &Context,
    ) -> Done {
        let app = Box::pin(App::open(place)).await?;
        if app.created() {
            context.note(&format!("made a new log at {}", app.place()));
        }
        let recorder = Recorder {
            key: app.hash_key(&self.tenant).await?,
            tenant: self.tenant,
            source: self.source,
            mint_ids: self.mint_ids,
        };
        let total = input.bytes();
        let lines = input.read(recorder)?;
        if is_typed(&self.file) {
            context.note("one fact a line, please; Ctrl-D ends the input");
        }
        let limit = usize::from(self.in_flight);
        let session = Session::new(lines, app.writer(), limit, stopping, context, total);
        let ending = session.run().await?;
        let head = app.reader().head().await?.position;
        app.close().await?;
        conclude(ending, head.0, context)
    }
}

/// The last words, and the exit code.
fn conclude(ending: Ending, head: u64, context: &Context) -> Done {
    let Ending { counts, refusals, stop } = ending;
    let Counts { recorded, known, given_up } = counts;
    if given_up > 0 {
        context.note(&format!("{given_up} were not recorded: there was no room"));
    }
    let summary = format!("{recorded} recorded, {known} known before, the log ends at {head}");
    summarise(&summary, context)?;
    let (problem, others) = refusals.into_parts();
    others.into_iter().for_each(|others| context.announce(&others));
    match (problem, stop) {
        (Some(problem), _) => Err(problem),
        (None, Some(stop)) => Ok(stop.code()),
        (None, None) => Ok(ExitCode::SUCCESS),
    }
}

fn summarise(summary: &str, context: &Context) -> Result<(), Problem> {
    use std::io::Write as _;
    if context.json || context.quiet {
        return Ok(());
    }
    match writeln!(std::io::stdout().lock(), "{summary}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Problem::OutputFailed(error))
        }
        _ => Ok(()),
    }
}
