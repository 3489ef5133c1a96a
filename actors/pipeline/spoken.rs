//! What can be said to a pipeline.

use events::content::Json;
use events::shape::ShapeOf;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::PipelineCommand;
use super::document::Document;
use crate::command::{Carrying, Malformed, Spoken, fields};

impl Spoken for PipelineCommand {
    const VERBS: &'static [&'static str] = &["define", "deprecate"];

    fn shape(verb: &str) -> Option<ShapeOf> {
        Some(match verb {
            "define" => Define::json_schema,
            "deprecate" => Deprecate::json_schema,
            _ => return None,
        })
    }

    fn read(verb: &str, body: &[u8], _: &mut dyn Carrying) -> Result<Self, Malformed> {
        Ok(match verb {
            "define" => {
                let Define { definition } = fields(body)?;
                Self::Define { document: definition }
            }
            "deprecate" => {
                let Deprecate { edition, reason } = fields(body)?;
                Self::Deprecate { edition, reason }
            }
            verb => return Err(Malformed::unknown_verb::<Self>(verb)),
        })
    }
}

/// It is defined so from now on. Runs that are under way keep the definition they began with.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Define {
    /// The definition, as `annals schema pipeline` describes it.
    #[schemars(schema_with = "document")]
    definition: Json,
}

fn document(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Document>()
}

/// Nothing new begins by it.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deprecate {
    /// Which edition; all there are, if none is named.
    edition: Option<u32>,
    /// Why.
    #[serde(default)]
    reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::say;

    #[test]
    fn a_definition_is_taken_as_it_was_written() {
        let said = say::<PipelineCommand>("define", r#"{"definition": {"b":1.50, "b":2}}"#);
        let document = Json::parse(r#"{"b":1.50, "b":2}"#).expect("JSON");
        assert_eq!(said, Ok(PipelineCommand::Define { document }));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(say::<PipelineCommand>("define", "{}").is_err());
        assert!(say::<PipelineCommand>("deprecate", r#"{"version": 1}"#).is_err());
        assert!(say::<PipelineCommand>("start", "{}").is_err());
        let all = PipelineCommand::Deprecate { edition: None, reason: String::new() };
        assert_eq!(say("deprecate", ""), Ok(all));
    }
}
