//! How long it takes to ask an actor that is not in memory: its snapshot and a hundred events behind
//! that are read, then it decides, and the answer leaves when it is on record. Beside it the same
//! question once more, when it is awake.

use std::path::Path;
use std::time::Instant;

use ::actors::agent::{Agent, AgentCommand, Offer};
use ::actors::decider::Decider;
use ::actors::runtime::Stage;
use events::agent::{AgentEvent, Paused, Resumed};
use events::id::{CommandId, CommandKind, Principal, main_tenant};
use events::store::snapshot::{Shape, Snapshot};
use events::store::{Append, Cause, Decision, Expected, NewEvent, RequestHash};
use events::stream::StreamId;
use uuid::Uuid;

use super::house::{House, key};
use super::runtime;
use crate::bench::{Better, Common, Measure};

/// How many actors are woken in a run.
const ACTORS: u64 = 1_000;
/// How many events are in the snapshot, and how many behind it.
const IN_SNAPSHOT: usize = 51;
const BEHIND: usize = 100;

pub(super) fn all(common: &Common, folder: &Path) -> anyhow::Result<Vec<Measure>> {
    let (runtime, stage) = (runtime()?, Stage::on(runtime()?, 1)?);
    let place = folder.join("wake");
    std::fs::create_dir(&place)?;
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    runtime.block_on(async {
        let house = House::in_file(&place, &stage, ACTORS as usize).await?;
        for n in 0..ACTORS {
            past(&house, n).await?;
        }
        house.close().await?;
        for run in 1..=u64::from(common.runs) {
            let house = House::in_file(&place, &stage, ACTORS as usize).await?;
            cold.push(middle(&house, 2 * run * ACTORS).await?);
            warm.push(middle(&house, (2 * run + 1) * ACTORS).await?);
            house.close().await?;
        }
        anyhow::Ok(())
    })?;
    std::fs::remove_dir_all(&place)?;
    let load = cold.iter().zip(&warm).map(|(cold, warm)| cold - warm).collect();
    Ok(vec![
        Measure::of("actors.wake", "µs", load).must_be(Better::Lower, 500.0),
        Measure::of("actors.wake.answered", "µs", cold).against(warm),
    ])
}

/// Microseconds from a question to its answer, in the middle of all actors asked one by one.
async fn middle(house: &House<Agent>, first: u64) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for n in 0..ACTORS {
        let begun = Instant::now();
        house.asks(key(n), first + n, AgentCommand::Resume).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(Measure::of("", "", times).median)
}

/// An agent that was told to pause and to go on again and again.
async fn past(house: &House<Agent>, n: u64) -> anyhow::Result<()> {
    let stream = StreamId::new(main_tenant(), "agent".parse()?, key(n));
    let events: Vec<AgentEvent> = std::iter::once(AgentEvent::Registered(offer()))
        .chain((1..).map(told))
        .take(IN_SNAPSHOT + BEHIND)
        .collect();
    let kept = append(house, &stream, (n, 1), &events[..IN_SNAPSHOT]).await?;
    append(house, &stream, (n, 2), &events[IN_SNAPSHOT..]).await?;
    let shape = Shape { shape: Agent::SHAPE, state_version: Agent::STATE_VERSION };
    let state = Agent::replay(&events[..IN_SNAPSHOT]);
    let snapshot = Snapshot::take(shape, kept.version, kept.hash, &state);
    let snapshot = snapshot.ok_or_else(|| anyhow::anyhow!("the state is too large"))?;
    Ok(house.snapshots.save(&stream, &snapshot)?)
}

async fn append(
    house: &House<Agent>,
    stream: &StreamId,
    (n, part): (u64, u64),
    events: &[AgentEvent],
) -> anyhow::Result<events::store::StreamHead> {
    let append = Append {
        stream: stream.clone(),
        expected: Expected::Any,
        command: CommandId { kind: CommandKind::Derived, id: Uuid::from_u64_pair(n, part) },
        request: RequestHash([7; 32]),
        owner: None,
        decision: Decision::Accepted(events.iter().map(NewEvent::of).collect()),
        cause: Cause::by(Principal::new("bench")?),
        blobs: Vec::new(),
    };
    let head = house.writer.append(append).await?.head;
    head.ok_or_else(|| anyhow::anyhow!("it was recorded before"))
}

fn told(n: u64) -> AgentEvent {
    if n % 2 == 1 {
        AgentEvent::Paused(Paused { reason: "the disk is full".into() })
    } else {
        AgentEvent::Resumed(Resumed {})
    }
}

fn offer() -> Offer {
    let word = |text: &str| text.parse().expect("a token");
    Offer {
        kind: "worker".into(),
        capabilities: [word("resize")].into(),
        slots: 4,
        labels: [("room".into(), "north".into())].into(),
        tools: ["imagemagick".into()].into(),
        owner: Some("pictures".into()),
        contact: None,
    }
}
