//! Both forms of a file: what is written is read again, every vector of `docs/format.md` holds, and
//! whatever else it might be is refused.

use super::*;
use crate::store::conformance::another::{ALL, Another, contents, every_kind, standing_at};
use crate::store::conformance::given::{append, rejection};
use crate::store::moving::check::Check;
use crate::store::moving::parts;
use crate::store::{Append, NewBlob};

const FORMS: [Form; 2] = [Form::Json, Form::Binary];

/// A log as a file.
async fn written(log: &Another, form: Form) -> Vec<u8> {
    let (begin, mut all) = parts::open(&log.reader(), ALL).await.expect("it opens");
    let mut encoder = Encoder::begin(form, &begin);
    while let Some(part) = all.next().await.expect("it is read") {
        encoder.part(&part);
    }
    encoder.consumers(all.consumers());
    encoder.end();
    encoder.take()
}

/// Everything in a file, proven.
fn read(bytes: &[u8]) -> Result<(Begin, Vec<Part>, Standings), String> {
    let text = |error: NotRead| error.to_string();
    let mut decoder = Decoder::open(bytes).map_err(text)?;
    let begin = decoder.begin().clone();
    let mut check = Check::new(begin.log_id, begin.first, begin.last);
    let mut found = Vec::new();
    while let Some(part) = decoder.part().map_err(text)? {
        check.part(part.clone()).map_err(|damage| damage.to_string())?;
        found.push(part);
    }
    let totals = check.end().map_err(|damage| damage.to_string())?;
    assert_eq!(decoder.end().map(|end| end.totals), Some(totals), "the end counts what is there");
    Ok((begin, found, decoder.consumers()))
}

/// The log of the vectors: a command that was refused, then one with an event and a blob, and a
/// consumer for which that event is parked.
async fn least() -> Another {
    let blob = NewBlob { media_type: "text/plain".into(), bytes: b"bytes".into() };
    let with_blob = Append { blobs: vec![blob], ..append("a", 2) };
    let log = Another::with(7, [rejection("a", 1), with_blob]).await;
    log.saves(standing_at(1, 1)).await;
    log
}

#[tokio::test]
async fn what_is_written_is_read_again() {
    let log = every_kind(7).await;
    for form in FORMS {
        let (begin, found, consumers) = read(&written(&log, form).await).expect("it is whole");
        assert_eq!(consumers.len(), 2);
        assert_eq!((begin.log_id, found, consumers), contents(&log.reader()).await, "{form:?}");
    }
}

#[tokio::test]
async fn the_documented_vectors_hold() {
    let lines = written(&least().await, Form::Json).await;
    assert_eq!(str::from_utf8(&lines), Ok(include_str!("../../../golden/export.jsonl")));
    let bytes = written(&least().await, Form::Binary).await;
    let golden = include_str!("../../../golden/export.txt").lines();
    let golden: String = golden.filter(|line| !line.starts_with('#')).collect();
    assert_eq!(data_encoding::HEXLOWER.encode(&bytes), golden);
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_refused() {
    let log = every_kind(7).await;
    for form in FORMS {
        let whole = written(&log, form).await;
        let mut bytes = whole.clone();
        for at in 0..whole.len() {
            for bit in 0..8 {
                bytes[at] = whole[at] ^ 1 << bit;
                assert!(read(&bytes).is_err(), "{form:?}, byte {at}, bit {bit} passes");
            }
            bytes[at] = whole[at];
        }
        read(&bytes).expect("it is whole again");
    }
}

#[tokio::test]
async fn a_file_that_was_cut_is_refused() {
    let log = every_kind(7).await;
    for form in FORMS {
        let whole = written(&log, form).await;
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{form:?}, {length} bytes pass");
        }
        let longer = [&whole[..], b"\n"].concat();
        let error = read(&longer).expect_err("refused");
        assert!(error.contains("something stands behind the end"), "{error}");
    }
}

