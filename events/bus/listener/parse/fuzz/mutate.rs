//! Inputs by chance: something that was kept, changed as one who knows the protocol would.

use crate::bus::router::Dice;

/// The longest input.
const INPUT_BYTES_MAX: usize = 12 * 1024;
/// How often an input is changed, at most.
const CHANGES_MAX: usize = 6;

/// What means something to someone.
const WORDS: [&[u8]; 34] = [
    b"PUB ",
    b"HPUB ",
    b"SUB ",
    b"UNSUB ",
    b"PING",
    b"PONG",
    b"CONNECT ",
    b"INFO ",
    b"+OK",
    b"-ERR",
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b"  ",
    b".",
    b"*",
    b">",
    b".>",
    b"*.",
    b"\0",
    b"\xff",
    b"\x7f",
    "ü".as_bytes(),
    b"_INBOX.1",
    b"g",
    b"{}",
    b"{\"headers\":true}",
    b"NATS/1.0\r\n\r\n",
    b"+",
    b"-",
    b"PUB a 2\r\nhi\r\n",
    b"SUB a 1\r\n",
];
/// What stands between words.
const BLANKS: [&[u8]; 3] = [b" ", b"\t", b"  "];
/// Numbers at which something changes.
const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "2",
    "00",
    "63",
    "64",
    "65",
    "999999999",
    "1000000000",
    "4294967296",
    "18446744073709551616",
    "-1",
    "0x1",
    "000000000",
];
/// Lengths at which something changes.
const LENGTHS: [usize; 10] = [1, 63, 64, 65, 512, 4093, 4094, 4095, 4096, 4097];

fn one<'a, T: ?Sized>(of: &[&'a T], dice: &Dice) -> &'a T {
    of[dice.below(of.len())]
}

/// A place in an input, or behind it.
fn place(input: &[u8], dice: &Dice) -> usize {
    dice.below(input.len() + 1)
}

/// A piece of an input, rarely a long one.
fn piece(input: &[u8], dice: &Dice) -> std::ops::Range<usize> {
    let begin = place(input, dice);
    let length = dice.below(1 << dice.below(8));
    begin..(begin + length).min(input.len())
}

/// An input that is like some of the corpus.
pub(super) fn mutated(corpus: &[Vec<u8>], dice: &Dice) -> Vec<u8> {
    let some = |dice: &Dice| corpus[dice.below(corpus.len())].clone();
    let mut input = some(dice);
    for _ in 0..dice.below(CHANGES_MAX) + 1 {
        match dice.below(4) {
            0 => change_bytes(&mut input, dice),
            1 => change_words(&mut input, dice),
            2 => change_lines(&mut input, &some(dice), dice),
            _ => add_operation(&mut input, dice),
        }
        input.truncate(INPUT_BYTES_MAX);
    }
    input
}

fn change_bytes(input: &mut Vec<u8>, dice: &Dice) {
    let range = piece(input, dice);
    match dice.below(4) {
        0 => drop(input.drain(range)),
        1 => {
            let again = input[range.clone()].to_vec();
            input.splice(range.start..range.start, again);
        }
        2 => {
            if let Some(byte) = input.get_mut(range.start) {
                *byte ^= 1 << dice.below(8);
            }
        }
        _ => {
            let (byte, length) = (dice.throw() as u8, LENGTHS[dice.below(LENGTHS.len())]);
            input.splice(range, std::iter::repeat_n(byte, length));
        }
    }
}

fn change_words(input: &mut Vec<u8>, dice: &Dice) {
    let at = place(input, dice);
    match dice.below(3) {
        0 => drop(input.splice(at..at, one(&WORDS, dice).iter().copied())),
        1 => {
            let digits =
                |from: usize| input[from..].iter().take_while(|byte| byte.is_ascii_digit());
            let Some(begin) = (at..input.len()).find(|from| digits(*from).count() > 0) else {
                return;
            };
            let end = begin + digits(begin).count();
            input.splice(begin..end, one(&NUMBERS, dice).bytes());
        }
        _ => {
            for byte in input[at..].iter_mut().take(5) {
                *byte = if byte.is_ascii_lowercase() {
                    byte.to_ascii_uppercase()
                } else {
                    byte.to_ascii_lowercase()
                };
            }
        }
    }
}

fn change_lines(input: &mut Vec<u8>, other: &[u8], dice: &Dice) {
    let mut lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').collect();
    let others: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
    let at = dice.below(lines.len() + 1);
    match dice.below(3) {
        0 if at < lines.len() => drop(lines.remove(at)),
        1 if at < lines.len() => {
            let with = dice.below(lines.len());
            lines.swap(at, with);
        }
        _ if others.is_empty() => {}
        _ => lines.insert(at, one(&others, dice)),
    }
    *input = lines.concat();
}

/// A subject of any tokens, also such as nobody may use.
fn subject(dice: &Dice) -> Vec<u8> {
    let tokens: [&[u8]; 9] = [b"a", b"b", b"*", b">", b"", b"a*", "ü".as_bytes(), b"\r", b"\xfe"];
    let count = 1 + dice.below(1 << dice.below(5));
    (0..count).map(|_| one(&tokens, dice)).collect::<Vec<_>>().join(&b'.')
}

/// Something that a client may well say, or nearly.
fn add_operation(input: &mut Vec<u8>, dice: &Dice) {
    let (mut head, mut payload) = (Vec::new(), vec![b'x'; dice.below(68)]);
    let mut word = |bytes: &[u8]| {
        head.extend_from_slice(bytes);
        head.extend_from_slice(one(&BLANKS, dice));
    };
    let reply = dice.below(2) == 0;
    match dice.below(3) {
        0 => {
            word(b"SUB");
            word(&subject(dice));
            if reply {
                word(b"g");
            }
            word(dice.below(40).to_string().as_bytes());
            payload.clear();
        }
        verb => {
            word(if verb == 1 { b"PUB" } else { b"HPUB" });
            word(&subject(dice));
            if reply {
                word(&subject(dice));
            }
            if verb == 2 {
                word(dice.below(payload.len() + 2).to_string().as_bytes());
            }
            word(payload.len().to_string().as_bytes());
            payload.splice(..0, *b"\r\n");
        }
    }
    let at = match dice.below(2) {
        0 => 0,
        _ => place(input, dice),
    };
    input.splice(at..at, [head, payload, b"\r\n".to_vec()].concat());
}
