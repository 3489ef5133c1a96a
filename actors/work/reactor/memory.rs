//! What a reaction remembers: read from the log before it reacts to anything, then event by event, and
//! kept now and then as a shortcut for the next start. What is kept is a cache: whatever does not fit the
//! log exactly is as good as absent, and then the log is read from its beginning.

use std::sync::Arc;

use events::chain::EventHash;
use events::header::Header;
use events::id::{Category, StreamKey, Tenant};
use events::known::Known;
use events::recorded::Stored;
use events::store::moving::standing::DoneElsewhere;
use events::store::snapshot::{Shape, Snapshot};
use events::store::{Error, Filter, LogReader, PAGE_EVENTS_MAX};
use events::stream::{Position, StreamId, Version};
use tokio::task::JoinHandle;

use super::Desk;
use crate::reaction::{Led, Mind};
use crate::runtime::{Tools, caught};

/// After how many events it is kept again.
const KEPT_EVERY: u64 = 10_000;
/// How many events must have come since for it to be worth keeping at the end.
const KEPT_AT_LEAST: u64 = 100;
/// Grows whenever what is kept means something else.
const SHAPE: Shape = Shape { shape: 1, state_version: 1 };

/// What a reaction remembers.
pub(super) struct Memory {
    mind: Box<dyn Mind>,
    category: Category,
    /// Under which name it is kept.
    name: StreamId,
    /// The newest event of which it knows, and that one's hash.
    at: Position,
    newest: EventHash,
    /// The newest event when it was kept.
    kept: Position,
    keeping: Option<JoinHandle<()>>,
}

impl Memory {
    /// A memory of nothing.
    pub(super) fn new(reaction: &str, mind: Box<dyn Mind>) -> Self {
        let tenant = Tenant::new("_annals").expect("it is a word");
        let key = StreamKey::new(reaction).expect("the name of a reaction is a token");
        let category = mind.category().parse().expect("the name of a category is a token");
        Self {
            mind,
            category,
            name: StreamId::new(tenant, "memory".parse().expect("it is a word"), key),
            at: Position::ZERO,
            newest: EventHash::NONE,
            kept: Position::ZERO,
            keeping: None,
        }
    }

    /// Remembers all that happened up to there: what was kept, and then what the log says.
    pub(super) async fn recall(
        &mut self,
        tools: &Tools,
        elsewhere: &DoneElsewhere,
        up_to: Position,
    ) -> Result<(), Error> {
        let (snapshots, name) = (Arc::clone(&tools.snapshots), self.name.clone());
        let kept = tools.pool.spawn_blocking(move || snapshots.load(&name)).await.ok().flatten();
        let kept = kept.filter(|kept| kept.shape == SHAPE);
        (self.at, self.newest) = (Position::ZERO, EventHash::NONE);
        match kept {
            Some(kept) if is_in(&*tools.reader, &kept).await && self.understands(&kept) => {
                (self.at, self.newest) = (Position(kept.version.0), kept.hash);
            }
            Some(_) | None => self.mind.forget(),
        }
        self.kept = self.at;
        self.read(&*tools.reader, elsewhere, up_to).await
    }

    fn understands(&mut self, kept: &Snapshot) -> bool {
        kept.state::<Vec<u8>>().is_some_and(|bytes| self.mind.recall(&bytes))
    }

    async fn read(
        &mut self,
        log: &dyn LogReader,
        elsewhere: &DoneElsewhere,
        up_to: Position,
    ) -> Result<(), Error> {
        let category = Some(self.category.clone());
        let filter = Filter { category, ..Filter::default() };
        let mut from = self.at.next();
        while from <= up_to {
            let page = log.read_all(from, &filter, PAGE_EVENTS_MAX).await?;
            for stored in page.events.iter().filter(|stored| stored.position() <= up_to) {
                self.hear(&stored.header(), stored, elsewhere);
            }
            if page.end {
                break;
            }
            from = page.next;
        }
        self.stands_at(log, up_to).await
    }

