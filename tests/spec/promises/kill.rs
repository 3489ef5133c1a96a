//! Five hundred kills at moments nobody chose, on one growing log. Each child first gets again what
//! the one before it was sent, so that every fate that a kill left open is asked about.

mod moment;
mod plant;

use std::io::Write;
use std::time::Instant;

use super::chance::Chance;
use moment::{Moment, Tally};
use plant::Plant;

const KILLS: u64 = 500;
/// How many of them must strike while an append is in flight.
const IN_FLIGHT: u64 = 400;
/// How many kills lie between two checks of everything.
const CHECK_EVERY: u64 = 50;

#[test]
fn five_hundred_kills_lose_no_acknowledged_fact() {
    let (mut chance, seed) = Chance::seeded();
    let mut out = std::io::stderr();
    writeln!(out, "kills: ANNALS_SEED={seed}").expect("standard error is open");
    let began = Instant::now();
    let mut plant = Plant::new();
    let mut tally = Tally::default();
    for kill in 1..=KILLS {
        tally.add(plant.kill_at(Moment::by(&mut chance)));
        if kill % CHECK_EVERY == 0 {
            plant.check_whole();
        }
    }
    let (facts, seconds) = (plant.recorded(), began.elapsed().as_secs_f64());
    writeln!(out, "{KILLS} kills, {facts} facts recorded, {seconds:.0} s\n{tally}")
        .expect("standard error is open");
    assert_eq!(tally.kills(), KILLS);
    assert!(tally.in_flight() >= IN_FLIGHT, "too few kills strike an append: {tally}");
}
