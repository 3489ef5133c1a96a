//! What tasks carry. Who hands a task out mostly does so right after it was submitted: what came
//! last is kept for a while, and everything else is read from the log again. Those that waited for long
//! are handed out one after the other, so with each that is read come some of its neighbours.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use events::codec::Words as _;
use events::content::{Content, Json};
use events::id::Tenant;
use events::recorded::{Recorded, Stored};
use events::store::keys::{KeyStore, open};
use events::store::{self, Filter, LogReader};
use events::stream::{Position, Version};
use events::task::{Submitted, TaskEvent};

/// How many bytes are kept.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// How many events are read at once.
const READ_AT_ONCE: usize = 32;

/// How many that are gone stay in line, beside as many as are there.
const GONE_MAX: usize = 1024;

/// The newest submissions.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    kept: Mutex<Kept>,
    /// Held by who reads: of many that need neighbours, the first one reads them.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    by_position: BTreeMap<Position, Arc<Stored>>,
    order: VecDeque<Position>,
    bytes: usize,
}

/// Why nothing can be handed out.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoInput {
    /// It was erased.
    #[error("what the task carries was erased")]
    Erased,
    /// The log does not give it.
    #[error(transparent)]
    Log(#[from] store::Error),
    /// There is something else in its place.
    #[error("the submission cannot be read")]
    Unreadable,
}

fn size(stored: &Stored) -> usize {
    stored.payload().len() + stored.header_bytes().len() + size_of::<Stored>()
}

impl Inputs {
    /// Keeps a submission for a while.
    pub(super) fn keep(&self, stored: &Arc<Stored>) {
        self.kept().keep(stored);
    }

    /// How long the line of those is that are there, and of some that are gone.
    #[cfg(test)]
    pub(super) fn in_line(&self) -> usize {
        self.kept().order.len()
    }

    /// What was submitted there. Once it is handed out it is needed no more, most of the time.
    pub(super) async fn take(
        &self,
        position: Position,
        log: &dyn LogReader,
    ) -> Result<Submitted, NoInput> {
        let kept = self.kept().forget(position);
        let stored = match kept {
            Some(stored) => stored,
            None => self.read(position, log).await?,
        };
        match Recorded::read(&stored).map(|recorded| recorded.event) {
            Ok(TaskEvent::Submitted(submitted)) => Ok(submitted),
            _ => Err(NoInput::Unreadable),
        }
    }

    /// Reads a submission, and keeps those that are near by.
    async fn read(&self, position: Position, log: &dyn LogReader) -> Result<Arc<Stored>, NoInput> {
        let _alone = self.reading.lock().await;
        if let Some(stored) = self.kept().forget(position) {
            return Ok(stored);
        }
        let page = log.read_all(position, &Filter::default(), READ_AT_ONCE).await?;
        let mut found = page.events.into_iter().map(Arc::new);
        let wanted = found.next().filter(|stored| stored.position() == position);
        let wanted = wanted.ok_or(NoInput::Unreadable)?;
        let mut kept = self.kept();
        for stored in found.filter(|stored| is_submission(stored)) {
            kept.keep(&stored);
        }
        Ok(wanted)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nobody panics here")
    }
}

/// The first event of a task is its submission.
fn is_submission(stored: &Stored) -> bool {
    let header = stored.header();
    header.category == TaskEvent::CATEGORY && header.version == Version::FIRST
}

impl Kept {
    fn keep(&mut self, stored: &Arc<Stored>) {
        if self.by_position.insert(stored.position(), Arc::clone(stored)).is_some() {
            return;
        }
        self.bytes += size(stored);
        self.order.push_back(stored.position());
        while self.bytes > BYTES_MAX
            && let Some(eldest) = self.order.pop_front()
        {
            self.forget(eldest);
        }
    }

    fn forget(&mut self, position: Position) -> Option<Arc<Stored>> {
        let stored = self.by_position.remove(&position)?;
        self.bytes -= size(&stored);
        // Those that are gone are let go in between, however long the eldest stays.
        if self.order.len() > 2 * self.by_position.len() + GONE_MAX {
            self.order.retain(|position| self.by_position.contains_key(position));
        }
        Some(stored)
    }
}

/// What a worker gets of it: JSON, opened if it was sealed.
pub(super) async fn opened(
    content: &Content,
    tenant: &Tenant,
    keys: &dyn KeyStore,
    log: &dyn LogReader,
) -> Result<Json, NoInput> {
    let bytes = match content {
        Content::Inline(json) => return Ok(json.clone()),
        Content::Blob(blob) => log.blob(tenant, &blob.hash).await?.ok_or(NoInput::Unreadable)?,
        Content::Sealed(sealed) => {
            let key = keys.find(tenant, sealed.key()).await?.ok_or(NoInput::Erased)?;
            open(tenant, &key, sealed).map_err(|_| NoInput::Unreadable)?.to_vec()
        }
    };
    let text = str::from_utf8(&bytes).map_err(|_| NoInput::Unreadable)?;
    Json::parse(text).map_err(|_| NoInput::Unreadable)
}
