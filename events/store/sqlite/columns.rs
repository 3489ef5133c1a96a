//! The columns of events and outcomes, as a result hands them out or as SQLite shows them to a
//! function of ours.

use rusqlite::Row;
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;

use super::failure;
use super::rows::{self, EventRow, OutcomeRow};
use crate::planted::{Bug, planted};
use crate::store::{Damage, Error};
use crate::stream::{Position, Version};

/// One row.
pub(super) trait Columns {
    /// The `n`-th column.
    fn column(&self, n: usize) -> rusqlite::Result<ValueRef<'_>>;

    /// The `n`-th column, which is a number.
    fn integer(&self, n: usize) -> rusqlite::Result<i64> {
        Ok(self.column(n)?.as_i64()?)
    }

    /// The `n`-th column, which is a text.
    fn text(&self, n: usize) -> rusqlite::Result<&str> {
        Ok(self.column(n)?.as_str()?)
    }

    /// The `n`-th column, which is bytes.
    fn blob(&self, n: usize) -> rusqlite::Result<&[u8]> {
        Ok(self.column(n)?.as_blob()?)
    }
}

impl Columns for Row<'_> {
    fn column(&self, n: usize) -> rusqlite::Result<ValueRef<'_>> {
        self.get_ref(n)
    }
}

impl Columns for Context<'_> {
    fn column(&self, n: usize) -> rusqlite::Result<ValueRef<'_>> {
        Ok(self.get_raw(n))
    }
}

/// An event: position, stream, version, hash, header and payload, compared with the checksum behind
/// them.
pub(super) fn event(row: &impl Columns) -> Result<EventRow<'_>, Error> {
    let event = event_unchecked(row).map_err(failure::of_rusqlite)?;
    whole_event(row, &event)?;
    Ok(event)
}

/// Compares an event with its checksum.
pub(super) fn whole_event(row: &impl Columns, event: &EventRow<'_>) -> Result<(), Error> {
    let sum = row.integer(6).map_err(failure::of_rusqlite)?;
    if sum != event.sum() && !planted(Bug::ChainNotChecked) {
        return Err(Damage::at(event.position, "its row does not match its checksum").into());
    }
    Ok(())
}

/// An event that was not compared with its checksum.
pub(super) fn event_unchecked(row: &impl Columns) -> rusqlite::Result<EventRow<'_>> {
    Ok(EventRow {
        position: Position(row.integer(0)? as u64),
        stream: row.integer(1)?,
        version: Version(row.integer(2)? as u64),
        hash: row.blob(3)?,
        header: row.blob(4)?,
        payload: row.blob(5)?,
    })
}

/// An outcome, compared with the checksum behind its columns.
pub(super) fn outcome(row: &impl Columns) -> Result<OutcomeRow<'_>, Error> {
    let read = || -> rusqlite::Result<(OutcomeRow<'_>, i64)> {
        let outcome = OutcomeRow {
            tenant: row.text(0)?.into(),
            command: row.blob(1)?.into(),
            request: row.blob(2)?.into(),
            stream: row.integer(3)?,
            verdict: row.integer(4)?,
            position: row.integer(5)?,
            version: row.integer(6)?,
            events: row.integer(7)?,
            recorded_at: row.integer(8)?,
            code: row.text(9)?.into(),
            message: row.text(10)?.into(),
        };
        Ok((outcome, row.integer(11)?))
    };
    let (outcome, sum) = read().map_err(failure::of_rusqlite)?;
    rows::whole("an outcome", sum, outcome.sum())?;
    Ok(outcome)
}
