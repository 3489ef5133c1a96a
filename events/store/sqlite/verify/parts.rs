//! Everything beside the events: the index, streams and their heads, outcomes, blobs, epochs. Each
//! table is walked in short reads, so that the writer is never held up.

use rusqlite::{Connection, Row, params};

use crate::chain::{EventHash, blob_hash};
use crate::store::sqlite::{failure, read, rows};
use crate::store::{Damage, Error, LogHead, Report};
use crate::stream::{StreamId, Version};

/// How many rows one short read walks.
const STEP: i64 = 8192;

/// Sums over whole tables, to be compared at the end.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) table: Fingerprint,
    index: Fingerprint,
    versions: u64,
    outcome_events: u64,
    outcomes: u64,
    outcome_rows: u64,
}

/// A sum over (stream, version, position) that does not depend on their order.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(super) struct Fingerprint {
    rows: u64,
    sum: u64,
}

impl Fingerprint {
    pub(super) fn add(&mut self, stream: i64, version: u64, position: u64) {
        let mixed = (stream as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ version.wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(21)
            ^ position.wrapping_mul(0x1656_67B1_9E37_79F9).rotate_left(42);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(mixed.wrapping_mul(mixed | 1));
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum = self.sum.wrapping_add(other.sum);
    }
}

impl Totals {
    pub(super) fn add(&mut self, other: &Self) {
        self.table.merge(other.table);
        self.index.merge(other.index);
        self.versions += other.versions;
        self.outcome_events += other.outcome_events;
        self.outcomes += other.outcomes;
        self.outcome_rows += other.outcome_rows;
    }

