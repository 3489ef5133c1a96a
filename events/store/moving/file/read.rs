//! Reads a file part by part. A part is given out once the digest behind it has shown that every byte
//! up to there is what was written.

use std::fmt;
use std::io::{BufRead, ErrorKind, Read};

use sha2::{Digest, Sha256};

use super::{
    Begin, End, FORMAT, Form, RECORD_BYTES_MAX, Record, Sum, binary, json, sum, write_end,
};
use crate::content::BLOB_BYTES_MAX;
use crate::id::Consumer;
use crate::store::append::{APPEND_BYTES_MAX, APPEND_EVENTS_MAX};
use crate::store::moving::check::Totals;
use crate::store::moving::standing::Standings;
use crate::store::moving::{Moved, PART_BYTES_MAX, PART_ITEMS_MAX, Part};
use crate::store::{Parked, Standing};
use crate::stream::Position;

/// The most items of a part, with its last command.
const ITEMS_MAX: usize = PART_ITEMS_MAX + APPEND_EVENTS_MAX + 1;
/// The most bytes of a part, as they stand in the file, with its last command or blob. Base64 takes
/// a third more than the bytes, and every record has something around it.
const BYTES_MAX: usize =
    2 * (PART_BYTES_MAX + APPEND_BYTES_MAX + BLOB_BYTES_MAX) + ITEMS_MAX * 8 * 1024;

/// The most bytes about consumers.
const CONSUMERS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The last position that a store can count to.
const POSITION_MAX: Position = Position(i64::MAX as u64 - 1);

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    /// It cannot be read at all.
    #[error(transparent)]
    Failed(#[from] std::io::Error),
    /// It is something else.
    #[error("it is not an export: {0}")]
    NotAnExport(&'static str),
    /// A newer program wrote it.
    #[error("it has {0}, which this program does not know")]
    Newer(String),
    /// It ends before its end.
    #[error("it ends at {0}, before its end was written")]
    Cut(Place),
    /// It is not what was written.
    #[error("{place}: {what}")]
    Damaged {
        /// Where.
        place: Place,
        /// What is wrong.
        what: String,
    },
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line, from 1.
    Line(u64),
    /// A byte, from 0.
    Byte(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
        }
    }
}

/// What is wrong with a record.
#[derive(Debug)]
pub(super) enum Wrong {
    NotAnExport(&'static str),
    Newer(String),
    Damaged(String),
}

impl Wrong {
    pub(super) fn of<T: ToString>(what: T) -> Self {
        Self::Damaged(what.to_string())
    }
}

/// Reads a file.
pub struct Decoder<R> {
    input: R,
    form: Form,
    begin: Begin,
    place: Place,
    /// The bytes of the record that is being read.
    record: Vec<u8>,
    digest: Sha256,
    totals: Totals,
    consumers: Standings,
    /// How many bytes those took.
    consumers_bytes: usize,
    ended: Option<End>,
}

impl<R: BufRead> Decoder<R> {
    /// Reads the beginning.
    pub fn open(mut input: R) -> Result<Self, NotRead> {
        let form = match input.fill_buf()?.first() {
            Some(b'{') => Form::Json,
            Some(first) if *first == binary::MAGIC[0] => Form::Binary,
            Some(_) => return Err(NotRead::NotAnExport("it does not begin like one")),
            None => return Err(NotRead::NotAnExport("it is empty")),
        };
        let place = match form {
            Form::Json => Place::Line(1),
            Form::Binary => Place::Byte(0),
        };
        let nothing = Position::ZERO;
        let log_id = crate::id::LogId(uuid::Uuid::nil());
        let begin = Begin { log_id, first: nothing, last: nothing, before: None, imports: vec![] };
        let (digest, totals) = (Sha256::new(), Totals::default());
        let record = Vec::new();
        let (consumers, consumers_bytes) = (Standings::new(), 0);
        let mut this = Self {
            input,
            form,
            begin,
            place,
            record,
            digest,
            totals,
            consumers,
            consumers_bytes,
            ended: None,
        };
        this.begin = this.read_begin()?;
        Ok(this)
    }

    /// What the file begins with.
    #[must_use]
    pub fn begin(&self) -> &Begin {
        &self.begin
    }

    /// Where the next record begins.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// What the file ends with, once all of it was read.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.ended
    }

    /// Where the consumers of the log stand, once all of the file was read.
    pub fn consumers(&mut self) -> Standings {
        std::mem::take(&mut self.consumers)
    }

