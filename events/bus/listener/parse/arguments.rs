//! What stands on a line behind its verb.

use super::{Failure, Operation};

/// The line before a message.
pub(super) struct Line<'a> {
    pub(super) subject: &'a [u8],
    pub(super) reply: Option<&'a [u8]>,
    pub(super) headers: usize,
    /// Headers and payload.
    pub(super) total: usize,
}

/// The most digits a size has.
const DIGITS_MAX: usize = 9;

/// Up to `N` arguments and how many there are; more than that make no sense anywhere.
fn split<const N: usize>(
    line: &[u8],
    blank: impl Fn(&u8) -> bool,
) -> Result<([&[u8]; N], usize), Failure> {
    let (mut found, mut count) = ([&line[..0]; N], 0);
    for argument in line.split(blank).filter(|argument| !argument.is_empty()) {
        *found.get_mut(count).ok_or(Failure::Silent)? = argument;
        count += 1;
    }
    Ok((found, count))
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

fn size(digits: &[u8]) -> Result<usize, Failure> {
    number(digits).and_then(|number| usize::try_from(number).ok()).ok_or(Failure::Silent)
}

pub(super) fn subscribe(line: &[u8]) -> Result<Operation<'_>, Failure> {
    let (found, count) = split::<3>(line, |byte| matches!(byte, b' ' | b'\t' | b'\r'))?;
    match (count, found) {
        (2, [subject, sid, _]) => Ok(Operation::Subscribe { subject, group: None, sid }),
        (3, [subject, group, sid]) => Ok(Operation::Subscribe { subject, group: Some(group), sid }),
        _ => Err(Failure::Silent),
    }
}

/// A number of messages that is none means at once.
pub(super) fn unsubscribe(line: &[u8]) -> Result<Operation<'_>, Failure> {
    let (found, count) = split::<2>(line, |byte| matches!(byte, b' ' | b'\t' | b'\r'))?;
    match (count, found) {
        (1, [sid, _]) => Ok(Operation::Unsubscribe { sid, max: 0 }),
        (2, [sid, max]) => Ok(Operation::Unsubscribe { sid, max: number(max).unwrap_or(0) }),
        _ => Err(Failure::Silent),
    }
}

pub(super) fn publish(
    line: &[u8],
    with_headers: bool,
    total_max: usize,
) -> Result<Line<'_>, Failure> {
    let (found, count) = split::<4>(line, |byte| matches!(byte, b' ' | b'\t'))?;
    let (subject, reply, headers, total) = match (with_headers, count, found) {
        (false, 2, [subject, total, ..]) => (subject, None, None, total),
        (false, 3, [subject, reply, total, _]) => (subject, Some(reply), None, total),
        (true, 3, [subject, headers, total, _]) => (subject, None, Some(headers), total),
        (true, 4, [subject, reply, headers, total]) => (subject, Some(reply), Some(headers), total),
        _ => return Err(Failure::Silent),
    };
    let headers = headers.map_or(Ok(0), size)?;
    let total = size(total)?;
    if total > total_max {
        return Err(Failure::Payload);
    }
    if headers > total {
        return Err(Failure::Silent);
    }
    Ok(Line { subject, reply, headers, total })
}
