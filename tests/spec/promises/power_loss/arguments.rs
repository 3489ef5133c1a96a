//! One call in strace's words, taken apart: its name, its arguments, what it returned. Strings come
//! back as the bytes they stand for.

use std::path::Path;

/// One argument.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Argument<'a> {
    /// A string.
    Bytes(Vec<u8>),
    /// Anything else, as it stands there.
    Plain(&'a str),
}

/// A call, taken apart.
#[derive(Debug)]
pub(super) struct Words<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: Vec<Argument<'a>>,
    /// What it returned; nothing, if the process ended before it did.
    pub(super) returned: Option<i64>,
}

impl<'a> Words<'a> {
    /// Reads one call; nothing, if the line tells of something else.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let (name, mut rest) = line.split_once('(')?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return None;
        }
        let mut arguments = Vec::new();
        while !rest.is_empty() && !rest.starts_with(')') {
            let (argument, after) = argument(rest);
            arguments.push(argument);
            rest = after.strip_prefix(", ").unwrap_or(after);
        }
        let returned = rest.strip_prefix(')').and_then(|rest| rest.trim_start().strip_prefix("= "));
        let end = |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '-');
        let number = |text: &str| text[..end(text).unwrap_or(text.len())].parse().ok();
        Some(Self { name, arguments, returned: returned.and_then(number) })
    }

    /// The bytes of an argument.
    pub(super) fn bytes(&self, nth: usize) -> Option<&[u8]> {
        match self.arguments.get(nth)? {
            Argument::Bytes(bytes) => Some(bytes),
            Argument::Plain(_) => None,
        }
    }

    /// An argument that is a number.
    pub(super) fn number(&self, nth: usize) -> Option<u64> {
        self.plain(nth)?.parse().ok()
    }

    /// An argument that is no string.
    pub(super) fn plain(&self, nth: usize) -> Option<&'a str> {
        match self.arguments.get(nth)? {
            Argument::Plain(text) => Some(text),
            Argument::Bytes(_) => None,
        }
    }

    /// The file that is open under the first argument, a number.
    pub(super) fn open_file(&self) -> Option<&'a Path> {
        let (_, path) = self.plain(0)?.split_once('<')?;
        Some(Path::new(path.strip_suffix('>')?))
    }
}

fn argument(text: &str) -> (Argument<'_>, &str) {
    match text.strip_prefix('"') {
        Some(text) => {
            let (bytes, rest) = string(text);
            assert!(!rest.starts_with("..."), "strace cut a string off: {} bytes", bytes.len());
            (Argument::Bytes(bytes), rest)
        }
        None => {
            let (plain, rest) = text.split_at(end_of_plain(text));
            (Argument::Plain(plain), rest)
        }
    }
}

/// Where an argument ends that is no string; the name of a file may stand in it, in brackets.
fn end_of_plain(text: &str) -> usize {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'[' | b'{' | b'(' => depth += 1,
            b',' | b')' if depth == 0 => return at,
            b'>' | b']' | b'}' | b')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// Reads a string after its opening quote, up to its closing one.
fn string(text: &str) -> (Vec<u8>, &str) {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    loop {
        let run = rest.iter().position(|b| matches!(b, b'"' | b'\\')).unwrap_or(rest.len());
        bytes.extend_from_slice(&rest[..run]);
        match rest[run..] {
            [b'\\', ref escape @ ..] => {
                let (byte, length) = escaped(escape);
                bytes.push(byte);
                rest = &escape[length..];
            }
            [_, ref after @ ..] => return (bytes, &text[text.len() - after.len()..]),
            [] => panic!("a string without an end"),
        }
    }
}

/// What stands after a backslash: up to three digits, or one letter. Returns how long it is, too.
fn escaped(escape: &[u8]) -> (u8, usize) {
    let digits = escape.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
    if digits > 0 {
        return (
            escape[..digits].iter().fold(0, |value, digit| value * 8 + (digit - b'0')),
            digits,
        );
    }
    let byte = match escape.first() {
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'v') => 0x0b,
        Some(b'f') => 0x0c,
        Some(same @ (b'"' | b'\\')) => *same,
        other => panic!("strace does not write this after a backslash: {other:?}"),
    };
    (byte, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_were_written() {
        let line = r#"pwrite64(4</t/a (b), c>, "\0\12a\"\\\3771\t\v\f\r\n) = 7, ", 15, 4096) = 15"#;
        let words = Words::read(line).expect("a call");
        assert_eq!((words.name, words.returned), ("pwrite64", Some(15)));
        assert_eq!(words.open_file(), Some(Path::new("/t/a (b), c")));
        assert_eq!(words.bytes(1), Some(&b"\0\na\"\\\xff1\t\x0b\x0c\r\n) = 7, "[..]));
        assert_eq!((words.number(2), words.number(3)), (Some(15), Some(4096)));
    }

    #[test]
    fn a_call_may_fail_or_never_return() {
        let returned = |line| Words::read(line).expect("a call").returned;
        assert_eq!(returned(r#"unlink("/t/a") = -1 ENOENT (No such file or directory)"#), Some(-1));
        assert_eq!(returned("fsync(4</t/a>)  = ?"), None);
        assert_eq!(returned("fsync(4</t/a>"), None);
        assert!(Words::read("+++ exited with 0 +++").is_none());
    }

    #[test]
    #[should_panic(expected = "strace cut a string off")]
    fn a_string_that_was_cut_off_is_noticed() {
        Words::read(r#"write(1</t/a>, "abc"..., 7) = 7"#);
    }
}
