//! `annals bench serve`: how long a system takes to start on a log that has a history, with and
//! without what it kept at the end of its last life, and what it costs at rest. The system is a process
//! of its own; its log was written a moment before, so that the machine has read it already.

mod history;
mod start;

use std::path::Path;
use std::time::Duration;

use super::peer::Annals;
use super::{Better, Common, Measure};
use history::History;
use start::Starts;

/// How many events the log has that a system starts on: tasks of three events.
const EVENTS: u64 = 1_000_000;
/// How many tasks wait in it, in another variant.
const OPEN: u64 = 10_000;
/// How many agents and tasks are known in a large system.
const AGENTS: u64 = 10_000;
const TASKS: u64 = 1_000_000;
/// How long a system has done nothing when it is at rest.
const REST: Duration = Duration::from_secs(5);
/// How long a start may take, in milliseconds.
const START_MS: f64 = 1_000.0;

/// Measures a system that starts, and one at rest.
pub(super) fn run(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let folder = match &common.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir_in("/var/tmp")?,
    };
    let mut measures = Vec::new();
    if common.wants("serve.idle") {
        measures.extend(idle(common)?);
    }
    if common.wants("serve.start") {
        measures.extend(starts(common, &folder.path().join("tasks.log"))?);
    }
    if common.wants("serve.agents") {
        measures.extend(agents(common, &folder.path().join("agents.log"))?);
    }
    Ok(measures)
}

/// The memory of a system that nobody has asked anything yet.
fn idle(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let (mut all, mut own) = (Vec::new(), Vec::new());
    for _ in 0..common.runs {
        let annals = Annals::start(common)?;
        std::thread::sleep(REST);
        all.push(annals.memory()?);
        own.push(annals.memory_of_its_own()?);
    }
    let all = Measure::of("serve.idle", "MB", all).must_be(Better::Lower, 25.0);
    Ok(vec![all, Measure::of("serve.idle.pss", "MB", own)])
}

/// Starts on a log in which nothing is left to do, and on the same one with tasks that wait.
fn starts(common: &Common, log: &Path) -> anyhow::Result<Vec<Measure>> {
    let history = History::begin(log)?;
    history.tasks(0..EVENTS / 3)?;
    history.end()?;
    let mut measures = Starts::measure(common.runs, log)?.must_take("serve.start", START_MS);
    let history = History::begin(log)?;
    history.open(EVENTS..EVENTS + OPEN)?;
    history.end()?;
    let open = Starts::measure(common.runs, log)?;
    measures.extend(open.must_take("serve.start.open", START_MS));
    Ok(measures)
}

/// Starts with many agents and many tasks.
fn agents(common: &Common, log: &Path) -> anyhow::Result<Vec<Measure>> {
    let history = History::begin(log)?;
    history.agents(0..AGENTS)?;
    history.tasks(0..TASKS)?;
    history.end()?;
    Ok(Starts::measure(common.runs, log)?.measures("serve.agents"))
}
