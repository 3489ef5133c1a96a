//! The definitions that runs begin by. Those that were asked for last are at hand; all others are
//! read from the log, each pipeline by one at a time, and nobody waits for who reads about another one.
//! Which one is the newest is forgotten as soon as anything happens to its pipeline, so whoever was told
//! that a pipeline is defined anew begins no run by the definition before.
//!
//! What there is not is kept as well, with where the pipeline's history ended. Before anyone is told so
//! once more it is looked whether it still ends there, whoever may have gone on with it: what was defined
//! is never said to be missing.

mod kept;

use std::slice;
use std::sync::{Arc, Mutex, MutexGuard};

use events::codec::Words as _;
use events::content::Json;
use events::id::{PipelineId, StreamKey, Tenant};
use events::pipeline::PipelineEvent;
use events::recorded::Recorded;
use events::store::{self, Damage};
use events::stream::{Direction, StreamId, Version};

use self::kept::{Edition, Kept, Missing, Name};
use crate::pipeline::Pipeline;
use crate::run::{Resolved, Wanted};
use crate::runtime::{Refused, Tools, look};

/// How many events of a pipeline are read first, where one of them is looked for.
const READ_FIRST: usize = 4;
/// How many are read at once, where that is further away.
const READ_AT_ONCE: usize = 64;

/// The definitions that runs begin by.
pub struct Definitions {
    tools: Arc<Tools>,
    kept: Mutex<Kept>,
}

/// Someone who looks for a definition: of all who do so for one pipeline, one reads at a time.
struct Asking<'a> {
    definitions: &'a Definitions,
    name: Name,
    turn: Arc<tokio::sync::Mutex<()>>,
    /// How many had begun to read when they came.
    since: u64,
}

/// What the log says.
enum Looked {
    Found(u32, Edition),
    /// There is none; this is the newest there is, and where the history ends.
    Nothing(u32, Version),
}

impl Definitions {
    /// Those of this log.
    #[must_use]
    pub fn of(tools: Arc<Tools>) -> Self {
        Self { tools, kept: Mutex::default() }
    }

    /// A definition, if it is at hand; it waits for nothing.
    #[must_use]
    pub fn at_hand(&self, tenant: &Tenant, wanted: &Wanted) -> Option<Resolved> {
        self.kept().find(&name(tenant, wanted), wanted.edition)
    }

    /// A definition, at hand or from the log. Reading may block: not on the thread of an actor.
    pub async fn find(&self, tenant: &Tenant, wanted: &Wanted) -> Result<Resolved, Refused> {
        if let Some(found) = self.at_hand(tenant, wanted) {
            return Ok(found);
        }
        let asking = self.asking(name(tenant, wanted));
        let _turn = asking.turn.lock().await;
        match asking.was_found(wanted.edition) {
            Some(found) => Ok(found),
            None => asking.read(wanted.edition).await,
        }
    }

    /// Something has happened to a pipeline, or is about to be said to have happened: whoever defines one
    /// says so here before anyone is told that it is done.
    pub fn heard(&self, tenant: &Tenant, pipeline: &PipelineId) {
        self.kept().forget(&(tenant.clone(), pipeline.clone()));
    }

    /// The same, as the log tells it.
    pub(super) fn heard_of(&self, event: &Recorded<PipelineEvent>) {
        if let Ok(pipeline) = PipelineId::new(event.stream.key.as_str()) {
            self.heard(&event.stream.tenant, &pipeline);
        }
    }

    fn asking(&self, name: Name) -> Asking<'_> {
        let (turn, since) = self.kept().comes(&name);
        Asking { definitions: self, name, turn, since }
    }

    async fn look(&self, stream: &StreamId, edition: Option<u32>) -> Result<Looked, Refused> {
        let (pipeline, head) = look::<Pipeline>(&self.tools, stream.clone()).await?;
        let newest = pipeline.editions().last().map_or(0, |newest| newest.number);
        let number = edition.unwrap_or(newest);
        let Some(one) = pipeline.editions().iter().find(|one| one.number == number) else {
            return Ok(Looked::Nothing(newest, head));
        };
        let plan = self.text(stream, number, head).await?;
        Ok(Looked::Found(number, Edition { plan, is_deprecated: one.is_deprecated }))
    }

    /// The text of an edition. Of the events before it as many define one as there are editions before it.
    async fn text(
        &self,
        stream: &StreamId,
        number: u32,
        head: Version,
    ) -> Result<Json, store::Error> {
        let (mut from, mut limit) = (Version(u64::from(number)), READ_FIRST);
        while from <= head {
            let (reader, way) = (&self.tools.reader, Direction::Forwards);
            let page = reader.read_stream(stream, from, way, limit).await?;
            if page.is_empty() {
                break;
            }
            for stored in &page {
                let read = Recorded::<PipelineEvent>::read(stored);
                let event = read.map_err(|error| {
                    Damage::at(stored.position(), error.to_string()).in_stream(stream, from)
                })?;
                if let PipelineEvent::Defined(defined) = event.event
                    && defined.edition == number
                {
                    return Ok(defined.definition);
                }
                from = from.next();
            }
            limit = READ_AT_ONCE;
        }
        let missing =
            Damage::of("the log says that there is this edition, and does not give it out");
        Err(missing.in_stream(stream, Version(u64::from(number))).into())
    }

    async fn head(&self, stream: &StreamId) -> Result<Version, store::Error> {
        let heads = self.tools.reader.stream_heads(slice::from_ref(stream)).await?;
        Ok(heads.first().map_or(Version::ZERO, |head| head.version))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nobody panics here")
    }
}

impl Asking<'_> {
    /// What someone has found who began to look after this one came.
    fn was_found(&self, edition: Option<u32>) -> Option<Resolved> {
        let mut kept = self.definitions.kept();
        let found = kept.find(&self.name, edition);
        found.or_else(|| kept.missing_since(&self.name, edition, self.since))
    }

    async fn read(&self, edition: Option<u32>) -> Result<Resolved, Refused> {
        let stream = stream(&self.name);
        let (began, missing) = self.definitions.kept().begins(&self.name, edition);
        if let Some((missing, resolved)) = missing
            && self.definitions.head(&stream).await? == missing.head
        {
            self.definitions.kept().miss(&self.name, &began, missing);
            return Ok(resolved);
        }
        match self.definitions.look(&stream, edition).await? {
            Looked::Found(number, found) => {
                let resolved = found.clone().resolved(number);
                let is_newest = edition.is_none();
                self.definitions.kept().keep(&self.name, &began, (number, found), is_newest);
                Ok(resolved)
            }
            Looked::Nothing(newest, head) => {
                let missing = Missing { newest, head };
                self.definitions.kept().miss(&self.name, &began, missing);
                Ok(missing.resolved())
            }
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if let Ok(mut kept) = self.definitions.kept.lock() {
            kept.leaves(&self.name);
        }
    }
}

fn name(tenant: &Tenant, wanted: &Wanted) -> Name {
    (tenant.clone(), wanted.pipeline.clone())
}

fn stream((tenant, pipeline): &Name) -> StreamId {
    let key = StreamKey::new(pipeline.as_str()).expect("such an id is a token");
    let category = PipelineEvent::CATEGORY.parse().expect("it is a word");
    StreamId::new(tenant.clone(), category, key)
}

#[cfg(test)]
mod tests;
