//! The checksums of what moves on and of names. Every column of a row is under its checksum, with
//! the row's own place, so that a row that moved is as visible as one that changed.

use crate::chain::{EventHash, checksum};
use crate::id::LogId;
pub(super) use crate::store::rows::{EventRow, OutcomeRow, whole};
use crate::store::{Imported, LogHead};
use crate::stream::{StreamId, Version};

pub(super) fn log_sum(log_id: LogId, head: &LogHead) -> i64 {
    let numbers = [
        head.position.0.to_be_bytes(),
        head.recorded_at.0.to_be_bytes(),
        head.outcomes.to_be_bytes(),
    ];
    checksum(&[b"log", log_id.0.as_bytes(), numbers.as_flattened()]).into()
}

pub(super) fn stream_sum(number: i64, stream: &StreamId) -> i64 {
    name_sum(number, [stream.tenant.as_str(), stream.category.as_str(), stream.key.as_str()])
}

/// The same, of a name as it stands in a row.
pub(super) fn name_sum(number: i64, [tenant, category, key]: [&str; 3]) -> i64 {
    let [tenant, category, key] = [tenant, category, key].map(str::as_bytes);
    checksum(&[b"stream", &number.to_be_bytes(), tenant, category, key]).into()
}

pub(super) fn head_sum(number: i64, version: Version, hash: &[u8]) -> i64 {
    checksum(&[b"head", &number.to_be_bytes(), &version.0.to_be_bytes(), hash]).into()
}

pub(super) fn epoch_sum(partition: i64, epoch: i64) -> i64 {
    checksum(&[b"epoch", &partition.to_be_bytes(), &epoch.to_be_bytes()]).into()
}

pub(super) fn cursor_sum(consumer: &str, numbers: [i64; 4]) -> i64 {
    let numbers = numbers.map(i64::to_be_bytes);
    checksum(&[b"cursor", consumer.as_bytes(), numbers.as_flattened()]).into()
}

pub(super) fn parked_sum(consumer: &str, numbers: [i64; 4], why: &str) -> i64 {
    let numbers = numbers.map(i64::to_be_bytes);
    let [consumer, why] = [consumer, why].map(str::as_bytes);
    checksum(&[b"parked", consumer, numbers.as_flattened(), why]).into()
}

pub(super) fn blob_sum(tenant: &str, hash: &EventHash, media_type: &str, position: i64) -> i64 {
    let place = position.to_be_bytes();
    checksum(&[b"blob", tenant.as_bytes(), &hash.0, media_type.as_bytes(), &place]).into()
}

pub(super) fn import_sum(range: &Imported) -> i64 {
    let numbers = [range.first.0, range.last.0, range.source_first.0].map(u64::to_be_bytes);
    let source = range.source.0.as_bytes();
    checksum(&[b"import", numbers.as_flattened(), source, &[range.adopted.into()]]).into()
}
