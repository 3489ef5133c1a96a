//! `annals bench bus`: messages through the listener beside the server of the makers of NATS, with the
//! same clients in the same run; requests inside the process; the memory that listening takes.

pub(super) mod clients;
mod memory;
mod router;

use super::peer::{Listener, NatsServer};
use super::{Better, Common, Measure};

/// Measures everything about the bus.
pub(super) fn run(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let mut measures = Vec::new();
    if common.wants("bus.router.request") {
        measures.push(router::requests(common)?);
    }
    if common.wants("bus.listener") {
        measures.extend(listener(common)?);
    }
    if common.wants("bus.memory") {
        measures.extend(memory::all(common)?);
    }
    Ok(measures)
}

/// Ours and theirs by turns, so that what else the machine does meets both.
fn listener(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let (ours, theirs) = (Listener::start()?, NatsServer::start()?);
    let mut measures = Vec::new();
    if common.wants("bus.listener.pubsub") {
        let rate = |url: &str| clients::messages(url, common.events * 5);
        measures.push(side_by_side(common, "bus.listener.pubsub", &ours, &theirs, rate)?);
    }
    for flying in [1, 32, 256] {
        let name = format!("bus.listener.request.{flying}");
        if common.wants(&name) {
            let count = common.events * flying as u64 / 256;
            let rate = |url: &str| clients::requests(url, count.max(5000), flying);
            let measure = side_by_side(common, &name, &ours, &theirs, rate)?;
            measures.push(measure);
        }
    }
    Ok(measures)
}

fn side_by_side(
    common: &Common,
    name: &str,
    ours: &Listener,
    theirs: &NatsServer,
    rate: impl Fn(&str) -> anyhow::Result<f64>,
) -> anyhow::Result<Measure> {
    let (mut mine, mut others) = (Vec::new(), Vec::new());
    for _ in 0..common.runs {
        others.push(rate(&theirs.url)?);
        mine.push(rate(&ours.url)?);
    }
    let measure = Measure::of(name, "1/s", mine).against(others);
    Ok(measure.ratio_must_be(Better::Higher, 0.6))
}
