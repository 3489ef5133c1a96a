//! Everything beside the events: the index, streams and their heads, outcomes, blobs, epochs. Each
//! table is walked in turns, so that no view of the log is held for long; what is written meanwhile
//! is met or not, and may be either.

use rusqlite::functions::Context;
use rusqlite::{Connection, Row, Rows};

use super::look::{Look, Looker};
use super::totals::{Fingerprint, Totals};
use super::{by_name, places};
use crate::chain::{EventHash, blob_hash};
use crate::id::is_token;
use crate::store::sqlite::columns::Columns as _;
use crate::store::sqlite::turn::Turn;
use crate::store::sqlite::{failure, rows};
use crate::store::{Damage, Error, LogHead, Report};
use crate::stream::Version;

/// Downwards, and so are the heads: to the next row above, SQLite goes without a look at the pages
/// that lead to it, and would find what a lookup does not.
const STREAMS: &str =
    "SELECT s.stream, s.tenant, s.category, s.key, s.checksum, h.version, h.hash, h.checksum,
        (SELECT e.hash FROM events e WHERE e.stream = s.stream ORDER BY e.version DESC LIMIT 1),
        (SELECT t.stream FROM streams t
         WHERE t.tenant = s.tenant AND t.category = s.category AND t.key = s.key)
    FROM streams s LEFT JOIN heads h ON h.stream = s.stream
    WHERE s.stream < ? ORDER BY s.stream DESC";
/// Blobs after a number, each with the one that its hash leads to.
const BLOBS: &str = "SELECT tenant, hash, media_type, bytes, checksum, rowid,
        (SELECT found.rowid FROM blobs found
         WHERE found.tenant = blobs.tenant AND found.hash = blobs.hash), position,
        EXISTS (SELECT 1 FROM blobs found INDEXED BY blobs_by_position
         WHERE found.position = blobs.position AND found.tenant = blobs.tenant AND found.hash = blobs.hash)
    FROM blobs WHERE rowid > ? ORDER BY rowid";
/// The index alone, behind an entry.
const INDEX: &str = "SELECT 1 FROM events INDEXED BY events_by_stream
    WHERE (stream, version) > (?, ?) AND look(stream, version, position)";

/// One table's check.
type Part<'c> = dyn Fn(&mut Report, &mut Totals) -> Result<(), Error> + 'c;

