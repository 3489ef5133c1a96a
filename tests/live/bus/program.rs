//! The program itself, as a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use serde_json::Value;

/// A command about the bus.
pub(super) fn annals(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annals"));
    if cfg!(feature = "planted") {
        command.arg("--harness");
    }
    command.env_remove("ANNALS_NATS").stdin(Stdio::null()).arg("bus").args(arguments);
    command
}

/// A process that goes on until this is dropped.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("the program starts"))
    }

    /// A listener on a free port, and where it is.
    pub(super) fn serve(more: &[&str]) -> (Self, String) {
        let arguments = [&["serve", "--json", "--listen", "127.0.0.1:0"][..], more].concat();
        let mut running = Self::start(annals(&arguments).stdout(Stdio::piped()));
        let mut line = String::new();
        let mut out = BufReader::new(running.0.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("it says something");
        let told: Value = serde_json::from_str(&line).expect("JSON");
        (running, told["listening"].as_str().expect("text").to_owned())
    }

    /// It does nothing more, and nobody is told.
    pub(crate) fn stops(&self) {
        kill_process(self.id(), Signal::STOP).expect("it is there");
        let (id, stopped) =
            (WaitId::Pid(self.id()), WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT);
        waitid(id, stopped).expect("it stops");
    }

    /// It goes on as if nothing had been.
    pub(crate) fn goes_on(&self) {
        kill_process(self.id(), Signal::CONT).expect("it is there");
    }

    /// It is asked to end.
    pub(crate) fn interrupt(&self) {
        kill_process(self.id(), Signal::INT).expect("it is there");
    }

    /// The memory that it has, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.status("VmRSS:")
    }

    /// The most memory that it has had so far, in bytes.
    pub(crate) fn memory_max(&self) -> usize {
        self.status("VmHWM:")
    }

    fn status(&self, what: &str) -> usize {
        let status = format!("/proc/{}/status", self.id().as_raw_nonzero());
        let status = std::fs::read_to_string(status).expect("it is there");
        let line = status.lines().find_map(|line| line.strip_prefix(what));
        let kilobytes = line.expect("Linux says so").trim().trim_end_matches(" kB");
        1024 * kilobytes.parse::<usize>().expect("a number")
    }

    fn id(&self) -> Pid {
        Pid::from_raw(self.0.id().cast_signed()).expect("it has an id")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
