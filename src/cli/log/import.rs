//! `annals log import`: what `export` wrote, taken into a log.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use events::id::LogId;
use events::store::memory::Memory;
use events::store::{self, EventStore};

use super::attended::{Asked, attended, step};
use super::keys;
use super::moved::Told;
use crate::app;
use crate::cli::problem::Problem;
use crate::cli::{Context, Done};
use crate::moving::Error;
use crate::moving::coming::Coming;
use crate::moving::into::{self, Ended, Whole};
use crate::place::Place;

/// Take in what `annals log export` wrote
///
/// An empty log becomes a copy, with the same id, positions and times, and grows with what is
/// exported later. A log with a history gets everything behind its end, and keeps its own id; bytes,
/// versions and hashes stay as they are. Everything is proven first: a file is read to its end before
/// anything is entered, standard input part by part. Streams and commands that are in both logs are
/// refused by name, unless they are the same. An import that was interrupted goes on with the same
/// command; nothing is entered twice.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals log import monday.jsonl
  gunzip < monday.jsonl.gz | annals log import -
  annals log import --adopt monday.jsonl                  # and carry on where that log stopped
  annals log import --keys monday.keys monday.jsonl")]
pub(in crate::cli) struct Import {
    /// The file; `-` is standard input
    #[arg(required_unless_present = "keys")]
    file: Option<PathBuf>,
    /// Do here what follows from the events: their reactions, effects and timers
    #[arg(long)]
    adopt: bool,
    /// Take in the keys that `annals log export --keys` wrote to this file
    #[arg(long, value_name = "KEYS")]
    keys: Option<PathBuf>,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Done {
        attended(|asked| self.attended(context, asked)).await
    }

    async fn attended(self, context: &Context, asked: Asked) -> Done {
        let begun = Instant::now();
        let place = context.store()?;
        if let Some(keys) = &self.keys {
            keys::import(&place, keys, context).await?;
        }
        let Some(file) = &self.file else { return Ok(ExitCode::SUCCESS) };
        let run = Importing { file, place: &place, context, asked };
        let store = run.open().await?;
        let is_file = run.is_file()?;
        let met = match is_file {
            true => match run.check(store.as_ref()).await? {
                Some(whole) => Some(whole),
                None => return Ok(run.stopped(0, None)),
            },
            false => None,
        };
        let coming = tokio::select! {
            coming = run.coming() => coming?,
            () = run.asked.stopped() => return Ok(run.stopped(0, None)),
        };
        // Only what was found to be whole makes a log where there is none.
        let store = match store {
            Some(store) => store,
            None => app::store(&place).await?,
        };
        let ended = run.take(coming, &store, self.adopt, met).await;
        let head = store.reader().head().await;
        let closed = store.close().await;
        let ended = ended?;
        closed?;
        let Some(whole) = ended.whole else {
            let done = ended.taken.outcomes + ended.taken.known;
            return Ok(run.stopped(done, met));
        };
        let file = file.display().to_string();
        let told = Told::of(file, place.to_string(), &ended, &whole, head?, self.adopt, begun);
        told.tell(context).await
    }
}

/// An import that is about to be made.
struct Importing<'a> {
    file: &'a Path,
    place: &'a Place,
    context: &'a Context,
    asked: Asked,
}

impl Importing<'_> {
    /// Opens the log that is there; no other process writes to a file from then on.
    async fn open(&self) -> Result<Option<Arc<dyn EventStore>>, Problem> {
        match app::reader(self.place).await {
            Ok(_) => Ok(Some(app::store(self.place).await?)),
            Err(store::Error::Missing(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether it can be read twice.
    fn is_file(&self) -> Result<bool, Problem> {
        if self.file == Path::new("-") {
            return Ok(false);
        }
        let found = std::fs::metadata(self.file).map_err(|source| self.missing(source))?;
        if found.is_dir() {
            return Err(self.missing(std::io::ErrorKind::IsADirectory.into()));
        }
        Ok(found.is_file())
    }

    fn missing(&self, source: std::io::Error) -> Problem {
        Problem::InputMissing { path: self.file.into(), source }
    }

    async fn coming(&self) -> Result<Coming, Problem> {
        let coming = match self.file == Path::new("-") {
            true => Coming::from_file(std::io::stdin()).await,
            false => {
                let file = File::open(self.file).map_err(|source| self.missing(source))?;
                Coming::from_file(file).await
            }
        };
        coming.map_err(|error| self.problem(error))
    }

    /// Reads all of it, and compares it with the log that is there, or with an empty one.
    async fn check(&self, store: Option<&Arc<dyn EventStore>>) -> Result<Option<Whole>, Problem> {
        let nothing = || Memory::new(LogId(store::keys::random_id())).reader();
        let target = store.map_or_else(nothing, |store| store.reader());
        let coming = self.coming().await?;
        let total = events(&coming);
        step(self.context, &self.asked, total, "events checked", async |work| {
            let met = into::meet(coming, &target, work).await;
            met.map_err(|error| self.problem(error))
        })
        .await
    }

    async fn take(
        &self,
        coming: Coming,
        store: &Arc<dyn EventStore>,
        adopt: bool,
        met: Option<Whole>,
    ) -> Result<Ended, Problem> {
        let total = events(&coming);
        let ended = step(self.context, &self.asked, total, "events imported", async |work| {
            let taken = into::take(coming, store, adopt, work).await;
            taken.map_err(|error| self.problem(error))
        });
        let ended = ended.await?;
        if met.is_some() && ended.whole.is_some() && ended.whole != met {
            return Err(Problem::Moving(Error::Changed(self.file.into())));
        }
        Ok(ended)
    }

    /// What is wrong with the file is told with its name.
    fn problem(&self, error: Error) -> Problem {
        match error {
            Error::Read(error) => Problem::Export { path: self.file.into(), error },
            error => Problem::Moving(error),
        }
    }

    /// Says how to go on.
    fn stopped(&self, outcomes: u64, met: Option<Whole>) -> ExitCode {
        let of = met.map_or_else(String::new, |whole| format!(" of {}", whole.totals.outcomes));
        let done = match outcomes {
            0 => "stopped before anything was imported".to_owned(),
            outcomes => format!("stopped: {outcomes}{of} commands are imported"),
        };
        self.context.announce(&format!("{done}; the same command goes on where this one stopped"));
        self.asked.code()
    }
}

/// How many events a log says it brings.
pub(super) fn events(coming: &Coming) -> u64 {
    let begin = coming.begin();
    (begin.last.0 + 1).saturating_sub(begin.first.0)
}
