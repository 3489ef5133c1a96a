//! What a client says, taken from the bytes that have come so far. Nothing is copied, and what has
//! to be kept is bounded: blanks behind a verb and the rest of a line that nobody reads are let go
//! as they come, all else has a limit.
//!
//! The rules are those of nats-server 2.15.1, also where they are odd: a line may end in LF alone,
//! but the CR behind a payload may not be missing; `PINGing` is a PING; `SUB` splits at CR, `PUB`
//! does not; a line that makes no sense ends the connection without a word.

mod arguments;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use memchr::memchr;

/// The longest line of arguments.
pub const CONTROL_LINE_BYTES_MAX: usize = 4096;

/// Something a client says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    /// Who it is and what it wants, as JSON.
    Connect(&'a [u8]),
    /// Something that servers say to each other, as JSON.
    Info(&'a [u8]),
    /// It asks whether we are there.
    Ping,
    /// It is there.
    Pong,
    /// It is content.
    Content,
    /// It listens.
    Subscribe {
        /// To what.
        subject: &'a [u8],
        /// In which group, if in one.
        group: Option<&'a [u8]>,
        /// What it calls this.
        sid: &'a [u8],
    },
    /// It listens no longer.
    Unsubscribe {
        /// What it calls this.
        sid: &'a [u8],
        /// After how many messages; none is at once.
        max: u64,
    },
    /// It sends a message.
    Publish(Publish<'a>),
}

/// A message as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish<'a> {
    /// Where it goes.
    pub subject: &'a [u8],
    /// Where an answer goes.
    pub reply: Option<&'a [u8]>,
    /// What stands before the payload.
    pub headers: &'a [u8],
    /// What it says.
    pub payload: &'a [u8],
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No such verb.
    UnknownOperation,
    /// A line is too long.
    ControlLine,
    /// A message is too large.
    Payload,
    /// It must say who it is before anything else.
    Unknown,
    /// Arguments make no sense, or it has complained itself; the server says nothing about either.
    Silent,
}

impl Failure {
    /// What the client is told.
    #[must_use]
    pub fn text(self) -> Option<&'static str> {
        match self {
            Self::UnknownOperation => Some("Unknown Protocol Operation"),
            Self::ControlLine => Some("maximum control line exceeded"),
            Self::Payload => Some("Maximum Payload Violation"),
            Self::Unknown => Some("Authorization Violation"),
            Self::Silent => None,
        }
    }
}

/// What came of looking at some bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The client says this.
    Said {
        /// How many bytes are done with.
        taken: usize,
        /// What it says.
        operation: Operation<'a>,
    },
    /// More has to come.
    More {
        /// How many bytes are done with.
        taken: usize,
        /// How many there have to be, behind those, before it is worth looking again.
        needed: usize,
    },
    /// Nothing more can be made of it.
    Failed(Failure),
}

/// What has been understood of an operation whose end has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing.
    Start,
    /// A verb, and what stands between it and its arguments.
    Verb(Verb),
    /// All of it but the end of its line.
    Rest(Verb),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Connect,
    Info,
    Ping,
    Pong,
    Ok,
    Err,
    Sub,
    Unsub,
    Pub,
    Hpub,
}

/// All verbs, in upper case.
const VERBS: [(&[u8], Verb); 10] = [
    (b"PUB", Verb::Pub),
    (b"HPUB", Verb::Hpub),
    (b"PING", Verb::Ping),
    (b"PONG", Verb::Pong),
    (b"SUB", Verb::Sub),
    (b"UNSUB", Verb::Unsub),
    (b"CONNECT", Verb::Connect),
    (b"INFO", Verb::Info),
    (b"+OK", Verb::Ok),
    (b"-ERR", Verb::Err),
];

/// Understands what a client says.
#[derive(Debug)]
pub struct Parser {
    state: State,
    /// The largest payload with its headers.
    pub payload_max: usize,
    /// Whether it may send headers.
    pub headers: bool,
    /// Whether it has yet to say who it is.
    pub unknown: bool,
}

impl Parser {
    /// Understands a client that has said nothing yet.
    #[must_use]
    pub fn new(payload_max: usize, unknown: bool) -> Self {
        Self { state: State::Start, payload_max, headers: false, unknown }
    }

