//! What tasks carry. Who hands a task out mostly does so right after it was submitted: what came
//! last is kept for a while, and everything else is read from the log again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use events::content::{Content, Json};
use events::id::Tenant;
use events::recorded::{Recorded, Stored};
use events::store::keys::{KeyStore, open};
use events::store::{self, Filter, LogReader};
use events::stream::Position;
use events::task::{Submitted, TaskEvent};

/// How many bytes are kept.
pub(super) const BYTES_MAX: usize = 16 * 1024 * 1024;

/// How many that are gone stay in line, beside as many as are there.
const GONE_MAX: usize = 1024;

/// The newest submissions.
#[derive(Debug, Default)]
pub(super) struct Inputs(Mutex<Kept>);

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
        let mut kept = self.0.lock().expect("nobody panics here");
        kept.bytes += size(stored);
        kept.order.push_back(stored.position());
        kept.by_position.insert(stored.position(), Arc::clone(stored));
        while kept.bytes > BYTES_MAX
            && let Some(eldest) = kept.order.pop_front()
        {
            kept.forget(eldest);
        }
    }

    /// How long the line of those is that are there, and of some that are gone.
    #[cfg(test)]
    pub(super) fn in_line(&self) -> usize {
        self.0.lock().expect("nobody panics here").order.len()
    }

    /// What was submitted there. Once it is handed out it is needed no more, most of the time.
    pub(super) async fn take(
        &self,
        position: Position,
        log: &dyn LogReader,
    ) -> Result<Submitted, NoInput> {
        let kept = self.0.lock().expect("nobody panics here").forget(position);
        let stored = match kept {
            Some(stored) => stored,
            None => Arc::new(read(position, log).await?),
        };
        match Recorded::read(&stored).map(|recorded| recorded.event) {
            Ok(TaskEvent::Submitted(submitted)) => Ok(submitted),
            _ => Err(NoInput::Unreadable),
        }
    }
}

impl Kept {
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

async fn read(position: Position, log: &dyn LogReader) -> Result<Stored, NoInput> {
    let page = log.read_all(position, &Filter::default(), 1).await?;
    let found = page.events.into_iter().next().filter(|stored| stored.position() == position);
    found.ok_or(NoInput::Unreadable)
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