#[tokio::test]
async fn what_a_newer_program_wrote_is_refused_by_name() {
    let lines = String::from_utf8(written(&least().await, Form::Json).await).expect("text");
    let newer = lines.replacen("\"format\":1", "\"format\":2", 1);
    assert_eq!(read(newer.as_bytes()).expect_err("refused"), unknown("format 2"));
    let cursor = lines.replacen("{\"outcome\":", "{\"later\":", 1);
    let error = read(cursor.as_bytes()).expect_err("refused");
    assert_eq!(error, unknown("records of the kind \"later\""));
    let mut bytes = written(&least().await, Form::Binary).await;
    bytes[7] = 9;
    assert_eq!(read(&bytes).expect_err("refused"), unknown("format 9"));
    bytes[7] = 1;
    let begin = 8 + binary::PREFIX + u32::from_be_bytes(bytes[10..14].try_into().unwrap()) as usize;
    bytes[begin] = 8;
    assert_eq!(read(&bytes).expect_err("refused"), unknown("records of kind 8, version 1"));
}

fn unknown(what: &str) -> String {
    format!("it has {what}, which this program does not know")
}

#[tokio::test]
async fn a_range_of_a_log_says_nothing_of_consumers() {
    let log = every_kind(7).await;
    for range in [Position(1)..=Position(4), Position(4)..=Position(u64::MAX)] {
        let (_, parts) = parts::open(&log.reader(), range).await.expect("it opens");
        assert!(parts.consumers().is_empty());
    }
}

#[tokio::test]
async fn consumers_that_cannot_stand_there_are_refused() {
    let refusal = async |change: &dyn Fn(&mut Standings)| {
        let log = least().await;
        let (begin, mut all) = parts::open(&log.reader(), ALL).await.expect("it opens");
        let mut encoder = Encoder::begin(Form::Json, &begin);
        encoder.part(&all.next().await.expect("it is read").expect("a part"));
        let mut consumers = all.consumers().clone();
        change(&mut consumers);
        encoder.consumers(&consumers);
        encoder.end();
        read(&encoder.take()).expect_err("refused")
    };
    let error = refusal(&|all| all[0].1.position = Position(2)).await;
    assert!(error.ends_with("a consumer stands where it cannot"), "{error}");
    let error = refusal(&|all| all.push(all[0].clone())).await;
    assert!(error.ends_with("a consumer stands where it cannot"), "{error}");
    for nowhere in [0, 2] {
        let error = refusal(&|all| all[0].1.parked[0].position = Position(nowhere)).await;
        assert!(error.ends_with("an event is parked where it cannot be"), "{error}");
    }
}

#[tokio::test]
async fn consumers_stand_behind_all_parts_and_before_the_end() {
    let log = least().await;
    let (begin, mut all) = parts::open(&log.reader(), ALL).await.expect("it opens");
    let part = all.next().await.expect("it is read").expect("a part");
    let mut encoder = Encoder::begin(Form::Json, &begin);
    encoder.consumers(all.consumers());
    encoder.part(&part);
    encoder.end();
    let error = read(&encoder.take()).expect_err("refused");
    assert!(error.ends_with("something stands behind the consumers"), "{error}");
}

#[test]
fn what_is_no_export_is_refused() {
    for other in
        ["", "\n", "hello", "{}\n", "{\"a\":1}\n", "annals", "annals\0", "SQLite format 3\0"]
    {
        assert!(read(other.as_bytes()).is_err(), "{other:?} passes");
    }
}

#[tokio::test]
async fn a_part_of_a_log_remembers_where_its_events_came_from_and_no_others() {
    let import = |first, last, source, source_first| Imported {
        first: Position(first),
        last: Position(last),
        source: LogId(uuid::Uuid::from_u128(source)),
        source_first: Position(source_first),
        adopted: true,
    };
    let log_id = LogId(uuid::Uuid::from_u128(7));
    let (first, last) = (Position(11), Position(20));
    let begin = Begin { log_id, first, last, before: None, imports: Vec::new() };
    let all =
        [import(1, 100, 7, 1), import(1, 10, 8, 1), import(8, 30, 9, 5), import(12, 13, 8, 3)];
    let expected = [import(11, 20, 9, 8), import(12, 13, 8, 3)];
    assert_eq!(begin.with_imports(&all).imports, expected);
}
