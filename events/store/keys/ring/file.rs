//! Keys as a file: lines of JSON, the last one with a digest of all before it. Whoever has this file
//! can open what is sealed.

use std::io::Read;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{KeptSubject, KeyRing};
use crate::chain::EventHash;
use crate::id::Tenant;
use crate::personal::KeyId;
use crate::store::keys::{Secret, TenantKeys, Wrapped};
use crate::store::moving::file::{NotRead, Place};

/// The format of the files that this program writes, and the only one it reads.
pub const FORMAT: u32 = 1;

/// The largest file that is read: of some three million data subjects.
const BYTES_MAX: u64 = 1024 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    AnnalsKeys(Begin),
    #[serde(borrow)]
    Tenant(TenantLine<'a>),
    Subject(SubjectLine),
    End(EndLine),
}

#[derive(Serialize, Deserialize)]
struct Begin {
    format: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantLine<'a> {
    tenant: &'a str,
    hash: &'a str,
    wrap: &'a str,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectLine {
    tenant: String,
    subject: String,
    key: KeyId,
    nonce: String,
    wrapped: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    tenants: u64,
    subjects: u64,
    digest: EventHash,
}

/// Writes a file.
#[must_use]
pub fn write(ring: &KeyRing) -> Zeroizing<Vec<u8>> {
    // Room for all of it at once: what is left behind by growing is not wiped.
    let room = 256 * (2 + ring.tenants.len()) + 512 * ring.subjects.len();
    let mut out = Zeroizing::new(Vec::with_capacity(room));
    put(&Line::AnnalsKeys(Begin { format: FORMAT }), &mut out);
    for (tenant, keys) in &ring.tenants {
        let hex = |key: &Secret| Zeroizing::new(HEXLOWER.encode(key.as_slice()));
        let (hash, wrap) = (hex(&keys.hash), hex(&keys.wrap));
        let line = TenantLine { tenant: tenant.as_str(), hash: &hash, wrap: &wrap };
        put(&Line::Tenant(line), &mut out);
    }
    for subject in &ring.subjects {
        let line = SubjectLine {
            tenant: subject.tenant.to_string(),
            subject: HEXLOWER.encode(&subject.name),
            key: subject.key.id,
            nonce: HEXLOWER.encode(&subject.key.nonce),
            wrapped: HEXLOWER.encode(&subject.key.wrapped),
        };
        put(&Line::Subject(line), &mut out);
    }
    let end = end(ring, &out);
    out.extend_from_slice(&end);
    out
}

fn put(line: &Line<'_>, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, line).expect("objects with text keys go into memory");
    out.push(b'\n');
}

/// The last line of a file that begins with these bytes.
fn end(ring: &KeyRing, before: &[u8]) -> Vec<u8> {
    let digest = EventHash(Sha256::digest(before).into());
    let (tenants, subjects) = (ring.tenants.len() as u64, ring.subjects.len() as u64);
    let mut out = Vec::new();
    put(&Line::End(EndLine { tenants, subjects, digest }), &mut out);
    out
}

/// Reads a file of about so many bytes.
pub fn read_from(input: impl Read, bytes: u64) -> Result<KeyRing, NotRead> {
    // Room for all of it at once: what is left behind by growing is not wiped.
    let room = usize::try_from(bytes.min(BYTES_MAX)).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room + 1));
    input.take(BYTES_MAX).read_to_end(&mut bytes)?;
    read(&bytes)
}

/// Reads a file; every byte must be what was written.
pub fn read(bytes: &[u8]) -> Result<KeyRing, NotRead> {
    let mut ring = KeyRing::default();
    let mut read = 0;
    for (line, number) in bytes.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        let wrong = |what: &str| {
            let place = Place::Line(number);
            Err(NotRead::Damaged { place, what: what.into() })
        };
        match (number, serde_json::from_slice(line)) {
            (1, Ok(Line::AnnalsKeys(Begin { format: FORMAT }))) => {}
            (1, Ok(Line::AnnalsKeys(Begin { format }))) => {
                return Err(NotRead::Newer(format!("format {format}")));
            }
            (1, _) => return Err(NotRead::NotAnExport("its first line is not one of keys")),
            (_, Ok(Line::Tenant(line))) => match tenant(&line) {
                Some(tenant) => ring.tenants.push(tenant),
                None => return wrong("the tenant's key is none"),
            },
            (_, Ok(Line::Subject(line))) => match subject(&line) {
                Some(subject) => ring.subjects.push(subject),
                None => return wrong("the subject's key is none"),
            },
            (_, Ok(Line::End(_))) => {
                return match bytes[read..] == end(&ring, &bytes[..read]) {
                    true => Ok(ring),
                    false => wrong("the end does not agree with what came before"),
                };
            }
            (_, Ok(Line::AnnalsKeys(_))) => return wrong("it begins twice"),
            (_, Err(_)) if !line.ends_with(b"\n") => break,
            (_, Err(_)) => return wrong("it is not a line of keys"),
        }
        read += line.len();
    }
    match read {
        0 => Err(NotRead::NotAnExport("it is empty")),
        _ => Err(NotRead::Cut(Place::Byte(read as u64))),
    }
}

fn tenant(line: &TenantLine<'_>) -> Option<(Tenant, TenantKeys)> {
    let key = |hex: &str| {
        let bytes = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?);
        Some(Secret::new(bytes.as_slice().try_into().ok()?))
    };
    let keys = TenantKeys { hash: key(line.hash)?, wrap: key(line.wrap)? };
    Some((line.tenant.parse().ok()?, keys))
}

fn subject(line: &SubjectLine) -> Option<KeptSubject> {
    let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).ok();
    let (nonce, wrapped) = (bytes(&line.nonce)?.try_into().ok()?, bytes(&line.wrapped)?);
    let key = Wrapped { id: line.key, nonce, wrapped };
    Some(KeptSubject { tenant: line.tenant.parse().ok()?, name: bytes(&line.subject)?, key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::main_tenant;
    use crate::store::keys::{KeyStore, MemoryKeys};

    async fn written() -> Zeroizing<Vec<u8>> {
        let keys = MemoryKeys::default();
        keys.subject(&main_tenant(), "ada").await.expect("key");
        keys.subject(&Tenant::new("other").expect("token"), "bob").await.expect("key");
        write(&keys.ring().await.expect("keys"))
    }

    #[tokio::test]
    async fn what_is_written_is_read_again_and_written_the_same() {
        let whole = written().await;
        let ring = read(&whole).expect("it is whole");
        assert_eq!((ring.tenants.len(), ring.subjects.len()), (2, 2));
        assert_eq!(write(&ring), whole);
    }

    #[tokio::test]
    async fn a_flipped_bit_anywhere_is_refused() {
        let mut bytes = written().await;
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                assert!(read(&bytes).is_err(), "byte {at}, bit {bit} passes");
                bytes[at] ^= 1 << bit;
            }
        }
        read(&bytes).expect("it is whole again");
    }

    #[tokio::test]
    async fn a_file_that_was_cut_or_goes_on_is_refused() {
        let whole = written().await;
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{length} bytes pass");
        }
        assert!(read(&[&whole[..], b"\n"].concat()).is_err());
    }
}
