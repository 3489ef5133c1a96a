//! Heartbeats, sentence by sentence.

mod losing;
mod model;
mod slots;

use super::*;
use crate::story::{agent, task, tenant};

const INTERVAL: u64 = 10_000;

fn pair(n: u64, attempt: u32) -> Pair {
    Pair { task: task(n), attempt }
}

/// A watch that has caught up.
struct World {
    leases: Leases,
    now: Tick,
}

impl World {
    fn new() -> Self {
        let mut leases = Leases::new(INTERVAL);
        leases.caught_up();
        Self { leases, now: 1_000_000 }
    }

    fn later(&mut self, ms: u64) {
        self.now += ms;
    }

    fn hold(&mut self, name: &str, pair: Pair, lease_ms: u64) {
        let (tenant, agent) = (tenant("main"), agent(name));
        self.leases.hold(&tenant, &agent, pair, lease_ms, self.now).expect("there is room");
    }

    fn adopt(&mut self, name: &str, pair: Pair, lease_ms: u64) {
        let (tenant, agent) = (tenant("main"), agent(name));
        self.leases.adopt(&tenant, &agent, pair, lease_ms, self.now).expect("there is room");
    }

    fn beat_of(&mut self, name: &str, process: &str, slots: u32, pairs: &[Pair]) -> Heard {
        let (tenant, agent) = (&tenant("main"), &agent(name));
        let beat = Beat { tenant, agent, process, slots, pairs };
        self.leases.beat(&beat, self.now).expect("it is within bounds")
    }

    fn beat(&mut self, name: &str, pairs: &[Pair]) -> Heard {
        self.beat_of(name, "p1", 4, pairs)
    }

    fn lost(&mut self) -> Vec<(Pair, Loss)> {
        let lost = self.leases.lost(self.now, 1000);
        lost.into_iter().map(|lost| (lost.pair, lost.why)).collect()
    }

    fn changes(&mut self) -> Vec<What> {
        let changes = self.leases.changes(self.now, 1000);
        changes.into_iter().map(|change| change.what).collect()
    }

    /// Time passes as it does for a watch that is asked when it wants to be.
    fn pass(&mut self, ms: u64) -> Vec<(Pair, Loss)> {
        let (end, mut lost) = (self.now + ms, Vec::new());
        while let Some(next) = self.leases.next().filter(|next| *next < end) {
            self.now = next.max(self.now + 1);
            lost.extend(self.lost());
            self.changes();
        }
        self.now = end;
        lost.extend(self.lost());
        lost
    }
}
