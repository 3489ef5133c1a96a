//! Placing through many lives, with a log that remembers the outcome of each command for ever.

use std::collections::BTreeMap;

use events::id::CommandId;
use proptest::collection::vec;
use proptest::prelude::*;

use super::kept::kept;
use super::*;

/// Whether a command was accepted, by its id.
type Outcomes = BTreeMap<CommandId, bool>;

impl World {
    /// Asks for what was chosen. The clock of whoever decides may be behind; under an id that is
    /// known the first outcome stands.
    fn ask(&mut self, choice: &Choice, behind_ms: i64, outcomes: &mut Outcomes) -> bool {
        if let Some(known) = outcomes.get(&choice.command_id()) {
            return *known;
        }
        let now = self.story.now;
        self.story.now = Timestamp(now.0 - behind_ms * 1000);
        let command = assign(&choice.agent, choice.attempt);
        let events = self.story.task(choice.tenant.as_str(), choice.task, command);
        self.story.now = now;
        outcomes.insert(choice.command_id(), !events.is_empty());
        events.iter().for_each(|event| self.placing.fold(event));
        !events.is_empty()
    }

    fn restart(&mut self) {
        self.placing = Placing::restore(&kept(&self.placing)).expect("it is whole");
    }

    fn held(&self) -> usize {
        self.placing.held().count()
    }
}

proptest! {
    #[test]
    fn no_refusal_keeps_a_task_from_being_handed_out_for_ever(
        begins in vec(0u64..3_000, 1..6),
        rounds in vec((0i64..4_000, 0u8..4), 1..30),
    ) {
        let (mut world, mut outcomes) = (World::new(), Outcomes::new());
        world.agent("ada", register(["resize"], 9));
        for (n, ms) in (0..).zip(&begins) {
            let not_before = Some(world.story.now.plus_ms(*ms));
            world.task(n, submit(Order { not_before, ..order("resize") }));
        }
        let refused = |outcomes: &Outcomes| outcomes.values().filter(|is| !**is).count();
        for (behind_ms, fate) in rounds {
            world.story.later(700);
            for choice in world.choose() {
                if !world.ask(&choice, behind_ms, &mut outcomes) {
                    world.placing.refused(&choice, world.story.now);
                }
            }
            if fate == 0 {
                world.restart();
            }
        }
        world.restart();
        // The clocks are right again: each refusal of former lives costs a wait, and no more.
        for _ in 0..refused(&outcomes) + 2 {
            world.story.later(REFUSED_WAIT_MS.max(3_000));
            for choice in world.choose() {
                if !world.ask(&choice, 0, &mut outcomes) {
                    world.placing.refused(&choice, world.story.now);
                }
            }
        }
        prop_assert_eq!(world.held(), begins.len());
        prop_assert_eq!(outcomes.values().filter(|is| **is).count(), begins.len());
    }
}