    /// Reads the next part; none at the end.
    pub fn part(&mut self) -> Result<Option<Part>, NotRead> {
        if self.ended.is_some() {
            return Ok(None);
        }
        let (mut part, mut items, mut bytes) = (Part::default(), 0, 0);
        loop {
            let record = self.record()?;
            let ends = matches!(record, Record::Cursor(..) | Record::Parked(..) | Record::End(_));
            if !ends && !self.consumers.is_empty() {
                return Err(self.wrong(Wrong::of("something stands behind the consumers")));
            }
            (items, bytes) = (items + 1, bytes + self.record.len());
            if items > ITEMS_MAX || bytes > BYTES_MAX {
                return Err(self.wrong(Wrong::of("a part is larger than a part may be")));
            }
            match record {
                Record::Mark(_) if items == 1 => {
                    return Err(self.wrong(Wrong::of("a part is empty")));
                }
                Record::Mark(mark) => {
                    self.is_whole(part.commands.last())?;
                    self.read_mark(mark, &part)?;
                    return Ok(Some(part));
                }
                Record::End(end) if items == 1 => return self.read_end(end).map(|()| None),
                Record::End(_) => return Err(self.wrong(Wrong::of("a part has no mark behind it"))),
                Record::Blob(blob) => part.blobs.push(blob),
                Record::Outcome(kept) => {
                    self.is_whole(part.commands.last())?;
                    part.commands.push(Moved { kept, events: Vec::new() });
                }
                Record::Cursor(..) | Record::Parked(..) if items > 1 => {
                    return Err(self.wrong(Wrong::of("a consumer stands inside a part")));
                }
                Record::Cursor(consumer, position) => {
                    self.cursor(consumer, position)?;
                    (items, bytes) = (0, 0);
                }
                Record::Parked(consumer, parked) => {
                    self.parked(&consumer, parked)?;
                    (items, bytes) = (0, 0);
                }
                Record::Event(event) => match part.commands.last_mut() {
                    Some(moved) if wants_events(moved) => moved.events.push(event),
                    _ => return Err(self.wrong(Wrong::of("an event belongs to no outcome"))),
                },
            }
            self.pass();
        }
    }

    /// Takes over where a consumer stands: by name, and not behind the end.
    fn cursor(&mut self, consumer: Consumer, position: Position) -> Result<(), NotRead> {
        let follows = self.consumers.last().is_none_or(|(last, _)| *last < consumer);
        if self.begin.first != Position::FIRST || position > self.begin.last || !follows {
            return Err(self.wrong(Wrong::of("a consumer stands where it cannot")));
        }
        self.consumers.push((consumer, Standing { position, parked: Vec::new() }));
        self.count_consumer()
    }

    /// Takes over what is parked for the last consumer, by position.
    fn parked(&mut self, consumer: &Consumer, parked: Parked) -> Result<(), NotRead> {
        let last = self.consumers.last_mut().filter(|(last, _)| last == consumer);
        let fits = last.filter(|(_, standing)| {
            let before = standing.parked.last().map_or(Position::ZERO, |before| before.position);
            before < parked.position && parked.position <= self.begin.last
        });
        match fits {
            Some((_, standing)) => standing.parked.push(parked),
            None => return Err(self.wrong(Wrong::of("an event is parked where it cannot be"))),
        }
        self.count_consumer()
    }

    /// Counts the bytes of what is kept of consumers.
    fn count_consumer(&mut self) -> Result<(), NotRead> {
        self.consumers_bytes += self.record.len();
        if self.consumers_bytes > CONSUMERS_BYTES_MAX {
            return Err(self.wrong(Wrong::of("more is kept of consumers than may be")));
        }
        Ok(())
    }

    /// Counts the record that was read as read.
    fn pass(&mut self) {
        self.digest.update(&self.record);
        self.place = match self.place {
            Place::Line(line) => Place::Line(line + 1),
            Place::Byte(byte) => Place::Byte(byte + self.record.len() as u64),
        };
    }

    fn read_mark(&mut self, mark: Sum, part: &Part) -> Result<(), NotRead> {
        if mark != sum(&self.digest) {
            return Err(self.wrong(Wrong::of("what stands before it does not match its digest")));
        }
        self.totals.count(part);
        self.pass();
        Ok(())
    }

    /// A command must have all its events before anything else comes.
    fn is_whole(&self, moved: Option<&Moved>) -> Result<(), NotRead> {
        match moved {
            Some(moved) if wants_events(moved) => {
                Err(self.wrong(Wrong::of("an outcome lacks events")))
            }
            _ => Ok(()),
        }
    }

