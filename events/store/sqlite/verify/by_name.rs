//! What is found by a tenant and a hash or an id, in that order: outcomes, and where the hashes of
//! blobs lead to.

use rusqlite::Connection;
use rusqlite::functions::Context;

use super::look::{Look, Looker};
use super::totals::Totals;
use crate::store::sqlite::columns::{self, Columns as _};
use crate::store::sqlite::failure;
use crate::store::{Damage, Error, Report};

/// Outcomes: all of them, and those from one on.
const OUTCOMES: [&str; 2] = [
    "SELECT 1 FROM outcomes o
     WHERE look(tenant, command, request, stream, verdict, position, version, events, recorded_at, code,
        message, checksum, events > 0 OR EXISTS (
         SELECT 1 FROM outcomes found INDEXED BY outcomes_without_events WHERE found.events = 0
         AND (found.position, found.tenant, found.command) = (o.position, o.tenant, o.command)))",
    "SELECT 1 FROM outcomes o WHERE (tenant, command) >= (?, ?)
     AND look(tenant, command, request, stream, verdict, position, version, events, recorded_at, code,
        message, checksum, events > 0 OR EXISTS (
         SELECT 1 FROM outcomes found INDEXED BY outcomes_without_events WHERE found.events = 0
         AND (found.position, found.tenant, found.command) = (o.position, o.tenant, o.command)))",
];
/// Where hashes lead to: all of them, and those from one on.
const BLOBS: [&str; 2] = [
    "SELECT 1 FROM blobs INDEXED BY sqlite_autoindex_blobs_1 WHERE look(tenant, hash, rowid)",
    "SELECT 1 FROM blobs INDEXED BY sqlite_autoindex_blobs_1
     WHERE (tenant, hash) >= (?, ?) AND look(tenant, hash, rowid)",
];

/// Every outcome matches its checksum, and they stand in order.
pub(super) fn outcomes(
    connection: &Connection,
    report: &mut Report,
    totals: &mut Totals,
) -> Result<(), Error> {
    let met = Outcomes::default();
    let looker = Looker::on(connection, 13, Walk::new("outcomes", met))?;
    let walked = walk(connection, &looker, OUTCOMES);
    looker.with(|walk| {
        report.merge(std::mem::take(&mut walk.met.report));
        totals.outcomes = walk.met.outcomes;
        totals.outcome_events = walk.met.events;
    });
    walked
}

/// How many rows of blobs up to this one are found by their hashes, in order. Those behind it were
/// recorded meanwhile.
pub(super) fn blobs(connection: &Connection, last: i64) -> Result<u64, Error> {
    let looker = Looker::on(connection, 3, Walk::new("blobs", Blobs { last, found: 0 }))?;
    walk(connection, &looker, BLOBS)?;
    Ok(looker.with(|walk| walk.met.found))
}

/// A turn begins with the last row of the one before, so that every row is met, also one of rubbish
/// that has no name to be found by and yet misleads whoever looks one up.
fn walk<M: Meet>(
    connection: &Connection,
    looker: &Looker<Walk<M>>,
    [first, again]: [&str; 2],
) -> Result<(), Error> {
    let mut select = connection.prepare(first).map_err(failure::of_rusqlite)?;
    let mut more = looker.show(&mut select, [])?;
    let mut select = connection.prepare(again).map_err(failure::of_rusqlite)?;
    while more && let Some(last) = looker.with(Walk::turns) {
        more = looker.show(&mut select, last)?;
    }
    Ok(())
}

/// What is done with each row of a walk.
trait Meet: Send + 'static {
    fn meet(&mut self, row: &Context<'_>) -> Result<(), Error>;
}

/// A walk by name.
struct Walk<M> {
    what: &'static str,
    last: Option<(String, Vec<u8>)>,
    /// Whether this turn has met the last row of the one before.
    met_again: bool,
    met: M,
}

impl<M: Meet> Walk<M> {
    fn new(what: &'static str, met: M) -> Self {
        Self { what, last: None, met_again: true, met }
    }

    /// Begins a turn at the last row of the one before.
    fn turns(&mut self) -> Option<(String, Vec<u8>)> {
        self.met_again = false;
        self.last.clone()
    }

    fn damage(&self, what: &str) -> Error {
        Damage::of(format!("{} {what}", self.what)).into()
    }
}

impl<M: Meet> Look for Walk<M> {
    fn look(&mut self, row: &Context<'_>) -> Result<usize, Error> {
        let name = || Ok((row.text(0)?, row.blob(1)?));
        let name = name().map_err(failure::of_rusqlite)?;
        let last = self.last.as_ref().map(|(tenant, name)| (&**tenant, &**name));
        if !std::mem::replace(&mut self.met_again, true) {
            return match Some(name) == last {
                true => Ok(0),
                false => Err(self.damage("are not all found by their names")),
            };
        }
        let follows = last.is_none_or(|last| name > last);
        self.met.meet(row)?;
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
}

/// Outcomes that were met.
#[derive(Default)]
struct Outcomes {
    report: Report,
    outcomes: u64,
    events: u64,
}

impl Meet for Outcomes {
    fn meet(&mut self, row: &Context<'_>) -> Result<(), Error> {
        self.report.outcomes += 1;
        self.outcomes += 1;
        match columns::outcome(row) {
            Ok(columns) => {
                self.events += columns.events as u64;
                if row.integer(12) != Ok(1) {
                    self.report.note(Damage::of("an outcome is not found by its place"));
                }
            }
            Err(Error::Damaged(damage)) => self.report.note(damage),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Blobs that were met.
struct Blobs {
    last: i64,
    found: u64,
}

impl Meet for Blobs {
    fn meet(&mut self, row: &Context<'_>) -> Result<(), Error> {
        self.found += u64::from(row.integer(2).map_err(failure::of_rusqlite)? <= self.last);
        Ok(())
    }
}
