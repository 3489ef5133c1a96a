//! On which terms a trigger starts runs.

use events::content::Json;
use events::id::{PipelineId, Source};
use events::time::Timestamp;
use events::trigger::Set;
use serde::{Deserialize, Serialize};

use super::TriggerRejection;
use crate::bounds::{VALUE_BYTES_MAX, text};
use crate::expression::{Expression, Reference, Root, Template};
use crate::tree::Path;

/// The longest template of an input.
pub(super) const INPUT_BYTES_MAX: usize = 16 * 1024;

/// On which terms a trigger starts runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The type that a fact must have.
    pub kind: String,
    /// Who must say it; anyone, if nobody is named.
    pub source: Option<Source>,
    /// What must hold of the fact.
    pub filter: Option<String>,
    /// What is started.
    pub pipeline: PipelineId,
    /// Which definition of it; the newest, if none is named.
    pub edition: Option<u32>,
    /// What the run is given, made of the fact: the text of a template.
    pub input: String,
}

impl Terms {
    /// Those that were recorded.
    pub(crate) fn of(set: &Set) -> Self {
        let Set { kind, source, filter, pipeline, edition, input, .. } = set.clone();
        Self { kind, source, filter, pipeline, edition, input: input.as_str().to_owned() }
    }

    /// As they are recorded.
    pub(crate) fn recorded(self, at: Timestamp) -> Set {
        let Self { kind, source, filter, pipeline, edition, input } = self;
        let input = Json::parse(&input).expect("it was read before");
        Set { kind, source, filter, pipeline, edition, input, at }
    }

    /// Whether they can be kept to, as far as that can be told without a fact.
    pub(super) fn check(&self) -> Result<(), TriggerRejection> {
        if self.kind.is_empty() {
            return Err(TriggerRejection::Invalid("on.type: a fact has a type".into()));
        }
        text("the type of a fact", &self.kind, VALUE_BYTES_MAX)?;
        text("an input", &self.input, INPUT_BYTES_MAX)?;
        if self.edition == Some(0) {
            return Err(TriggerRejection::Invalid("edition: they are counted from 1".into()));
        }
        self.check_filter()?;
        self.check_input()
    }

    fn check_filter(&self) -> Result<(), TriggerRejection> {
        let Some(filter) = &self.filter else { return Ok(()) };
        let wrong =
            |what: &dyn std::fmt::Display| TriggerRejection::Invalid(format!("when: {what}"));
        let expression = Expression::parse_quoted(filter).map_err(|bad| wrong(&bad))?;
        match expression.references().find(|one| !is_known(one)) {
            Some(reference) => Err(wrong(&unknown(reference))),
            None => Ok(()),
        }
    }

    fn check_input(&self) -> Result<(), TriggerRejection> {
        let wrong = |at: &dyn std::fmt::Display, what: &dyn std::fmt::Display| {
            TriggerRejection::Invalid(format!("{at}: {what}"))
        };
        let at = Path::root().field("input");
        let json = Json::parse(&self.input).map_err(|error| wrong(&at, &error))?;
        let template = match Template::read(&json) {
            Ok(template) => template,
            Err(bad) => {
                let lines = bad.iter().map(|bad| format!("input {bad}")).take(20);
                return Err(TriggerRejection::Invalid(lines.collect::<Vec<_>>().join("\n")));
            }
        };
        for (at, expression, _) in template.expressions(&at) {
            if let Some(reference) = expression.references().find(|one| !is_known(one)) {
                return Err(wrong(&at, &unknown(reference)));
            }
        }
        Ok(())
    }
}

/// There is nothing but the fact yet.
fn is_known(reference: &Reference) -> bool {
    reference.root == Root::Fact
}

fn unknown(reference: &Reference) -> String {
    format!("`{reference}` is not known before the run begins; a trigger knows `fact` alone")
}
