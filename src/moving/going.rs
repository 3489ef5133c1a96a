//! A log on its way into a file: read in one task, encoded and written on a thread of its own.

use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use events::store::LogReader;
use events::store::moving::Part;
use events::store::moving::file::{Begin, Encoder, End, Form};
use events::store::moving::parts::{self, Parts};
use events::store::moving::standing::Standings;
use events::stream::Position;
use tokio::sync::mpsc;

use super::{Error, PARTS_MAX, Work};

/// How long to wait for who writes, once someone asked to stop: who reads a pipe may never read on.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was written.
pub struct Written<W> {
    /// What it begins with.
    pub begin: Begin,
    /// What it ends with.
    pub end: End,
    /// How many bytes it has.
    pub bytes: u64,
    /// Where it was written to; none of it is synced yet.
    pub out: W,
}

/// Writes a range of a log, as it stands now; none if someone asked to stop.
pub async fn write<W: Write + Send + 'static>(
    reader: &Arc<dyn LogReader>,
    range: RangeInclusive<Position>,
    form: Form,
    out: W,
    work: &Work,
) -> Result<Option<Written<W>>, Error> {
    let (begin, all) = parts::open(reader, range).await?;
    let (send, parts) = mpsc::channel(PARTS_MAX);
    let (first, consumers) = (begin.clone(), all.consumers().clone());
    let writing = tokio::task::spawn_blocking(move || encode(first, consumers, form, out, parts));
    let read = read(all, send, work).await;
    let stopped = async {
        if !matches!(read, Ok(false)) {
            work.stopped().await;
        }
        tokio::time::sleep(PATIENCE).await;
    };
    let written = tokio::select! {
        written = writing => written.unwrap_or_else(|panic| Err(std::io::Error::other(panic))),
        () = stopped => return Ok(None),
    };
    if !read? {
        return Ok(None);
    }
    let (end, bytes, out) = written.map_err(Error::Write)?;
    Ok(Some(Written { begin, end, bytes, out }))
}

/// Says whether all of it was read. Only what is told to end gets an end.
async fn read(
    mut all: Parts,
    send: mpsc::Sender<Option<Part>>,
    work: &Work,
) -> Result<bool, Error> {
    loop {
        let part = all.next().await?;
        let end = part.is_none();
        let commands = part.iter().flat_map(|part| &part.commands);
        let events = commands.map(|moved| moved.events.len() as u64).sum();
        let sent = tokio::select! {
            biased;
            () = work.stopped() => return Ok(false),
            sent = send.send(part) => sent,
        };
        if end || sent.is_err() {
            // Why it is not written is told by who writes.
            return Ok(true);
        }
        work.progress.add(events);
    }
}

fn encode<W: Write>(
    begin: Begin,
    consumers: Standings,
    form: Form,
    mut out: W,
    mut parts: mpsc::Receiver<Option<Part>>,
) -> std::io::Result<(End, u64, W)> {
    let mut encoder = Encoder::begin(form, &begin);
    let mut bytes = 0;
    loop {
        let next = parts.blocking_recv();
        let end = match &next {
            Some(Some(part)) => {
                encoder.part(part);
                None
            }
            Some(None) => {
                encoder.consumers(&consumers);
                Some(encoder.end())
            }
            None => return Err(std::io::Error::other("the one who reads is gone")),
        };
        let written = encoder.take();
        bytes += written.len() as u64;
        out.write_all(&written)?;
        if let Some(end) = end {
            out.flush()?;
            return Ok((end, bytes, out));
        }
    }
}