    /// The end stands behind every digest: it must be, byte for byte, what this program would write.
    fn read_end(&mut self, end: End) -> Result<(), NotRead> {
        let mut written = Vec::new();
        write_end(self.form, &End { totals: self.totals, digest: sum(&self.digest) }, &mut written);
        if self.record != written {
            return Err(self.wrong(Wrong::of("the end does not agree with what came before")));
        }
        self.pass();
        if !self.input.fill_buf()?.is_empty() {
            return Err(self.wrong(Wrong::of("something stands behind the end")));
        }
        self.ended = Some(end);
        Ok(())
    }

    fn read_begin(&mut self) -> Result<Begin, NotRead> {
        let begin = match self.form {
            Form::Json => {
                self.line()?;
                json::read_begin(&self.record)
            }
            Form::Binary => {
                self.magic()?;
                let prefix = self.bytes()?;
                let body = &self.record[self.record.len() - binary::length(prefix)..];
                binary::read_begin(prefix, body)
            }
        };
        let begin = begin.map_err(|wrong| self.wrong(wrong))?;
        let is_range = begin.first >= Position::FIRST && begin.last.next() >= begin.first;
        if !is_range || begin.last > POSITION_MAX || !in_order(&begin) {
            return Err(self.wrong(Wrong::of("it begins with a range that is none")));
        }
        self.pass();
        Ok(begin)
    }

    /// Reads the magic of a file of bytes into the record.
    fn magic(&mut self) -> Result<(), NotRead> {
        let mut magic = [0; binary::MAGIC.len() + 1];
        self.read_exact(&mut magic)?;
        match magic.split_last() {
            Some((format, rest)) if rest == binary::MAGIC => {
                if u32::from(*format) != FORMAT {
                    return Err(NotRead::Newer(format!("format {format}")));
                }
                self.record.extend_from_slice(&magic);
                Ok(())
            }
            _ => Err(NotRead::NotAnExport("it does not begin like one")),
        }
    }

    fn record(&mut self) -> Result<Record, NotRead> {
        self.record.clear();
        let record = match self.form {
            Form::Json => {
                self.line()?;
                json::read(&self.record)
            }
            Form::Binary => {
                let prefix = self.bytes()?;
                binary::read(prefix, &self.record[binary::PREFIX..])
            }
        };
        record.map_err(|wrong| self.wrong(wrong))
    }

    /// Reads a line into the record, with its end.
    fn line(&mut self) -> Result<(), NotRead> {
        let mut limited = (&mut self.input).take(RECORD_BYTES_MAX as u64);
        limited.read_until(b'\n', &mut self.record)?;
        match self.record.last() {
            Some(b'\n') => Ok(()),
            _ if self.record.len() == RECORD_BYTES_MAX => {
                Err(self.wrong(Wrong::of("a line is longer than any may be")))
            }
            _ => Err(NotRead::Cut(self.place)),
        }
    }

    /// Reads a record of bytes behind what is in the record; gives its prefix.
    fn bytes(&mut self) -> Result<[u8; binary::PREFIX], NotRead> {
        let mut prefix = [0; binary::PREFIX];
        self.read_exact(&mut prefix)?;
        let length = binary::length(prefix);
        if length > RECORD_BYTES_MAX {
            return Err(self.wrong(Wrong::of("a record is longer than any may be")));
        }
        self.record.extend_from_slice(&prefix);
        let begin = self.record.len();
        self.record.resize(begin + length, 0);
        let mut record = std::mem::take(&mut self.record);
        let read = self.read_exact(&mut record[begin..]);
        self.record = record;
        read.map(|()| prefix)
    }

    fn read_exact(&mut self, bytes: &mut [u8]) -> Result<(), NotRead> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => NotRead::Cut(self.place),
            _ => error.into(),
        })
    }

    fn wrong(&self, wrong: Wrong) -> NotRead {
        match wrong {
            Wrong::NotAnExport(what) => NotRead::NotAnExport(what),
            Wrong::Newer(what) => NotRead::Newer(what),
            Wrong::Damaged(what) => NotRead::Damaged { place: self.place, what },
        }
    }
}

fn wants_events(moved: &Moved) -> bool {
    let wanted = moved.kept.outcome.recorded.map_or(0, |span| span.events as usize);
    moved.events.len() < wanted
}

/// What came from elsewhere must be in the range.
fn in_order(begin: &Begin) -> bool {
    begin.imports.iter().all(|range| {
        begin.first <= range.first
            && range.first <= range.last
            && range.last <= begin.last
            && range.source_first >= Position::FIRST
            && range.source_first.0.checked_add(range.last.0 - range.first.0).is_some()
    })
}
