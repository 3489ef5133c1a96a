//! How often each partition was claimed.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{failure, rows};
use crate::store::{Epochs, Error};
use crate::stream::PARTITIONS;

/// The epoch of a partition; 0 if it was never claimed.
pub(super) fn epoch(connection: &Connection, partition: u16) -> Result<u64, Error> {
    let select = "SELECT epoch, checksum FROM epochs WHERE partition = ?";
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let found = connection
        .prepare_cached(select)
        .and_then(|mut select| select.query_row([partition], read).optional())
        .map_err(failure::of_rusqlite)?;
    let Some((epoch, sum)) = found else { return Ok(0) };
    rows::whole("an epoch", sum, rows::epoch_sum(partition.into(), epoch))?;
    Ok(epoch as u64)
}

/// Takes a partition over; the epoch it has then.
pub(super) fn claim(connection: &Connection, partition: u16) -> Result<u64, Error> {
    let epoch = epoch(connection, partition)? as i64 + 1;
    let sum = rows::epoch_sum(partition.into(), epoch);
    let insert = "INSERT OR REPLACE INTO epochs (partition, epoch, checksum) VALUES (?, ?, ?)";
    connection
        .prepare_cached(insert)
        .and_then(|mut insert| insert.execute(params![partition, epoch, sum]))
        .map_err(failure::of_rusqlite)?;
    Ok(epoch as u64)
}

/// Asks `each` about every partition.
pub(super) fn all(mut each: impl FnMut(u16) -> Result<u64, Error>) -> Result<Epochs, Error> {
    let mut epochs = Box::new([0; PARTITIONS as usize]);
    for (partition, epoch) in (0..).zip(epochs.iter_mut()) {
        *epoch = each(partition)?;
    }
    Ok(epochs)
}
