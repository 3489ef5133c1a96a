//! Every state that is looked at: each moment just before a step begins, and the one after the last,
//! with nothing kept of what was not synced, with everything, and with what chance leaves. States
//! that are the same as one before them are left out.

use std::fmt;

use super::super::chance::Chance;
use super::disk::{Disk, Wreck};
use super::keep::Keep;
use super::recording::Recording;
use super::step::{Deed, acknowledged};

/// One loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) number: usize,
    /// The step that never began; one more than there are, if all of them did.
    pub(super) step: usize,
    kept: Kept,
}

/// What is kept of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Nothing,
    Everything,
    /// A part, drawn by this seed.
    Part(u64),
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing kept"),
            Self::Everything => f.write_str("everything kept"),
            Self::Part(_) => f.write_str("a part kept"),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, step, kept } = self;
        write!(f, "state {number}: power lost before step {step}, {kept} of what was not synced")
    }
}

impl State {
    /// What is left on the disk.
    pub(super) fn wreck(&self, recording: &Recording) -> Wreck {
        let mut keep = match self.kept {
            Kept::Nothing => Keep::Nothing,
            Kept::Everything => Keep::Everything,
            Kept::Part(seed) => Keep::by(Chance::new(seed)),
        };
        Disk::before(&recording.world(), &recording.steps, self.step).wreck(&mut keep)
    }

    /// The lines of acknowledgement that had left.
    pub(super) fn said(&self, recording: &Recording) -> String {
        acknowledged(&recording.steps[..self.step])
    }

    /// Whether chance decided what was kept.
    pub(super) fn is_drawn(&self) -> bool {
        matches!(self.kept, Kept::Part(_))
    }
}

/// Every state of a recording, so many of them drawn by chance for each moment.
pub(super) fn states(recording: &Recording, drawn: usize, chance: &mut Chance) -> Vec<State> {
    let (steps, world) = (&recording.steps, recording.world());
    let mut states = Vec::new();
    let mut disk = Disk::before(&world, steps, recording.before);
    let mut synced = true;
    for step in recording.before..=steps.len() {
        let last = step.checked_sub(1).map(|last| &steps[last].deed);
        let said = matches!(last, None | Some(Deed::Say(_)));
        let wrote = !matches!(last, Some(Deed::Sync(_)));
        let mut kept = Vec::new();
        if said || synced {
            kept.push(Kept::Nothing);
        }
        if !disk.is_synced() {
            kept.extend(wrote.then_some(Kept::Everything));
            kept.extend((0..drawn).map(|_| Kept::Part(chance.below(u64::MAX))));
        }
        for kept in kept {
            states.push(State { number: states.len(), step, kept });
        }
        if step < steps.len() {
            synced = disk.step();
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use super::super::step::Step;
    use super::*;

    fn recording() -> Recording {
        let path = || "/world/log".into();
        let deeds = [
            Deed::Make(path()),
            Deed::Write { path: path(), at: 0, bytes: b"one".into() },
            Deed::Sync(path()),
            Deed::Sync("/world".into()),
            Deed::Say("one\n".into()),
            Deed::Write { path: path(), at: 3, bytes: b"two".into() },
            Deed::Sync(path()),
            Deed::Say("two\n".into()),
        ];
        let steps = (1..).zip(deeds).map(|(ended, deed)| Step { deed, ended }).collect();
        Recording { folder: "/".into(), steps, before: 0 }
    }

    fn every(drawn: usize, seed: u64) -> Vec<State> {
        states(&recording(), drawn, &mut Chance::new(seed))
    }

    #[test]
    fn each_moment_has_the_states_that_are_new_in_it() {
        let told: Vec<_> = every(0, 1).iter().map(|state| (state.step, state.kept)).collect();
        let expected = [
            (0, Kept::Nothing),
            (1, Kept::Everything),
            (2, Kept::Everything),
            (3, Kept::Nothing),
            (4, Kept::Nothing),
            (5, Kept::Nothing),
            (6, Kept::Everything),
            (7, Kept::Nothing),
            (8, Kept::Nothing),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_chance_leaves_is_drawn_where_there_is_something_to_lose() {
        let drawn: Vec<usize> = every(2, 1)
            .iter()
            .filter(|state| matches!(state.kept, Kept::Part(_)))
            .map(|state| state.step)
            .collect();
        assert_eq!(drawn, [1, 1, 2, 2, 3, 3, 6, 6]);
    }

    #[test]
    fn a_seed_and_a_number_name_a_state() {
        assert_eq!(every(2, 7), every(2, 7));
        assert_ne!(every(2, 7), every(2, 8));
        assert!(every(2, 7).iter().enumerate().all(|(nth, state)| state.number == nth));
        let wreck = |state: &State| state.wreck(&recording());
        let (first, again) = (every(2, 7), every(2, 7));
        assert!(first.iter().map(wreck).eq(again.iter().map(wreck)));
    }

    #[test]
    fn what_was_said_is_what_had_begun_to_leave() {
        let recording = recording();
        let said = |step| State { number: 0, step, kept: Kept::Nothing }.said(&recording);
        assert_eq!([said(4), said(5), said(8)], ["", "one\n", "one\ntwo\n"]);
    }
}