    /// All up to there was taken in, also where the last of it was nothing to be remembered.
    async fn stands_at(&mut self, log: &dyn LogReader, up_to: Position) -> Result<(), Error> {
        if self.at >= up_to {
            return Ok(());
        }
        let page = log.read_all(up_to, &Filter::default(), 1).await?;
        if let Some(event) = page.events.first().filter(|event| event.position() == up_to) {
            (self.at, self.newest) = (up_to, event.hash());
        }
        Ok(())
    }

    /// Takes in what was recorded; what was taken in already is passed over.
    pub(super) fn hear(&mut self, header: &Header<'_>, stored: &Stored, elsewhere: &DoneElsewhere) {
        if stored.position() <= self.at {
            return;
        }
        (self.at, self.newest) = (stored.position(), stored.hash());
        if header.category != self.category.as_str() || elsewhere.holds(stored.position()) {
            return;
        }
        if let Err(why) = self.remember(stored) {
            let (name, position) = (&self.name.key, stored.position());
            tracing::error!(reaction = %name, %position, why, "an event is not remembered");
        }
    }

    fn remember(&mut self, stored: &Stored) -> Result<(), String> {
        let event = Known::read(stored).map_err(|error| error.to_string())?;
        caught(|| self.mind.remember(&event))?
    }

    /// The newest event of which it knows.
    #[cfg(test)]
    pub(super) fn at(&self) -> Position {
        self.at
    }

    /// Under which name it is kept.
    #[cfg(test)]
    pub(super) fn name(&self) -> &StreamId {
        &self.name
    }

    /// Whether an event may lead to something.
    pub(super) fn cares(&self, header: &Header<'_>) -> bool {
        self.mind.cares(header)
    }

    /// What is to be done because of an event.
    pub(super) fn react(&self, event: &Known) -> Result<Vec<Led>, String> {
        self.mind.react(event)
    }

    fn snapshot(&self) -> Option<Snapshot> {
        Snapshot::take(SHAPE, Version(self.at.0), self.newest, &self.mind.keep())
    }

    /// Has it kept, beside other work.
    pub(super) fn keep(&mut self, tools: &Tools) -> JoinHandle<()> {
        self.kept = self.at;
        let (snapshot, name) = (self.snapshot(), self.name.clone());
        let snapshots = Arc::clone(&tools.snapshots);
        tools.pool.spawn_blocking(move || {
            let saved = snapshot.map(|snapshot| snapshots.save(&name, &snapshot));
            if !matches!(saved, Some(Ok(()))) {
                tracing::warn!(?saved, "a memory is not kept; the next start takes longer");
            }
        })
    }
}

/// Whether the log has this very event there.
async fn is_in(log: &dyn LogReader, kept: &Snapshot) -> bool {
    let at = Position(kept.version.0);
    let Ok(page) = log.read_all(at, &Filter::default(), 1).await else { return false };
    page.events.first().is_some_and(|event| event.position() == at && event.hash() == kept.hash)
}

impl Desk {
    /// Now and then, what is remembered is kept, and what nobody will ask for any more is forgotten:
    /// what is dealt with and not parked is not looked at again.
    pub(super) fn keep_memory(&mut self) {
        let Some(memory) = &mut self.memory else { return };
        let is_busy = memory.keeping.as_ref().is_some_and(|keeping| !keeping.is_finished());
        if memory.at.0 - memory.kept.0 < KEPT_EVERY || is_busy {
            return;
        }
        let done = self.saving.kept();
        memory.mind.forget_before(self.shelf.lowest().map_or(done, |lowest| lowest.min(done)));
        memory.keeping = Some(memory.keep(&self.means.tools));
    }

    /// What is remembered is kept at the end.
    pub(super) async fn keep_memory_at_the_end(&mut self) {
        let Some(memory) = &mut self.memory else { return };
        if let Some(keeping) = memory.keeping.take() {
            // Two at once would come in any order.
            let _ = keeping.await;
        }
        if memory.at.0 - memory.kept.0 >= KEPT_AT_LEAST {
            let _ = memory.keep(&self.means.tools).await;
        }
    }
}
