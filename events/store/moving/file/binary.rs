//! The records of a file of bytes: kind, version, length, body. Numbers are big-endian; a field of no
//! fixed length stands behind its length.

use uuid::Uuid;

use super::read::Wrong;
use super::{Begin, End, FORMAT, Imported, Kept, KeptBlob, Record, Stored, Sum, Totals};
use crate::chain::EventHash;
use crate::id::{CommandId, Consumer, LogId};
use crate::store::{Outcome, Parked, ParkedState, RequestHash, Span, Verdict};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// What every such file begins with, before its format.
pub(super) const MAGIC: &[u8; 7] = b"annals\0";
/// The kinds of records.
const BEGIN: u8 = 1;
const BLOB: u8 = 2;
const OUTCOME: u8 = 3;
const EVENT: u8 = 4;
const MARK: u8 = 5;
const CONSUMER: u8 = 6;
const END: u8 = 7;
/// What a record about a consumer says: where it stands, or what is parked for it.
const CURSOR: u8 = 1;
const PARKED: u8 = 2;
/// The version of every kind so far.
const VERSION: u8 = 1;
/// The bytes of a record before its body.
pub(super) const PREFIX: usize = 6;

/// Writes a record around what `body` writes.
fn put(kind: u8, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&[kind, VERSION, 0, 0, 0, 0]);
    let begin = out.len();
    body(out);
    let length = u32::try_from(out.len() - begin).expect("a record is small");
    out[begin - 4..begin].copy_from_slice(&length.to_be_bytes());
}

