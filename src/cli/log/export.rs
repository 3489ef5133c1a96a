//! `annals log export`: the log, or a range of it, as a file that any log takes in.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::ValueEnum;
use data_encoding::HEXLOWER;
use events::store::LogReader;
use events::store::moving::file::Form;
use events::stream::Position;
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

use super::attended::{Asked, attended, step};
use super::keys;
use super::wanted::PLACE_MAX;
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::{Context, Done};
use crate::moving::going::{self, Written};
use crate::moving::new_file::{self, NewFile};
use crate::{app, moving};

/// Write the log to a file that `annals log import` takes in
///
/// Everything in it, as it is stored: events, also of types this program does not know, what became
/// of commands, and blobs; with digests, so that nothing of a damaged file is ever taken in. What is
/// sealed stays sealed, and the keys are no part of it. The file gets its name when it is whole and
/// synced, and is never written over anything; others may append meanwhile. The format is described
/// in docs/format.md.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals log export monday.jsonl
  annals log export - | gzip > monday.jsonl.gz
  annals log export --from 1001 since-monday.jsonl        # what came later
  annals log export --format binary monday.annals
  annals log export --keys monday.keys                    # and keep them apart")]
pub(in crate::cli) struct Export {
    /// The file, there must be nothing yet; `-` or nothing is standard output
    file: Option<PathBuf>,
    /// The first position [default: the beginning]
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(u64).range(1..=PLACE_MAX))]
    from: Option<u64>,
    /// The last position [default: the end]
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(u64).range(1..=PLACE_MAX))]
    to: Option<u64>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Write the keys to this file, readable by you alone; the log too, only if FILE is given
    #[arg(long, value_name = "KEYS")]
    keys: Option<PathBuf>,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines of JSON
    Json,
    /// Records of bytes: less to store and to send
    Binary,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Done {
        attended(|asked| self.attended(context, asked)).await
    }

    async fn attended(self, context: &Context, asked: Asked) -> Done {
        let begun = Instant::now();
        let store = context.store()?;
        if let Some(file) = &self.keys {
            keys::export(&store, file, context).await?;
            if self.file.is_none() {
                return Ok(ExitCode::SUCCESS);
            }
        }
        let reader = app::reader(&store).await?;
        let (first, last) = self.range(&*reader).await?;
        let export = Exporting { reader, first, last, format: self.format, context, asked };
        let (told, file) = match self.file.as_deref().filter(|file| *file != Path::new("-")) {
            None => (export.to(std::io::stdout()).await?.map(|(told, _)| told), None),
            Some(file) => {
                let made = export.to(NewFile::create(file)?).await;
                let Some((told, new)) = made.map_err(|problem| not_made(file, problem))? else {
                    return Ok(export.asked.code());
                };
                new.place()?;
                (Some(told), Some(file))
            }
        };
        let Some(told) = told else { return Ok(export.asked.code()) };
        let seconds = begun.elapsed().as_secs_f64();
        let place = file.map(|file| file.display().to_string());
        let told = Told { store: store.to_string(), file: place, seconds, ..told };
        told.tell(context, (first, last)).await
    }

    /// The positions that were asked for, as far as there are any.
    async fn range(&self, reader: &dyn LogReader) -> Result<(Position, Position), Problem> {
        let head = reader.head().await?.position;
        let first = Position(self.from.unwrap_or(1));
        let last = Position(self.to.unwrap_or(head.0));
        if first > head.next() || last > head {
            return Err(Problem::Usage(format!("the log ends at position {head}")));
        }
        if first > last.next() {
            return Err(Problem::Usage(format!("position {first} is behind position {last}")));
        }
        Ok((first, last))
    }
}

/// What cannot be written is the file.
fn not_made(file: &Path, problem: Problem) -> Problem {
    match problem {
        Problem::Moving(moving::Error::Write(error)) => new_file::not_made(file, &error).into(),
        problem => problem,
    }
}

/// An export that is about to be made.
struct Exporting<'a> {
    reader: Arc<dyn LogReader>,
    first: Position,
    last: Position,
    format: Format,
    context: &'a Context,
    asked: Asked,
}

impl Exporting<'_> {
    /// Writes everything; none if someone asked to stop.
    async fn to<W: Write + Send + 'static>(&self, out: W) -> Result<Option<(Told, W)>, Problem> {
        let form = match self.format {
            Format::Json => Form::Json,
            Format::Binary => Form::Binary,
        };
        let (range, total) = (self.first..=self.last, self.last.0 + 1 - self.first.0);
        let written = step(self.context, &self.asked, total, "events", async |work| {
            going::write(&self.reader, range, form, out, work).await
        });
        let written = written.await?;
        Ok(written.map(|written| (Told::of(&written, self.format), written.out)))
    }
}

/// What was exported, in a few numbers.
#[derive(Serialize)]
struct Told {
    store: String,
    file: Option<String>,
    format: &'static str,
    log_id: String,
    first: u64,
    last: u64,
    events: u64,
    outcomes: u64,
    blobs: u64,
    last_hash: Option<String>,
    digest: String,
    bytes: u64,
    seconds: f64,
}

impl Told {
    fn of<W>(written: &Written<W>, format: Format) -> Self {
        let Written { begin, end, bytes, .. } = written;
        Self {
            store: String::new(),
            file: None,
            format: match format {
                Format::Json => "json",
                Format::Binary => "binary",
            },
            log_id: begin.log_id.to_string(),
            first: begin.first.0,
            last: begin.last.0,
            events: end.totals.events,
            outcomes: end.totals.outcomes,
            blobs: end.totals.blobs,
            last_hash: end.totals.last_hash.map(|hash| hash.to_string()),
            digest: HEXLOWER.encode(&end.digest),
            bytes: *bytes,
            seconds: 0.0,
        }
    }

    /// Tells people or programs, where the export itself does not stand.
    async fn tell(&self, context: &Context, asked: (Position, Position)) -> Done {
        if (self.first, self.last) != (asked.0.0, asked.1.0) {
            let (first, last) = (self.first, self.last);
            context.note(&format!("positions {first} to {last}: no command is cut in two"));
        }
        let mut lines = Lines::new();
        match (&self.file, context.json) {
            (None, _) => context.note(&self.text()),
            (Some(_), true) => lines.json(self),
            (Some(_), false) if context.quiet => {}
            (Some(_), false) => lines.text(&self.text()),
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }

    fn text(&self) -> String {
        format!(
            "{} events, {} outcomes and {} blobs, positions {} to {}, {} in {:.1} s, digest {}",
            HumanCount(self.events),
            HumanCount(self.outcomes),
            HumanCount(self.blobs),
            self.first,
            self.last,
            HumanBytes(self.bytes),
            self.seconds,
            self.digest,
        )
    }
}

impl From<moving::Error> for Problem {
    fn from(error: moving::Error) -> Self {
        Self::Moving(error)
    }
}
