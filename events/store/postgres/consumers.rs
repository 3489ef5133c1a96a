//! What is kept of consumers, as the function in the database takes it and as the tables have it.

use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::columns::Query;
use super::failure;
use super::read::kept;
use crate::id::Consumer;
use crate::recorded::Stored;
use crate::store::{Damage, Error, Parked, ParkedState, Save, Saved, Standing};
use crate::stream::Position;
use crate::time::Timestamp;

/// Cursors with the events that are parked for them: one statement, which sees one state of the log.
const STANDINGS: &str =
    "SELECT c.consumer, c.position, p.position, p.state, p.tries, p.why, p.since
    FROM annals.cursors c LEFT JOIN annals.parked p ON p.consumer = c.consumer
    WHERE c.consumer = $1 OR $1 IS NULL ORDER BY c.consumer, p.position";

/// Saves, column by column.
#[derive(Default)]
pub(super) struct Saves<'a> {
    consumers: Vec<&'a str>,
    places: Vec<i64>,
    parts: Vec<i32>,
    epochs: Vec<i64>,
    settled: (Vec<i32>, Vec<i64>),
    parked: Parts<'a>,
}

/// Parked events, column by column.
#[derive(Default)]
struct Parts<'a> {
    saves: Vec<i32>,
    places: Vec<i64>,
    states: Vec<i16>,
    tries: Vec<i64>,
    whys: Vec<&'a str>,
    times: Vec<i64>,
}

impl<'a> Saves<'a> {
    pub(super) fn of(saves: &'a [Save]) -> Self {
        let mut columns = Self::default();
        for (save, n) in saves.iter().zip(1..) {
            columns.consumers.push(save.consumer.as_str());
            columns.places.push(save.position.0 as i64);
            columns.parts.push(save.owner.partition.into());
            columns.epochs.push(save.owner.epoch as i64);
            for position in &save.settled {
                columns.settled.0.push(n);
                columns.settled.1.push(position.0 as i64);
            }
            save.parked.iter().for_each(|parked| columns.parked.add(parked, n));
        }
        columns
    }

    pub(super) fn bind(self, call: Query<'a>) -> Query<'a> {
        call.bind(self.consumers)
            .bind(self.places)
            .bind(self.parts)
            .bind(self.epochs)
            .bind(self.settled.0)
            .bind(self.settled.1)
            .bind(self.parked.saves)
            .bind(self.parked.places)
            .bind(self.parked.states)
            .bind(self.parked.tries)
            .bind(self.parked.whys)
            .bind(self.parked.times)
    }
}

impl<'a> Parts<'a> {
    fn add(&mut self, parked: &'a Parked, save: i32) {
        self.saves.push(save);
        self.places.push(parked.position.0 as i64);
        self.states.push(parked.state.number().into());
        self.tries.push(parked.tries.into());
        self.whys.push(&parked.why);
        self.times.push(parked.since.0);
    }
}

/// What became of a save, as its row says.
pub(super) fn saved(row: &PgRow) -> Result<Saved, Error> {
    let read = || Ok((row.try_get::<i16, _>(10)?, row.try_get::<i64, _>(1)?, row.try_get(3)?));
    let (verdict, position, epoch): (_, _, i64) = read().map_err(failure::of)?;
    let position = Position(position as u64);
    match verdict {
        0 => Ok(Saved::Now),
        1 => Ok(Saved::Behind(position)),
        2 => Ok(Saved::Beyond(position)),
        3 => Ok(Saved::Stale { current: epoch as u64 }),
        _ => Err(Damage::of("the database says of a save what no program knows").into()),
    }
}

/// What is kept of one consumer, or of all of them.
pub(super) async fn standings(
    pool: &PgPool,
    consumer: Option<&Consumer>,
) -> Result<Vec<(Consumer, Standing)>, Error> {
    let select = sqlx::query(STANDINGS).bind(consumer.map(Consumer::as_str));
    let mut found: Vec<(Consumer, Standing)> = Vec::new();
    for row in &select.fetch_all(pool).await.map_err(failure::of)? {
        let read = || Ok((row.try_get::<&str, _>(0)?, row.try_get::<i64, _>(1)?, row.try_get(2)?));
        let (name, position, place): (_, _, Option<i64>) = read().map_err(failure::of)?;
        if found.last().is_none_or(|(last, _)| last.as_str() != name) {
            let consumer =
                name.parse().map_err(|error| Damage::of(format!("a cursor: {error}")))?;
            let (position, parked) = (Position(position as u64), Vec::new());
            found.push((consumer, Standing { position, parked }));
        }
        if let (Some(place), Some((_, standing))) = (place, found.last_mut()) {
            standing.parked.push(parked(pool, row, Position(place as u64)).await?);
        }
    }
    Ok(found)
}

/// A parked event; the event itself says of which stream it is.
async fn parked(pool: &PgPool, row: &PgRow, position: Position) -> Result<Parked, Error> {
    let read = || {
        let numbers: (i16, i64, i64) = (row.try_get(3)?, row.try_get(4)?, row.try_get(6)?);
        Ok((numbers, row.try_get::<String, _>(5)?))
    };
    let ((state, tries, since), why) = read().map_err(failure::of)?;
    let state = u8::try_from(state).ok().and_then(ParkedState::of);
    let state = state.ok_or_else(|| Damage::at(position, "it is parked in no known way"))?;
    let (event, _) = kept::at(pool, &[position]).await?;
    let stream = event.first().map(Stored::stream).transpose();
    let stream = stream.map_err(|error| Damage::at(position, error.to_string()))?;
    let stream = stream.ok_or_else(|| Damage::at(position, "it is missing"))?;
    Ok(Parked { position, stream, state, tries: tries as u32, why, since: Timestamp(since) })
}
