//! The lines of a file of JSON. Each is an object with one key, which says what it is; payloads stand
//! in it as they are stored, unless a line cannot hold them exactly.

use data_encoding::{BASE64, HEXLOWER};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

use super::read::Wrong;
use super::{Begin, End, FORMAT, Imported, Kept, KeptBlob, Record, Stored, Sum, Totals};
use crate::chain::EventHash;
use crate::id::{Category, CommandId, CommandKind, Consumer, LogId, StreamKey, Tenant};
use crate::store::{Outcome, Parked, ParkedState, RequestHash, Span, Verdict};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// A line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    AnnalsExport(BeginLine),
    #[serde(borrow)]
    Blob(BlobLine<'a>),
    Outcome(OutcomeLine),
    Event(EventLine<'a>),
    Cursor(CursorLine),
    Parked(ParkedLine),
    Mark(MarkLine),
    End(EndLine),
}

/// The keys of lines.
const KINDS: [&str; 8] =
    ["annals_export", "blob", "outcome", "event", "cursor", "parked", "mark", "end"];
/// The words for what becomes of a parked event.
const STATES: [(&str, ParkedState); 3] = [
    ("blocking", ParkedState::Blocking),
    ("behind", ParkedState::Behind),
    ("skipped", ParkedState::Skipped),
];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BeginLine {
    format: u32,
    log_id: LogId,
    first: u64,
    last: u64,
    before: Option<EventHash>,
    imports: Vec<ImportLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportLine {
    first: u64,
    last: u64,
    source: LogId,
    source_first: u64,
    adopted: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlobLine<'a> {
    position: u64,
    tenant: String,
    hash: EventHash,
    media_type: String,
    #[serde(borrow)]
    bytes: std::borrow::Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeLine {
    after: u64,
    tenant: String,
    category: String,
    stream: String,
    command: String,
    request: String,
    verdict: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<u32>,
    recorded_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLine<'a> {
    position: u64,
    hash: EventHash,
    #[serde(borrow)]
    header: std::borrow::Cow<'a, str>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    payload: Option<&'a RawValue>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    payload_base64: Option<std::borrow::Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CursorLine {
    consumer: Consumer,
    position: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParkedLine {
    consumer: Consumer,
    position: u64,
    tenant: Tenant,
    category: Category,
    stream: StreamKey,
    state: String,
    tries: u32,
    since: i64,
    why: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkLine {
    digest: EventHash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    events: u64,
    outcomes: u64,
    blobs: u64,
    last_hash: Option<EventHash>,
    digest: EventHash,
}

fn put(line: &Line<'_>, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, line).expect("objects with text keys go into memory");
    out.push(b'\n');
}

pub(super) fn begin(begin: &Begin, out: &mut Vec<u8>) {
    let import = |range: &Imported| ImportLine {
        first: range.first.0,
        last: range.last.0,
        source: range.source,
        source_first: range.source_first.0,
        adopted: range.adopted,
    };
    let line = BeginLine {
        format: FORMAT,
        log_id: begin.log_id,
        first: begin.first.0,
        last: begin.last.0,
        before: begin.before,
        imports: begin.imports.iter().map(import).collect(),
    };
    put(&Line::AnnalsExport(line), out);
}

pub(super) fn blob(blob: &KeptBlob, out: &mut Vec<u8>) {
    let line = BlobLine {
        position: blob.position.0,
        tenant: blob.tenant.to_string(),
        hash: blob.hash,
        media_type: blob.media_type.clone(),
        bytes: BASE64.encode(&blob.bytes).into(),
    };
    put(&Line::Blob(line), out);
}

pub(super) fn outcome(kept: &Kept, out: &mut Vec<u8>) {
    let outcome = &kept.outcome;
    let (verdict, refusal) = match &outcome.verdict {
        Verdict::Accepted => ("accepted", None),
        Verdict::Nothing => ("nothing", None),
        Verdict::Rejected { code, message } => ("rejected", Some((code.clone(), message.clone()))),
    };
    let (code, message) = refusal.unzip();
    let line = OutcomeLine {
        after: outcome.after.0,
        tenant: outcome.stream.tenant.to_string(),
        category: outcome.stream.category.to_string(),
        stream: outcome.stream.key.to_string(),
        command: kept.command.to_string(),
        request: HEXLOWER.encode(&kept.request.0),
        verdict: verdict.into(),
        code,
        message,
        version: outcome.recorded.map(|span| span.version.0),
        events: outcome.recorded.map(|span| span.events),
        recorded_at: outcome.recorded_at.0,
    };
    put(&Line::Outcome(line), out);
}

pub(super) fn event(event: &Stored, out: &mut Vec<u8>) {
    let payload = in_line(event.payload());
    let line = EventLine {
        position: event.position().0,
        hash: event.hash(),
        header: BASE64.encode(event.header_bytes()).into(),
        payload,
        payload_base64: payload.is_none().then(|| BASE64.encode(event.payload()).into()),
    };
    put(&Line::Event(line), out);
}

/// A payload as a part of a line, if that is exactly what it is.
fn in_line(payload: &[u8]) -> Option<&RawValue> {
    let text: &RawValue = serde_json::from_slice(payload).ok()?;
    let exact = text.get().len() == payload.len() && !text.get().contains(['\n', '\r']);
    exact.then_some(text)
}

pub(super) fn cursor(consumer: &Consumer, position: Position, out: &mut Vec<u8>) {
    put(&Line::Cursor(CursorLine { consumer: consumer.clone(), position: position.0 }), out);
}

pub(super) fn parked(consumer: &Consumer, parked: &Parked, out: &mut Vec<u8>) {
    let word = STATES.iter().find(|(_, state)| *state == parked.state);
    let StreamId { tenant, category, key } = parked.stream.clone();
    let line = ParkedLine {
        consumer: consumer.clone(),
        position: parked.position.0,
        tenant,
        category,
        stream: key,
        state: word.map_or("", |(word, _)| word).into(),
        tries: parked.tries,
        since: parked.since.0,
        why: parked.why.clone(),
    };
    put(&Line::Parked(line), out);
}

pub(super) fn mark(sum: &Sum, out: &mut Vec<u8>) {
    put(&Line::Mark(MarkLine { digest: EventHash(*sum) }), out);
}

pub(super) fn end(end: &End, out: &mut Vec<u8>) {
    let line = EndLine {
        events: end.totals.events,
        outcomes: end.totals.outcomes,
        blobs: end.totals.blobs,
        last_hash: end.totals.last_hash,
        digest: EventHash(end.digest),
    };
    put(&Line::End(line), out);
}

/// Reads the first line.
pub(super) fn read_begin(line: &[u8]) -> Result<Begin, Wrong> {
    #[derive(Deserialize)]
    struct First {
        annals_export: Format,
    }
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let first: First = serde_json::from_slice(line)
        .map_err(|_| Wrong::NotAnExport("its first line is not one of an export"))?;
    if first.annals_export.format != FORMAT {
        return Err(Wrong::Newer(format!("format {}", first.annals_export.format)));
    }
    let Line::AnnalsExport(line) = parse(line)? else {
        return Err(Wrong::of("it has no beginning"));
    };
    let import = |range: ImportLine| Imported {
        first: Position(range.first),
        last: Position(range.last),
        source: range.source,
        source_first: Position(range.source_first),
        adopted: range.adopted,
    };
    Ok(Begin {
        log_id: line.log_id,
        first: Position(line.first),
        last: Position(line.last),
        before: line.before,
        imports: line.imports.into_iter().map(import).collect(),
    })
}

/// Reads any other line.
pub(super) fn read(line: &[u8]) -> Result<Record, Wrong> {
    match parse(line)? {
        Line::AnnalsExport(_) => Err(Wrong::of("it begins twice")),
        Line::Blob(line) => read_blob(&line).map(Record::Blob),
        Line::Outcome(line) => read_outcome(&line).map(Record::Outcome),
        Line::Event(line) => read_event(&line).map(Record::Event),
        Line::Cursor(line) => Ok(Record::Cursor(line.consumer, Position(line.position))),
        Line::Parked(line) => read_parked(line),
        Line::Mark(line) => Ok(Record::Mark(line.digest.0)),
        Line::End(end) => {
            let EndLine { events, outcomes, blobs, last_hash, digest } = end;
            let totals = Totals { events, outcomes, blobs, last_hash };
            Ok(Record::End(End { totals, digest: digest.0 }))
        }
    }
}

/// Reads a line; one of a kind that only another program knows is told from a damaged one.
fn parse(line: &[u8]) -> Result<Line<'_>, Wrong> {
    serde_json::from_slice(line).map_err(|error| {
        let keys: BTreeMap<String, IgnoredAny> = serde_json::from_slice(line).unwrap_or_default();
        match keys.keys().next() {
            Some(key) if keys.len() == 1 && !KINDS.contains(&key.as_str()) => {
                let key: String = key.chars().take(40).collect();
                Wrong::Newer(format!("records of the kind {key:?}"))
            }
            _ => Wrong::of(error.to_string()),
        }
    })
}

fn read_blob(line: &BlobLine<'_>) -> Result<KeptBlob, Wrong> {
    Ok(KeptBlob {
        tenant: line.tenant.parse().map_err(Wrong::of)?,
        hash: line.hash,
        media_type: line.media_type.clone(),
        position: Position(line.position),
        bytes: BASE64.decode(line.bytes.as_bytes()).map_err(Wrong::of)?,
    })
}

fn read_parked(line: ParkedLine) -> Result<Record, Wrong> {
    let state = STATES.iter().find(|(word, _)| *word == line.state);
    let (_, state) = state.ok_or_else(|| Wrong::of("it is parked in no known way"))?;
    let parked = Parked {
        position: Position(line.position),
        stream: StreamId::new(line.tenant, line.category, line.stream),
        state: *state,
        tries: line.tries,
        why: line.why,
        since: Timestamp(line.since),
    };
    Ok(Record::Parked(line.consumer, parked))
}

fn read_outcome(line: &OutcomeLine) -> Result<Kept, Wrong> {
    let part = Wrong::of::<crate::id::InvalidId>;
    let stream = StreamId::new(
        line.tenant.parse().map_err(part)?,
        line.category.parse().map_err(part)?,
        line.stream.parse().map_err(part)?,
    );
    let verdict = match (line.verdict.as_str(), &line.code, &line.message) {
        ("accepted", None, None) => Verdict::Accepted,
        ("nothing", None, None) => Verdict::Nothing,
        ("rejected", Some(code), Some(message)) => {
            Verdict::Rejected { code: code.clone(), message: message.clone() }
        }
        _ => return Err(Wrong::of("the verdict is none")),
    };
    let after = Position(line.after);
    let recorded = match (line.version, line.events) {
        (None, None) => None,
        (Some(version), Some(events @ 1..)) => {
            Some(Span { position: after.next(), version: Version(version), events })
        }
        _ => return Err(Wrong::of("the outcome names no events")),
    };
    let request = HEXLOWER.decode(line.request.as_bytes()).map_err(Wrong::of)?;
    let request = request.try_into().map_err(|_| Wrong::of("the request is not 32 bytes"))?;
    let recorded_at = Timestamp(line.recorded_at);
    Ok(Kept {
        command: command(&line.command).ok_or_else(|| Wrong::of("the command is none"))?,
        request: RequestHash(request),
        outcome: Outcome { stream, verdict, after, recorded, recorded_at },
    })
}

/// Reads a command's id as it is written.
fn command(text: &str) -> Option<CommandId> {
    let (kind, id) = text.split_once(':')?;
    let id = uuid::Uuid::parse_str(id).ok()?;
    let kinds = [CommandKind::Publisher, CommandKind::Derived, CommandKind::Fact];
    let all = kinds.map(|kind| CommandId { kind, id });
    all.into_iter().find(|command| command.to_string().split_once(':').is_some_and(|c| c.0 == kind))
}

fn read_event(line: &EventLine<'_>) -> Result<Stored, Wrong> {
    let header = BASE64.decode(line.header.as_bytes()).map_err(Wrong::of)?;
    let decoded;
    let payload = match (line.payload, &line.payload_base64) {
        (Some(payload), None) => payload.get().as_bytes(),
        (None, Some(payload)) => {
            decoded = BASE64.decode(payload.as_bytes()).map_err(Wrong::of)?;
            &decoded
        }
        _ => return Err(Wrong::of("the event has no payload, or two")),
    };
    Stored::new(Position(line.position), line.hash, &header, payload).map_err(Wrong::of)
}
