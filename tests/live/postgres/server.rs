//! A server of its own for a test that kills it, or that needs other settings.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The script that starts and stops one.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/postgres");

/// A running server; it ends when this is dropped.
pub(crate) struct Server {
    folder: TempDir,
    /// The URL of its first database.
    pub(crate) url: String,
}

impl Server {
    /// Starts one with these settings.
    pub(crate) fn start(settings: &[&str]) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        // Open to the user that the server runs as.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("the folder is ours");
        let mut server = Self { folder, url: String::new() };
        server.url = server.script("start", settings).trim().to_owned();
        server
    }

    /// Ends it as a power cut of the machine's processes would.
    pub(crate) fn kill(&self) {
        self.script("kill", &[]);
    }

    /// Starts it again after a kill.
    pub(crate) fn again(&self) {
        self.script("again", &[]);
    }

    fn script(&self, what: &str, settings: &[&str]) -> String {
        let done = Command::new(SCRIPT)
            .arg(what)
            .arg(self.data())
            .args(settings)
            .stderr(Stdio::inherit())
            .output()
            .expect("bash runs");
        assert!(done.status.success(), "{what}: {}", done.status);
        String::from_utf8(done.stdout).expect("text")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("server")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already; nothing of it is needed any more.
        let _ = Command::new(SCRIPT).arg("stop").arg(self.data()).stderr(Stdio::null()).status();
    }
}
