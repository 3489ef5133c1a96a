//! What is kept and cannot be taken. Over headers that it cannot read the client gives up the connection,
//! and what looks like a word of the server it takes for one: such a message comes again for ever, and
//! what is behind it does not come. So it is looked for in another way, as JSON, and removed.

use std::str::{FromStr as _, from_utf8};
use std::sync::Arc;

use async_nats::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

use crate::bus::Error;
use crate::bus::nats::Shared;
use crate::bus::nats::api::{self, Kept};

/// How many are asked for at once; each may be as large as a message can be.
const AT_ONCE: u64 = 16;

/// Removes what cannot be taken from those that a stream gives out first, so many of them.
pub(super) async fn remove(shared: &Arc<Shared>, stream: &str, among: usize) -> Result<(), Error> {
    let (mut from, mut seen) = (1, 0);
    while seen < among {
        let first = json!({ "seq": from, "next_by_subj": ">" });
        let Some(first) = api::kept(shared, stream, &first).await? else { return Ok(()) };
        from = first.number.saturating_add(AT_ONCE);
        let mut asked = JoinSet::new();
        for number in first.number + 1..from {
            let (shared, stream) = (Arc::clone(shared), stream.to_owned());
            asked.spawn(api::kept_at(shared, stream, json!({ "seq": number })));
        }
        let mut found = vec![first];
        while let Some(one) = asked.join_next().await {
            found.extend(one.expect("nobody panics here")?);
        }
        seen += found.len();
        for message in found.iter().filter(|message| !can_be_taken(message)) {
            tracing::error!(
                stream,
                number = message.number,
                subject = ?message.subject,
                "what was kept is removed: no client can read its headers or its subject"
            );
            api::delete(shared, stream, &json!({ "seq": message.number })).await?;
        }
    }
    Ok(())
}

fn can_be_taken(message: &Kept) -> bool {
    // The client takes a space of any script for the end of a subject. Nothing of ours has a subject
    // with U+FFFD in it, so that no harm is done where one was meant.
    let odd = |c: char| c.is_whitespace() || c == char::REPLACEMENT_CHARACTER;
    !message.subject.contains(odd) && are_readable(&message.headers())
}

/// Whether the client can read these headers, and does not take them for the server's. It is the client's
/// own way to read them, oddities and all: what it can read must never be removed.
fn are_readable(headers: &[u8]) -> bool {
    if headers.is_empty() {
        return true;
    }
    let Ok(text) = from_utf8(headers) else { return false };
    let mut lines = text.lines().peekable();
    let Some(first) = lines.next().and_then(|line| line.strip_prefix("NATS/1.0")) else {
        return false;
    };
    let status = first.trim().split(' ').next().unwrap_or_default();
    if !status.is_empty() && status.trim().parse().ok() != Some(StatusCode::OK) {
        return false;
    }
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else { return false };
        let mut value = value.trim_start().to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with(char::is_whitespace)) {
            value.push_str(more);
        }
        // The client would panic over such a value.
        let is_value = HeaderValue::from_str(value.trim_end()).is_ok();
        if HeaderName::from_str(name).is_err() || !is_value {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_client_reads_stays() {
        for text in [
            "",
            "NATS/1.0\r\n\r\n",
            "NATS/1.0 200\r\n\r\n",
            "NATS/1.0 200 OK\r\na: b\r\n\r\n",
            "NATS/1.0\r\nA: b\r\n c\r\n\r\n",
            "NATS/1.0\nA:b\n\n",
            "NATS/1.0\r\n: b\r\n\r\n",
            "NATS/1.0\r\nA: \u{fffd}ü\r\n\r\n",
            "NATS/1.0\r\nA: b\r\n",
            "NATS/1.0200\r\nA: b\r\n\r\n",
        ] {
            assert!(are_readable(text.as_bytes()), "{text:?}");
        }
        for bytes in [
            &b"x"[..],
            b"HTTP/1.1\r\n\r\n",
            b"NATS/1.0 503\r\nA: b\r\n\r\n",
            b"NATS/1.0 100 Idle Heartbeat\r\n\r\n",
            b"NATS/1.0 99999\r\n\r\n",
            b"NATS/1.0 odd\r\n\r\n",
            b"NATS/1.0\r\nA: \xff\r\n\r\n",
            b"NATS/1.0\r\nno colon\r\n\r\n",
            b"NATS/1.0\r\nA b: c\r\n\r\n",
            b"NATS/1.0\r\nA: b\rc\r\n\r\n",
        ] {
            assert!(!are_readable(bytes), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_subject_that_clients_would_take_apart_cannot_be_taken() {
        let kept = |subject: &str| Kept::given(subject, b"NATS/1.0\r\nA: b\r\n\r\n");
        assert!(can_be_taken(&kept("annals.main.deposit.ü")));
        for odd in ["a.\u{a0}", "a.\u{fffd}", "a.\u{b}b"] {
            assert!(!can_be_taken(&kept(odd)), "{odd:?}");
        }
    }
}
