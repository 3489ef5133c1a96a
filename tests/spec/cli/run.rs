//! The program as a test starts it: in a folder of its own, with nothing in its environment.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A place for one log.
pub(super) struct Place {
    pub(super) folder: TempDir,
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Place {
    /// An empty folder.
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    /// A folder with a log that has these facts.
    pub(super) fn with(facts: &str) -> Self {
        let place = Self::new();
        place.fed(&["log", "append", "--quiet"], facts).succeeded();
        place
    }

    /// Where the log is.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join("a.log")
    }

    /// Where the file of this name is.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, told which log to use.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.env("ANNALS_STORE", self.log());
        command
    }

    /// The program, told nothing.
    pub(super) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_annals"));
        command.env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        if cfg!(feature = "planted") {
            command.arg("--harness");
        }
        command.args(arguments);
        command
    }

    /// Runs a command to its end.
    pub(super) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(arguments))
    }

    /// Runs a command to its end, with this as its input.
    pub(super) fn fed(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ended {
        let path = self.folder.path().join("input");
        std::fs::write(&path, input).expect("there is room for it");
        let input = std::fs::File::open(path).expect("it was just written");
        ended(self.command(arguments).stdin(input))
    }

    /// The names of everything in the folder.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("it is there");
        entries
            .map(|entry| entry.expect("it can be read").file_name())
            .map(|name| name.into_string().expect("names are text"))
            .collect()
    }
}

/// Runs a command to its end.
pub(super) fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("it says text");
    Ended {
        code: output.status.code().expect("it ends by itself"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

impl Ended {
    /// It must have done what it was asked.
    #[track_caller]
    pub(super) fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// It must have failed like this.
    #[track_caller]
    pub(super) fn failed(self, exit: i32, code: &str) -> Self {
        assert_eq!(self.code, exit, "{self:?}");
        assert!(self.err.contains(&format!("error[{code}]: ")), "{self:?}");
        assert!(self.err.contains("\n  remedy: "), "{self:?}");
        self
    }

    /// The same, of one that was asked for JSON; what it said.
    #[track_caller]
    pub(super) fn failed_json(self, exit: i32, code: &str) -> String {
        assert_eq!(self.code, exit, "{self:?}");
        let error = &parsed(self.err.trim())["error"];
        assert_eq!(error["code"], code, "{self:?}");
        error["message"].as_str().expect("a message").to_owned()
    }

    /// Its output as JSON, line by line.
    #[track_caller]
    pub(super) fn json(&self) -> Vec<Value> {
        self.out.lines().map(parsed).collect()
    }

    /// One field of every line of its output.
    #[track_caller]
    pub(super) fn each(&self, field: &str) -> Vec<Value> {
        self.json().into_iter().map(|line| line[field].clone()).collect()
    }
}

/// A line as JSON.
#[track_caller]
pub(super) fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

/// A fact as one line.
pub(super) fn fact(source: &str, id: impl std::fmt::Display) -> String {
    format!("{{\"specversion\":\"1.0\",\"id\":\"{id}\",\"source\":\"{source}\",\"type\":\"t\"}}\n")
}

/// Many facts of two sources, in turns.
pub(super) fn facts(count: usize) -> String {
    (0..count).map(|n| fact(["shop", "desk"][n % 2], n)).collect()
}

/// A command that goes on until it is told to end.
pub(super) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    complaints: Receiver<String>,
}

impl Running {
    /// Starts it with its input open.
    pub(super) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let lines = listen(child.stdout.take().expect("it is a pipe"));
        let complaints = listen(child.stderr.take().expect("it is a pipe"));
        Self { input: child.stdin.take(), child, lines, complaints }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Gives it more to read.
    pub(super) fn feed(&mut self, text: &str) {
        self.input
            .as_mut()
            .expect("its input is open")
            .write_all(text.as_bytes())
            .expect("it reads");
    }

    /// The next line it says.
    #[track_caller]
    pub(super) fn line(&self) -> String {
        let line = self.lines.recv_timeout(PATIENCE);
        line.unwrap_or_else(|_| {
            panic!("it falls silent: {:?}", self.complaints.try_iter().collect::<Vec<_>>())
        })
    }

    /// The next line of what it says is wrong.
    #[track_caller]
    pub(super) fn complaint(&self) -> String {
        self.complaints.recv_timeout(PATIENCE).expect("it complains in time")
    }

    /// The next line, if it has said one.
    pub(super) fn said(&self) -> Option<String> {
        self.lines.recv_timeout(Duration::from_millis(20)).ok()
    }

    /// Sends a signal, once it is listened to.
    pub(super) fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Closes its input and waits for its end; the lines it still says, and its exit code.
    pub(super) fn end(mut self) -> (Vec<String>, i32) {
        self.input = None;
        self.ended()
    }

    /// Waits for its end while its input is open; the lines it still says, and its exit code.
    pub(super) fn ended(mut self) -> (Vec<String>, i32) {
        let rest = self.lines.iter().collect();
        let status = self.child.wait().expect("a child can be waited for");
        (rest, status.code().expect("it ends by itself"))
    }
}

/// Sends a signal to a program that has begun to listen to signals; before, they would just end it.
pub(super) fn signal(process: u32, name: &str) {
    let began = Instant::now();
    while !listens(process) {
        assert!(began.elapsed() < PATIENCE, "it does not listen to signals");
        thread::yield_now();
    }
    let sent = Command::new("kill").args([name, &process.to_string()]).status();
    assert!(sent.expect("`kill` is installed").success());
}

/// Whether a program has something to do at a SIGTERM, which it listens to last.
fn listens(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = u64::from_str_radix(caught.expect("Linux says so").trim(), 16);
    caught.expect("a set of signals") & (1 << (15 - 1)) != 0
}

impl Drop for Running {
    /// A test that fails leaves no child behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Passes on every line until the end.
fn listen(from: impl Read + Send + 'static) -> Receiver<String> {
    let (said, lines) = channel();
    let pass_on = move || {
        let mut from = BufReader::new(from).lines().map_while(Result::ok);
        // Nobody hears the rest of a child whose test has ended.
        let _ = from.try_for_each(|line| said.send(line));
    };
    thread::spawn(pass_on);
    lines
}

/// The place of `what` in a file.
pub(super) fn find(path: &Path, what: &[u8]) -> usize {
    let bytes = std::fs::read(path).expect("it can be read");
    bytes.windows(what.len()).position(|found| found == what).expect("it is there")
}
