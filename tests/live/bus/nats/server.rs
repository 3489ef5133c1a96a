//! A server that lives as long as its test.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use events::bus::nats::{Nats, Settings};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// A running server on a port of its own.
pub(crate) struct Server {
    program: Child,
    /// What it says; it would not go on if nobody could hear it.
    _says: BufReader<ChildStderr>,
    pub(crate) port: u16,
}

impl Server {
    /// Starts one on any free port.
    pub(crate) fn start(more: &[&str]) -> Self {
        Self::on("-1", more)
    }

    /// Starts one on this port.
    pub(crate) fn again(port: u16) -> Self {
        Self::on(&port.to_string(), &[])
    }

    /// Starts one on this port, set like this.
    pub(crate) fn on(port: &str, more: &[&str]) -> Self {
        let mut program = Command::new(super::super::nats_server())
            .args(["-a", "127.0.0.1", "-p", port])
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut says = BufReader::new(program.stderr.take().expect("it says something"));
        let port = listens(&mut says);
        Self { program, _says: says, port }
    }

    pub(crate) fn settings(&self) -> Settings {
        static SEED: AtomicU64 = AtomicU64::new(1);
        let seed = SEED.fetch_add(1, Ordering::Relaxed);
        Settings::to(format!("nats://127.0.0.1:{}", self.port), "test", seed)
    }

    pub(crate) async fn connect(&self) -> Nats {
        Nats::connect(self.settings()).await.expect("it connects")
    }

    /// It does nothing more, and nobody is told.
    pub(crate) fn stops(&self) {
        self.signal(Signal::STOP);
        let (id, stopped) =
            (WaitId::Pid(self.id()), WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT);
        waitid(id, stopped).expect("it stops");
    }

    /// It goes on as if nothing had been.
    pub(crate) fn goes_on(&self) {
        self.signal(Signal::CONT);
    }

    /// It tells its clients to go elsewhere.
    pub(crate) fn is_lame(&self) {
        self.signal(Signal::USR2);
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).expect("it is there");
    }

    fn id(&self) -> Pid {
        Pid::from_raw(self.program.id().cast_signed()).expect("it has an id")
    }
}

/// Waits until it takes connections; says on which port.
fn listens(says: &mut impl BufRead) -> u16 {
    let (mut said, mut port) = (String::new(), None);
    for line in says.lines() {
        let line = line.expect("it says something");
        if let Some(at) = line.strip_suffix("Server is ready").and(port) {
            return at;
        }
        if line.contains("Listening for client connections on") {
            port = line.rsplit(':').next().and_then(|port| port.parse().ok());
        }
        said.push_str(&line);
        said.push('\n');
    }
    panic!("the server did not start:\n{said}");
}

impl Drop for Server {
    fn drop(&mut self) {
        // Perhaps it has ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
