//! A program that ours is compared with or stands on: started for one bench, stopped after it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::Common;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);
/// The script that starts and stops PostgreSQL.
const POSTGRES: &str = include_str!("../../benches/peers/postgres");

/// The script that does tasks with Dramatiq.
const DRAMATIQ: &str = include_str!("../../benches/peers/dramatiq");

/// The script that finds a NATS server, or installs it.
const NATS: &str = include_str!("../../benches/peers/nats");

/// How many tasks a second Dramatiq does on Redis, every write on disk before it is answered.
pub(super) fn dramatiq(count: u64) -> anyhow::Result<f64> {
    let said = script(DRAMATIQ, &[&count.to_string()]).context("there is no Dramatiq")?;
    Ok(said.trim().parse()?)
}

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

/// A server of the makers of NATS; it ends when this is dropped.
pub(super) struct NatsServer {
    child: Child,
    /// Where it is.
    pub(super) url: String,
}

impl NatsServer {
    /// Starts one on a free port.
    pub(super) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let program =
            script(NATS, &["program"]).context("there is no nats-server to compare with")?;
        let mut command = Command::new(program.trim());
        command
            .args(["--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir"])
            .arg(folder.path());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut server =
            Self { child: child.context("nats-server does not start")?, url: String::new() };
        let file = folder.path().join(format!("nats-server_{}.ports", server.child.id()));
        let begun = Instant::now();
        while server.url.is_empty() {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "nats-server does not say its port");
            std::thread::yield_now();
            let ports = std::fs::read_to_string(&file).unwrap_or_default();
            let ports: serde_json::Value = serde_json::from_str(&ports).unwrap_or_default();
            server.url = ports["nats"][0].as_str().unwrap_or_default().to_owned();
        }
        Ok(server)
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `annals bus serve` as a process of its own; it ends when this is dropped.
pub(super) struct Listener {
    child: Child,
    /// Where it is, as a host and a port.
    pub(super) address: String,
    /// The same, for clients.
    pub(super) url: String,
}

impl Listener {
    /// Starts one on a free port.
    pub(super) fn start() -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--json", "bus", "serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().context("its output is a pipe")?;
        let mut listener = Self { child, address: String::new(), url: String::new() };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let said: serde_json::Value = serde_json::from_str(&line)?;
        let address = said["listening"].as_str().context("it does not say where it listens")?;
        address.clone_into(&mut listener.address);
        listener.url = format!("nats://{address}");
        Ok(listener)
    }

    /// Its resident memory in megabytes.
    pub(super) fn memory(&self) -> anyhow::Result<f64> {
        memory(self.child.id())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A system that runs; it ends when this is dropped.
pub(super) struct Annals {
    child: Child,
    /// Where its log is, if that shall go with it.
    _folder: Option<tempfile::TempDir>,
    /// Where it is, for clients.
    pub(super) url: String,
}

impl Annals {
    /// Starts one on a free port, over a log of its own.
    pub(super) fn start(common: &Common) -> anyhow::Result<Self> {
        Self::with(common, &["--listen", "127.0.0.1:0"])
    }

    /// Starts one on a server of NATS.
    pub(super) fn start_on(server: &NatsServer, common: &Common) -> anyhow::Result<Self> {
        Self::with(common, &["--nats", &server.url, "--nats-trust", "permissions"])
    }

    fn with(common: &Common, more: &[&str]) -> anyhow::Result<Self> {
        let folder = match &common.folder {
            Some(folder) => tempfile::tempdir_in(folder)?,
            None => tempfile::tempdir_in("/var/tmp")?,
        };
        let log = folder.path().join("annals.log");
        Self::over(&log, Some(folder), more)
    }

    /// Starts one on a free port, over this log.
    pub(super) fn goes_on(log: &Path) -> anyhow::Result<Self> {
        Self::over(log, None, &["--listen", "127.0.0.1:0"])
    }

    fn over(log: &Path, folder: Option<tempfile::TempDir>, more: &[&str]) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--json", "serve"])
            .args(more)
            .arg("--store")
            .arg(log)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().context("its output is a pipe")?;
        let mut annals = Self { child, _folder: folder, url: String::new() };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let said: serde_json::Value = serde_json::from_str(&line)?;
        said["url"]
            .as_str()
            .context("it does not say where it listens")?
            .clone_into(&mut annals.url);
        Ok(annals)
    }

    /// Its resident memory in megabytes.
    pub(super) fn memory(&self) -> anyhow::Result<f64> {
        memory(self.child.id())
    }

    /// The same, of memory that it shares its share alone.
    pub(super) fn memory_of_its_own(&self) -> anyhow::Result<f64> {
        megabytes(&format!("/proc/{}/smaps_rollup", self.child.id()), "Pss:")
    }

    /// Asks it to end, which it does in good order.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::INT)?;
        let ended = self.child.wait()?;
        anyhow::ensure!(ended.success(), "the system ends with {ended}");
        Ok(())
    }

    /// The processor time it has used, in seconds.
    pub(super) fn cpu(&self) -> anyhow::Result<f64> {
        cpu(self.child.id())
    }
}

impl Drop for Annals {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The resident memory of a process, in megabytes.
fn memory(process: u32) -> anyhow::Result<f64> {
    megabytes(&format!("/proc/{process}/status"), "VmRSS:")
}

/// What a file of Linux says under this name.
fn megabytes(file: &str, name: &str) -> anyhow::Result<f64> {
    let said = std::fs::read_to_string(file)?;
    let found = said.lines().find_map(|line| line.strip_prefix(name));
    let found = found.and_then(|rest| rest.split_whitespace().next());
    let kilobytes: f64 = found.context("Linux says how much")?.parse()?;
    Ok(kilobytes / 1024.0)
}

/// The processor time that a process has used, in seconds.
pub(super) fn cpu(process: u32) -> anyhow::Result<f64> {
    /// How many ticks Linux counts in a second.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, behind_name) = stat.rsplit_once(')').context("Linux names the process")?;
    let fields: Vec<&str> = behind_name.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    Ok(ticks(11).zip(ticks(12)).map(|(user, system)| user + system).context("Linux counts")?
        / TICKS)
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
