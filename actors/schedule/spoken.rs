//! What can be said to a schedule.

use events::content::{Content, Json};
use events::id::PipelineId;
use events::schedule::{CatchUp, Overlap, When};
use events::shape::ShapeOf;
use events::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ScheduleCommand, Terms};
use crate::command::{self, Carrying, Malformed, Moment, Reason, Spoken, fields};

/// How late a schedule may be if nobody says: a start of the system does not miss it.
const LATE_MS: u64 = 60_000;

impl Spoken for ScheduleCommand {
    const VERBS: &'static [&'static str] = &["set", "fire", "pause", "resume", "remove"];

    fn shape(verb: &str) -> Option<ShapeOf> {
        Some(match verb {
            "set" => Said::json_schema,
            "fire" => Nothing::json_schema,
            "pause" | "resume" | "remove" => Reason::json_schema,
            _ => return None,
        })
    }

    fn read(verb: &str, body: &[u8], carrying: &mut dyn Carrying) -> Result<Self, Malformed> {
        let reason = || fields(body).map(|Reason { reason }| reason);
        Ok(match verb {
            "set" => Self::Set(fields::<Said>(body)?.terms(carrying)?),
            "fire" => {
                let Nothing {} = fields(body)?;
                Self::FireNow
            }
            "pause" => Self::Pause { reason: reason()? },
            "resume" => Self::Resume { reason: reason()? },
            "remove" => Self::Remove { reason: reason()? },
            verb => return Err(Malformed::unknown_verb::<Self>(verb)),
        })
    }
}

/// It starts a pipeline at its times from now on: one of `cron`, `every_ms` and `at` says which.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["cron"], "properties": { "cron": { "type": "string" } } },
    { "required": ["every_ms"], "properties": { "every_ms": { "type": "integer" } } },
    { "required": ["at"], "properties": { "at": { "type": "string" } } },
]))]
struct Said {
    /// A pattern: minute, hour, day of the month, month, day of the week. `30 2 * * 1-5`.
    cron: Option<String>,
    /// Again and again, after so many milliseconds, counted from 1970 on.
    every_ms: Option<u64>,
    /// Once.
    #[serde(default, deserialize_with = "command::time")]
    #[schemars(with = "Option<Moment>")]
    at: Option<Timestamp>,
    /// Whose clock `cron` means: a name such as `Europe/Berlin`.
    #[serde(default = "utc")]
    zone: String,
    /// By how much it may be late on purpose, in milliseconds.
    #[serde(default)]
    jitter_ms: u64,
    /// What becomes of a time that comes while a run is under way.
    #[serde(default = "skip")]
    overlap: Overlap,
    /// What becomes of times that passed while nobody looked.
    #[serde(default = "last")]
    catch_up: CatchUp,
    /// How late it may be without that it counts as missed, in milliseconds.
    #[serde(default = "late")]
    late_ms: u64,
    /// What it starts.
    pipeline: PipelineId,
    /// Which edition of it; the newest, if none is named.
    edition: Option<u32>,
    /// With what; with null, if nothing is said.
    input: Option<Json>,
}

/// Nothing has to be said.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn utc() -> String {
    "UTC".into()
}

fn skip() -> Overlap {
    Overlap::Skip
}

fn last() -> CatchUp {
    CatchUp::Last
}

fn late() -> u64 {
    LATE_MS
}

impl Said {
    fn when(&mut self) -> Result<When, Malformed> {
        match (self.cron.take(), self.every_ms, self.at) {
            (Some(pattern), None, None) => Ok(When::Cron { pattern }),
            (None, Some(ms), None) => Ok(When::Every { ms, from: Timestamp(0) }),
            (None, None, Some(at)) => Ok(When::Once { at }),
            _ => Err(Malformed::Body("say one of `cron`, `every_ms` and `at`".into())),
        }
    }

    fn terms(mut self, carrying: &mut dyn Carrying) -> Result<Terms, Malformed> {
        let when = self.when()?;
        let input = match self.input {
            Some(json) => carrying.content(json),
            None => Content::Inline(Json::parse("null").expect("it is JSON")),
        };
        let Self { zone, jitter_ms, overlap, catch_up, late_ms, pipeline, edition, .. } = self;
        let (pipeline, edition) = (pipeline, edition);
        Ok(Terms { when, zone, jitter_ms, overlap, catch_up, late_ms, pipeline, edition, input })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::say;

    fn set(text: &str) -> Result<Terms, Malformed> {
        let command = say("set", text)?;
        let ScheduleCommand::Set(terms) = command else { panic!("{command:?}") };
        Ok(terms)
    }

    #[test]
    fn a_schedule_is_set_with_what_people_say() {
        let terms = set(r#"{"cron": "30 2 * * *", "pipeline": "nightly"}"#).expect("it is said");
        assert_eq!(terms.when, When::Cron { pattern: "30 2 * * *".into() });
        assert_eq!((terms.zone.as_str(), terms.overlap), ("UTC", Overlap::Skip));
        let terms = set(r#"{"at": "2026-01-31T12:00:00Z", "pipeline": "a", "input": [1]}"#);
        let terms = terms.expect("it is said");
        assert!(
            matches!(terms.when, When::Once { at } if at.to_string().starts_with("2026-01-31"))
        );
        assert!(matches!(&terms.input, Content::Inline(json) if json.as_str() == "[1]"));
    }

    #[test]
    fn it_is_said_in_one_way_when() {
        for odd in [
            r#"{"pipeline": "a"}"#,
            r#"{"pipeline": "a", "cron": "* * * * *", "every_ms": 1000}"#,
            r#"{"pipeline": "a", "at": "tomorrow"}"#,
            r#"{"pipeline": "a", "every_ms": 1000, "overlap": "never"}"#,
        ] {
            assert!(set(odd).is_err(), "{odd}");
        }
    }
}
