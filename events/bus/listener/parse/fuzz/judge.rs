//! What must hold of every input, however it comes.

use std::collections::BTreeSet;

use super::super::{CONTROL_LINE_BYTES_MAX, Operation, Parser, Publish, Step};
use crate::bus::Pattern;
use crate::bus::listener::subscribed::write;
use crate::bus::message::View;
use crate::bus::router::Dice;
use crate::bus::subject::tokens;
use crate::bus::trie::Trie;

const PAYLOAD_MAX: usize = 64;
/// What may have to be kept: a line, a message, and both ends of lines.
const KEPT_MAX: usize = CONTROL_LINE_BYTES_MAX + PAYLOAD_MAX + 4;
/// Inputs up to this length are also fed byte by byte; that takes long.
const BY_BYTES_MAX: usize = 600;

/// Where an input is cut.
#[derive(Debug)]
pub(super) enum Cuts {
    At(Vec<usize>),
    Everywhere,
}

impl Cuts {
    pub(super) fn by_chance(length: usize, dice: &Dice) -> Self {
        if length <= BY_BYTES_MAX && dice.below(4) == 0 {
            return Self::Everywhere;
        }
        let mut cuts: Vec<usize> = (0..dice.below(6)).map(|_| dice.below(length + 1)).collect();
        cuts.sort_unstable();
        Self::At(cuts)
    }

    fn pieces<'a>(&self, input: &'a [u8]) -> Vec<&'a [u8]> {
        match self {
            Self::Everywhere => input.chunks(1).collect(),
            Self::At(places) => {
                let mut ends = places.clone();
                ends.push(input.len());
                let begins = std::iter::once(0).chain(places.iter().copied());
                begins.zip(ends).map(|(begin, end)| &input[begin..end]).collect()
            }
        }
    }
}

/// What was understood: each operation, written as a client would, and how it ended.
#[derive(Debug, PartialEq, Eq, Default)]
struct Understood {
    said: Vec<String>,
    kinds: Vec<String>,
    subjects: Vec<Vec<u8>>,
    patterns: Vec<Pattern>,
}

/// Says what is wrong with what comes of an input.
pub(super) fn judge(input: &[u8], cuts: &Cuts, seen: &mut BTreeSet<String>) -> Result<(), String> {
    for unknown in [false, true] {
        let whole = feed(unknown, [input])?;
        let in_pieces = feed(unknown, cuts.pieces(input))?;
        if whole != in_pieces {
            return Err(format!("in pieces it is something else: {in_pieces:?}, not {whole:?}"));
        }
        finds_whom_patterns_match(&whole)?;
        seen.extend(whole.kinds);
    }
    Ok(())
}

/// Feeds pieces as a session does.
fn feed<'a>(
    unknown: bool,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Understood, String> {
    let (mut parser, mut buffer) = (Parser::new(PAYLOAD_MAX, unknown), Vec::new());
    let (mut understood, mut awaited) = (Understood::default(), 1);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        if buffer.len() < awaited {
            continue;
        }
        let mut done = 0;
        loop {
            match parser.step(&buffer[done..]) {
                Step::Said { taken, operation } => {
                    if taken == 0 || taken > buffer.len() - done {
                        return Err(format!("it takes {taken} bytes"));
                    }
                    done += taken;
                    understood.add(operation)?;
                    if matches!(operation, Operation::Connect(_)) {
                        (parser.unknown, parser.headers) = (false, true);
                    }
                }
                Step::More { taken, needed } => {
                    done += taken;
                    let kept = buffer.len() - done;
                    if kept > KEPT_MAX || needed > KEPT_MAX || needed <= kept {
                        return Err(format!("it keeps {kept} bytes and wants {needed}"));
                    }
                    awaited = needed;
                    break;
                }
                Step::Failed(failure) => {
                    understood.kinds.push(format!("{failure:?}"));
                    return Ok(understood);
                }
            }
        }
        buffer.drain(..done);
    }
    Ok(understood)
}

