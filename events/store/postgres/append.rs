//! What the database says of a batch: where the log ended, and what it did not record. What became
//! of each append follows from that, by the same rule that other stores decide by.

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::{consumers, failure, read};
use crate::chain::EventHash;
use crate::store::admit::{self, Known};
use crate::store::identity::Identity;
use crate::store::{
    Admitted, Batch, Damage, Error, LogHead, Outcome, Prepared, Refusal, Reply, StreamHead,
};
use crate::stream::{Position, Version};
use crate::time::Timestamp;

/// Reads the answer to a batch.
pub(super) fn reply(batch: &Batch, rows: &[PgRow], identity: &Identity) -> Result<Reply, Error> {
    let (first, refused) =
        rows.split_first().ok_or_else(|| Damage::of("the database gave no answer to a batch"))?;
    let position: i64 = first.try_get(1).map_err(failure::of)?;
    let floor: i64 = first.try_get(2).map_err(failure::of)?;
    if position < 0 {
        // The headers name a log that is none any more: they are made again.
        let log_id = first.try_get(6).map_err(failure::of)?;
        identity.becomes(read::log_id(log_id)?);
        return Ok(Reply::Early(Timestamp(floor)));
    }
    if floor > 0 {
        return Ok(Reply::Early(Timestamp(floor)));
    }
    let mut log = LogHead { position: Position(position as u64), ..LogHead::default() };
    let (saves, refused): (Vec<&PgRow>, Vec<&PgRow>) = refused.iter().partition(|row| is_save(row));
    let saved = saves.into_iter().map(|row| consumers::saved(row).map(Ok));
    let saved = saved.collect::<Result<_, Error>>()?;
    let mut refused = refused.into_iter().peekable();
    let mut admitted = Vec::with_capacity(batch.appends.len());
    for (append, n) in batch.appends.iter().zip(1_i32..) {
        let number = |row: &&PgRow| row.try_get::<i32, _>(0).is_ok_and(|number| number == n);
        admitted.push(match refused.next_if(number) {
            Some(row) => instead(append, row)?,
            None => Admitted::Recorded(recorded(append, &mut log, batch)),
        });
    }
    Ok(Reply::Done { admitted, saved })
}

/// Those of saves have numbers below 0.
fn is_save(row: &PgRow) -> bool {
    row.try_get::<i32, _>(0).is_ok_and(|number| number < 0)
}

fn recorded(append: &Prepared, log: &mut LogHead, batch: &Batch) -> Outcome {
    let (outcome, after) = admit::outcome(append, *log, batch);
    *log = after;
    outcome
}

/// What became of an append that was not recorded now.
fn instead(append: &Prepared, row: &PgRow) -> Result<Admitted, Error> {
    match known(append, row) {
        Ok(Some(known)) => return Ok(admit::again(known, append)),
        Ok(None) => {}
        Err(Error::Damaged(damage)) => return Ok(Admitted::Damaged(damage)),
        Err(error) => return Err(error),
    }
    let (epoch, actual) = standing(row).map_err(failure::of)?;
    let Some(actual) = actual else {
        return Ok(Admitted::Damaged(Damage::of("the head of a stream is damaged")));
    };
    let refusal = match append.owner {
        Some(owner) if owner.epoch != epoch => Refusal::StaleEpoch { current: epoch },
        _ if !append.expected.allows(actual.version) || append.is_left_behind(actual) => {
            Refusal::Conflict { actual }
        }
        _ => Refusal::Rebase { actual },
    };
    Ok(Admitted::Refused(refusal))
}

/// The epoch of the partition and the head of the stream.
fn standing(row: &PgRow) -> Result<(u64, Option<StreamHead>), sqlx::Error> {
    let epoch: i64 = row.try_get(3)?;
    let version = Version(row.try_get::<i64, _>(4)? as u64);
    let head = EventHash::from_slice(row.try_get(5)?).map(|hash| StreamHead { version, hash });
    Ok((epoch as u64, head))
}

/// What became of the command before, if it was recorded before.
fn known(append: &Prepared, row: &PgRow) -> Result<Option<Known>, Error> {
    if row.try_get::<Option<&[u8]>, _>(6).map_err(failure::of)?.is_none() {
        return Ok(None);
    }
    let command = append.command.to_bytes();
    read::outcome_row(append.stream.tenant.as_str(), &command, row, 6).map(Some)
}
