//! What can be said to a trigger.

use events::content::Json;
use events::id::{PipelineId, Source};
use events::shape::ShapeOf;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Terms, TriggerCommand};
use crate::command::{Carrying, Malformed, Object, Reason, Spoken, fields};

/// What a run is given if nobody says: all that the fact says.
const WHOLE: &str = r#""${ fact.data }""#;

impl Spoken for TriggerCommand {
    const VERBS: &'static [&'static str] = &["set", "pause", "resume", "remove"];

    fn shape(verb: &str) -> Option<ShapeOf> {
        Some(match verb {
            "set" => Said::json_schema,
            "pause" | "resume" | "remove" => Reason::json_schema,
            _ => return None,
        })
    }

    fn read(verb: &str, body: &[u8], _: &mut dyn Carrying) -> Result<Self, Malformed> {
        let reason = || fields(body).map(|Reason { reason }| reason);
        Ok(match verb {
            "set" => Self::Set(fields::<Said>(body)?.terms()),
            "pause" => Self::Pause { reason: reason()? },
            "resume" => Self::Resume { reason: reason()? },
            "remove" => Self::Remove { reason: reason()? },
            verb => return Err(Malformed::unknown_verb::<Self>(verb)),
        })
    }
}

/// Each fact that fits starts a run from now on, once.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// Which facts.
    #[schemars(with = "On")]
    on: Object<On>,
    /// What must hold of the fact: `${ fact.data.total > 100 }`.
    when: Option<String>,
    /// What is started.
    pipeline: PipelineId,
    /// Which edition of it; the newest, if none is named.
    edition: Option<u32>,
    /// What the run is given, with expressions about the fact in it; if nothing is said, all that the
    /// fact says.
    input: Option<Json>,
}

/// Which facts start a run.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct On {
    /// Those of this type.
    #[serde(rename = "type")]
    kind: String,
    /// Those of this source; of all, if none is named.
    source: Option<Source>,
}

impl Said {
    fn terms(self) -> Terms {
        let Self { on: Object(On { kind, source }), when: filter, pipeline, edition, input } = self;
        let input = input.map_or_else(|| WHOLE.to_owned(), |input| input.as_str().to_owned());
        Terms { kind, source, filter, pipeline, edition, input }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::say;

    #[test]
    fn a_trigger_is_set_with_what_people_say() {
        let said = r#"{"on": {"type": "order.paid"}, "pipeline": "thank"}"#;
        let Ok(TriggerCommand::Set(terms)) = say("set", said) else { panic!("it is said") };
        assert_eq!((terms.kind.as_str(), terms.input.as_str()), ("order.paid", WHOLE));
        assert_eq!(terms.check(), Ok(()));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for odd in [
            r#"{"on": "order.paid", "pipeline": "thank"}"#,
            r#"{"on": ["order.paid"], "pipeline": "thank"}"#,
            r#"{"on": {"type": "a"}, "pipeline": "no good"}"#,
            r#"{"on": {"type": "a"}, "pipeline": "b", "filter": "true"}"#,
            r#"{"pipeline": "b"}"#,
        ] {
            assert!(say::<TriggerCommand>("set", odd).is_err(), "{odd}");
        }
    }
}
