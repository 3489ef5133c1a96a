//! `annals log read`: events as they are stored, page by page, also of types this program does not
//! know. Nothing is interpreted; every event was checked against damage before it gets here.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::process::ExitCode;

use events::recorded::Stored;
use events::store::LogReader;
use events::stream::{Direction, Position, StreamId, Version};

use super::wanted::{PLACE_MAX, Wanted};
use crate::app;
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::show::{EventJson, event_line};
use crate::cli::{Context, Done};

/// How many events are held at once.
const PAGE_EVENTS: usize = 1024;
/// How many events of one stream are held at once; the largest of them fill 16 MiB.
const STREAM_PAGE_EVENTS: usize = 64;
/// How much of a payload a terminal shows.
const PAYLOAD_SHOWN: usize = 200;

/// Write events as they are stored
///
/// Places are positions in the log; with --stream they are versions in the stream. Reading ends
/// where the log ended when it began. A line for people shows position, time, stream and version,
/// type and schema, who did it, and the payload; --json has everything.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals log read --from 1000 --limit 20
  annals log read --stream fact-shop --backwards --limit 1
  annals log read --json --type fact.recorded | jq .payload.data")]
pub(in crate::cli) struct Read {
    /// The first place to read [default: the beginning, or the end if backwards]
    #[arg(long, value_name = "PLACE", value_parser = clap::value_parser!(u64).range(1..=PLACE_MAX))]
    from: Option<u64>,
    /// The last place to read [default: the other end]
    #[arg(long, value_name = "PLACE", value_parser = clap::value_parser!(u64).range(1..=PLACE_MAX))]
    to: Option<u64>,
    /// The most events to write
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// From the newest to the oldest; only with --stream
    #[arg(long, requires = "stream")]
    backwards: bool,
    #[command(flatten)]
    wanted: Wanted,
}

impl Read {
    pub(super) async fn run(self, context: &Context) -> Done {
        let reader = app::reader(&context.store()?).await?;
        let reader = &*reader;
        let mut writing = Writing::new(context.json, self.limit);
        let stream = self.wanted.stream.as_ref().map(|name| name.0.clone());
        let done = match stream {
            Some(stream) if self.backwards => self.backwards(reader, &stream, &mut writing).await,
            Some(stream) => self.forwards(reader, &stream, &mut writing).await,
            None => self.log(reader, &mut writing).await,
        };
        // What was read before an error is true all the same.
        writing.lines.flush().await?;
        if done.is_ok() && !writing.wrote {
            context.note("there are no such events");
        }
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn log(&self, reader: &dyn LogReader, writing: &mut Writing) -> Result<(), Problem> {
        let filter = self.wanted.filter();
        let last = reader.head().await?.position.min(Position(self.to.unwrap_or(u64::MAX)));
        let mut next = Position(self.from.unwrap_or(1));
        while next <= last {
            let left = usize::try_from(last.0 - next.0 + 1).unwrap_or(usize::MAX);
            let page = reader.read_all(next, &filter, PAGE_EVENTS.min(left)).await?;
            let mut events = page.events.iter().take_while(|event| event.position() <= last);
            if writing.put(&mut events, &self.wanted).await?.is_break() || page.end {
                break;
            }
            next = page.next;
        }
        Ok(())
    }

    async fn forwards(
        &self,
        reader: &dyn LogReader,
        stream: &StreamId,
        writing: &mut Writing,
    ) -> Result<(), Problem> {
        let last = self.to.unwrap_or(PLACE_MAX);
        let mut next = self.from.unwrap_or(1);
        while next <= last {
            let events = page(reader, stream, next, Direction::Forwards).await?;
            let mut wanted = events.iter().take_while(|event| event.header().version.0 <= last);
            if writing.put(&mut wanted, &self.wanted).await?.is_break() {
                break;
            }
            let Some(event) = full_page(&events) else { break };
            next = event.header().version.0 + 1;
        }
        Ok(())
    }

    async fn backwards(
        &self,
        reader: &dyn LogReader,
        stream: &StreamId,
        writing: &mut Writing,
    ) -> Result<(), Problem> {
        let last = self.to.unwrap_or(1);
        let mut next = self.from.unwrap_or(PLACE_MAX);
        while next >= last {
            let events = page(reader, stream, next, Direction::Backwards).await?;
            let mut wanted = events.iter().take_while(|event| event.header().version.0 >= last);
            if writing.put(&mut wanted, &self.wanted).await?.is_break() {
                break;
            }
            let Some(event) = full_page(&events) else { break };
            next = event.header().version.0 - 1;
        }
        Ok(())
    }
}

async fn page(
    reader: &dyn LogReader,
    stream: &StreamId,
    from: u64,
    direction: Direction,
) -> Result<Vec<Stored>, Problem> {
    Ok(reader.read_stream(stream, Version(from), direction, STREAM_PAGE_EVENTS).await?)
}

/// The last event of a page that has others behind it.
fn full_page(events: &[Stored]) -> Option<&Stored> {
    events.last().filter(|_| events.len() == STREAM_PAGE_EVENTS)
}

/// Events on their way out.
pub(super) struct Writing {
    pub(super) lines: Lines,
    json: bool,
    payload_max: Option<usize>,
    left: u64,
    wrote: bool,
}

impl Writing {
    pub(super) fn new(json: bool, limit: Option<u64>) -> Self {
        let payload_max = std::io::stdout().is_terminal().then_some(PAYLOAD_SHOWN);
        Self {
            lines: Lines::new(),
            json,
            payload_max,
            left: limit.unwrap_or(u64::MAX),
            wrote: false,
        }
    }

    /// Writes those that are wanted; breaks when no more are, or when nobody reads them.
    pub(super) async fn put(
        &mut self,
        events: &mut (dyn Iterator<Item = &Stored> + Send),
        wanted: &Wanted,
    ) -> Result<ControlFlow<()>, Problem> {
        for event in events.filter(|event| wanted.is_wanted(event)) {
            if self.json {
                self.lines.json(&EventJson::of(event));
            } else {
                self.lines.text(&event_line(event, self.payload_max));
            }
            (self.left, self.wrote) = (self.left - 1, true);
            self.lines.flush_if_large().await?;
            if self.left == 0 || self.lines.is_closed() {
                self.lines.flush().await?;
                return Ok(ControlFlow::Break(()));
            }
        }
        self.lines.flush().await?;
        let closed = self.lines.is_closed();
        Ok(if closed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
