//! A real server.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use tempfile::NamedTempFile;

use super::settings::Setting;

/// A real server, until it is dropped.
pub(crate) struct Real {
    child: Child,
    address: SocketAddr,
    /// It ends when nobody takes what it complains about.
    _complaints: BufReader<ChildStderr>,
    _settings: NamedTempFile,
}

impl Real {
    pub(crate) fn start(binary: &Path, setting: &Setting) -> Self {
        let settings = NamedTempFile::new().expect("a file");
        std::fs::write(settings.path(), format!("{}\n", setting.1)).expect("it is written");
        let mut server = Command::new(binary);
        server.args(["-a", "127.0.0.1", "-p", "-1", "-c"]).arg(settings.path());
        let mut child = server.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut address = None;
        let mut complaints = BufReader::new(child.stderr.take().expect("it is piped"));
        for line in complaints.by_ref().lines() {
            let line = line.expect("text");
            if let Some((_, at)) = line.split_once("Listening for client connections on ") {
                address = at.parse().ok();
            }
            if line.contains("Server is ready") {
                break;
            }
        }
        let address = address.expect("it says where");
        Self { child, address, _complaints: complaints, _settings: settings }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
