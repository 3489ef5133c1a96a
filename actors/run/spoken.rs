//! What can be said to a run.

use events::chain::EventHash;
use events::content::Json;
use events::id::{PipelineId, RunId, SignalName, StageName};
use events::labels::Labels;
use events::run::By;
use events::shape::ShapeOf;
use events::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::command::{Begin, Fork, Given, RunCommand, Verdict, Wanted};
use super::scope::null;
use crate::command::{Carrying, Malformed, Moment, Reason, Spoken, fields, time};

impl Spoken for RunCommand {
    const VERBS: &'static [&'static str] =
        &["start", "fork", "pause", "resume", "cancel", "approve", "disapprove", "signal", "retry"];

    fn shape(verb: &str) -> Option<ShapeOf> {
        Some(match verb {
            "start" => Start::json_schema,
            "fork" => ForkOf::json_schema,
            "pause" | "resume" => Reason::json_schema,
            "cancel" => Cancel::json_schema,
            "approve" | "disapprove" => Answer::json_schema,
            "signal" => Signal::json_schema,
            "retry" => Retry::json_schema,
            _ => return None,
        })
    }

    fn read(verb: &str, body: &[u8], carrying: &mut dyn Carrying) -> Result<Self, Malformed> {
        Ok(match verb {
            "start" => Self::Start(Box::new(fields::<Start>(body)?.begin(carrying))),
            "fork" => Self::Fork(Box::new(fields::<ForkOf>(body)?.fork(carrying))),
            "pause" => Self::Pause { reason: fields::<Reason>(body)?.reason },
            "resume" => Self::Resume { reason: fields::<Reason>(body)?.reason },
            "cancel" => {
                let Cancel { reason, undo } = fields(body)?;
                Self::Cancel { reason, undoes: undo }
            }
            "approve" => Self::Approve(fields::<Answer>(body)?.verdict()),
            "disapprove" => Self::Disapprove(fields::<Answer>(body)?.verdict()),
            "signal" => {
                let Signal { name, payload } = fields(body)?;
                let payload = payload.map_or_else(null, |payload| carrying.content(payload));
                Self::Signal { name, payload }
            }
            "retry" => {
                let Retry { from, reason } = fields(body)?;
                Self::Retry { from, reason }
            }
            verb => return Err(Malformed::unknown_verb::<Self>(verb)),
        })
    }
}

/// A run is to begin.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    /// Of this pipeline.
    pipeline: PipelineId,
    /// By this edition of it; the newest, if none is named.
    edition: Option<u32>,
    /// What it is given.
    input: Option<Json>,
    /// When its first stages begin, if that is later.
    #[serde(default, deserialize_with = "time")]
    #[schemars(with = "Option<Moment>")]
    begins_at: Option<Timestamp>,
    /// Words to find it by.
    #[serde(default)]
    labels: Labels,
}

impl Start {
    fn begin(self, carrying: &mut dyn Carrying) -> Begin {
        let Self { pipeline, edition, input, begins_at, labels } = self;
        Begin {
            wanted: Wanted { pipeline, edition },
            found: None,
            // Nothing is about nobody, and is not sealed.
            input: Given::Content(input.map_or_else(null, |input| carrying.content(input))),
            by: By::Publisher,
            parent: None,
            depth: 0,
            begins_at,
            labels,
        }
    }
}

/// A run is to go on from another one that is over.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct ForkOf {
    /// From that one.
    run: RunId,
    /// This stage and everything behind it begins anew.
    from: StageName,
    /// What it is given, in the place of what the other one was.
    input: Option<Json>,
    /// Words to find it by.
    #[serde(default)]
    labels: Labels,
}

impl ForkOf {
    fn fork(self, carrying: &mut dyn Carrying) -> Fork {
        let Self { run: of, from, input, labels } = self;
        let input = input.map(|input| carrying.content(input));
        Fork { of, from, input, found: None, labels }
    }
}

/// The run is to come to an end.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cancel {
    /// Why.
    #[serde(default)]
    reason: String,
    /// Whether what was done is undone, where the pipeline says how.
    #[serde(default = "yes")]
    undo: bool,
}

fn yes() -> bool {
    true
}

/// Someone says whether a stage may begin.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// The stage.
    stage: StageName,
    /// The hash of what they were shown.
    hash: EventHash,
    /// What they say about it.
    #[serde(default)]
    note: String,
}

impl Answer {
    fn verdict(self) -> Verdict {
        let Self { stage, hash, note } = self;
        Verdict { stage, hash, note, by: None }
    }
}

/// The run is told something.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signal {
    /// Under this name.
    name: SignalName,
    /// What.
    payload: Option<Json>,
}

/// The run is to go on after its end.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    /// From this stage on, whatever became of it; where nobody says, from what failed.
    from: Option<StageName>,
    /// Why.
    #[serde(default)]
    reason: String,
}

#[cfg(test)]
mod tests {
    use events::content::Content;

    use super::*;
    use crate::command::tests::say;

    fn hash() -> String {
        EventHash([7; 32]).to_string()
    }

    #[test]
    fn a_run_is_started_with_the_name_of_a_pipeline() {
        let Ok(RunCommand::Start(begin)) = say("start", r#"{"pipeline":"nightly"}"#) else {
            panic!("it is said")
        };
        assert_eq!((begin.wanted.edition, begin.found, begin.by), (None, None, By::Publisher));
        assert_eq!(begin.input, Given::Content(null()));
    }

    #[test]
    fn a_start_can_say_much_more() {
        let body = r#"{"pipeline":"nightly","edition":3,"input":{"a": 1},
            "begins_at":"2030-01-01T00:00:00Z","labels":{"a":"b"}}"#;
        let Ok(RunCommand::Start(begin)) = say("start", body) else { panic!("it is said") };
        let Given::Content(Content::Inline(input)) = begin.input else { panic!("it is small") };
        assert_eq!(input.as_str(), r#"{"a": 1}"#, "an input stays as it was written");
        assert_eq!(begin.begins_at, "2030-01-01T00:00:00Z".parse().ok());
    }

    #[test]
    fn whoever_calls_a_run_off_has_it_undone_unless_they_say() {
        let said = |body| say::<RunCommand>("cancel", body);
        let cancel = |undoes| Ok(RunCommand::Cancel { reason: String::new(), undoes });
        assert_eq!((said("{}"), said(r#"{"undo":false}"#)), (cancel(true), cancel(false)));
    }

    #[test]
    fn an_answer_names_what_it_is_about() {
        let body = format!(r#"{{"stage":"store","hash":"{}"}}"#, hash());
        let Ok(RunCommand::Approve(verdict)) = say("approve", &body) else { panic!("it is said") };
        assert_eq!((verdict.hash, verdict.by), (EventHash([7; 32]), None));
        for odd in [r#"{"stage":"store"}"#.to_owned(), body.replace("07", "0g")] {
            assert!(say::<RunCommand>("disapprove", &odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn every_verb_is_understood_and_no_other() {
        for verb in RunCommand::VERBS {
            let said = say::<RunCommand>(verb, r#"{"no":1}"#).expect_err("it is not known");
            assert!(said.to_string().contains("unknown field"), "{verb}: {said}");
        }
        for verb in ["task_ended", "ring", "Start", ""] {
            let said = say::<RunCommand>(verb, "{}");
            assert!(matches!(said, Err(Malformed::UnknownVerb { .. })), "{verb}: {said:?}");
        }
    }
}
