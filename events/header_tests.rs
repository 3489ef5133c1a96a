//! The header against its documented vectors, round trips, and damage.

use proptest::prelude::*;

use super::*;
use crate::id::CommandKind;

fn full() -> Header<'static> {
    Header {
        event_id: EventId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
        log_id: LogId(Uuid::from_u128(2)),
        tenant: "main",
        category: "task",
        stream_key: "00000000-0000-0000-0000-000000000003",
        version: Version(4),
        wire_type: "task.submitted",
        schema: 2,
        recorded_at: Timestamp(1_780_000_000_000_000),
        effective_at: Some(Timestamp(1_779_999_999_000_000)),
        principal: "operator",
        on_behalf_of: Some("ada"),
        command_id: CommandId { kind: CommandKind::Publisher, id: Uuid::from_u128(5) },
        correlation: Some("order-6"),
        causation: Some(EventId(Uuid::from_u128(7))),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        codec: Codec::Json,
    }
}

fn least() -> Header<'static> {
    Header {
        effective_at: None,
        on_behalf_of: None,
        correlation: None,
        causation: None,
        traceparent: None,
        ..full()
    }
}

#[test]
fn the_documented_vectors_hold() {
    let hex = |header: Header<'_>| data_encoding::HEXLOWER.encode(&header.encode());
    let golden = include_str!("golden/headers.txt");
    let lines: Vec<&str> = golden.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, [hex(full()), hex(least())]);
}

#[test]
fn a_header_of_another_format_is_refused_by_name() {
    let mut bytes = full().encode();
    bytes[0] = 2;
    assert_eq!(Header::decode(&bytes), Err(InvalidHeader::Format(2)));
}

#[test]
fn a_header_cut_anywhere_or_longer_is_refused() {
    let bytes = full().encode();
    for end in 0..bytes.len() {
        assert!(Header::decode(&bytes[..end]).is_err(), "cut at {end} was read");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert_eq!(Header::decode(&longer), Err(InvalidHeader::Trailing));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        version: u64, schema: u32, recorded: i64, effective: Option<i64>, cause: Option<u128>,
        tenant in "[A-Za-z0-9_-]{1,64}", principal in "\\PC{1,60}", correlation in proptest::option::of("\\PC{1,60}"),
    ) {
        let header = Header {
            version: Version(version),
            schema,
            recorded_at: Timestamp(recorded),
            effective_at: effective.map(Timestamp),
            causation: cause.map(|id| EventId(Uuid::from_u128(id))),
            tenant: &tenant,
            principal: &principal,
            correlation: correlation.as_deref(),
            ..full()
        };
        let bytes = header.encode();
        prop_assert_eq!(Header::decode(&bytes), Ok(header));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = Header::decode(&bytes);
    }

    #[test]
    fn a_header_that_is_read_is_written_the_same(flip in 0usize..300, bit in 0u8..8) {
        let mut bytes = full().encode();
        let at = flip % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(header) = Header::decode(&bytes) {
            prop_assert_eq!(header.encode(), bytes);
        }
    }
}
