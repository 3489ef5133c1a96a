//! The memory that appending and following take, each in a process of its own, as the operating
//! system counts it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Better, Common, Measure, fill, remove, runtime};

/// Appending on one thread, as `annals log append` runs.
const GROWTH: &str = "log.memory.growth";
/// Appending on all threads of the machine, as a server runs.
const GROWTH_THREADS: &str = "log.memory.growth.threads";
/// Following a log in which nothing happens.
const FOLLOW: &str = "log.memory.follow";
/// Measures once, in megabytes.
type Figure = fn(&Path) -> anyhow::Result<f64>;
/// The two lengths of a log whose difference must not show.
const SHORT: u64 = 100_000;
const LONG: u64 = 1_000_000;
/// Looks at an idle process until this many in a row say the same.
const CALM: usize = 20;

/// All figures about memory.
pub(super) fn all(common: &Common, folder: &Path) -> anyhow::Result<Vec<Measure>> {
    let figures: [(&str, Figure, f64); 3] = [
        (GROWTH, |folder| growth(folder, &[]), 5.0),
        (GROWTH_THREADS, |folder| growth(folder, &["--threads"]), 5.0),
        (FOLLOW, idle_follow, 15.0),
    ];
    let mut measures = Vec::new();
    for (name, measure, limit) in figures {
        if name.starts_with(&common.only) {
            let runs = (0..common.runs.min(3)).map(|_| measure(folder));
            let runs = runs.collect::<anyhow::Result<Vec<f64>>>()?;
            measures.push(Measure::of(name, "MB", runs).must_be(Better::Lower, limit));
        }
    }
    Ok(measures)
}

/// How much more memory the long log takes than the short one.
fn growth(folder: &Path, threads: &[&str]) -> anyhow::Result<f64> {
    Ok(peak_of(folder, LONG, threads)? - peak_of(folder, SHORT, threads)?)
}

/// What the hidden command does: appends, and says the peak memory of this process in bytes.
pub(super) fn append_and_tell(path: &Path, events: u64, threads: bool) -> anyhow::Result<()> {
    let one = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = if threads { runtime()? } else { one()? };
    runtime.block_on(fill::fill(path, events, |n| n % super::corpus::STREAMS))?;
    let peak = memory_of("self", "VmHWM:")?;
    writeln!(std::io::stdout().lock(), "{peak}")?;
    Ok(())
}

/// The peak memory, in megabytes, of a process that appends this many events.
fn peak_of(folder: &Path, events: u64, threads: &[&str]) -> anyhow::Result<f64> {
    let path = folder.join("peak.log");
    let child = Command::new(std::env::current_exe()?)
        .args(["bench", "log-peak", "--events", &events.to_string()])
        .args(threads)
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
