//! Leases over days of heartbeats, of which some are lost, against the plain rule: a lease is lost
//! when nobody has named it for its length, then and only then, and once.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Two agents with three tasks each, and when each of these was named last.
struct Day {
    world: World,
    named: BTreeMap<Pair, Tick>,
    lost: Vec<Pair>,
}

fn pairs_of(agent: u64) -> Vec<Pair> {
    (0..3).map(|n| pair(agent * 3 + n, 1)).collect()
}

impl Day {
    fn new(lease_ms: u64) -> Self {
        let (mut world, mut named) = (World::new(), BTreeMap::new());
        for (agent, name) in ["ada", "bob"].into_iter().enumerate() {
            for pair in pairs_of(agent as u64) {
                world.hold(name, pair, lease_ms);
                named.insert(pair, world.now);
            }
        }
        Self { world, named, lost: Vec::new() }
    }

    fn beat(&mut self, agent: usize) {
        let pairs = pairs_of(agent as u64);
        let heard = self.world.beat(["ada", "bob"][agent], &pairs);
        for pair in pairs {
            let is_lost = self.lost.contains(&pair);
            assert_eq!(heard.drop.contains(&pair), is_lost, "what is lost is to be dropped");
            if !is_lost {
                self.named.insert(pair, self.world.now);
            }
        }
    }

    fn look(&mut self, lease_ms: u64) {
        for (pair, _) in self.world.lost() {
            assert!(!self.lost.contains(&pair), "it is lost once");
            self.lost.push(pair);
        }
        for (pair, named) in &self.named {
            let is_over = named + lease_ms <= self.world.now;
            assert_eq!(self.lost.contains(pair), is_over, "a lease has its length");
        }
    }
}

proptest! {
    /// Each heartbeat has three chances in ten of being lost, or its worker is frozen for a while.
    #[test]
    fn a_lease_is_lost_when_nobody_names_it_for_its_length(
        lease_ms in 10_000u64..60_000,
        beats in vec((0u64..10_000, 0usize..2, 0u8..10), 1..300),
        frozen in (0usize..300, 0usize..60),
    ) {
        let mut day = Day::new(lease_ms);
        for (n, (wait, agent, luck)) in beats.into_iter().enumerate() {
            day.world.later(wait);
            day.look(lease_ms);
            let is_frozen = (frozen.0..frozen.0 + frozen.1).contains(&n) && agent == 0;
            if luck >= 3 && !is_frozen {
                day.beat(agent);
            }
            day.world.changes();
        }
    }

    #[test]
    fn nothing_is_lost_while_heartbeats_come_in_time(
        beats in vec((0u64..6_000, 0u8..10), 1..200),
    ) {
        let (mut day, mut missed) = (Day::new(40_000), 0);
        for (late, luck) in beats {
            day.world.later(INTERVAL - 6_000 + late);
            day.look(40_000);
            missed += 1;
            // Three in ten are lost, but never four in a row.
            if luck >= 3 || missed == 4 {
                (0..2).for_each(|agent| day.beat(agent));
                missed = 0;
            }
            day.world.changes();
        }
        prop_assert_eq!(day.lost, []);
    }
}
