//! A pipeline: stages of work, and what has to be done before each of them. A document defines it,
//! which is read once and then held to: whatever can be known to be wrong is found before anything
//! runs, all of it at once, each thing with its place, what is wrong there and what to do about it.
//! Defined anew it has another edition, and those that there were stay as they are.

pub mod bounds;
mod canonical;
mod definition;
pub mod document;
pub mod graph;
mod input;
mod plan;
mod rejection;
mod shapes;
mod spoken;
#[cfg(test)]
mod tests;
mod validation;

use std::fmt;

pub use canonical::hash;
pub use definition::Definition;
pub use document::schema;
use events::chain::EventHash;
use events::content::Json;
pub use events::pipeline::PipelineEvent;
use events::pipeline::{Defined, Deprecated};
use events::time::Timestamp;
pub use plan::{Approving, Does, StagePlan, Terms, Undo};
pub use rejection::PipelineRejection;
use serde::{Deserialize, Serialize};

use self::bounds::EDITIONS_MAX;
use crate::bounds::{TEXT_BYTES_MAX, at_most, text};
use crate::decider::{Decider, Moment};
use crate::tree::Path;

/// Something that is wrong with a definition, or with what is given to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Where.
    pub path: Path,
    /// For programs: it stays the same.
    pub code: &'static str,
    /// What is wrong, for people.
    pub what: String,
    /// What they may do about it.
    pub remedy: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.path, self.what, self.remedy)
    }
}

/// A pipeline, by the editions that it has; what stands in them is in its history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pipeline {
    editions: Vec<Edition>,
}

/// One definition of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Which one, from 1.
    pub number: u32,
    /// The hash of its canonical form.
    pub hash: EventHash,
    /// Whether nothing new shall begin by it.
    pub is_deprecated: bool,
}

/// What may be asked of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipelineCommand {
    /// Be defined so from now on.
    Define {
        /// The document.
        document: Json,
    },
    /// Let nothing new begin.
    Deprecate {
        /// By this edition; by none of them, if none is named.
        edition: Option<u32>,
        /// Why.
        reason: String,
    },
}

type Decision = Result<Vec<PipelineEvent>, PipelineRejection>;

impl Decider for Pipeline {
    type Command = PipelineCommand;
    type Event = PipelineEvent;
    type Rejection = PipelineRejection;

    const STATE_VERSION: u32 = 1;
    const SHAPE: u64 = 0x5866_792f_ac4d_9268;

    fn decide(&self, command: PipelineCommand, moment: &Moment) -> Decision {
        match command {
            PipelineCommand::Define { document } => self.define(&document, moment.now),
            PipelineCommand::Deprecate { .. } if self.editions.is_empty() => {
                Err(PipelineRejection::NotFound)
            }
            PipelineCommand::Deprecate { edition, reason } => {
                self.deprecate(edition, reason, moment.now)
            }
        }
    }

    fn evolve(mut self, event: &PipelineEvent) -> Self {
        match event {
            PipelineEvent::Defined(Defined { edition, hash, .. }) => {
                let (number, hash) = (*edition, *hash);
                self.editions.push(Edition { number, hash, is_deprecated: false });
            }
            PipelineEvent::Deprecated(Deprecated { edition, .. }) => {
                for one in &mut self.editions {
                    one.is_deprecated |= edition.is_none_or(|edition| edition == one.number);
                }
            }
        }
        self
    }
}

impl Pipeline {
    /// Its editions, the newest last.
    #[must_use]
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    fn define(&self, document: &Json, at: Timestamp) -> Decision {
        let definition = Definition::read(document)
            .map_err(|wrongs| PipelineRejection::Invalid(rejection::told(&wrongs)))?;
        let definition = definition.canonical();
        let hash = hash(&definition);
        let newest = self.editions.last();
        // Whoever defines again what is deprecated wants it back.
        if newest.is_some_and(|newest| newest.hash == hash && !newest.is_deprecated) {
            return Ok(vec![]);
        }
        at_most("editions", self.editions.len() + 1, EDITIONS_MAX)?;
        let edition = newest.map_or(0, |newest| newest.number).saturating_add(1);
        Ok(vec![PipelineEvent::Defined(Defined { edition, definition, hash, at })])
    }

    fn deprecate(&self, edition: Option<u32>, reason: String, at: Timestamp) -> Decision {
        text("a reason", &reason, TEXT_BYTES_MAX)?;
        let is_meant = |one: &&Edition| edition.is_none_or(|edition| edition == one.number);
        let mut meant = self.editions.iter().filter(is_meant).peekable();
        if let (None, Some(edition)) = (meant.peek(), edition) {
            return Err(PipelineRejection::EditionNotFound { edition });
        }
        if meant.all(|one| one.is_deprecated) {
            return Ok(vec![]);
        }
        Ok(vec![PipelineEvent::Deprecated(Deprecated { edition, reason, at })])
    }
}
