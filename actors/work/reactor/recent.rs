//! How streams began, as far as it was read not long ago: who reacts to the end of a task need not look
//! for its beginning in the log. Of a beginning that does not matter nothing is kept but that.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use events::header::Header;
use events::recorded::Stored;

/// Of how many streams it is known how they began.
pub(super) const STREAMS_MAX: usize = 65_536;
/// How many bytes the beginnings that matter may have.
pub(super) const BYTES_MAX: usize = 4 * 1024 * 1024;

/// A stream, by two hashes that nobody else can foresee.
type Mark = (u64, u64);

/// How streams began.
#[derive(Debug, Default)]
pub(super) struct Recent {
    began: BTreeMap<Mark, Option<Arc<Stored>>>,
    /// The marks, the oldest first.
    marks: VecDeque<Mark>,
    bytes: usize,
    hashers: [RandomState; 2],
}

/// What is known of how a stream began.
#[derive(Debug, Clone)]
pub(super) enum Began {
    /// In no way that matters.
    NoMatter,
    /// By this event.
    By(Arc<Stored>),
}

impl Recent {
    /// Keeps how a stream began.
    pub(super) fn keep(&mut self, first: &Header<'_>, stored: &Arc<Stored>, matters: bool) {
        let mark = self.mark(first);
        let kept = matters.then(|| Arc::clone(stored));
        self.bytes += kept.as_ref().map_or(0, weight);
        self.marks.push_back(mark);
        if let Some(Some(again)) = self.began.insert(mark, kept) {
            self.bytes -= weight(&again);
        }
        while self.marks.len() > STREAMS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.marks.pop_front() else { return };
            self.forget(oldest);
        }
    }

    /// How the stream of this event began, if that is known. It is asked once.
    pub(super) fn take(&mut self, later: &Header<'_>) -> Option<Began> {
        let mark = self.mark(later);
        let began = self.forget(mark)?;
        Some(began.map_or(Began::NoMatter, Began::By))
    }

    fn forget(&mut self, mark: Mark) -> Option<Option<Arc<Stored>>> {
        let began = self.began.remove(&mark)?;
        self.bytes -= began.as_ref().map_or(0, weight);
        Some(began)
    }

    fn mark(&self, header: &Header<'_>) -> Mark {
        let name = (header.tenant, header.category, header.stream_key);
        let [one, other] = &self.hashers;
        (one.hash_one(name), other.hash_one(name))
    }
}

fn weight(stored: &Arc<Stored>) -> usize {
    stored.header_bytes().len() + stored.payload().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::reactor::tests::world::first_event;

    #[test]
    fn a_beginning_is_told_once_and_one_that_does_not_matter_as_such() {
        let mut recent = Recent::default();
        let (one, other) = (first_event("main", 1, 10), first_event("main", 2, 10));
        recent.keep(&one.header(), &one, true);
        recent.keep(&other.header(), &other, false);
        assert!(matches!(recent.take(&one.header()), Some(Began::By(it)) if it == one));
        assert!(matches!(recent.take(&other.header()), Some(Began::NoMatter)));
        assert!(recent.take(&one.header()).is_none());
        assert_eq!(recent.bytes, 0);
    }

    #[test]
    fn a_task_of_another_tenant_is_another_one() {
        let mut recent = Recent::default();
        let (one, other) = (first_event("main", 1, 10), first_event("acme", 1, 10));
        recent.keep(&one.header(), &one, false);
        assert!(recent.take(&other.header()).is_none());
    }

    #[test]
    fn the_oldest_are_forgotten_where_there_are_too_many_or_too_large_ones() {
        let mut recent = Recent::default();
        let large = BYTES_MAX / 4;
        for n in 0..8 {
            let event = first_event("main", n, large);
            recent.keep(&event.header(), &event, true);
        }
        assert!(recent.bytes <= BYTES_MAX && recent.began.len() == 3, "{}", recent.began.len());
        let event = first_event("main", 99, 10);
        for _ in 0..=STREAMS_MAX {
            recent.keep(&event.header(), &event, false);
        }
        assert_eq!((recent.marks.len(), recent.bytes), (STREAMS_MAX, 0));
    }
}
