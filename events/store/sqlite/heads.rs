//! The heads of streams while a batch is entered: each is read once and written once, at the end,
//! however many appends of the batch move it.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use super::{failure, rows};
use crate::chain::EventHash;
use crate::store::{Damage, Error, StreamHead};
use crate::stream::{StreamId, Version};

const HEAD: &str = "SELECT version, hash, checksum FROM heads WHERE stream = ?";
const INSERT_HEAD: &str = "INSERT INTO heads (stream, version, hash, checksum) VALUES (?, ?, ?, ?)";
const MOVE_HEAD: &str = "UPDATE heads SET version = ?, hash = ?, checksum = ? WHERE stream = ?";

/// The heads that a batch has met, by the numbers of their streams: so they are written in the order
/// in which they stand in the file.
pub(super) struct Heads<'c> {
    select: CachedStatement<'c>,
    insert: CachedStatement<'c>,
    update: CachedStatement<'c>,
    met: BTreeMap<i64, Met>,
}

#[derive(Clone, Copy)]
struct Met {
    head: StreamHead,
    /// Whether there is a row of it.
    is_there: bool,
    moved: bool,
}

impl<'c> Heads<'c> {
    pub(super) fn open(connection: &'c Connection) -> Result<Self, Error> {
        let prepare = |text| connection.prepare_cached(text).map_err(failure::of_rusqlite);
        let (select, insert, update) = (prepare(HEAD)?, prepare(INSERT_HEAD)?, prepare(MOVE_HEAD)?);
        Ok(Self { select, insert, update, met: BTreeMap::new() })
    }

    /// The head of a stream that has a number.
    pub(super) fn find(&mut self, number: i64, stream: &StreamId) -> Result<StreamHead, Error> {
        if let Some(met) = self.met.get(&number) {
            return Ok(met.head);
        }
        let read = |row: &Row<'_>| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, i64>(2)?))
        };
        let found = self.select.query_row([number], read).optional();
        let (version, hash, sum) = found
            .map_err(failure::of_rusqlite)?
            .ok_or_else(|| Damage::of(format!("the stream {stream} has no head")))?;
        let version = Version(version as u64);
        rows::whole("the head of a stream", sum, rows::head_sum(number, version, &hash))?;
        let head = StreamHead { version, hash: EventHash(hash) };
        self.met.insert(number, Met { head, is_there: true, moved: false });
        Ok(head)
    }

    /// A stream appears for the first time.
    pub(super) fn begin(&mut self, number: i64) {
        let head = StreamHead::default();
        self.met.insert(number, Met { head, is_there: false, moved: true });
    }

    /// A stream ends here from now on; it was met before.
    pub(super) fn go_to(&mut self, number: i64, head: StreamHead) {
        let is_there = self.met.get(&number).is_none_or(|met| met.is_there);
        self.met.insert(number, Met { head, is_there, moved: true });
    }

    /// Writes every head that moved.
    pub(super) fn write(&mut self) -> Result<(), Error> {
        for (number, Met { head, is_there, .. }) in self.met.iter().filter(|(_, met)| met.moved) {
            let (version, hash) = (head.version.0 as i64, head.hash.0.as_slice());
            let sum = rows::head_sum(*number, head.version, hash);
            let written = match is_there {
                true => self.update.execute(params![version, hash, sum, number]),
                false => self.insert.execute(params![number, version, hash, sum]),
            };
            written.map_err(failure::of_rusqlite)?;
        }
        self.met.clear();
        Ok(())
    }
}