    /// What stands at the beginning of `bytes`; those it says were taken must not come again.
    pub fn step<'a>(&mut self, bytes: &'a [u8]) -> Step<'a> {
        match self.look(bytes) {
            Ok(step) => step,
            Err(failure) => Step::Failed(failure),
        }
    }

    fn look<'a>(&mut self, bytes: &'a [u8]) -> Result<Step<'a>, Failure> {
        let mut at = 0;
        if self.state == State::Start {
            let Some((verb, length)) = self.verb(bytes)? else {
                return Ok(Step::More { taken: 0, needed: bytes.len() + 1 });
            };
            at = length;
            self.state = match verb {
                Verb::Ping | Verb::Pong | Verb::Ok => State::Rest(verb),
                _ => State::Verb(verb),
            };
        }
        match self.state {
            State::Rest(verb) => Ok(self.rest(verb, bytes, at)),
            State::Verb(verb) => self.arguments(verb, bytes, at),
            State::Start => unreachable!("there is a verb now"),
        }
    }

    /// The verb and how long it is with one blank behind it, where it needs one.
    fn verb(&self, bytes: &[u8]) -> Result<Option<(Verb, usize)>, Failure> {
        let Some(first) = bytes.first() else { return Ok(None) };
        if self.unknown && !first.eq_ignore_ascii_case(&b'C') {
            return Err(Failure::Unknown);
        }
        for (name, verb) in VERBS {
            let known = bytes.len().min(name.len());
            if !bytes[..known].eq_ignore_ascii_case(&name[..known]) {
                continue;
            }
            if known < name.len() {
                return Ok(None);
            }
            if matches!(verb, Verb::Connect | Verb::Info | Verb::Ping | Verb::Pong | Verb::Ok) {
                return Ok(Some((verb, known)));
            }
            return match bytes.get(known) {
                None => Ok(None),
                Some(b' ' | b'\t') => Ok(Some((verb, known + 1))),
                Some(_) => Err(Failure::UnknownOperation),
            };
        }
        Err(Failure::UnknownOperation)
    }

    /// Whatever stands behind such a verb, nobody reads it.
    fn rest<'a>(&mut self, verb: Verb, bytes: &'a [u8], at: usize) -> Step<'a> {
        let Some(end) = memchr(b'\n', &bytes[at..]) else {
            return Step::More { taken: bytes.len(), needed: 1 };
        };
        self.state = State::Start;
        let operation = match verb {
            Verb::Ping => Operation::Ping,
            Verb::Pong => Operation::Pong,
            _ => Operation::Content,
        };
        Step::Said { taken: at + end + 1, operation }
    }

    fn arguments<'a>(
        &mut self,
        verb: Verb,
        bytes: &'a [u8],
        at: usize,
    ) -> Result<Step<'a>, Failure> {
        let blanks = bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let at = at + blanks;
        let line = &bytes[at..];
        let end = memchr(b'\n', line);
        let arguments = &line[..end.unwrap_or(line.len())];
        // A CR that comes first counts as an argument, as it does there.
        let arguments = match arguments {
            [before @ .., b'\r'] if !before.is_empty() => before,
            all => all,
        };
        if arguments.len() > CONTROL_LINE_BYTES_MAX {
            return Err(Failure::ControlLine);
        }
        let Some(end) = end else {
            return Ok(Step::More { taken: at, needed: line.len() + 1 });
        };
        let behind = at + end + 1;
        let operation = match verb {
            Verb::Connect => Operation::Connect(arguments),
            Verb::Info => Operation::Info(arguments),
            Verb::Sub => arguments::subscribe(arguments)?,
            Verb::Unsub => arguments::unsubscribe(arguments)?,
            Verb::Pub | Verb::Hpub => {
                return self.message(verb == Verb::Hpub, arguments, bytes, at, behind);
            }
            Verb::Ping | Verb::Pong | Verb::Ok | Verb::Err => return Err(Failure::Silent),
        };
        self.state = State::Start;
        Ok(Step::Said { taken: behind, operation })
    }

    fn message<'a>(
        &mut self,
        with_headers: bool,
        arguments: &'a [u8],
        bytes: &'a [u8],
        at: usize,
        behind: usize,
    ) -> Result<Step<'a>, Failure> {
        if with_headers && !self.headers {
            return Err(Failure::Silent);
        }
        let line = arguments::publish(arguments, with_headers, self.payload_max)?;
        let (middle, end) = (behind + line.headers, behind + line.total);
        for (place, expected) in [(end, b'\r'), (end + 1, b'\n')] {
            match bytes.get(place) {
                Some(byte) if *byte == expected => {}
                Some(_) => return Err(Failure::UnknownOperation),
                None => return Ok(Step::More { taken: at, needed: place + 1 - at }),
            }
        }
        self.state = State::Start;
        let (headers, payload) = (&bytes[behind..middle], &bytes[middle..end]);
        let publish = Publish { subject: line.subject, reply: line.reply, headers, payload };
        Ok(Step::Said { taken: end + 2, operation: Operation::Publish(publish) })
    }
}
