//! A definition: a document that was found to be right, and what runs go by.

use events::content::Json;

use super::document::{Document, Parameters};
use super::plan::StagePlan;
use super::{Wrong, bounds, canonical, input, plan, validation};
use crate::expression::Template;

/// A pipeline that can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    document: Document,
    stages: Vec<StagePlan>,
}

impl Definition {
    /// Reads a document, and finds all that is wrong with it: at most
    /// [`WRONGS_MAX`](bounds::WRONGS_MAX) mistakes, in the order of the document.
    pub fn read(document: &Json) -> Result<Self, Vec<Wrong>> {
        let document = canonical::shortened(validation::read(document)?);
        let stages = plan::stages(&document);
        Ok(Self { document, stages })
    }

    /// How it is written out: the same text for all documents that mean the same.
    #[must_use]
    pub fn canonical(&self) -> Json {
        Json::parse(&canonical::text(&self.document)).expect("a document is JSON")
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Its stages, in the order of the document.
    #[must_use]
    pub fn stages(&self) -> &[StagePlan] {
        &self.stages
    }

    /// Where the stage of this name stands.
    #[must_use]
    pub fn place(&self, stage: &str) -> Option<usize> {
        self.stages.iter().position(|plan| plan.name == stage)
    }

    /// What a run brings.
    #[must_use]
    pub fn output(&self) -> Option<&Template> {
        self.document.output.as_ref()
    }

    /// How many stages of a run are under way at once.
    #[must_use]
    pub fn at_once(&self) -> u32 {
        self.document.at_once.unwrap_or(bounds::AT_ONCE)
    }

    /// How long a run may take.
    #[must_use]
    pub fn timeout_ms(&self) -> Option<u64> {
        self.document.timeout_ms
    }

    /// Whether it says what a run is given: something that is sealed, or so large that it is kept
    /// beside the event, cannot be held to it.
    #[must_use]
    pub fn looks_at_input(&self) -> bool {
        matches!(self.document.parameters, Some(Parameters::Fields(_)))
    }

    /// Holds what a run is given to what it says, and fills in what is left out.
    pub fn check_input(&self, given: &Json) -> Result<Json, Vec<Wrong>> {
        match &self.document.parameters {
            Some(Parameters::Fields(parameters)) => input::check(parameters, given),
            Some(Parameters::Sealed(_)) | None => Ok(given.clone()),
        }
    }
}
