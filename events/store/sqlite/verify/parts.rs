//! Everything beside the events: the index, streams and their heads, outcomes, blobs, epochs. Each
//! table is walked in turns, so that no view of the log is held for long; what is written meanwhile
//! is met or not, and may be either.

use rusqlite::{Connection, Row, Rows, params};

use super::places;
use super::totals::Totals;
use crate::chain::{EventHash, blob_hash};
use crate::id::is_token;
use crate::store::sqlite::turn::Turn;
use crate::store::sqlite::{failure, read, rows};
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
/// Where hashes lead to: all of them, and those from one on.
const BLOBS_BY_HASH: [&str; 2] = [
    "SELECT tenant, hash, rowid FROM blobs INDEXED BY sqlite_autoindex_blobs_1
     ORDER BY tenant, hash",
    "SELECT tenant, hash, rowid FROM blobs INDEXED BY sqlite_autoindex_blobs_1
     WHERE (tenant, hash) >= (?, ?) ORDER BY tenant, hash",
];
/// Outcomes: all of them, and those from one on.
const OUTCOMES: [&str; 2] = [
    "SELECT tenant, command, request, stream, verdict, position, version, events, recorded_at, code,
        message, checksum, events > 0 OR EXISTS (
         SELECT 1 FROM outcomes found INDEXED BY outcomes_without_events WHERE found.events = 0
         AND (found.position, found.tenant, found.command) = (o.position, o.tenant, o.command))
     FROM outcomes o ORDER BY tenant, command",
    "SELECT tenant, command, request, stream, verdict, position, version, events, recorded_at, code,
        message, checksum, events > 0 OR EXISTS (
         SELECT 1 FROM outcomes found INDEXED BY outcomes_without_events WHERE found.events = 0
         AND (found.position, found.tenant, found.command) = (o.position, o.tenant, o.command))
     FROM outcomes o WHERE (tenant, command) >= (?, ?) ORDER BY tenant, command",
];

/// One table's check.
type Part<'c> = dyn Fn(&mut Report, &mut Totals) -> Result<(), Error> + 'c;

/// Walks every table but the events.
pub(super) fn check(
    connection: &Connection,
    head: LogHead,
    report: &mut Report,
    totals: &mut Totals,
) -> Result<(), Error> {
    let parts: [&Part<'_>; 9] = [
        &|_, totals| index(connection, head, totals),
        &|report, totals| streams(connection, report, totals),
        &|_, _| heads(connection),
        &|report, totals| outcomes(connection, report, totals),
        &|report, _| blobs(connection, report),
        &|_, _| epochs(connection),
        &|_, _| places::outcomes(connection),
        &|_, _| places::blobs(connection),
        &|_, _| places::imports(connection),
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

/// The index alone: versions from 1 without gaps in every stream.
fn index(connection: &Connection, head: LogHead, totals: &mut Totals) -> Result<(), Error> {
    let mut select = connection
        .prepare(
            "SELECT stream, version, position FROM events INDEXED BY events_by_stream
             WHERE (stream, version) > (?, ?) ORDER BY stream, version",
        )
        .map_err(failure::of_rusqlite)?;
    let (mut stream, mut version) = (i64::MIN, 0_i64);
    let mut more = true;
    while more {
        let mut rows = select.query((stream, version)).map_err(failure::of_rusqlite)?;
        more = visit(&mut rows, |row| {
            let entry = || -> rusqlite::Result<(i64, i64, i64)> {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            };
            let (s, v, position) = entry().map_err(failure::of_rusqlite)?;
            let follows = if s == stream { v == version + 1 } else { s > stream && v == 1 };
            if !follows {
                let what = format!("stream number {s}: version {v} does not follow in the index");
                return Err(Damage::of(what).into());
            }
            if position as u64 <= head.position.0 {
                totals.index.add(s, v as u64, position as u64);
            }
            (stream, version) = (s, v);
            Ok(0)
        })?;
    }
    Ok(())
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

/// Every outcome matches its checksum, and they stand in order.
fn outcomes(
    connection: &Connection,
    report: &mut Report,
    totals: &mut Totals,
) -> Result<(), Error> {
    by_name(connection, "outcomes", OUTCOMES, |row| {
        report.outcomes += 1;
        totals.outcomes += 1;
        match read::outcome_row(row) {
            Ok(columns) => {
                totals.outcome_events += columns.events as u64;
                if row.get(12) != Ok(true) {
                    report.note(Damage::of("an outcome is not found by its place"));
                }
            }
            Err(Error::Damaged(damage)) => report.note(damage),
            Err(error) => return Err(error),
        }
        Ok(())
    })
}

/// Walks what is found by a tenant and a hash or an id. A turn begins with the last row of the one
/// before, so that every row is met, also one of rubbish that has no name to be found by and yet
/// misleads whoever looks one up.
fn by_name(
    connection: &Connection,
    what: &'static str,
    [first, again]: [&str; 2],
    met: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut walk = Walk { what, last: None, met_again: true, met };
    let mut select = connection.prepare(first).map_err(failure::of_rusqlite)?;
    let mut more =
        visit(&mut select.query([]).map_err(failure::of_rusqlite)?, |row| walk.visit(row))?;
    let mut select = connection.prepare(again).map_err(failure::of_rusqlite)?;
    while more && let Some((tenant, name)) = &walk.last {
        let mut rows = select.query(params![tenant, name]).map_err(failure::of_rusqlite)?;
        walk.met_again = false;
        more = visit(&mut rows, |row| walk.visit(row))?;
    }
    Ok(())
}

/// A walk by name.
struct Walk<F> {
    what: &'static str,
    last: Option<(String, Vec<u8>)>,
    /// Whether this turn has met the last row of the one before.
    met_again: bool,
    met: F,
}

impl<F: FnMut(&Row<'_>) -> Result<(), Error>> Walk<F> {
    fn visit(&mut self, row: &Row<'_>) -> Result<usize, Error> {
        let name = || Ok((row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_blob()?));
        let name = name().map_err(failure::of_rusqlite)?;
        let last = self.last.as_ref().map(|(tenant, name)| (&**tenant, &**name));
        if !std::mem::replace(&mut self.met_again, true) {
            return match Some(name) == last {
                true => Ok(0),
                false => Err(self.damage("are not all found by their names")),
            };
        }
        let follows = last.is_none_or(|last| name > last);
        (self.met)(row)?;
        if !follows {
            return Err(self.damage("do not stand in order"));
        }
        let (tenant, id) = self.last.get_or_insert_default();
        tenant.clear();
        tenant.push_str(name.0);
        id.clear();
        id.extend_from_slice(name.1);
        Ok(0)
    }

    fn damage(&self, what: &str) -> Error {
        Damage::of(format!("{} {what}", self.what)).into()
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
    let mut entries = 0;
    by_name(connection, "blobs", BLOBS_BY_HASH, |row| {
        // Those behind the last one were recorded meanwhile.
        entries += u64::from(row.get::<_, i64>(2).map_err(failure::of_rusqlite)? <= last);
        Ok(())
    })?;
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
