//! A system that runs: it is started on a log of its own, killed, and started again.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use super::PATIENCE;
use crate::bus::nats::server::Server;
use crate::bus::program::Running;
use crate::postgres::database::Database;

/// What a system ends with that finds another one at its log.
const SERVED: i32 = 75;

/// A system, until this is dropped.
pub(super) struct System {
    folder: TempDir,
    /// Where the log is: a file in the folder, or a database.
    store: String,
    more: Vec<String>,
    /// Variables that only a program with planted bugs reads.
    variables: Vec<(&'static str, &'static str)>,
    running: Option<Running>,
    address: String,
    /// The server of NATS that it uses, if it does not listen itself.
    server: Option<Server>,
}

impl System {
    /// Starts one with a new log, on a free port.
    pub(super) fn start() -> Self {
        Self::with(&[])
    }

    /// The same, told more.
    pub(super) fn with(more: &[&str]) -> Self {
        Self::at("127.0.0.1:0", more, None, None)
    }

    /// Starts one with its log in a database.
    pub(super) fn in_database(database: &Database) -> Self {
        Self::at("127.0.0.1:0", &[], None, Some(database))
    }

    /// Starts one that uses a server of NATS, with its log in a database or in a file.
    pub(super) fn on_nats(database: Option<&Database>) -> Self {
        let server = Server::start(&[]);
        Self::at(&format!("127.0.0.1:{}", server.port), &[], Some(server), database)
    }

    fn at(
        address: &str,
        more: &[&str],
        server: Option<Server>,
        database: Option<&Database>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.log").to_string_lossy().into_owned();
        let store = database.map_or(file, |database| database.url.clone());
        let more = more.iter().map(|&word| word.to_owned()).collect();
        let (address, running) = (address.into(), None);
        let mut system =
            Self { folder, store, more, variables: Vec::new(), running, address, server };
        system.start_again();
        system
    }

    /// Whatever is started from now on has this variable.
    #[cfg(feature = "planted")]
    pub(super) fn set(&mut self, name: &'static str, value: &'static str) {
        self.variables.push((name, value));
    }

    /// Ends it without a chance to say or write anything.
    pub(super) fn kill(&mut self) {
        // A child that is dropped is killed and waited for.
        self.running = None;
    }

    /// Asks it to end, which it does in good order.
    pub(super) fn end(&mut self) {
        let mut running = self.running.take().expect("it runs");
        running.interrupt();
        let ended = running.0.wait().expect("it ends");
        assert!(ended.success(), "it ends in good order: {ended}");
    }

    /// It stands still, and another one takes its log over; gives the one that stands still.
    pub(super) fn is_taken_over(&mut self) -> Running {
        let old = self.running.take().expect("it runs");
        old.stops();
        self.more.push("--take-over".into());
        self.start_again();
        self.more.pop();
        old
    }

    /// Ends the server of NATS that it uses, and starts another one in its place.
    pub(super) fn lose_server(&mut self) {
        let port = self.server.take().expect("it uses one").port;
        self.server = Some(Server::again(port));
    }

    /// Starts it on another log, where clients found it before.
    pub(super) fn goes_on_with(&mut self, store: &str) {
        store.clone_into(&mut self.store);
        self.start_again();
    }

    /// Starts it on the same log, where clients found it before.
    pub(super) fn start_again(&mut self) {
        let begun = Instant::now();
        let (running, line) = loop {
            let (mut running, line) = self.try_start();
            // A database hears a moment late that whoever had the log is gone.
            let is_early = line.is_empty() && self.store != self.log().to_string_lossy();
            if !is_early || begun.elapsed() > PATIENCE {
                break (running, line);
            }
            let ended = running.0.wait().expect("it ends");
            assert_eq!(ended.code(), Some(SERVED), "it does not start");
        };
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"));
        let url = told["url"].as_str().expect("text");
        self.address = url.trim_start_matches("nats://").to_owned();
        self.running = Some(running);
    }

    /// Starts it, and gives what it says first.
    fn try_start(&self) -> (Running, String) {
        let mut serve = annals(&["serve", "--json", "--store", &self.store]);
        serve.args(&self.more).envs(self.variables.iter().copied()).stdout(Stdio::piped());
        match &self.server {
            Some(_) => serve.args(["--nats", &self.url(), "--nats-trust", "permissions"]),
            None => serve.args(["--listen", &self.address]),
        };
        let mut running = Running::start(&mut serve);
        let mut line = String::new();
        let mut out = BufReader::new(running.0.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("it says something");
        (running, line)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The same, as clients of NATS write it.
    pub(super) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Where the log is, as it is named on a command line.
    pub(super) fn store(&self) -> &str {
        &self.store
    }

    /// The log is whole.
    #[track_caller]
    pub(super) fn verify(&self) {
        let verify = ["log", "verify", "--store", &self.store];
        let verified = self.command(&verify).output().expect("it runs");
        assert!(verified.status.success(), "{verified:?}");
    }

    /// The file of the log, where it is in one.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join("a.log")
    }

    /// Where the file of this name is.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The memory that it has, and the most that it has had, in bytes.
    pub(super) fn memory(&self) -> (usize, usize) {
        let running = self.running.as_ref().expect("it runs");
        (running.memory(), running.memory_max())
    }

    /// A command that talks to it.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = annals(arguments);
        command.env("ANNALS_NATS", self.url());
        command
    }

    /// What such a command says, line by line; it must succeed.
    #[track_caller]
    pub(super) fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let ended = self.command(arguments).arg("--json").output().expect("the program starts");
        assert!(ended.status.success(), "{arguments:?}: {ended:?}");
        let said = String::from_utf8(ended.stdout).expect("text");
        said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// The same of one that says one thing.
    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        self.lines(arguments).remove(0)
    }

    /// What is known about a task.
    #[track_caller]
    pub(super) fn task(&self, id: &str) -> Value {
        self.json(&["task", "show", id])
    }
}

/// The result of a task, as its history tells.
pub(super) fn result(task: &Value) -> &Value {
    let history = task["history"].as_array().expect("a list");
    let end = history.iter().find(|event| event["type"] == "task.completed");
    &end.unwrap_or_else(|| panic!("it has no result: {task}"))["payload"]["result"]["inline"]
}

pub(crate) fn annals(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annals"));
    if cfg!(feature = "planted") {
        command.arg("--harness");
    }
    command.env_remove("ANNALS_NATS").stdin(Stdio::null()).args(arguments);
    command
}

/// The folder of the house.
pub(crate) fn house() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
