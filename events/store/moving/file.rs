//! A log, or a range of it, as a file: what it begins with, its parts, each sealed by a digest of
//! everything before it, and what it ends with. `docs/format.md` describes both forms to the byte.
//! Nothing here opens a file: bytes go out, and come in from whatever can be read.

mod binary;
mod json;
mod read;
#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};

pub use read::{Decoder, NotRead, Place};

use super::check::Totals;
use super::standing::Standings;
use super::{Imported, Kept, KeptBlob, Part};
use crate::chain::EventHash;
use crate::id::{Consumer, LogId};
use crate::recorded::Stored;
use crate::store::Parked;
use crate::stream::Position;

/// The format of the files that this program writes, and the only one it reads.
pub const FORMAT: u32 = 1;
/// The longest line or record.
const RECORD_BYTES_MAX: usize = 12 * 1024 * 1024;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines of JSON.
    Json,
    /// Records of bytes.
    Binary,
}

/// What a file begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begin {
    /// The log.
    pub log_id: LogId,
    /// The position of the first event.
    pub first: Position,
    /// The position of the last event; the one before the first, if there are none.
    pub last: Position,
    /// The hash of the event before the first one.
    pub before: Option<EventHash>,
    /// Which of the events came from other logs.
    pub imports: Vec<Imported>,
}

/// What a file ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// How much there is in it.
    pub totals: Totals,
    /// The digest of everything before.
    pub digest: Sum,
}

/// A SHA-256.
pub type Sum = [u8; 32];

/// One piece of a file.
enum Record {
    Blob(KeptBlob),
    Outcome(Kept),
    Event(Stored),
    Cursor(Consumer, Position),
    Parked(Consumer, Parked),
    Mark(Sum),
    End(End),
}

impl Begin {
    /// What is remembered of where events came from, as far as the file has them. What came from
    /// the log itself goes without saying: whoever takes the file in remembers that anew.
    #[must_use]
    pub fn with_imports(mut self, imports: &[Imported]) -> Self {
        let others = imports.iter().filter(|range| range.source != self.log_id);
        let within = others.filter_map(|range| {
            let (first, last) = (range.first.max(self.first), range.last.min(self.last));
            let source_first = range.source_first.plus(first.0 - range.first.0);
            (first <= last).then_some(Imported { first, last, source_first, ..*range })
        });
        self.imports = within.collect();
        self
    }
}

/// Writes a file into memory, from where it is taken away bit by bit.
pub struct Encoder {
    form: Form,
    out: Vec<u8>,
    digest: Sha256,
    totals: Totals,
}

impl Encoder {
    /// Writes the beginning.
    #[must_use]
    pub fn begin(form: Form, begin: &Begin) -> Self {
        let totals = Totals::default();
        let mut encoder = Self { form, out: Vec::new(), digest: Sha256::new(), totals };
        encoder.write(|out| match form {
            Form::Json => json::begin(begin, out),
            Form::Binary => binary::begin(begin, out),
        });
        encoder
    }

    /// Writes a part.
    pub fn part(&mut self, part: &Part) {
        let form = self.form;
        self.write(|out| {
            for blob in &part.blobs {
                match form {
                    Form::Json => json::blob(blob, out),
                    Form::Binary => binary::blob(blob, out),
                }
            }
            for moved in &part.commands {
                match form {
                    Form::Json => json::outcome(&moved.kept, out),
                    Form::Binary => binary::outcome(&moved.kept, out),
                }
                for event in &moved.events {
                    match form {
                        Form::Json => json::event(event, out),
                        Form::Binary => binary::event(event, out),
                    }
                }
            }
        });
        self.totals.count(part);
        let sum = sum(&self.digest);
        self.write(|out| match form {
            Form::Json => json::mark(&sum, out),
            Form::Binary => binary::mark(&sum, out),
        });
    }

    /// Writes where the consumers of the log stand; only the end comes behind them.
    pub fn consumers(&mut self, consumers: &Standings) {
        let form = self.form;
        self.write(|out| {
            for (consumer, standing) in consumers {
                match form {
                    Form::Json => json::cursor(consumer, standing.position, out),
                    Form::Binary => binary::cursor(consumer, standing.position, out),
                }
                for parked in &standing.parked {
                    match form {
                        Form::Json => json::parked(consumer, parked, out),
                        Form::Binary => binary::parked(consumer, parked, out),
                    }
                }
            }
        });
    }

    /// Writes the end, and says what it says.
    pub fn end(&mut self) -> End {
        let end = End { totals: self.totals, digest: sum(&self.digest) };
        let form = self.form;
        self.write(|out| write_end(form, &end, out));
        end
    }

    /// What was written and not taken yet.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.out.len();
        write(&mut self.out);
        self.digest.update(&self.out[before..]);
    }
}

fn write_end(form: Form, end: &End, out: &mut Vec<u8>) {
    match form {
        Form::Json => json::end(end, out),
        Form::Binary => binary::end(end, out),
    }
}

/// The digest of what was hashed so far.
fn sum(digest: &Sha256) -> Sum {
    digest.clone().finalize().into()
}

impl Totals {
    /// Counts a part.
    fn count(&mut self, part: &Part) {
        self.blobs += part.blobs.len() as u64;
        self.outcomes += part.commands.len() as u64;
        for event in part.commands.iter().flat_map(|moved| &moved.events) {
            self.events += 1;
            self.last_hash = Some(event.hash());
        }
    }
}
