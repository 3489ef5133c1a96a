//! Subjects in complaints, quoted as the real server does.

use std::fmt::Write as _;

/// The text of these bytes between quotation marks, with everything escaped that cannot be seen.
pub(super) fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|char| push(&mut out, char));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

fn push(out: &mut String, char: char) {
    let short = match char {
        '"' | '\\' => Some(char),
        '\u{7}' => Some('a'),
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\u{b}' => Some('v'),
        _ => None,
    };
    let _ = match (short, char as u32) {
        (Some(short), _) => write!(out, "\\{short}"),
        (None, code @ (0..0x20 | 0x7f)) => write!(out, "\\x{code:02x}"),
        (None, 0x20..0x7f) => write!(out, "{char}"),
        (None, code) => match char.escape_debug().count() {
            1 => write!(out, "{char}"),
            _ if code < 0x1_0000 => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        },
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(quote(b"z\xff\"q\""), r#""z\xff\"q\"""#);
        assert_eq!(quote(b"z\x01\xff\"\\\t"), r#""z\x01\xff\"\\\t""#);
        assert_eq!(quote("zü\u{200b}\x7f".as_bytes()), r#""zü\u200b\x7f""#);
    }
}
