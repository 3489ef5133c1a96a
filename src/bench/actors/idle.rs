//! The memory of actors that do nothing, counted in a process of its own: what it grows by while they
//! are started, and what it grows by for their states alone.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use ::actors::decider::{Decider, Moment};
use ::actors::runtime::Stage;
use ::actors::task::{Task, TaskCommand, TaskEvent};
use events::codec::{Words, decode};
use events::id::main_tenant;
use events::time::Timestamp;

use super::ask::{flying, submit};
use super::house::{House, key};
use super::runtime;
use crate::bench::{Better, Common, Measure};

/// How many actors live.
const ACTORS: u64 = 100_000;
/// How many come and go before, so that every cache of the log is as full as it gets.
const BEFORE: u64 = 30_000;

pub(super) fn all(common: &Common, folder: &Path) -> anyhow::Result<Vec<Measure>> {
    let (mut beside, mut states) = (Vec::new(), Vec::new());
    for run in 0..common.runs.min(3) {
        let place = folder.join(format!("idle-{run}"));
        std::fs::create_dir(&place)?;
        let child = Command::new(std::env::current_exe()?)
            .args(["bench", "actors-idle"])
            .arg(&place)
            .output()?;
        std::fs::remove_dir_all(&place)?;
        anyhow::ensure!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        let said = String::from_utf8(child.stdout)?;
        let (actor, state) =
            said.trim().split_once(' ').ok_or_else(|| anyhow::anyhow!("{said}"))?;
        let (actor, state): (f64, f64) = (actor.parse()?, state.parse()?);
        beside.push(actor - state);
        states.push(state);
    }
    Ok(vec![
        Measure::of("actors.idle", "bytes", beside).must_be(Better::Lower, 1536.0),
        Measure::of("actors.idle.state", "bytes", states),
    ])
}

/// What the hidden command does: says the bytes of an idle actor, and those of its state. What was
/// measured stays until the end, so that nothing is made of memory that was given back.
pub(super) fn keep_and_tell(folder: &Path) -> anyhow::Result<()> {
    let (runtime, stage) = (runtime()?, Stage::on(runtime()?, 1)?);
    let before = resident()?;
    let states = states()?;
    let of_states = resident()? - before;
    let of_actors = runtime.block_on(async {
        let house = House::in_file(folder, &stage, ACTORS as usize).await?;
        let finish = |n: u64| if n.is_multiple_of(2) { submit() } else { withdraw() };
        flying(&house, 0..2 * BEFORE, |n| (key(n / 2), finish(n))).await?;
        let before = resident()?;
        flying(&house, 2 * BEFORE..2 * BEFORE + ACTORS, |n| (key(n), submit())).await?;
        anyhow::ensure!(house.registry.live() as u64 == ACTORS, "some have left");
        let of_actors = resident()? - before;
        house.close().await?;
        anyhow::Ok(of_actors)
    })?;
    let each = |bytes: f64| bytes / states.len() as f64;
    writeln!(std::io::stdout().lock(), "{} {}", each(of_actors), each(of_states))?;
    Ok(())
}

/// As many states, each read from an event of its own.
fn states() -> anyhow::Result<Vec<Task>> {
    let moment = Moment { now: Timestamp(0), tenant: main_tenant(), id: key(0) };
    let events = Task::default().decide(submit(), &moment)?;
    let event = events.first().ok_or_else(|| anyhow::anyhow!("nothing was submitted"))?;
    let (wire, payload) = (event.wire_type(), event.payload());
    let read = || decode::<TaskEvent>(wire.name, wire.schema, &payload);
    (0..ACTORS).map(|_| Ok(Task::default().evolve(&read()?))).collect()
}

fn withdraw() -> TaskCommand {
    TaskCommand::Withdraw { reason: "sent by mistake".into() }
}

/// The memory of this process, in bytes.
fn resident() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
    let kilobytes = kilobytes.ok_or_else(|| anyhow::anyhow!("the system does not tell"))?;
    Ok(kilobytes.parse::<f64>()? * 1024.0)
}
