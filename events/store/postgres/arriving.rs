//! What comes from another log, as one call of a function of the database. Only when that refuses
//! something is the log asked what it has instead.

use sqlx::Row;

use super::columns::{Events, Query};
use super::writing::Writing;
use super::{PostgresReader, failure};
use crate::id::LogId;
use crate::store::moving::arrive::{self, Refused, Taken};
use crate::store::moving::meet;
use crate::store::moving::origin::Origin;
use crate::store::moving::{KeptBlob, Moved};
use crate::store::rows::OutcomeRow;
use crate::store::{Arrival, Arrived, Damage, Error, LogReader, StreamHead};
use crate::stream::Position;

/// The call; its arguments are bound in this order.
const CALL: &str = "SELECT * FROM annals.import_batch(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37)";

/// Takes a part in, all of it or nothing.
pub(super) async fn import(
    writing: &Writing,
    reader: &PostgresReader,
    arrival: &Arrival,
) -> Result<Arrived, Error> {
    let log_id = reader.identity().log_id();
    let rows = writing.call(|| Columns::of(arrival, log_id).bind(arrival, log_id)).await?;
    let first = rows.first().ok_or_else(|| Damage::of("the database gave no answer to a part"))?;
    let number = |column| first.try_get::<i64, _>(column).map_err(failure::of);
    let before = number(1)?;
    if before < 0 {
        return Ok(Arrived::Refused(Refused::Moved));
    }
    if let Some(wrong) = rows.get(1) {
        let n: i32 = wrong.try_get(0).map_err(failure::of)?;
        let refused = why(reader, arrival, n as usize - 1, Position(before as u64)).await?;
        return Ok(Arrived::Refused(refused));
    }
    if arrival.origin.copy {
        reader.identity().becomes(arrival.origin.source);
    }
    let (events, outcomes, blobs) = (number(2)? as u64, number(3)? as u64, number(4)? as u64);
    let known = arrival.part.commands().count() as u64 - outcomes;
    Ok(Arrived::Entered(Taken { events, outcomes, blobs, known }))
}

/// Why the `n`-th command of a part is refused by a log that ended at `head`.
async fn why(
    reader: &PostgresReader,
    arrival: &Arrival,
    n: usize,
    mut head: Position,
) -> Result<Refused, Error> {
    let origin = &arrival.origin;
    let commands: Vec<(&Moved, _)> = arrival.part.commands().take(n + 1).collect();
    let key = |moved: &Moved| (moved.kept.outcome.stream.tenant.clone(), moved.kept.command);
    let keys: Vec<_> = commands.iter().map(|(moved, _)| key(moved)).collect();
    let mut held = reader.kept(&keys).await?;
    for ((moved, _), _) in commands[..n].iter().zip(&held).filter(|(_, held)| held.is_none()) {
        head = head.plus(moved.events.len() as u64);
    }
    let (moved, base) = commands[n];
    let (tenant, command) = key(moved);
    let stream = moved.kept.outcome.stream.clone();
    if let Some(held) = held.pop().flatten() {
        let version = moved.kept.outcome.recorded.map(|span| span.last_version());
        let other = Refused::StreamInBoth { stream, version: version.unwrap_or_default() };
        return Ok(arrive::is_again(&held, moved, origin.copy).err().unwrap_or(other));
    }
    let came = meet::last_of(reader, origin).await?;
    let actual = reader.stream_heads(std::slice::from_ref(&stream)).await?;
    let fits = arrive::in_order(moved, origin, head, came).and_then(|()| {
        let heads = base.zip(actual.first().copied());
        heads.map_or(Ok(()), |(base, head)| arrive::goes_on(&stream, base, head))
    });
    Ok(fits.err().unwrap_or(Refused::CommandInBoth { tenant, command }))
}

/// A part, column by column.
#[derive(Default)]
struct Columns<'a> {
    floor: i64,
    tenants: Vec<&'a str>,
    categories: Vec<&'a str>,
    keys: Vec<&'a str>,
    base_versions: Vec<i64>,
    base_hashes: Vec<Vec<u8>>,
    last_versions: Vec<i64>,
    last_hashes: Vec<Vec<u8>>,
    commands: Vec<Vec<u8>>,
    requests: Vec<&'a [u8]>,
    verdicts: Vec<i16>,
    places: Vec<i64>,
    counts: Vec<i32>,
    times: Vec<i64>,
    codes: Vec<String>,
    messages: Vec<String>,
    sums: Vec<i64>,
    events: Events<'a>,
    blobs: Blobs<'a>,
    origins: Origins,
}

#[derive(Default)]
struct Blobs<'a> {
    commands: Vec<i32>,
    places: Vec<i64>,
    tenants: Vec<&'a str>,
    hashes: Vec<&'a [u8]>,
    types: Vec<&'a str>,
    bytes: Vec<&'a [u8]>,
}

#[derive(Default)]
struct Origins {
    commands: Vec<i32>,
    sources: Vec<Vec<u8>>,
    places: Vec<i64>,
    adopted: Vec<bool>,
    runs: Vec<i32>,
    /// What each run goes on with: the log, the position there, whether it is adopted.
    going_on: Vec<(LogId, Position, bool)>,
}

