//! The definitions that runs begin by. Those that were asked for last are at hand; all others are
//! read from the log. Which one is the newest is forgotten as soon as anything happens to its pipeline,
//! so whoever was told that a pipeline is defined anew begins no run by the definition before.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use events::codec::Words as _;
use events::content::Json;
use events::id::{PipelineId, StreamKey, Tenant};
use events::pipeline::PipelineEvent;
use events::recorded::Recorded;
use events::store::{self, Damage};
use events::stream::{Direction, StreamId, Version};

use crate::pipeline::Pipeline;
use crate::run::{Resolved, Wanted};
use crate::runtime::{Refused, Tools, look};

/// How many definitions are at hand at most.
const EDITIONS_MAX: usize = 1_024;
/// How many bytes they have at most.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// How many events of a pipeline are read at once, where one of them is looked for.
const READ_AT_ONCE: usize = 4;

/// The definitions that runs begin by.
pub struct Definitions {
    tools: Arc<Tools>,
    kept: Mutex<Kept>,
    /// Held by who reads: of many that want the same, the first one reads it.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    pipelines: BTreeMap<Name, Editions>,
    editions: usize,
    bytes: usize,
    /// How often anything was looked for.
    asked: u64,
    /// How often anything happened to a pipeline.
    heard: u64,
}

type Name = (Tenant, PipelineId);

/// What is at hand of a pipeline.
#[derive(Debug, Default)]
struct Editions {
    newest: Option<u32>,
    texts: BTreeMap<u32, Edition>,
    /// When it was looked for last.
    asked: u64,
}

#[derive(Debug, Clone)]
struct Edition {
    plan: Json,
    is_deprecated: bool,
}

/// What the log says.
enum Looked {
    Found(u32, Edition),
    Nothing(Resolved),
}

impl Definitions {
    /// Those of this log.
    #[must_use]
    pub fn of(tools: Arc<Tools>) -> Self {
        Self { tools, kept: Mutex::default(), reading: tokio::sync::Mutex::default() }
    }

    /// A definition, if it is at hand; it waits for nothing.
    #[must_use]
    pub fn at_hand(&self, tenant: &Tenant, wanted: &Wanted) -> Option<Resolved> {
        self.kept().find(&(tenant.clone(), wanted.pipeline.clone()), wanted.edition)
    }

    /// A definition, at hand or from the log. Reading may block: not on the thread of an actor.
    pub async fn find(&self, tenant: &Tenant, wanted: &Wanted) -> Result<Resolved, Refused> {
        if let Some(found) = self.at_hand(tenant, wanted) {
            return Ok(found);
        }
        let _alone = self.reading.lock().await;
        if let Some(found) = self.at_hand(tenant, wanted) {
            return Ok(found);
        }
        let heard = self.kept().heard;
        let (number, edition) = match self.look(tenant, wanted).await? {
            Looked::Found(number, edition) => (number, edition),
            Looked::Nothing(resolved) => return Ok(resolved),
        };
        let resolved = edition.clone().resolved(number);
        let mut kept = self.kept();
        // What happened while it was read may have changed what is the newest.
        if kept.heard == heard {
            let name = (tenant.clone(), wanted.pipeline.clone());
            kept.keep(name, number, edition, wanted.edition.is_none());
        }
        Ok(resolved)
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

    async fn look(&self, tenant: &Tenant, wanted: &Wanted) -> Result<Looked, Refused> {
        let key = StreamKey::new(wanted.pipeline.as_str()).expect("such an id is a token");
        let category = PipelineEvent::CATEGORY.parse().expect("it is a word");
        let stream = StreamId::new(tenant.clone(), category, key);
        let (pipeline, head) = look::<Pipeline>(&self.tools, stream.clone()).await?;
        let Some(newest) = pipeline.editions().last() else {
            return Ok(Looked::Nothing(Resolved::NoPipeline));
        };
        let number = wanted.edition.unwrap_or(newest.number);
        let Some(one) = pipeline.editions().iter().find(|one| one.number == number) else {
            return Ok(Looked::Nothing(Resolved::NoEdition));
        };
        let plan = self.text(&stream, number, head).await?;
        Ok(Looked::Found(number, Edition { plan, is_deprecated: one.is_deprecated }))
    }

    /// The text of an edition. Of the events before it as many define one as there are editions before it.
    async fn text(
        &self,
        stream: &StreamId,
        number: u32,
        head: Version,
    ) -> Result<Json, store::Error> {
        let mut from = Version(u64::from(number));
        while from <= head {
            let (reader, way) = (&self.tools.reader, Direction::Forwards);
            let page = reader.read_stream(stream, from, way, READ_AT_ONCE).await?;
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
        }
        let missing =
            Damage::of("the log says that there is this edition, and does not give it out");
        Err(missing.in_stream(stream, Version(u64::from(number))).into())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nobody panics here")
    }
}

impl Edition {
    fn resolved(self, edition: u32) -> Resolved {
        Resolved::Found { edition, plan: self.plan, is_deprecated: self.is_deprecated }
    }

    fn bytes(&self) -> usize {
        self.plan.as_str().len()
    }
}

impl Kept {
    fn find(&mut self, name: &Name, edition: Option<u32>) -> Option<Resolved> {
        self.asked += 1;
        let known = self.pipelines.get_mut(name)?;
        known.asked = self.asked;
        let number = edition.or(known.newest)?;
        Some(known.texts.get(&number)?.clone().resolved(number))
    }

    fn keep(&mut self, name: Name, number: u32, edition: Edition, is_newest: bool) {
        let known = self.pipelines.entry(name).or_default();
        known.asked = self.asked;
        if is_newest {
            known.newest = Some(number);
        }
        self.bytes += edition.bytes();
        match known.texts.insert(number, edition) {
            Some(before) => self.bytes -= before.bytes(),
            None => self.editions += 1,
        }
        while self.editions > EDITIONS_MAX || self.bytes > BYTES_MAX {
            let longest_ago = self.pipelines.iter().min_by_key(|(_, known)| known.asked);
            let Some(name) = longest_ago.map(|(name, _)| name.clone()) else { return };
            self.take_out(&name);
        }
    }

    fn forget(&mut self, name: &Name) {
        self.heard += 1;
        self.take_out(name);
    }

    fn take_out(&mut self, name: &Name) {
        let Some(gone) = self.pipelines.remove(name) else { return };
        self.editions -= gone.texts.len();
        self.bytes -= gone.texts.values().map(Edition::bytes).sum::<usize>();
    }
}

#[cfg(test)]
mod tests;
