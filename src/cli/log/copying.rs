//! What `backup` and `restore` share: a log is copied, compared whole and put in its place, while a
//! bar moves and a signal may end it; then the copy is told in a few numbers.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use events::store::sqlite::SqliteReader;
use events::store::sqlite::backup::{Copied, CopyError, Draft};
use events::store::{LogReader, Progress};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

use crate::app::file;
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::signals::Signals;
use crate::cli::{Context, Done, progress};

/// The size of a page of a log.
const PAGE_BYTES: u64 = 4096;

/// What was copied, in a few numbers.
#[derive(Serialize)]
pub(super) struct Told {
    pub(super) store: String,
    pub(super) file: String,
    /// Where the keys of the copy are; a log without a history may have none.
    pub(super) keys: Option<String>,
    log_id: String,
    position: u64,
    events: u64,
    outcomes: u64,
    streams: u64,
    last_hash: Option<String>,
    last_recorded_at: Option<String>,
    bytes: u64,
    seconds: f64,
}

/// Copies what `from` reads, with its keys, and puts the copy in its place. A signal ends it, with
/// the exit code that is its own, and nothing is left then.
pub(super) async fn copy(
    from: &SqliteReader,
    draft: Draft,
    context: &Context,
) -> Result<Result<Copied, ExitCode>, Problem> {
    let mut signals = Signals::listen()?;
    let draft = Arc::new(draft);
    tokio::select! {
        copied = make(from, &draft, context) => Ok(Ok(copied?)),
        stop = signals.next() => {
            draft.discard();
            Ok(Err(stop.code()))
        }
    }
}

async fn make(
    from: &SqliteReader,
    draft: &Arc<Draft>,
    context: &Context,
) -> Result<Copied, CopyError> {
    let pages = std::fs::metadata(from.path()).map_or(0, |found| found.len() / PAGE_BYTES);
    let bar = progress::bar(context.watched(), Some(pages), "pages copied");
    let (progress, keys) = (Progress::default(), file::keys_path(from.path()));
    progress::watch(bar, &progress, from.copy_to(draft, &keys, progress.clone())).await?;
    let events = from.head().await?.position.0;
    let bar = progress::bar(context.watched(), Some(events), "events compared");
    let progress = Progress::default();
    let copied = progress::watch(bar, &progress, draft.verify(progress.clone())).await?;
    draft.place()?;
    Ok(copied)
}

impl Told {
    pub(super) fn of(copied: &Copied, begun: Instant, [store, file, keys]: [&Path; 3]) -> Self {
        let head = copied.head;
        Self {
            store: store.display().to_string(),
            file: file.display().to_string(),
            keys: copied.keys.then(|| keys.display().to_string()),
            log_id: copied.log_id.to_string(),
            position: head.position.0,
            // Positions have no gaps.
            events: head.position.0,
            outcomes: head.outcomes,
            streams: copied.streams,
            last_hash: copied.last_hash.map(|hash| hash.to_string()),
            last_recorded_at: (head.position.0 > 0).then(|| head.recorded_at.to_string()),
            bytes: copied.bytes,
            seconds: begun.elapsed().as_secs_f64(),
        }
    }

    /// Tells programs, or people, for whom `more` follows.
    pub(super) async fn tell(&self, context: &Context, more: &str) -> Done {
        let mut lines = Lines::new();
        if context.json {
            lines.json(self);
        } else if !context.quiet {
            lines.text(&format!("{}{more}", self.text()));
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }

    fn text(&self) -> String {
        let (events, bytes) = (HumanCount(self.events), HumanBytes(self.bytes));
        let mut text =
            format!("{events} events, {bytes}, all as it was written, in {:.1} s", self.seconds);
        if let (Some(hash), Some(time)) = (&self.last_hash, &self.last_recorded_at) {
            let last =
                format!("\nends at position {}, recorded at {time}, hash {hash}", self.position);
            text.push_str(&last);
        }
        text
    }
}
