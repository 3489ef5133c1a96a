//! `annals log follow`: events as they are committed by another process. It watches the log's
//! folder; in case the file system tells nothing, it looks once a second as well.

mod watch;

use std::process::ExitCode;
use std::sync::Arc;

use events::store::LogReader;
use events::store::postgres::PostgresReader;
use events::stream::Position;

use super::read::Writing;
use super::wanted::{PLACE_MAX, Wanted};
use crate::app::file;
use crate::cli::problem::Problem;
use crate::cli::signals::Signals;
use crate::cli::{Context, Done};
use crate::place::Place;
use watch::Watch;

/// How many events are held at once.
const PAGE_EVENTS: usize = 256;

/// Write events as they are committed, without an end
///
/// Begins with the first event of the log unless told otherwise. SIGINT and SIGTERM end it, and so
/// does a reader that goes away; the exit code is 0 then.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals log follow --new
  annals log follow --from 1000 --stream fact-shop --json")]
pub(in crate::cli) struct Follow {
    /// The first position to write [default: 1]
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(u64).range(1..=PLACE_MAX))]
    from: Option<u64>,
    /// Only what is committed from now on
    #[arg(long, conflicts_with = "from")]
    new: bool,
    /// End after so many events
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    #[command(flatten)]
    wanted: Wanted,
}

impl Follow {
    pub(super) async fn run(self, context: &Context) -> Done {
        let place = context.store()?;
        let mut signals = Signals::listen()?;
        let (reader, watch) = open(&place).await?;
        let writing = Writing::new(context.json, self.limit);
        tokio::select! {
            done = self.follow(reader, watch, writing) => done?,
            _ = signals.next() => {}
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn follow(
        self,
        reader: Arc<dyn LogReader>,
        mut watch: Watch,
        mut writing: Writing,
    ) -> Result<(), Problem> {
        let filter = self.wanted.filter();
        let mut next = match (self.new, self.from) {
            (true, _) => reader.head().await?.position.next(),
            (false, from) => Position(from.unwrap_or(1)),
        };
        loop {
            let page = reader.read_all(next, &filter, PAGE_EVENTS).await?;
            if writing.put(&mut page.events.iter(), &self.wanted).await?.is_break() {
                return Ok(());
            }
            let moved = page.next > next;
            next = page.next;
            if page.end {
                watch.wait(moved).await?;
            }
        }
    }
}

/// The log, and what tells of its commits from now on.
async fn open(place: &Place) -> Result<(Arc<dyn LogReader>, Watch), Problem> {
    Ok(match place {
        Place::File(path) => {
            let reader = file::reader(path)?;
            (Arc::new(reader), Watch::files(path))
        }
        Place::Database(url) => {
            let reader = PostgresReader::open(url).await?;
            let watch = Watch::database(&reader);
            (Arc::new(reader), watch)
        }
    })
}
