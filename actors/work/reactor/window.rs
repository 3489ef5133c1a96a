//! Events whose commands are under way. As long as one of an event's commands has no answer, the log is
//! not told that the event is dealt with: a restart would not give the command again.

use std::collections::BTreeMap;

use events::planted::{Bug, planted};
use events::stream::{Position, StreamId};

/// How many commands are under way at once, but for those of the last event that came in.
pub(super) const COMMANDS_MAX: usize = 256;

/// One time that an event is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) position: Position,
    /// Whether it is one that was parked.
    pub(super) is_again: bool,
    number: u64,
}

/// Events whose commands are under way.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Those that came from the log just now.
    fresh: BTreeMap<Position, Entry>,
    /// Those that were parked. The log is told of each of them by itself.
    again: BTreeMap<Position, Entry>,
    commands: usize,
    turns: u64,
}

#[derive(Debug)]
struct Entry {
    turn: Turn,
    stream: StreamId,
    unanswered: usize,
}

impl Window {
    /// An event with so many commands comes in.
    pub(super) fn enter(
        &mut self,
        (position, stream): (Position, StreamId),
        commands: usize,
        is_again: bool,
    ) -> Turn {
        self.turns += 1;
        self.commands += commands;
        let turn = Turn { position, is_again, number: self.turns };
        self.of(is_again).insert(position, Entry { turn, stream, unanswered: commands });
        turn
    }

    /// One of an event's commands is answered; says whether it was the last one.
    pub(super) fn answered(&mut self, turn: &Turn) -> bool {
        if !self.has(turn) {
            return false;
        }
        self.commands -= 1;
        let entries = self.of(turn.is_again);
        let Some(entry) = entries.get_mut(&turn.position) else { return false };
        entry.unanswered -= 1;
        let is_last = entry.unanswered == 0;
        if is_last {
            entries.remove(&turn.position);
        }
        is_last
    }

    /// Whether an event is still under way since this very turn.
    pub(super) fn has(&self, turn: &Turn) -> bool {
        let entries = if turn.is_again { &self.again } else { &self.fresh };
        entries.get(&turn.position).is_some_and(|entry| entry.turn == *turn)
    }

    /// An event is not waited for any longer; its stream, if it was.
    pub(super) fn leave(&mut self, turn: &Turn) -> Option<StreamId> {
        if !self.has(turn) {
            return None;
        }
        let entry = self.of(turn.is_again).remove(&turn.position)?;
        self.commands -= entry.unanswered;
        Some(entry.stream)
    }

    /// The events of a stream from a position on that are under way.
    pub(super) fn from(&self, stream: &StreamId, position: Position) -> Vec<Turn> {
        let both = self.fresh.range(position..).chain(self.again.range(position..));
        both.filter(|(_, entry)| entry.stream == *stream).map(|(_, entry)| entry.turn).collect()
    }

    pub(super) fn has_room(&self) -> bool {
        self.commands < COMMANDS_MAX
    }

    /// How many events from the log are under way.
    pub(super) fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// The first event from the log that is under way.
    pub(super) fn lowest(&self) -> Option<Position> {
        self.fresh.keys().next().copied()
    }

    /// Up to where everything is dealt with, if the log was read up to `read`.
    pub(super) fn done(&self, read: Position) -> Position {
        match self.lowest() {
            Some(lowest) if !planted(Bug::CursorBeforeAnswer) => Position(lowest.0 - 1),
            Some(_) | None => read,
        }
    }

    fn of(&mut self, is_again: bool) -> &mut BTreeMap<Position, Entry> {
        if is_again { &mut self.again } else { &mut self.fresh }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{task, tenant};
    use events::id::StreamKey;

    fn stream(n: u64) -> StreamId {
        let category = "task".parse().expect("a token");
        StreamId::new(tenant("main"), category, StreamKey::of_uuid(task(n).0))
    }

    #[test]
    fn what_is_done_ends_before_the_lowest_event_that_is_not() {
        let mut window = Window::default();
        let [two, five] = [2, 5].map(|n| window.enter((Position(n), stream(n)), 2, false));
        let parked = window.enter((Position(1), stream(1)), 1, true);
        assert!(window.has(&parked), "what was parked is under way, too");
        assert_eq!(window.done(Position(9)), Position(1));
        assert!(!window.answered(&two) && window.answered(&two));
        assert_eq!(window.done(Position(9)), Position(4));
        assert_eq!(window.leave(&five), Some(stream(5)));
        assert_eq!(window.done(Position(9)), Position(9));
    }

    #[test]
    fn an_answer_from_an_earlier_turn_counts_for_nothing() {
        let mut window = Window::default();
        let first = window.enter((Position(2), stream(2)), 1, true);
        window.leave(&first);
        let second = window.enter((Position(2), stream(2)), 1, true);
        assert!(!window.answered(&first) && window.has(&second));
        assert!(window.answered(&second) && !window.answered(&second));
    }

    #[test]
    fn there_is_room_until_so_many_commands_are_under_way() {
        let mut window = Window::default();
        let turn = window.enter((Position(1), stream(1)), COMMANDS_MAX, false);
        assert!(!window.has_room());
        assert!(!window.answered(&turn) && window.has_room());
        window.leave(&turn);
        assert_eq!((window.commands, window.fresh()), (0, 0));
    }
}
