//! The input: bounded lines, read and made ready on a thread of their own. The first line that is
//! refused is the last one read.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::Path;
use std::thread;

use events::id::{Principal, Source, Tenant};
use events::store::keys::{Secret, random_id};
use events::store::{Append, Cause};
use tokio::sync::mpsc;

use crate::cli::problem::{Problem, Refused};
use crate::fact::{Defaults, parse};

/// The longest line that is read.
pub(in crate::cli) const LINE_BYTES_MAX: usize = 1024 * 1024;
/// How many facts wait between reading and appending.
const READY_MAX: usize = 64;
/// How much is read at once.
const READ_BYTES: usize = 64 * 1024;

/// Where lines come from.
pub(super) struct Input {
    from: Box<dyn Read + Send>,
    bytes: Option<u64>,
}

/// What makes an append out of a line.
pub(super) struct Recorder {
    pub(super) tenant: Tenant,
    pub(super) key: Secret,
    pub(super) source: Option<Source>,
    pub(super) mint_ids: bool,
}

/// A fact, ready to be appended.
pub(super) struct Ready {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) append: Append,
    /// How much of the input was read with it.
    pub(super) bytes_read: u64,
}

pub(super) type ReadyLines = mpsc::Receiver<Result<Ready, Problem>>;

impl Input {
    /// Opens the file; `-` is standard input.
    pub(super) fn open(path: &Path) -> Result<Self, Problem> {
        if path == Path::new("-") {
            return Ok(Self { from: Box::new(std::io::stdin()), bytes: None });
        }
        let missing = |source| Problem::InputMissing { path: path.into(), source };
        let file = File::open(path).map_err(missing)?;
        let found = file.metadata().map_err(missing)?;
        if found.is_dir() {
            return Err(missing(std::io::ErrorKind::IsADirectory.into()));
        }
        Ok(Self { from: Box::new(file), bytes: found.is_file().then_some(found.len()) })
    }

    /// How much there is to read, if anyone knows.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Starts to read. The thread ends with the input, or with whoever takes the lines; one that
    /// waits for a terminal or a pipe ends with the program.
    pub(super) fn read(self, recorder: Recorder) -> Result<ReadyLines, Problem> {
        let (ready, lines) = mpsc::channel(READY_MAX);
        let from = BufReader::with_capacity(READ_BYTES, self.from);
        let work = move || {
            let mut reading = Reading { from, line: 0, bytes_read: 0 };
            while let Some(next) = reading.next(&recorder).transpose() {
                let last = next.is_err();
                if ready.blocking_send(next).is_err() || last {
                    break;
                }
            }
        };
        thread::Builder::new().name("intake".into()).spawn(work).map_err(Problem::SystemFailed)?;
        Ok(lines)
    }
}

/// Says on a terminal what is expected of whoever sits there.
pub(super) fn is_typed(path: &Path) -> bool {
    path == Path::new("-") && std::io::stdin().is_terminal()
}

struct Reading<R> {
    from: R,
    line: u64,
    bytes_read: u64,
}

impl<R: BufRead> Reading<R> {
    /// The next fact; none at the end. Lines that hold nothing are passed over.
    fn next(&mut self, recorder: &Recorder) -> Result<Option<Ready>, Problem> {
        loop {
            let Some(line) = self.bounded_line()? else { return Ok(None) };
            if !line.trim_ascii().is_empty() {
                let (line_number, bytes_read) = (self.line, self.bytes_read);
                let refused = |refused| Problem::Line { line: line_number, refused };
                let (id, append) = recorder.append(&line).map_err(refused)?;
                return Ok(Some(Ready { line: line_number, id, append, bytes_read }));
            }
        }
    }

    /// One line without its end; never more of it in memory than a line may have.
    fn bounded_line(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        let mut line = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let read = (&mut self.from).take(limit).read_until(b'\n', &mut line);
        if read.map_err(Problem::InputFailed)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.bytes_read += line.len() as u64;
        match line.pop_if(|last| *last == b'\n') {
            Some(_) => drop(line.pop_if(|last| *last == b'\r')),
            None if line.len() > LINE_BYTES_MAX => {
                return Err(Problem::Line { line: self.line, refused: Refused::TooLong });
            }
            None => {}
        }
        Ok(Some(line))
    }
}

impl Recorder {
    fn append(&self, line: &[u8]) -> Result<(String, Append), Refused> {
        let mint = || random_id().to_string();
        let defaults = Defaults {
            source: self.source.as_ref(),
            mint: self.mint_ids.then_some(&mint as &dyn Fn() -> String),
        };
        let fact = parse(line, &defaults)?;
        let principal = Principal::new("operator").expect("it is a word");
        let (id, tenant) = (fact.id.clone(), self.tenant.clone());
        Ok((id, fact.append(tenant, Cause::by(principal), line, &self.key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Result<Vec<u8>, u64>> {
        let mut reading = Reading { from: input, line: 0, bytes_read: 0 };
        let refused = |problem| match problem {
            Problem::Line { line, refused: Refused::TooLong } => line,
            other => panic!("{other}"),
        };
        std::iter::from_fn(|| reading.bounded_line().map_err(refused).transpose()).take(9).collect()
    }

    #[test]
    fn lines_end_with_a_line_feed_or_with_the_input() {
        let expected = [Ok(b"a".to_vec()), Ok(b"".to_vec()), Ok(b"b".to_vec()), Ok(b"c".to_vec())];
        assert_eq!(lines(b"a\n\r\nb\r\nc"), expected);
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn the_longest_line_is_read_and_a_longer_one_refused() {
        let longest = vec![b'x'; LINE_BYTES_MAX];
        let ended = [longest.as_slice(), b"\n"].concat();
        assert_eq!(lines(&longest), [Ok(longest.clone())]);
        assert_eq!(lines(&ended), [Ok(longest)]);
        assert_eq!(lines(&[b"a\nx", ended.as_slice()].concat())[1], Err(2));
    }
}
