//! The memory that appending and following take, each in a process of its own, as the operating
//! system counts it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Better, Common, Measure, fill, remove, runtime};

/// The two lengths of a log whose difference must not show.
const SHORT: u64 = 100_000;
const LONG: u64 = 1_000_000;
/// Looks at an idle process until this many in a row say the same.
const CALM: usize = 20;

/// All figures about memory.
pub(super) fn all(common: &Common, folder: &Path) -> anyhow::Result<Vec<Measure>> {
    let (mut grown, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..common.runs.min(3) {
        grown.push(peak_of(folder, LONG)? - peak_of(folder, SHORT)?);
        idle.push(idle_follow(folder)?);
    }
    Ok(vec![
        Measure::of("log.memory.growth", "MB", grown).must_be(Better::Lower, 5.0),
        Measure::of("log.memory.follow", "MB", idle).must_be(Better::Lower, 15.0),
    ])
}

/// What the hidden command does: appends, and says the peak memory of this process in bytes.
pub(super) fn append_and_tell(path: &Path, events: u64) -> anyhow::Result<()> {
    // On one thread, as `annals log append` runs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(fill::fill(path, events, |n| n % super::corpus::STREAMS))?;
    let peak = memory_of("self", "VmHWM:")?;
    writeln!(std::io::stdout().lock(), "{peak}")?;
    Ok(())
}

/// The peak memory, in megabytes, of a process that appends this many events.
fn peak_of(folder: &Path, events: u64) -> anyhow::Result<f64> {
    let path = folder.join("peak.log");
    let child = Command::new(std::env::current_exe()?)
        .args(["bench", "log-peak", "--events", &events.to_string()])
        .arg(&path)
        .output()?;
    remove(&path);
    anyhow::ensure!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    Ok(String::from_utf8(child.stdout)?.trim().parse::<f64>()? / 1e6)
}

/// The memory, in megabytes, of a process that follows a log in which nothing happens.
fn idle_follow(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("follow.log");
    runtime()?.block_on(fill::fill(&path, 10_000, |n| n))?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--store")
        .arg(&path)
        .args(["--json", "log", "follow", "--from", "10000"])
        .stdout(Stdio::piped())
        .spawn()?;
    let measured = when_calm(&mut child);
    child.kill()?;
    child.wait()?;
    remove(&path);
    measured
}

/// Waits for the last event of the log, then until the memory stands still.
fn when_calm(child: &mut Child) -> anyhow::Result<f64> {
    let out = child.stdout.take().ok_or_else(|| anyhow::anyhow!("the follower has no output"))?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    anyhow::ensure!(line.contains("10000"), "the follower said {line:?}");
    let (mut last, mut same) = (0, 0);
    while same < CALM {
        std::thread::sleep(std::time::Duration::from_millis(50));
        let now = memory_of(&child.id().to_string(), "VmRSS:")?;
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    Ok(last as f64 / 1e6)
}

/// A line of a process's status, in bytes.
fn memory_of(process: &str, line: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    let kib = found.and_then(|text| text.trim().strip_suffix(" kB"));
    let kib = kib.ok_or_else(|| anyhow::anyhow!("the system does not tell {line}"))?;
    Ok(kib.parse::<u64>()? * 1024)
}
