//! A program that ours is compared with or stands on: started for one bench, stopped after it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;

/// The script that starts and stops PostgreSQL.
const POSTGRES: &str = include_str!("../../benches/peers/postgres");

/// A PostgreSQL of our own; it ends when this is dropped.
pub(super) struct Postgres {
    folder: tempfile::TempDir,
    /// The URL of its first database.
    pub(super) url: String,
}

impl Postgres {
    /// Starts a fresh one.
    pub(super) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("annals-bench-").tempdir_in("/var/tmp")?;
        let url = script(POSTGRES, &["start", &server(&folder).to_string_lossy()])
            .context("PostgreSQL does not start; install it with: apt-get install postgresql")?;
        Ok(Self { folder, url: url.trim().to_owned() })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It is ours alone; if it is gone already, so much the better.
        let _ = script(POSTGRES, &["stop", &server(&self.folder).to_string_lossy()]);
    }
}

/// Open to the user that the server runs as.
fn server(folder: &tempfile::TempDir) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Should this fail, the server says so when it starts.
        let _ = std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755));
    }
    folder.path().join("server")
}

/// Runs a script with these arguments, and gives what it said.
fn script(text: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut bash = Command::new("bash")
        .args(["-s", "--"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = bash.stdin.take().context("bash takes a script")?;
    input.write_all(text.as_bytes())?;
    drop(input);
    let done = bash.wait_with_output()?;
    anyhow::ensure!(done.status.success(), "the script ended with {}", done.status);
    Ok(String::from_utf8(done.stdout)?)
}