impl Understood {
    fn add(&mut self, operation: Operation<'_>) -> Result<(), String> {
        let text = format!("{operation:?}");
        let kind = text.split(|char: char| !char.is_alphabetic()).next().unwrap_or_default();
        self.kinds.push(kind.to_owned());
        let written = written(operation);
        let mut parser = Parser { headers: true, ..Parser::new(PAYLOAD_MAX, false) };
        if parser.step(&written) != (Step::Said { taken: written.len(), operation }) {
            return Err(format!("{text} is written as {}", written.escape_ascii()));
        }
        self.said.push(written.escape_ascii().to_string());
        match operation {
            Operation::Subscribe { subject, .. } => {
                self.patterns
                    .extend(Pattern::as_received(subject).filter(|_| self.patterns.len() < 16));
            }
            Operation::Publish(message) => {
                self.subjects.push(message.subject.to_vec());
                is_one_line(message)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The bytes in which a client says this.
fn written(operation: Operation<'_>) -> Vec<u8> {
    let line = |words: &[&[u8]]| [&words.join(&b' ')[..], b"\r\n"].concat();
    match operation {
        // With a CR behind nothing, the CR would be an argument.
        Operation::Connect(b"") => b"CONNECT \n".to_vec(),
        Operation::Info(b"") => b"INFO \n".to_vec(),
        Operation::Connect(json) => line(&[b"CONNECT", json]),
        Operation::Info(json) => line(&[b"INFO", json]),
        Operation::Ping => line(&[b"PING"]),
        Operation::Pong => line(&[b"PONG"]),
        Operation::Content => line(&[b"+OK"]),
        Operation::Subscribe { subject, group: None, sid } => line(&[b"SUB", subject, sid]),
        Operation::Subscribe { subject, group: Some(group), sid } => {
            line(&[b"SUB", subject, group, sid])
        }
        Operation::Unsubscribe { sid, max: 0 } => line(&[b"UNSUB", sid]),
        Operation::Unsubscribe { sid, max } => line(&[b"UNSUB", sid, max.to_string().as_bytes()]),
        Operation::Publish(message) => published(message),
    }
}

fn published(message: Publish<'_>) -> Vec<u8> {
    let Publish { subject, reply, headers, payload } = message;
    let size = (headers.len() + payload.len()).to_string();
    let before = headers.len().to_string();
    let mut words = vec![if headers.is_empty() { &b"PUB"[..] } else { b"HPUB" }, subject];
    words.extend(reply);
    if !headers.is_empty() {
        words.push(before.as_bytes());
    }
    words.push(size.as_bytes());
    [&words.join(&b' ')[..], b"\r\n", headers, payload, b"\r\n"].concat()
}

/// As others get it, a message is one line with its own words, and its subject is the same one.
fn is_one_line(message: Publish<'_>) -> Result<(), String> {
    let Publish { subject, reply, headers, payload } = message;
    let mut out = Vec::new();
    write(&mut out, b"7", headers, &View::of(subject, reply, headers, payload));
    let line = out.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|byte| b" \t".contains(byte)).collect();
    let count = 4 + usize::from(reply.is_some()) + usize::from(!headers.is_empty());
    let told = tokens(words.get(1).copied().unwrap_or_default()).count();
    if words.len() != count || words[1] != subject || told != tokens(subject).count() {
        return Err(format!("it is handed on as {}", out.escape_ascii()));
    }
    Ok(())
}

/// The tree finds those to whom a subject belongs, whatever its bytes are.
fn finds_whom_patterns_match(understood: &Understood) -> Result<(), String> {
    let mut trie = Trie::default();
    for (id, pattern) in (0..).zip(&understood.patterns) {
        trie.insert(pattern, None, id, ());
    }
    for subject in &understood.subjects {
        let mut found: Vec<u64> = trie.matches(subject).plain.iter().map(|(id, ())| *id).collect();
        found.sort_unstable();
        let matching = (0..).zip(&understood.patterns).filter(|(_, one)| one.matches(subject));
        if !matching.map(|(id, _)| id).eq(found) {
            return Err(format!("{} is not found", subject.escape_ascii()));
        }
    }
    Ok(())
}
