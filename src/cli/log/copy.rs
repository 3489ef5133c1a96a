//! `annals log copy`: from one store to another in one go.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::builder::{OsStringValueParser, TypedValueParser};
use events::store::{EventStore, LogHead, LogReader, Progress};
use events::stream::Position;

use super::attended::{Asked, attended, step};
use super::import::events;
use super::moved::Told;
use crate::app;
use crate::cli::problem::Problem;
use crate::cli::{Context, Done, progress};
use crate::moving::coming::Coming;
use crate::moving::into;
use crate::place::Place;

/// Copy a log from one store to another
///
/// Exports and imports in one go, without a file between: an empty store becomes a copy, one with a
/// history gets everything behind its end. What is appended meanwhile comes with the next copy; one
/// that was interrupted goes on with the same command.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals log copy --to postgres://db/annals --keys --verify
  annals log copy --from postgres://db/annals --to annals.log")]
pub(in crate::cli) struct Copy {
    /// The store to copy: a file, or postgres://… [default: the log that every command means]
    #[arg(long, value_name = "STORE",
          value_parser = OsStringValueParser::new().map(Place::from))]
    from: Option<Place>,
    /// The store to copy into; made if there is none
    #[arg(long, value_name = "STORE",
          value_parser = OsStringValueParser::new().map(Place::from))]
    to: Place,
    /// Compare both logs afterwards, event by event, and audit the target
    #[arg(long)]
    verify: bool,
    /// Do there what follows from the events: their reactions, effects and timers
    #[arg(long)]
    adopt: bool,
    /// Take the keys along
    #[arg(long)]
    keys: bool,
}

impl Copy {
    pub(super) async fn run(self, context: &Context) -> Done {
        attended(|asked| self.attended(context, asked)).await
    }

    async fn attended(self, context: &Context, asked: Asked) -> Done {
        let begun = Instant::now();
        let place = self.from.clone().map_or_else(|| context.store(), Ok)?;
        let from = app::reader(&place).await?;
        let last = from.head().await?.position;
        let store = app::store(&self.to).await?;
        if self.keys {
            let keys = app::keys(&place).await?.ring().await?;
            let added = app::new_keys(&self.to).await?.add(&keys).await?;
            added.map_err(Problem::KeysDiffer)?;
        }
        let run = Copying { place, from, last, store, context, asked };
        let done = run.copy(&self, begun).await;
        let closed = run.store.close().await;
        let done = done?;
        closed?;
        Ok(done)
    }
}

/// A copy that is about to be made.
struct Copying<'a> {
    place: Place,
    from: Arc<dyn LogReader>,
    /// Where the log ended when the copy began.
    last: Position,
    store: Arc<dyn EventStore>,
    context: &'a Context,
    asked: Asked,
}

impl Copying<'_> {
    async fn copy(&self, copy: &Copy, begun: Instant) -> Done {
        let target = self.store.reader();
        if target.head().await? != LogHead::default() && !self.check(&target).await? {
            return Ok(self.stopped());
        }
        let coming = self.coming().await?;
        let total = events(&coming);
        let ended = step(self.context, &self.asked, total, "events copied", async |work| {
            into::take(coming, &self.store, copy.adopt, work).await
        });
        let ended = ended.await?;
        let Some(whole) = ended.whole else { return Ok(self.stopped()) };
        let head = target.head().await?;
        let (from, to) = (self.place.to_string(), copy.to.to_string());
        let mut told = Told::of(from, to, &ended, &whole, head, copy.adopt, begun);
        if copy.verify {
            if !self.compare(&target).await? {
                return Ok(self.stopped());
            }
            self.audit(&target, head).await?;
            told.verified = Some(true);
        }
        told.tell(self.context).await
    }

    async fn coming(&self) -> Result<Coming, Problem> {
        Ok(Coming::from_log(&self.from, Position::FIRST..=self.last).await?)
    }

    /// Compares everything with what the target has before anything is entered; says whether it was
    /// not asked to stop.
    async fn check(&self, target: &Arc<dyn LogReader>) -> Result<bool, Problem> {
        let coming = self.coming().await?;
        let total = events(&coming);
        let met = step(self.context, &self.asked, total, "events checked", async |work| {
            into::meet(coming, target, work).await
        });
        Ok(met.await?.is_some())
    }

    /// Compares both logs; says whether it was not asked to stop.
    async fn compare(&self, target: &Arc<dyn LogReader>) -> Result<bool, Problem> {
        let coming = self.coming().await?;
        let total = events(&coming);
        let compared = step(self.context, &self.asked, total, "events compared", async |work| {
            into::compare(coming, target, work).await
        });
        match compared.await? {
            Ok(found) => Ok(found.is_some()),
            Err(differs) => Err(Problem::CopyDiffers(differs)),
        }
    }

    async fn audit(&self, target: &Arc<dyn LogReader>, head: LogHead) -> Result<(), Problem> {
        let bar = progress::bar(self.context.watched(), Some(head.position.0), "events audited");
        let counted = Progress::default();
        let report = progress::watch(bar, &counted, target.verify(counted.clone())).await?;
        report.damages.into_iter().next().map_or(Ok(()), |first| Err(first.into()))
    }

    fn stopped(&self) -> ExitCode {
        self.context.announce("stopped; the same command goes on where this one stopped");
        self.asked.code()
    }
}