impl<'a> Columns<'a> {
    fn of(arrival: &'a Arrival, log_id: LogId) -> Self {
        let origin = &arrival.origin;
        let identity = if origin.copy { origin.source } else { log_id };
        let mut columns = Self::default();
        let mut blobs = arrival.part.blobs().iter().peekable();
        for ((moved, base), n) in arrival.part.commands().zip(1..) {
            while let Some(blob) = blobs.next_if(|blob| blob.position <= moved.position()) {
                columns.blobs.add(blob, n);
            }
            if let Some(time) = arrive::floor(moved, identity) {
                columns.floor = columns.floor.max(time.0);
            }
            columns.command(moved, base.unwrap_or_default());
            columns.events(moved, n);
            columns.origins.add(origin, moved, n);
        }
        blobs.for_each(|blob| columns.blobs.add(blob, 0));
        columns
    }

    fn command(&mut self, moved: &'a Moved, base: StreamHead) {
        let outcome = &moved.kept.outcome;
        let last = moved.events.last().map_or(base.hash, |event| event.hash());
        self.tenants.push(outcome.stream.tenant.as_str());
        self.categories.push(outcome.stream.category.as_str());
        self.keys.push(outcome.stream.key.as_str());
        self.base_versions.push(base.version.0 as i64);
        self.base_hashes.push(base.hash.0.to_vec());
        self.last_versions.push(base.version.plus(moved.events.len() as u64).0 as i64);
        self.last_hashes.push(last.0.to_vec());
        let command = moved.kept.command.to_bytes();
        let row = OutcomeRow::new(&command, &moved.kept.request, 0, outcome);
        self.verdicts.push(row.verdict as i16);
        self.places.push(row.position);
        self.counts.push(row.events as i32);
        self.times.push(row.recorded_at);
        self.codes.push(row.code.to_string());
        self.messages.push(row.message.to_string());
        self.sums.push(OutcomeRow { position: 0, ..row }.sum());
        self.commands.push(command.to_vec());
        self.requests.push(&moved.kept.request.0);
    }

    fn events(&mut self, moved: &'a Moved, n: i32) {
        let Some(span) = moved.kept.outcome.recorded else { return };
        for (event, nth) in moved.events.iter().zip(0..) {
            let bytes = [event.hash_bytes(), event.header_bytes(), event.payload()];
            self.events.add([n, nth as i32 + 1], span.version.plus(nth), bytes);
        }
    }

    /// Binds every column to the call.
    fn bind(self, arrival: &Arrival, log_id: LogId) -> Query<'a> {
        let id = |log_id: LogId| log_id.0.as_bytes().to_vec();
        let call = sqlx::query(CALL)
            .bind(id(log_id))
            .bind(id(arrival.origin.source))
            .bind(arrival.origin.copy)
            .bind(self.floor)
            .bind(self.tenants)
            .bind(self.categories)
            .bind(self.keys)
            .bind(self.base_versions)
            .bind(self.base_hashes)
            .bind(self.last_versions)
            .bind(self.last_hashes)
            .bind(self.commands)
            .bind(self.requests)
            .bind(self.verdicts)
            .bind(self.places)
            .bind(self.counts)
            .bind(self.times)
            .bind(self.codes)
            .bind(self.messages)
            .bind(self.sums);
        self.origins.bind(self.blobs.bind(self.events.bind(call)))
    }
}

impl<'a> Blobs<'a> {
    fn add(&mut self, blob: &'a KeptBlob, n: i32) {
        self.commands.push(n);
        self.places.push(blob.position.0 as i64);
        self.tenants.push(blob.tenant.as_str());
        self.hashes.push(&blob.hash.0);
        self.types.push(&blob.media_type);
        self.bytes.push(&blob.bytes);
    }

    fn bind(self, call: Query<'a>) -> Query<'a> {
        call.bind(self.commands)
            .bind(self.places)
            .bind(self.tenants)
            .bind(self.hashes)
            .bind(self.types)
            .bind(self.bytes)
    }
}

impl Origins {
    fn add(&mut self, origin: &Origin, moved: &Moved, n: i32) {
        if moved.events.is_empty() {
            return;
        }
        for (source, place, adopted) in origin.of(moved.position()) {
            let next = (source, place.plus(moved.events.len() as u64), adopted);
            let run = self.going_on.iter().position(|run| *run == (source, place, adopted));
            let run = run.unwrap_or_else(|| {
                self.going_on.push(next);
                self.going_on.len() - 1
            });
            self.going_on[run] = next;
            self.commands.push(n);
            self.sources.push(source.0.as_bytes().to_vec());
            self.places.push(place.0 as i64);
            self.adopted.push(adopted);
            self.runs.push(run as i32);
        }
    }

    fn bind(self, call: Query<'_>) -> Query<'_> {
        call.bind(self.commands)
            .bind(self.sources)
            .bind(self.places)
            .bind(self.adopted)
            .bind(self.runs)
    }
}
