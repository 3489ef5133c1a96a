//! What is understood, and that it does not depend on how the bytes come.

use proptest::prelude::*;

use super::*;

/// An operation that owns what it says.
type Owned = String;

const PAYLOAD_MAX: usize = 64;
/// What may have to be kept: a line, a message, and both ends of lines.
const KEPT_MAX: usize = CONTROL_LINE_BYTES_MAX + PAYLOAD_MAX + 4;

fn parser() -> Parser {
    Parser { headers: true, ..Parser::new(PAYLOAD_MAX, false) }
}

/// Feeds pieces as a session does; gives what was understood, and the most that was kept.
fn feed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Owned>, usize) {
    let (mut parser, mut buffer, mut said, mut most) = (parser(), Vec::new(), Vec::new(), 0);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let done = match parser.step(&buffer) {
                Step::Said { taken, operation } => {
                    said.push(format!("{operation:?}"));
                    taken
                }
                Step::More { taken, needed } => {
                    buffer.drain(..taken);
                    assert!(needed > buffer.len(), "it asks for what it has");
                    break;
                }
                Step::Failed(failure) => {
                    said.push(format!("{failure:?}"));
                    return (said, most);
                }
            };
            buffer.drain(..done);
        }
        most = most.max(buffer.len());
    }
    (said, most)
}

fn whole(bytes: &[u8]) -> Vec<Owned> {
    feed([bytes]).0
}

#[test]
fn verbs_are_known_in_any_case_and_with_any_blanks() {
    for line in ["SUB a 1\r\n", "sub a 1\n", "SuB\t a \t 1  \r\n", "SUB a\r1\r\n", "SUB a 1\r\r\n"]
    {
        let expected = Operation::Subscribe { subject: b"a", group: None, sid: b"1" };
        assert_eq!(whole(line.as_bytes()), [format!("{expected:?}")], "{line:?}");
    }
    for line in ["PING\n", "ping foo\r\n", "PINGing\r\n", "PING\rx\r\n"] {
        assert_eq!(whole(line.as_bytes()), ["Ping"], "{line:?}");
    }
    assert_eq!(whole(b"CONNECT{}\n"), [format!("{:?}", Operation::Connect(b"{}"))]);
}

#[test]
fn a_message_is_its_headers_and_its_payload() {
    let publish = |headers, payload| {
        let message = Publish { subject: b"a", reply: Some(b"r"), headers, payload };
        format!("{:?}", Operation::Publish(message))
    };
    assert_eq!(whole(b"PUB a r 0002\nhi\r\n"), [publish(b"", b"hi")]);
    assert_eq!(whole(b"HPUB a r 2 4\r\nhihi\r\n"), [publish(b"hi", b"hi")]);
    assert_eq!(whole(b"HPUB a r 0 2\r\nhi\r\n"), [publish(b"", b"hi")]);
}

#[test]
fn what_makes_no_sense_fails_as_it_does_there() {
    let unknown: &[&[u8]] = &[
        b"\r\n",
        b" PING\r\n",
        b"PUX",
        b"SUB\r\n",
        b"SUBa",
        b"PUB\r\n",
        b"-ERR\r\n",
        b"MSG a 1 0\r\n",
        b"PUB a 2\r\nhi\n",
        b"PUB a 2\r\nhi\r\r",
        b"PUB a 2\r\nhii",
        b"PUB a 0\n\n",
    ];
    for bytes in unknown {
        assert_eq!(whole(bytes), ["UnknownOperation"], "{bytes:?}");
    }
    let silent: &[&[u8]] = &[
        b"PUB \r\n",
        b"PUB a\r\n",
        b"PUB a b c 1\r\n",
        b"PUB a x\r\n",
        b"PUB a -1\r\n",
        b"SUB \r\n",
        b"PUB a 1000000000\r\n",
        b"PUB a 0000000002\r\n",
        b"HPUB a 3 2\r\n",
        b"HPUB a 2\r\n",
        b"SUB a\r\n",
        b"SUB a b c d\r\n",
        b"UNSUB \r\n",
        b"UNSUB 1 2 3\r\n",
        b"-ERR x\r\n",
    ];
    for bytes in silent {
        assert_eq!(whole(bytes), ["Silent"], "{bytes:?}");
    }
    assert_eq!(whole(b"PUB a 65\r\n"), ["Payload"]);
    assert_eq!(whole(b"HPUB a 99 65\r\n"), ["Payload"]);
}

#[test]
fn a_line_has_a_limit_and_blanks_before_it_do_not_count() {
    let line = |blanks: usize, length: usize, end: &str| {
        format!("SUB{}{} 1{end}", " ".repeat(blanks), "a".repeat(length)).into_bytes()
    };
    assert!(whole(&line(1, CONTROL_LINE_BYTES_MAX - 2, "\r\n"))[0].starts_with("Subscribe"));
    assert_eq!(whole(&line(1, CONTROL_LINE_BYTES_MAX - 1, "\r\n")), ["ControlLine"]);
    assert_eq!(whole(&line(1, CONTROL_LINE_BYTES_MAX - 1, "")), ["ControlLine"]);
    assert!(whole(&line(9000, 1, "\r\n"))[0].starts_with("Subscribe"));
}

#[test]
fn who_must_say_who_it_is_may_say_nothing_else() {
    for bytes in [&b"PING\r\n"[..], b"+", b"\r\n", b"X"] {
        let mut parser = Parser::new(PAYLOAD_MAX, true);
        assert_eq!(parser.step(bytes), Step::Failed(Failure::Unknown), "{bytes:?}");
    }
    let mut parser = Parser::new(PAYLOAD_MAX, true);
    assert!(matches!(parser.step(b"connect {}\r\n"), Step::Said { .. }));
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        "(PUB|pub|Hpub|SUB|UNSUB)[ \t]{0,3}[a-c.*>]{0,4}[ \t]{0,2}[a0-9]{0,3}[ \t]{0,2}[0-9]{0,3}\r?\n",
        "PUB a [0-9]\r\n[a-z]{0,9}\r\n",
        "HPUB a [0-6] [0-9]\r\n[a-z]{0,9}\r\n",
        "(PING|PONG|\\+OK|CONNECT|INFO|-ERR)[ {}a-z]{0,9}\r?\n",
        Just("PUB a 2\r\nhi\r\n".to_owned()),
        Just(format!("SUB {} 1\r\n", "a".repeat(CONTROL_LINE_BYTES_MAX - 3))),
        Just(format!("PING{}\r\n", "a".repeat(2 * CONTROL_LINE_BYTES_MAX))),
        Just(format!("SUB{}a 1\r\n", " ".repeat(2 * CONTROL_LINE_BYTES_MAX))),
    ];
    let piece = prop_oneof![
        8 => line.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn how_the_bytes_come_changes_nothing(
        bytes in bytes(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        let (said, _) = feed(pieces);
        prop_assert_eq!(&said, &whole(&bytes));
        let (said_by_bytes, most) = feed(bytes.chunks(1));
        prop_assert_eq!(&said_by_bytes, &said);
        prop_assert!(most <= KEPT_MAX, "{most} bytes are kept");
    }
}
