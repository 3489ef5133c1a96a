//! The terms of a tenant's triggers, as they were and are. Those that hold no more are remembered for
//! facts of old that are parked, as long as there is room. Where there is not, the oldest are forgotten,
//! and it is remembered up to where: a fact of that time is not taken for one that nobody waited for.

use std::collections::{BTreeMap, VecDeque};

use events::fact::CloudEvent;
use events::id::TriggerId;
use events::stream::Position;

use super::span::Span;

/// How many bytes of terms that hold no more are remembered for each tenant. There may be many of them:
/// it is known only now and then what nobody asks for any more.
pub(super) const ENDED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The terms of all triggers of a tenant.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// Those that hold, by type of fact.
    open: BTreeMap<String, BTreeMap<TriggerId, Span>>,
    /// Those that hold no more, in the order of their ends.
    ended: VecDeque<Span>,
    /// How many bytes those have.
    bytes: usize,
    /// Before this place it is not known any more which terms held.
    known_from: Position,
}

impl Spans {
    /// Terms hold from now on.
    pub(super) fn begin(&mut self, span: Span) {
        let of_kind = self.open.entry(span.kind().to_owned()).or_default();
        of_kind.insert(span.trigger.clone(), span);
    }

    /// What holds of a trigger for facts of this type holds up to there.
    pub(super) fn end(&mut self, kind: &str, trigger: &TriggerId, position: Position) {
        let Some(of_kind) = self.open.get_mut(kind) else { return };
        let ended = of_kind.remove(trigger);
        if of_kind.is_empty() {
            self.open.remove(kind);
        }
        if let Some(span) = ended {
            self.remember(span.ended(position));
        }
    }

    /// Terms that hold no more; they ended behind all that are remembered.
    pub(super) fn remember(&mut self, span: Span) {
        self.bytes += span.bytes();
        self.ended.push_back(span);
        while self.bytes > ENDED_BYTES_MAX
            && let Some(oldest) = self.pop()
        {
            self.is_known_from(oldest);
        }
    }

    /// Forgets the oldest that hold no more; says where they ended.
    fn pop(&mut self) -> Option<Position> {
        let oldest = self.ended.pop_front()?;
        self.bytes -= oldest.bytes();
        oldest.to
    }

    /// Nothing before this place will be asked for any more.
    pub(super) fn forget_before(&mut self, position: Position) {
        let is_done = |span: &Span| span.to.is_some_and(|to| to <= position);
        while self.ended.front().is_some_and(is_done) {
            self.pop();
        }
        if self.known_from <= position {
            self.known_from = Position::ZERO;
        }
    }

    /// Before this place it is not known which terms held.
    pub(super) fn is_known_from(&mut self, position: Position) {
        self.known_from = self.known_from.max(position);
    }

    pub(super) fn known_from(&self) -> Position {
        self.known_from
    }

    /// Whether nothing is remembered, and nothing was forgotten that may be asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.ended.is_empty() && self.known_from == Position::ZERO
    }

    /// All that are remembered, those that ended in the order of their ends.
    pub(super) fn all(&self) -> impl Iterator<Item = &Span> {
        self.ended.iter().chain(self.open.values().flat_map(BTreeMap::values))
    }

    /// The terms that a fact meets, by their triggers: who comes first must be the same for ever where
    /// there is not enough for all of them.
    pub(super) fn met(&self, position: Position, said: &CloudEvent) -> Vec<&Span> {
        let is_over = |span: &Span| span.to.is_some_and(|to| to <= position);
        let ended = self.ended.range(self.ended.partition_point(is_over)..);
        let ended = ended.filter(|span| span.kind() == said.kind);
        let open = self.open.get(&said.kind).into_iter().flat_map(BTreeMap::values);
        let all = ended.chain(open);
        let mut met: Vec<_> =
            all.filter(|span| span.holds_at(position) && span.hears(said)).collect();
        met.sort_unstable_by(|one, other| one.trigger.cmp(&other.trigger));
        met
    }
}