/// Writes a field behind its length.
fn field(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(bytes.len()).expect("ids, labels and headers are short");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

fn number(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Writes a hash, or that there is none.
fn maybe(hash: Option<EventHash>, out: &mut Vec<u8>) {
    field(hash.as_ref().map_or(&[], |hash| &hash.0), out);
}

pub(super) fn begin(begin: &Begin, out: &mut Vec<u8>) {
    out.extend_from_slice(MAGIC);
    out.push(FORMAT as u8);
    put(BEGIN, out, |out| {
        out.extend_from_slice(begin.log_id.0.as_bytes());
        number(begin.first.0, out);
        number(begin.last.0, out);
        maybe(begin.before, out);
        for range in &begin.imports {
            number(range.first.0, out);
            number(range.last.0, out);
            out.extend_from_slice(range.source.0.as_bytes());
            number(range.source_first.0, out);
            out.push(range.adopted.into());
        }
    });
}

pub(super) fn blob(blob: &KeptBlob, out: &mut Vec<u8>) {
    put(BLOB, out, |out| {
        number(blob.position.0, out);
        field(blob.tenant.as_str().as_bytes(), out);
        out.extend_from_slice(&blob.hash.0);
        field(blob.media_type.as_bytes(), out);
        out.extend_from_slice(&blob.bytes);
    });
}

pub(super) fn outcome(kept: &Kept, out: &mut Vec<u8>) {
    let outcome = &kept.outcome;
    let (verdict, code, message) = match &outcome.verdict {
        Verdict::Accepted => (1, "", ""),
        Verdict::Nothing => (2, "", ""),
        Verdict::Rejected { code, message } => (3, code.as_str(), message.as_str()),
    };
    put(OUTCOME, out, |out| {
        number(outcome.after.0, out);
        for part in [
            outcome.stream.tenant.as_str(),
            outcome.stream.category.as_str(),
            outcome.stream.key.as_str(),
        ] {
            field(part.as_bytes(), out);
        }
        out.extend_from_slice(&kept.command.to_bytes());
        out.extend_from_slice(&kept.request.0);
        out.push(verdict);
        number(outcome.recorded.map_or(0, |span| span.version.0), out);
        out.extend_from_slice(&outcome.recorded.map_or(0, |span| span.events).to_be_bytes());
        out.extend_from_slice(&outcome.recorded_at.0.to_be_bytes());
        field(code.as_bytes(), out);
        field(message.as_bytes(), out);
    });
}

pub(super) fn event(event: &Stored, out: &mut Vec<u8>) {
    put(EVENT, out, |out| {
        number(event.position().0, out);
        out.extend_from_slice(&event.hash().0);
        field(event.header_bytes(), out);
        out.extend_from_slice(event.payload());
    });
}

pub(super) fn cursor(consumer: &Consumer, position: Position, out: &mut Vec<u8>) {
    put(CONSUMER, out, |out| {
        out.push(CURSOR);
        field(consumer.as_str().as_bytes(), out);
        number(position.0, out);
    });
}

pub(super) fn parked(consumer: &Consumer, parked: &Parked, out: &mut Vec<u8>) {
    put(CONSUMER, out, |out| {
        out.push(PARKED);
        field(consumer.as_str().as_bytes(), out);
        number(parked.position.0, out);
        for part in [
            parked.stream.tenant.as_str(),
            parked.stream.category.as_str(),
            parked.stream.key.as_str(),
        ] {
            field(part.as_bytes(), out);
        }
        out.push(parked.state.number());
        out.extend_from_slice(&parked.tries.to_be_bytes());
        out.extend_from_slice(&parked.since.0.to_be_bytes());
        field(parked.why.as_bytes(), out);
    });
}

pub(super) fn mark(sum: &Sum, out: &mut Vec<u8>) {
    put(MARK, out, |out| out.extend_from_slice(sum));
}

pub(super) fn end(end: &End, out: &mut Vec<u8>) {
    put(END, out, |out| {
        number(end.totals.events, out);
        number(end.totals.outcomes, out);
        number(end.totals.blobs, out);
        maybe(end.totals.last_hash, out);
        out.extend_from_slice(&end.digest);
    });
}

/// The length of the body behind a prefix.
pub(super) fn length(prefix: [u8; PREFIX]) -> usize {
    let [_, _, length @ ..] = prefix;
    u32::from_be_bytes(length) as usize
}

/// Reads the first record.
pub(super) fn read_begin(prefix: [u8; PREFIX], body: &[u8]) -> Result<Begin, Wrong> {
    if known(prefix)? != BEGIN {
        return Err(Wrong::of("it has no beginning"));
    }
    let mut fields = Fields { rest: body };
    let (log_id, first, last) = (fields.uuid()?, fields.number()?, fields.number()?);
    let before = fields.maybe()?;
    let mut imports = Vec::new();
    while !fields.rest.is_empty() {
        imports.push(Imported {
            first: Position(fields.number()?),
            last: Position(fields.number()?),
            source: LogId(fields.uuid()?),
            source_first: Position(fields.number()?),
            adopted: fields.fixed::<1>()? == [1],
        });
    }
    let (first, last) = (Position(first), Position(last));
    Ok(Begin { log_id: LogId(log_id), first, last, before, imports })
}

/// Reads any other record.
pub(super) fn read(prefix: [u8; PREFIX], body: &[u8]) -> Result<Record, Wrong> {
    let mut fields = Fields { rest: body };
    let record = match known(prefix)? {
        BLOB => Record::Blob(read_blob(&mut fields)?),
        OUTCOME => Record::Outcome(read_outcome(&mut fields)?),
        EVENT => Record::Event(read_event(&mut fields)?),
        MARK => Record::Mark(fields.fixed()?),
        CONSUMER => read_consumer(&mut fields)?,
        END => Record::End(read_end(&mut fields)?),
        _ => return Err(Wrong::of("it begins twice")),
    };
    if fields.rest.is_empty() { Ok(record) } else { Err(Wrong::of("a record is too long")) }
}

/// The kind of a record, if this program knows it.
fn known(prefix: [u8; PREFIX]) -> Result<u8, Wrong> {
    match prefix {
        [kind @ BEGIN..=END, VERSION, ..] => Ok(kind),
        [kind, version, ..] => {
            Err(Wrong::Newer(format!("records of kind {kind}, version {version}")))
        }
    }
}

fn read_blob(fields: &mut Fields<'_>) -> Result<KeptBlob, Wrong> {
    Ok(KeptBlob {
        position: Position(fields.number()?),
        tenant: fields.text()?.parse().map_err(Wrong::of)?,
        hash: EventHash(fields.fixed()?),
        media_type: fields.text()?.into(),
        bytes: fields.rest().to_vec(),
    })
}

fn read_consumer(fields: &mut Fields<'_>) -> Result<Record, Wrong> {
    let [what] = fields.fixed()?;
    let consumer = fields.text()?.parse().map_err(Wrong::of)?;
    let position = Position(fields.number()?);
    match what {
        CURSOR => Ok(Record::Cursor(consumer, position)),
        PARKED => Ok(Record::Parked(consumer, read_parked(fields, position)?)),
        _ => Err(Wrong::of("it says of a consumer what no program knows")),
    }
}

fn read_parked(fields: &mut Fields<'_>, position: Position) -> Result<Parked, Wrong> {
    let stream = read_stream(fields)?;
    let [state] = fields.fixed()?;
    Ok(Parked {
        position,
        stream,
        state: ParkedState::of(state).ok_or_else(|| Wrong::of("it is parked in no known way"))?,
        tries: u32::from_be_bytes(fields.fixed()?),
        since: Timestamp(i64::from_be_bytes(fields.fixed()?)),
        why: fields.text()?.into(),
    })
}

fn read_stream(fields: &mut Fields<'_>) -> Result<StreamId, Wrong> {
    let part = Wrong::of::<crate::id::InvalidId>;
    Ok(StreamId::new(
        fields.text()?.parse().map_err(part)?,
        fields.text()?.parse().map_err(part)?,
        fields.text()?.parse().map_err(part)?,
    ))
}

fn read_outcome(fields: &mut Fields<'_>) -> Result<Kept, Wrong> {
    let after = Position(fields.number()?);
    let stream = read_stream(fields)?;
    let command = CommandId::from_bytes(fields.bytes(CommandId::BYTES)?)
        .ok_or_else(|| Wrong::of("the command is none"))?;
    let request = RequestHash(fields.fixed()?);
    let [verdict] = fields.fixed()?;
    let version = Version(fields.number()?);
    let events = u32::from_be_bytes(fields.fixed()?);
    let recorded_at = Timestamp(i64::from_be_bytes(fields.fixed()?));
    let (code, message) = (fields.text()?, fields.text()?);
    let verdict = match (verdict, code, message) {
        (1, "", "") => Verdict::Accepted,
        (2, "", "") => Verdict::Nothing,
        (3, code, message) => Verdict::Rejected { code: code.into(), message: message.into() },
        _ => return Err(Wrong::of("the verdict is none")),
    };
    let recorded = match (events, version) {
        (0, Version::ZERO) => None,
        (1.., version) => Some(Span { position: after.next(), version, events }),
        _ => return Err(Wrong::of("the outcome names no events")),
    };
    let outcome = Outcome { stream, verdict, after, recorded, recorded_at };
    Ok(Kept { command, request, outcome })
}

fn read_event(fields: &mut Fields<'_>) -> Result<Stored, Wrong> {
    let position = Position(fields.number()?);
    let hash = EventHash(fields.fixed()?);
    let header = fields.field()?;
    Stored::new(position, hash, header, fields.rest()).map_err(Wrong::of)
}

fn read_end(fields: &mut Fields<'_>) -> Result<End, Wrong> {
    let totals = Totals {
        events: fields.number()?,
        outcomes: fields.number()?,
        blobs: fields.number()?,
        last_hash: fields.maybe()?,
    };
    Ok(End { totals, digest: fields.fixed()? })
}

/// What is left to read of a body.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Wrong> {
        let (bytes, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| Wrong::of("a record is too short"))?;
        self.rest = rest;
        Ok(bytes)
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        Ok(self.bytes(N)?.try_into().expect("so many bytes were taken"))
    }

    fn number(&mut self) -> Result<u64, Wrong> {
        self.fixed().map(u64::from_be_bytes)
    }

    fn uuid(&mut self) -> Result<Uuid, Wrong> {
        self.fixed().map(Uuid::from_bytes)
    }

    fn field(&mut self) -> Result<&'a [u8], Wrong> {
        let length = u16::from_be_bytes(self.fixed()?);
        self.bytes(length.into())
    }

    fn text(&mut self) -> Result<&'a str, Wrong> {
        str::from_utf8(self.field()?).map_err(Wrong::of)
    }

    fn maybe(&mut self) -> Result<Option<EventHash>, Wrong> {
        match self.field()? {
            [] => Ok(None),
            bytes => EventHash::from_slice(bytes)
                .map(Some)
                .ok_or_else(|| Wrong::of("a hash is not 32 bytes")),
        }
    }
}