    /// Compares the tables with each other. What moves while the log is written to is compared
    /// only when it was quiet.
    pub(super) fn compare(&self, head: LogHead, quiet: bool, report: &mut Report) {
        if self.table != self.index {
            report.note(Damage::of("the index of streams does not agree with the events"));
        }
        let counts = [
            (self.versions, head.position.0, "events by the heads of the streams"),
            (self.outcome_events, head.position.0, "events by the outcomes of commands"),
            (self.outcomes, head.outcomes, "outcomes"),
            (self.outcome_rows, head.outcomes, "rows of outcomes"),
        ];
        for (counted, expected, what) in counts {
            if quiet && counted != expected {
                report.note(Damage::of(format!(
                    "{counted} {what}, the head of the log says {expected}"
                )));
            }
        }
    }
}

/// One table's check.
type Part<'c> = dyn Fn(&mut Report, &mut Totals) -> Result<(), Error> + 'c;

/// Walks every table but the events.
pub(super) fn check(
    connection: &Connection,
    head: LogHead,
    report: &mut Report,
    totals: &mut Totals,
) -> Result<(), Error> {
    let parts: [&Part<'_>; 5] = [
        &|_, totals| index(connection, head, totals),
        &|report, totals| streams(connection, report, totals),
        &|report, totals| outcomes(connection, report, totals),
        &|report, _| blobs(connection, report),
        &|_, _| epochs(connection),
    ];
    for part in parts {
        match part(report, totals) {
            Ok(()) => {}
            Err(Error::Damaged(damage)) => report.note(damage),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The index alone: versions from 1 without gaps in every stream.
fn index(connection: &Connection, head: LogHead, totals: &mut Totals) -> Result<(), Error> {
    let mut select = connection
        .prepare(
            "SELECT stream, version, position FROM events INDEXED BY events_by_stream
             WHERE (stream, version) > (?, ?) ORDER BY stream, version LIMIT ?",
        )
        .map_err(failure::of_rusqlite)?;
    let (mut stream, mut version) = (i64::MIN, 0_i64);
    loop {
        let mut rows =
            select.query(params![stream, version, STEP]).map_err(failure::of_rusqlite)?;
        let mut walked = 0;
        while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
            let entry =
                || Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
            let (s, v, position) = entry().map_err(failure::of_rusqlite)?;
            let follows = if s == stream { v == version + 1 } else { s > stream && v == 1 };
            if !follows {
                return Err(Damage::of(format!(
                    "stream number {s}: version {v} does not follow in the index"
                ))
                .into());
            }
            if position as u64 <= head.position.0 {
                totals.index.add(s, v as u64, position as u64);
            }
            (stream, version, walked) = (s, v, walked + 1);
        }
        if walked < STEP {
            return Ok(());
        }
    }
}

/// Every stream is found by its name, has a head, and the head names its last event.
fn streams(connection: &Connection, report: &mut Report, totals: &mut Totals) -> Result<(), Error> {
    let mut select = connection
        .prepare(
            "SELECT s.stream, s.tenant, s.category, s.key, s.checksum, h.version, h.hash, h.checksum, e.hash,
                    (SELECT t.stream FROM streams t
                     WHERE t.tenant = s.tenant AND t.category = s.category AND t.key = s.key),
                    EXISTS (SELECT 1 FROM events n WHERE n.stream = s.stream AND n.version = h.version + 1)
             FROM streams s LEFT JOIN heads h ON h.stream = s.stream
             LEFT JOIN events e ON e.stream = s.stream AND e.version = h.version
             WHERE s.stream > ? ORDER BY s.stream LIMIT ?",
        )
        .map_err(failure::of_rusqlite)?;
    let mut last = i64::MIN;
    loop {
        let mut rows = select.query(params![last, STEP]).map_err(failure::of_rusqlite)?;
        let mut walked = 0;
        while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
            let number: i64 = row.get(0).map_err(failure::of_rusqlite)?;
            if let Err(what) = stream(row, number, totals).map_err(failure::of_rusqlite)? {
                report.note(Damage::of(format!("stream number {number}: {what}")));
            }
            report.streams += 1;
            (last, walked) = (number, walked + 1);
        }
        if walked < STEP {
            return heads_without_stream(connection);
        }
    }
}

fn stream(row: &Row<'_>, number: i64, totals: &mut Totals) -> rusqlite::Result<Result<(), String>> {
    let text = |column| row.get::<_, String>(column);
    let (Ok(tenant), Ok(category), Ok(key)) =
        (text(1)?.parse(), text(2)?.parse(), text(3)?.parse())
    else {
        return Ok(Err("its name is damaged".into()));
    };
    let name = StreamId::new(tenant, category, key);
    if row.get::<_, i64>(4)? != rows::stream_sum(number, &name) {
        return Ok(Err(format!("the name {name} does not match its checksum")));
    }
    let (Some(version), Some(hash)) =
        (row.get::<_, Option<i64>>(5)?, row.get::<_, Option<Vec<u8>>>(6)?)
    else {
        return Ok(Err(format!("{name} has no head")));
    };
    totals.versions += version as u64;
    if row.get::<_, i64>(7)? != rows::head_sum(number, Version(version as u64), &hash) {
        return Ok(Err(format!("the head of {name} does not match its checksum")));
    }
    let event: Option<Vec<u8>> = row.get(8)?;
    // A stream whose only commands were refused has a head at version 0 and no events.
    let last = if version == 0 { hash == EventHash::NONE.0 } else { event.as_ref() == Some(&hash) };
    if !last || row.get(10)? {
        return Ok(Err(format!("the head of {name} is not its last event")));
    }
    if row.get::<_, Option<i64>>(9)? != Some(number) {
        return Ok(Err(format!("{name} is not found by its name")));
    }
    Ok(Ok(()))
}

fn heads_without_stream(connection: &Connection) -> Result<(), Error> {
    let count = "SELECT count(*) FROM heads WHERE stream NOT IN (SELECT stream FROM streams)";
    let lost: i64 =
        connection.query_row(count, [], |row| row.get(0)).map_err(failure::of_rusqlite)?;
    if lost == 0 {
        Ok(())
    } else {
        Err(Damage::of(format!("{lost} heads belong to no stream")).into())
    }
}

/// Every outcome matches its checksum, and they stand in order.
fn outcomes(
    connection: &Connection,
    report: &mut Report,
    totals: &mut Totals,
) -> Result<(), Error> {
    let mut select = connection
        .prepare(
            "SELECT tenant, command, request, stream, verdict, position, version, events, recorded_at, code, message,
             checksum FROM outcomes WHERE (tenant, command) > (?, ?) ORDER BY tenant, command LIMIT ?",
        )
        .map_err(failure::of_rusqlite)?;
    // Rows of rubbish may have no name to be walked by, and yet mislead whoever looks one up.
    let count = "SELECT count(*) FROM outcomes";
    let rows: i64 =
        connection.query_row(count, [], |row| row.get(0)).map_err(failure::of_rusqlite)?;
    totals.outcome_rows += rows as u64;
    let mut last = (String::new(), Vec::new());
    loop {
        let mut rows = select.query(params![last.0, last.1, STEP]).map_err(failure::of_rusqlite)?;
        let mut walked = 0;
        while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
            walked += 1;
            report.outcomes += 1;
            totals.outcomes += 1;
            let row = match read::outcome_row(row) {
                Ok(row) => row,
                Err(Error::Damaged(damage)) => {
                    report.note(damage);
                    let key = || Ok((row.get(0)?, row.get(1)?));
                    last = key().map_err(failure::of_rusqlite)?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            totals.outcome_events += row.events as u64;
            if (row.tenant.as_ref(), row.command.as_ref()) <= (last.0.as_str(), last.1.as_slice()) {
                return Err(Damage::of("outcomes do not stand in order").into());
            }
            last = (row.tenant.into_owned(), row.command.into_owned());
        }
        if walked < STEP {
            return Ok(());
        }
    }
}

/// Every blob matches its hash.
fn blobs(connection: &Connection, report: &mut Report) -> Result<(), Error> {
    let mut select = connection
        .prepare("SELECT tenant, hash, media_type, bytes, checksum, rowid FROM blobs WHERE rowid > ? ORDER BY rowid LIMIT 8")
        .map_err(failure::of_rusqlite)?;
    let mut last = i64::MIN;
    loop {
        let mut rows = select.query([last]).map_err(failure::of_rusqlite)?;
        let before = last;
        while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
            let (tenant, hash, whole) = blob(row).map_err(failure::of_rusqlite)?;
            if !whole {
                report.note(Damage::of(format!(
                    "the blob {hash} of {tenant} does not match its hash"
                )));
            }
            report.blobs += 1;
            last = row.get(5).map_err(failure::of_rusqlite)?;
        }
        if last == before {
            return Ok(());
        }
    }
}

fn blob(row: &Row<'_>) -> rusqlite::Result<(String, EventHash, bool)> {
    let (tenant, media_type): (String, String) = (row.get(0)?, row.get(2)?);
    let hash = EventHash::from_slice(&row.get::<_, Vec<u8>>(1)?).unwrap_or_default();
    let bytes = row.get_ref(3)?.as_blob()?;
    let whole = blob_hash(bytes) == hash
        && row.get::<_, i64>(4)? == rows::blob_sum(&tenant, &hash, &media_type);
    Ok((tenant, hash, whole))
}

fn epochs(connection: &Connection) -> Result<(), Error> {
    let mut select = connection
        .prepare("SELECT partition, epoch, checksum FROM epochs")
        .map_err(failure::of_rusqlite)?;
    let mut rows = select.query([]).map_err(failure::of_rusqlite)?;
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let epoch = || Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let (partition, epoch, sum) = epoch().map_err(failure::of_rusqlite)?;
        rows::whole("an epoch", sum, rows::epoch_sum(partition, epoch))?;
    }
    Ok(())
}
