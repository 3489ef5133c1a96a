//! Reading the log without an end: from the tail when it has the next event, else from the store.

use std::sync::Arc;
use std::time::Duration;

use crate::recorded::Stored;
use crate::store::{Error, Filter, LogReader, PAGE_EVENTS_MAX, Tail};
use crate::stream::Position;

/// How long a follower waits before it looks at the store without having been woken.
const SAFETY_POLL: Duration = Duration::from_secs(1);

/// A place in the log that moves on as events are recorded.
pub struct Follower {
    reader: Arc<dyn LogReader>,
    tail: Tail,
    filter: Filter,
    next: Position,
    /// Whether it has everything that this process knows to be there.
    is_level: bool,
    /// Whether this process recorded what was given last.
    is_own: bool,
}

impl Follower {
    /// Begins at `from`.
    #[must_use]
    pub fn new(reader: Arc<dyn LogReader>, tail: Tail, filter: Filter, from: Position) -> Self {
        let next = from.max(Position::FIRST);
        Self { reader, tail, filter, next, is_level: false, is_own: false }
    }

    /// The next events, in order and without gaps; waits until there are some.
    pub async fn next(&mut self) -> Result<Vec<Arc<Stored>>, Error> {
        loop {
            let events = self.step().await?;
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    /// Whether this process itself has recorded what was given last, as far as is known: what is read
    /// from the store may as well be from others.
    pub(in crate::store) fn gave_own(&self) -> bool {
        self.is_own
    }

    async fn step(&mut self) -> Result<Vec<Arc<Stored>>, Error> {
        let fresh = self.tail.from(self.next, PAGE_EVENTS_MAX);
        self.is_own = !fresh.is_empty();
        if let Some(last) = fresh.last() {
            (self.next, self.is_level) = (last.position().next(), true);
            return Ok(fresh
                .into_iter()
                .filter(|event| self.filter.passes(&event.header()))
                .collect());
        }
        // Whoever is level with the tail need not ask the store after each commit whether there is more.
        if self.is_level && !self.tail.is_past(self.next) {
            match tokio::time::timeout(SAFETY_POLL, self.tail.reaches(self.next)).await {
                Ok(true) => return Ok(Vec::new()),
                Ok(false) => return Err(Error::Stopped),
                // Something came that it was not woken for.
                Err(_) if self.tail.has(self.next) => return Ok(Vec::new()),
                Err(_) => {}
            }
        }
        let page = self.reader.read_all(self.next, &self.filter, PAGE_EVENTS_MAX).await?;
        (self.next, self.is_level) = (page.next, page.end);
        Ok(page.events.into_iter().map(Arc::new).collect())
    }
}