/// Walks every table but the events.
pub(super) fn check(
    connection: &Connection,
    head: LogHead,
    report: &mut Report,
    totals: &mut Totals,
) -> Result<(), Error> {
    let parts: [&Part<'_>; 10] = [
        &|_, totals| index(connection, head, totals),
        &|report, totals| streams(connection, report, totals),
        &|_, _| heads(connection),
        &|report, totals| by_name::outcomes(connection, report, totals),
        &|report, _| blobs(connection, report),
        &|_, _| epochs(connection),
        &|_, _| places::outcomes(connection),
        &|_, _| places::blobs(connection),
        &|_, _| places::imports(connection),
        &|_, _| places::consumers(connection),
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

/// Shows `visit` as many rows as one turn allows; it says how many bytes they have. Says whether
/// there may be more.
pub(super) fn visit(
    rows: &mut Rows<'_>,
    mut visit: impl FnMut(&Row<'_>) -> Result<usize, Error>,
) -> Result<bool, Error> {
    let mut turn = Turn::begin();
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let bytes = visit(row)?;
        if turn.ends_after(bytes) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Walks the index alone.
fn index(connection: &Connection, head: LogHead, totals: &mut Totals) -> Result<(), Error> {
    let walk = Index { head, stream: i64::MIN, version: 0, entries: Fingerprint::default() };
    let looker = Looker::on(connection, 3, walk)?;
    let mut select = connection.prepare(INDEX).map_err(failure::of_rusqlite)?;
    while looker.show(&mut select, looker.with(|walk| (walk.stream, walk.version)))? {}
    totals.index = looker.with(|walk| walk.entries);
    Ok(())
}

/// A walk through the index: versions from 1 without gaps in every stream.
struct Index {
    head: LogHead,
    stream: i64,
    version: i64,
    entries: Fingerprint,
}

impl Look for Index {
    fn look(&mut self, row: &Context<'_>) -> Result<usize, Error> {
        let entry = || Ok((row.integer(0)?, row.integer(1)?, row.integer(2)?));
        let (stream, version, position) = entry().map_err(failure::of_rusqlite)?;
        let follows = match stream == self.stream {
            true => version == self.version + 1,
            false => stream > self.stream && version == 1,
        };
        if !follows {
            let what =
                format!("stream number {stream}: version {version} does not follow in the index");
            return Err(Damage::of(what).into());
        }
        if position as u64 <= self.head.position.0 {
            self.entries.add(stream, version as u64, position as u64);
        }
        (self.stream, self.version) = (stream, version);
        Ok(0)
    }
}

/// Every stream is found by its name, has a head, and the head names its last event.
fn streams(connection: &Connection, report: &mut Report, totals: &mut Totals) -> Result<(), Error> {
    let mut select = connection.prepare(STREAMS).map_err(failure::of_rusqlite)?;
    let (mut last, mut more) = (i64::MAX, true);
    while more {
        let mut rows = select.query([last]).map_err(failure::of_rusqlite)?;
        more = visit(&mut rows, |row| {
            last = row.get(0).map_err(failure::of_rusqlite)?;
            if let Err(what) = stream(row, last, totals).map_err(failure::of_rusqlite)? {
                report.note(Damage::of(format!("stream number {last}: {what}")));
            }
            report.streams += 1;
            Ok(0)
        })?;
    }
    Ok(())
}

/// The same, of one stream.
pub(super) fn one_stream(connection: &Connection, number: i64) -> Result<(), Error> {
    let mut select = connection.prepare_cached(STREAMS).map_err(failure::of_rusqlite)?;
    let mut rows = select.query([number.saturating_add(1)]).map_err(failure::of_rusqlite)?;
    let row = rows.next().map_err(failure::of_rusqlite)?;
    let checked = match row.filter(|row| row.get(0) == Ok(number)) {
        Some(row) => stream(row, number, &mut Totals::default()).map_err(failure::of_rusqlite)?,
        None => Err("it has no name".into()),
    };
    checked.map_err(|what| Damage::of(format!("stream number {number}: {what}")).into())
}

fn stream(row: &Row<'_>, number: i64, totals: &mut Totals) -> rusqlite::Result<Result<(), String>> {
    let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
    let name = [text(1)?, text(2)?, text(3)?];
    if !name.into_iter().all(is_token) {
        return Ok(Err("its name is damaged".into()));
    }
    let wrong = |begin: &str, end: &str| {
        let [tenant, category, key] = name;
        Ok(Err(format!("{begin}{tenant}/{category}-{key} {end}")))
    };
    if row.get::<_, i64>(4)? != rows::name_sum(number, name) {
        return wrong("the name ", "does not match its checksum");
    }
    let (Some(version), Some(hash)) =
        (row.get::<_, Option<i64>>(5)?, row.get_ref(6)?.as_blob_or_null()?)
    else {
        return wrong("", "has no head");
    };
    totals.versions += version as u64;
    if row.get::<_, i64>(7)? != rows::head_sum(number, Version(version as u64), hash) {
        return wrong("the head of ", "does not match its checksum");
    }
    // A hash stands for everything before it, and so for the version.
    let last = match row.get_ref(8)?.as_blob_or_null()? {
        Some(last) => version > 0 && last == hash,
        // A stream whose only commands were refused has a head and no events.
        None => version == 0 && hash == EventHash::NONE.0,
    };
    if !last {
        return wrong("the head of ", "is not its last event");
    }
    if row.get::<_, Option<i64>>(9)? != Some(number) {
        return wrong("", "is not found by its name");
    }
    Ok(Ok(()))
}

/// Every head belongs to a stream.
fn heads(connection: &Connection) -> Result<(), Error> {
    let mut select = connection
        .prepare(
            "SELECT h.stream, EXISTS (SELECT 1 FROM streams s WHERE s.stream = h.stream)
             FROM heads h WHERE h.stream < ? ORDER BY h.stream DESC",
        )
        .map_err(failure::of_rusqlite)?;
    let (mut last, mut more, mut lost) = (i64::MAX, true, 0_u64);
    while more {
        let mut rows = select.query([last]).map_err(failure::of_rusqlite)?;
        more = visit(&mut rows, |row| {
            last = row.get(0).map_err(failure::of_rusqlite)?;
            lost += u64::from(!row.get::<_, bool>(1).map_err(failure::of_rusqlite)?);
            Ok(0)
        })?;
    }
    if lost == 0 {
        Ok(())
    } else {
        Err(Damage::of(format!("{lost} heads belong to no stream")).into())
    }
}

/// Every blob matches its hash and is found by it, and nothing is found that is not there.
fn blobs(connection: &Connection, report: &mut Report) -> Result<(), Error> {
    let mut select = connection.prepare(BLOBS).map_err(failure::of_rusqlite)?;
    let (mut last, mut more, mut walked) = (i64::MIN, true, 0);
    while more {
        let mut rows = select.query([last]).map_err(failure::of_rusqlite)?;
        more = visit(&mut rows, |row| {
            let (tenant, hash, whole) = blob(row).map_err(failure::of_rusqlite)?;
            if !whole {
                report.note(Damage::of(format!(
                    "the blob {hash} of {tenant} does not match its hash"
                )));
            }
            last = row.get(5).map_err(failure::of_rusqlite)?;
            if row.get(6) != Ok(Some(last)) {
                report.note(Damage::of(format!(
                    "the blob {hash} of {tenant} is not found by its hash"
                )));
            }
            if row.get(8) != Ok(true) {
                report.note(Damage::of(format!(
                    "the blob {hash} of {tenant} is not found by its place"
                )));
            }
            (report.blobs, walked) = (report.blobs + 1, walked + 1);
            let bytes = row.get_ref(3).and_then(|bytes| Ok(bytes.as_blob()?.len()));
            bytes.map_err(failure::of_rusqlite)
        })?;
    }
    let entries = by_name::blobs(connection, last)?;
    if entries == walked {
        return Ok(());
    }
    Err(Damage::of(format!("{entries} blobs by their hashes, {walked} by their rows")).into())
}

fn blob(row: &Row<'_>) -> rusqlite::Result<(String, EventHash, bool)> {
    let (tenant, media_type): (String, String) = (row.get(0)?, row.get(2)?);
    let hash = EventHash::from_slice(&row.get::<_, Vec<u8>>(1)?).unwrap_or_default();
    let bytes = row.get_ref(3)?.as_blob()?;
    let whole = blob_hash(bytes) == hash
        && row.get::<_, i64>(4)? == rows::blob_sum(&tenant, &hash, &media_type, row.get(7)?);
    Ok((tenant, hash, whole))
}

/// Nothing counts the owners of partitions, so SQLite must say that no page of theirs hides one.
fn epochs(connection: &Connection) -> Result<(), Error> {
    let check = "PRAGMA integrity_check('epochs')";
    let found: String =
        connection.query_row(check, [], |row| row.get(0)).map_err(failure::of_rusqlite)?;
    if found != "ok" {
        return Err(Damage::of(format!("the epochs of partitions: {found}")).into());
    }
    let select =
        "SELECT partition, epoch, checksum FROM epochs WHERE partition > ? ORDER BY partition";
    let mut select = connection.prepare(select).map_err(failure::of_rusqlite)?;
    let (mut last, mut more) = (i64::MIN, true);
    while more {
        let mut rows = select.query([last]).map_err(failure::of_rusqlite)?;
        more = visit(&mut rows, |row| {
            let epoch = || -> rusqlite::Result<(i64, i64, i64)> {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            };
            let (partition, epoch, sum) = epoch().map_err(failure::of_rusqlite)?;
            rows::whole("an epoch", sum, rows::epoch_sum(partition, epoch))?;
            last = partition;
            Ok(0)
        })?;
    }
    Ok(())
}
