//! The real program as a child: started, fed, heard and killed. Nothing here waits without a
//! deadline, and what it waits for is always something the child says.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::answers::{Answer, Complaint};
use super::fact::Fact;

/// How long the program may be silent before a test gives up on it.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The program, told which log to use.
pub(super) fn annals(store: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annals"));
    if cfg!(feature = "planted") {
        command.arg("--harness");
    }
    command.arg("--store").arg(store).arg("--json");
    command
}

/// The program, told to append what comes in.
pub(super) fn append(store: &Path, in_flight: usize) -> Command {
    let mut command = annals(store);
    command.args(["log", "append", "--in-flight"]).arg(in_flight.to_string());
    command
}

/// Appends these lines to a log, and leaves it.
pub(super) fn fill(store: &Path, lines: &str) {
    let input = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&input, lines).expect("there is room for it");
    let ended = append(store, 1000).arg(input.path()).output().expect("it runs");
    assert!(ended.status.success(), "{ended:?}");
}

/// What a child says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    Answer(Answer),
    Complaint(Complaint),
    /// Both its outputs are closed.
    Gone,
}

/// A running `log append`.
#[derive(Debug)]
pub(super) struct Appender {
    child: Child,
    facts: Option<ChildStdin>,
    heard: Receiver<Heard>,
    /// What it said that is neither an answer nor a typed error; only a failing test shows it.
    notes: Vec<String>,
}

impl Appender {
    /// Starts it with its input open.
    pub(super) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(&mut command);
        let (said, heard) = channel();
        let stdout = child.stdout.take().expect("its output is a pipe");
        listen(stdout, said.clone(), |line| Heard::Answer(Answer::parse(line)));
        let stderr = child.stderr.take().expect("its output is a pipe");
        listen(stderr, said, |line| Heard::Complaint(Complaint::parse(line)));
        let facts = child.stdin.take();
        Self { child, facts, heard, notes: Vec::new() }
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub(super) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_none()
    }

    /// Sends a fact; a child that is gone does not take it, and says why by itself.
    pub(super) fn send(&mut self, fact: Fact) {
        let facts = self.facts.as_mut().expect("its input is open");
        match facts.write_all(fact.line().as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("cannot send: {error}"),
            _ => {}
        }
    }

    /// Says that there are no more facts.
    pub(super) fn no_more(&mut self) {
        self.facts = None;
    }

    /// What it says next, or nothing if it is silent until then.
    pub(super) fn hear_until(&mut self, deadline: Instant) -> Option<Heard> {
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            match self.heard.recv_timeout(patience) {
                Ok(Heard::Complaint(Complaint::Text(note))) => self.notes.push(note),
                Ok(heard) => return Some(heard),
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => return Some(Heard::Gone),
            }
        }
    }

    /// What it says next; it must say something.
    #[track_caller]
    pub(super) fn hear(&mut self) -> Heard {
        let heard = self.hear_until(Instant::now() + PATIENCE);
        heard.unwrap_or_else(|| panic!("the program falls silent: {:?}", self.notes))
    }

    /// Its next answer; it must not complain.
    #[track_caller]
    pub(super) fn answer(&mut self) -> Answer {
        match self.hear() {
            Heard::Answer(answer) => answer,
            other => self.astonish("an answer was due", &other),
        }
    }

    /// Fails the test, with everything the program said.
    #[track_caller]
    pub(super) fn astonish(&mut self, due: &str, heard: &Heard) -> ! {
        let rest = if *heard == Heard::Gone { Vec::new() } else { self.rest() };
        panic!("{due}; the program says {heard:?}, then {rest:?}; beside that {:?}", self.notes)
    }

    /// Kills it, and returns the answers that had left before.
    pub(super) fn kill(mut self) -> Vec<Answer> {
        self.child.kill().expect("a child can be killed");
        let answers = self.rest().into_iter().filter_map(|heard| match heard {
            Heard::Answer(answer) => Some(answer),
            _ => None,
        });
        let answers = answers.collect();
        self.child.wait().expect("a child can be waited for");
        answers
    }

    /// Waits for its end; returns its last words too.
    pub(super) fn end(mut self) -> (ExitStatus, Vec<Heard>) {
        self.no_more();
        let rest = self.rest();
        (self.child.wait().expect("a child can be waited for"), rest)
    }

    fn rest(&mut self) -> Vec<Heard> {
        std::iter::from_fn(|| Some(self.hear()).filter(|heard| *heard != Heard::Gone)).collect()
    }
}

impl Drop for Appender {
    /// A test that fails leaves no child behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a program, or says what must be installed.
#[track_caller]
pub(super) fn spawn(command: &mut Command) -> Child {
    let name = command.get_program().to_owned();
    match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("{name:?} is not installed; these tests need the packages strace and util-linux")
        }
        Err(error) => panic!("{name:?} does not start: {error}"),
    }
}

/// Passes on every whole line; the other side sees the end when all listeners are done.
fn listen(
    from: impl Read + Send + 'static,
    to: Sender<Heard>,
    read: impl Fn(&str) -> Heard + Send + 'static,
) {
    thread::spawn(move || {
        let mut lines = BufReader::new(from);
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            if !line.ends_with('\n') || to.send(read(&line)).is_err() {
                break;
            }
            line.clear();
        }
    });
}
