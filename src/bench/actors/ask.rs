//! How many commands actors that are awake answer in a second: 256 at once, each recorded before it is
//! answered. Beside it the same without a disk.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ::actors::runtime::Stage;
use ::actors::task::{Order, Task, TaskCommand};
use events::content::{Content, Json};
use events::id::StreamKey;
use tokio::sync::Semaphore;

use super::house::{House, key};
use super::runtime;
use crate::bench::log::per_second;
use crate::bench::{Common, Measure};

/// How many actors are awake.
const ACTORS: u64 = 10_000;
/// How many commands are under way at once.
const FLYING: usize = 256;
/// How long a command is.
const COMMAND_BYTES: usize = 400;

pub(super) fn rate(common: &Common, folder: &Path) -> anyhow::Result<Measure> {
    let (runtime, stage) = (runtime()?, Stage::on(runtime()?, 1)?);
    let (mut ours, mut raws) = (Vec::new(), Vec::new());
    for run in 0..common.runs {
        let place = folder.join(format!("ask-{run}"));
        std::fs::create_dir(&place)?;
        runtime.block_on(async {
            let house = House::in_memory(&stage, ACTORS as usize).await?;
            raws.push(measured(house, common.events).await?);
            let house = House::in_file(&place, &stage, ACTORS as usize).await?;
            ours.push(measured(house, common.events).await?);
            anyhow::Ok(())
        })?;
        std::fs::remove_dir_all(&place)?;
    }
    Ok(Measure::of("actors.ask", "1/s", ours).against(raws))
}

async fn measured(house: House<Task>, commands: u64) -> anyhow::Result<f64> {
    flying(&house, 0..ACTORS, |n| (key(n), submit())).await?;
    let begun = Instant::now();
    flying(&house, ACTORS..ACTORS + commands, |n| (key(n % ACTORS), note(n))).await?;
    let rate = per_second(commands, begun);
    house.close().await?;
    Ok(rate)
}

/// Asks them all, so many at once.
pub(super) async fn flying(
    house: &House<Task>,
    numbers: std::ops::Range<u64>,
    command: impl Fn(u64) -> (StreamKey, TaskCommand),
) -> anyhow::Result<()> {
    let (seats, refused) = (Arc::new(Semaphore::new(FLYING)), Arc::new(AtomicU64::new(0)));
    for n in numbers {
        let seat = Arc::clone(&seats).acquire_owned().await?;
        let refused = Arc::clone(&refused);
        let reply = move |answer: Result<_, _>| {
            refused.fetch_add(u64::from(answer.is_err()), Ordering::Relaxed);
            drop(seat);
        };
        let (key, command) = command(n);
        house.sends(key, n, command, Box::new(reply));
    }
    // Whoever has all seats knows that nobody is under way.
    let all = seats.acquire_many(FLYING as u32).await?;
    drop(all);
    let refused = refused.load(Ordering::Relaxed);
    anyhow::ensure!(refused == 0, "{refused} commands were refused");
    Ok(())
}

pub(super) fn submit() -> TaskCommand {
    let input = Content::Inline(Json::parse(r#"{"width":640}"#).expect("JSON"));
    TaskCommand::Submit(Box::new(Order::new("resize", input)))
}

fn note(n: u64) -> TaskCommand {
    TaskCommand::Note { text: format!("{n:0COMMAND_BYTES$}") }
}
