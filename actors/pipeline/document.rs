//! The document that defines a pipeline, as types: what may stand in it, in which order it is written
//! out, and the JSON Schema of it. What is left out stays left out; defaults are filled in by `plan`.

mod conditions;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use events::content::Json;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::bounds::DURATION_MS_MAX;
use crate::expression::{Kinds, Template};
pub use stage::{
    Approval, Compensation, OnFailure, Output, RetryOf, RunOf, Stage, TimeoutsOf, Wait,
};

/// Which format documents are written in. Another one would have other defaults.
pub const FORMAT: u64 = 1;
/// What the schema is called.
const SCHEMA_ID: &str = "urn:annals:pipeline:1";

/// A pipeline: stages of work, and what has to be done before each of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pipeline")]
pub struct Document {
    /// The format of the document.
    #[serde(default)]
    #[schemars(extend("enum" = [1, null]), transform = conditions::or_null)]
    pub format: u64,
    /// What the pipeline is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub about: Option<String>,
    /// What a run is given; without it any JSON is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
    /// How many stages of a run are under way at once; 256 if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 256))]
    pub at_once: Option<u32>,
    /// How long a run may take, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub timeout_ms: Option<u64>,
    /// What a run brings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Template>,
    /// The stages, in any order.
    #[schemars(length(min = 1, max = 2000))]
    pub stages: Vec<Stage>,
}

/// What a run is given.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum Parameters {
    /// An object with these fields.
    Fields(
        #[schemars(extend("maxProperties" = 100, "propertyNames" = { "minLength": 1, "maxLength": 64 }))]
         BTreeMap<String, Parameter>,
    ),
    /// Something about a person: it is passed on whole, and never looked into.
    Sealed(Sealed),
}

/// Says that a value is about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AboutAPerson")]
pub enum Sealed {
    /// It is passed on whole, and never looked into.
    Sealed,
}

/// A field of what a run is given.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(transform = conditions::of_parameter)]
pub struct Parameter {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Whether it must be there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(transform = conditions::or_null)]
    pub required: bool,
    /// What it is if it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub about: Option<String>,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text.
    Text,
    /// Any number.
    Number,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A list.
    List,
    /// An object.
    Object,
    /// Anything.
    Any,
}

impl Kind {
    /// All of them, as they are written.
    pub(super) const ALL: [(&'static str, Self); 7] = [
        ("text", Self::Text),
        ("number", Self::Number),
        ("integer", Self::Integer),
        ("boolean", Self::Boolean),
        ("list", Self::List),
        ("object", Self::Object),
        ("any", Self::Any),
    ];

    /// The kinds of value that it allows.
    #[must_use]
    pub fn kinds(self) -> Kinds {
        match self {
            Self::Text => Kinds::TEXT,
            Self::Number => Kinds::NUMBER,
            Self::Integer => Kinds::INTEGER,
            Self::Boolean => Kinds::BOOLEAN,
            Self::List => Kinds::LIST,
            Self::Object => Kinds::OBJECT,
            Self::Any => Kinds::ANY,
        }
    }
}

impl Document {
    /// The stages that have a name, each with its place.
    pub(super) fn named(&self) -> impl Iterator<Item = (usize, &Stage)> {
        self.stages.iter().enumerate().filter(|(_, stage)| !stage.name.is_empty())
    }

    /// All names of stages.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.named().map(|(_, stage)| stage.name.as_str()).collect()
    }
}

/// The JSON Schema of documents. What only a look at the whole can find, such as a circle, it leaves to
/// `Definition::read`.
#[must_use]
pub fn schema() -> Schema {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Document>();
    schema.insert("$id".into(), SCHEMA_ID.into());
    schema
}
