//! A batch as the function in the database takes it: an array for each column, so that hundreds of
//! appends are one call.

use super::consumers::Saves;
use crate::chain::blob_hash;
use crate::id::LogId;
use crate::store::rows::{EventRow, OutcomeRow};
use crate::store::{Batch, Expected, LogHead, Outcome, Prepared, admit};
use crate::stream::{Position, Version};

/// The call; its arguments are bound in this order.
pub(super) const CALL: &str = "SELECT * FROM annals.append_batch(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)";
/// The same with saves, which come last.
const CALL_WITH_SAVES: &str = "SELECT * FROM annals.append_and_save(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24, $25, $26, $27, $28, $29,
    $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41)";

pub(super) type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

/// A batch, column by column.
#[derive(Default)]
pub(super) struct Columns<'a> {
    stamp: i64,
    tenants: Vec<&'a str>,
    categories: Vec<&'a str>,
    keys: Vec<&'a str>,
    expected: Vec<i64>,
    base_versions: Vec<i64>,
    base_hashes: Vec<&'a [u8]>,
    last_versions: Vec<i64>,
    last_hashes: Vec<Vec<u8>>,
    commands: Vec<Vec<u8>>,
    requests: Vec<&'a [u8]>,
    parts: Vec<i32>,
    owners: Vec<Option<i64>>,
    verdicts: Vec<i16>,
    counts: Vec<i32>,
    codes: Vec<String>,
    messages: Vec<String>,
    sums: Vec<i64>,
    events: Events<'a>,
    blobs: Blobs<'a>,
    saves: Option<Saves<'a>>,
}

/// Events, column by column.
#[derive(Default)]
pub(super) struct Events<'a> {
    appends: Vec<i32>,
    places: Vec<i32>,
    hashes: Vec<&'a [u8]>,
    headers: Vec<&'a [u8]>,
    payloads: Vec<&'a [u8]>,
    sums: Vec<i64>,
}

#[derive(Default)]
struct Blobs<'a> {
    appends: Vec<i32>,
    hashes: Vec<Vec<u8>>,
    types: Vec<&'a str>,
    bytes: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(batch: &'a Batch) -> Self {
        let saves = (!batch.saves.is_empty()).then(|| Saves::of(&batch.saves));
        let mut columns = Self { stamp: batch.stamp.0, saves, ..Self::default() };
        for (append, n) in batch.appends.iter().zip(1..) {
            columns.append(append, batch);
            columns.events.append(append, n);
            columns.blobs.add(append, n);
        }
        columns
    }

    fn append(&mut self, append: &'a Prepared, batch: &Batch) {
        let last = append.head_after();
        self.tenants.push(append.stream.tenant.as_str());
        self.categories.push(append.stream.category.as_str());
        self.keys.push(append.stream.key.as_str());
        self.expected.push(match append.expected {
            Expected::Any => -1,
            Expected::Empty => 0,
            Expected::Exact(version) => version.0 as i64,
        });
        self.base_versions.push(append.base.version.0 as i64);
        self.base_hashes.push(&append.base.hash.0);
        self.last_versions.push(last.version.0 as i64);
        self.last_hashes.push(last.hash.0.to_vec());
        self.parts.push(append.owner.map_or(0, |owner| owner.partition.into()));
        self.owners.push(append.owner.map(|owner| owner.epoch as i64));
        self.outcome(append, batch);
    }

    fn outcome(&mut self, append: &'a Prepared, batch: &Batch) {
        let command = append.command.to_bytes();
        let outcome = placeless(append, batch);
        let row = OutcomeRow::new(&command, &append.request, 0, &outcome);
        self.verdicts.push(row.verdict as i16);
        self.counts.push(append.events.len() as i32);
        self.codes.push(row.code.to_string());
        self.messages.push(row.message.to_string());
        self.sums.push(OutcomeRow { position: 0, ..row }.sum());
        self.commands.push(command.to_vec());
        self.requests.push(&append.request.0);
    }

    /// Binds every column to the call; the headers name the log `log_id`.
    pub(super) fn bind(self, log_id: LogId) -> Query<'a> {
        let call = if self.saves.is_some() { CALL_WITH_SAVES } else { CALL };
        let call = sqlx::query(call)
            .bind(log_id.0.as_bytes().to_vec())
            .bind(self.stamp)
            .bind(self.tenants)
            .bind(self.categories)
            .bind(self.keys)
            .bind(self.expected)
            .bind(self.base_versions)
            .bind(self.base_hashes)
            .bind(self.last_versions)
            .bind(self.last_hashes)
            .bind(self.commands)
            .bind(self.requests)
            .bind(self.parts)
            .bind(self.owners)
            .bind(self.verdicts)
            .bind(self.counts)
            .bind(self.codes)
            .bind(self.messages)
            .bind(self.sums);
        let call = self.blobs.bind(self.events.bind(call));
        match self.saves {
            Some(saves) => saves.bind(call),
            None => call,
        }
    }
}

impl<'a> Events<'a> {
    fn append(&mut self, append: &'a Prepared, n: i32) {
        for (event, place) in append.events.iter().zip(1..) {
            let version = append.base.version.plus(place);
            self.add([n, place as i32], version, [&event.hash.0, &event.header, &event.payload]);
        }
    }

    /// Adds the event at a place of the `n`-th command: its hash, header and payload.
    pub(super) fn add(
        &mut self,
        [n, place]: [i32; 2],
        version: Version,
        [hash, header, payload]: [&'a [u8]; 3],
    ) {
        let position = Position::ZERO;
        let row = EventRow { position, stream: 0, version, hash, header, payload };
        self.appends.push(n);
        self.places.push(place);
        self.sums.push(row.sum());
        self.hashes.push(hash);
        self.headers.push(header);
        self.payloads.push(payload);
    }

    pub(super) fn bind(self, call: Query<'a>) -> Query<'a> {
        call.bind(self.appends)
            .bind(self.places)
            .bind(self.hashes)
            .bind(self.headers)
            .bind(self.payloads)
            .bind(self.sums)
    }
}

impl<'a> Blobs<'a> {
    fn add(&mut self, append: &'a Prepared, n: i32) {
        for blob in &append.blobs {
            self.appends.push(n);
            self.hashes.push(blob_hash(&blob.bytes).0.to_vec());
            self.types.push(&blob.media_type);
            self.bytes.push(&blob.bytes);
        }
    }

    fn bind(self, call: Query<'a>) -> Query<'a> {
        call.bind(self.appends).bind(self.hashes).bind(self.types).bind(self.bytes)
    }
}

/// The outcome an append will have, at a position only the database knows.
fn placeless(append: &Prepared, batch: &Batch) -> Outcome {
    admit::outcome(append, LogHead::default(), batch).0
}

/// A checksum as it is stored: with the position of its row mixed in by the database.
pub(super) fn placed(sum: i64, position: i64) -> i64 {
    position ^ (sum << 31)
}
