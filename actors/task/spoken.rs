//! What can be said to a task.

use std::collections::BTreeSet;

use events::content::Json;
use events::id::{Capability, RunId, TaskId};
use events::labels::Labels;
use events::shape::ShapeOf;
use events::task::{Amendment, Class, Failure, Parent, Percent, Priority, Retry, Timeouts};
use events::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Order, TaskCommand};
use crate::command::{
    Carrying, Malformed, Moment, Reason, Spoken, fields, object, some_object, time,
};

impl Spoken for TaskCommand {
    const VERBS: &'static [&'static str] =
        &["submit", "amend", "start", "progress", "note", "complete", "fail", "cancel", "withdraw"];

    fn shape(verb: &str) -> Option<ShapeOf> {
        Some(match verb {
            "submit" => Submit::json_schema,
            "amend" => Amend::json_schema,
            "start" => Start::json_schema,
            "progress" => Progress::json_schema,
            "note" => Note::json_schema,
            "complete" => Complete::json_schema,
            "fail" => Fail::json_schema,
            "cancel" | "withdraw" => Reason::json_schema,
            _ => return None,
        })
    }

    fn read(verb: &str, body: &[u8], carrying: &mut dyn Carrying) -> Result<Self, Malformed> {
        Ok(match verb {
            "submit" => Self::Submit(Box::new(fields::<Submit>(body)?.order(carrying))),
            "amend" => Self::Amend(fields::<Amend>(body)?.into()),
            "start" => Self::Start { attempt: fields::<Start>(body)?.attempt },
            "progress" => {
                let Progress { attempt, percent, note } = fields(body)?;
                Self::Progress { attempt, percent, note }
            }
            "note" => Self::Note { text: fields::<Note>(body)?.text },
            "complete" => {
                let Complete { attempt, result } = fields(body)?;
                Self::Complete { attempt, result: carrying.content(result.unwrap_or_else(null)) }
            }
            "fail" => {
                let Fail { attempt, class, code, message } = fields(body)?;
                Self::Fail { attempt, class, error: Failure { code, message } }
            }
            "cancel" => Self::Cancel { reason: fields::<Reason>(body)?.reason },
            "withdraw" => Self::Withdraw { reason: fields::<Reason>(body)?.reason },
            verb => return Err(Malformed::unknown_verb::<Self>(verb)),
        })
    }
}

fn null() -> Json {
    Json::parse("null").expect("it is JSON")
}

/// A task is to be done; what is missing is as usual.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Submit {
    /// What kind of work it is: 1 to 64 letters, digits, `_` or `-`.
    kind: String,
    /// What to work on.
    input: Option<Json>,
    /// What an agent must be capable of to get it; its kind, if nothing is said.
    #[serde(default)]
    needs: BTreeSet<Capability>,
    /// How soon, compared with others: 9 before all others.
    #[serde(default)]
    priority: Priority,
    /// How often it is tried.
    #[serde(default, deserialize_with = "object")]
    retry: RetryTerms,
    /// How long its parts may take.
    #[serde(default, deserialize_with = "object")]
    timeouts: TimeoutTerms,
    /// When it must be over.
    #[serde(default, deserialize_with = "time")]
    #[schemars(with = "Option<Moment>")]
    deadline: Option<Timestamp>,
    /// When it may be handed out first.
    #[serde(default, deserialize_with = "time")]
    #[schemars(with = "Option<Moment>")]
    not_before: Option<Timestamp>,
    /// Words to find it by.
    #[serde(default)]
    labels: Labels,
    /// What it is a part of.
    parent: Option<PartOf>,
}

impl Submit {
    fn order(self, carrying: &mut dyn Carrying) -> Order {
        let input = carrying.content(self.input.unwrap_or_else(null));
        Order {
            needs: self.needs,
            priority: self.priority,
            retry: self.retry.into(),
            timeouts: self.timeouts.into(),
            deadline: self.deadline,
            not_before: self.not_before,
            labels: self.labels,
            parent: self.parent.map(Into::into),
            ..Order::new(&self.kind, input)
        }
    }
}

/// How often it is tried; what is missing is as usual.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RetryTerms {
    tries_max: u32,
    base_ms: u64,
    cap_ms: u64,
    lost_lease_counts: bool,
}

impl Default for RetryTerms {
    fn default() -> Self {
        let Retry { tries_max, base_ms, cap_ms, lost_lease_counts } = Retry::default();
        Self { tries_max, base_ms, cap_ms, lost_lease_counts }
    }
}

impl From<RetryTerms> for Retry {
    fn from(terms: RetryTerms) -> Self {
        let RetryTerms { tries_max, base_ms, cap_ms, lost_lease_counts } = terms;
        Self { tries_max, base_ms, cap_ms, lost_lease_counts }
    }
}

/// How long the parts of a task may take; what is missing may take for ever.
#[derive(JsonSchema, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct TimeoutTerms {
    start_to_close_ms: Option<u64>,
    heartbeat_ms: Option<u64>,
    queue_ms: Option<u64>,
}

impl From<TimeoutTerms> for Timeouts {
    fn from(terms: TimeoutTerms) -> Self {
        let TimeoutTerms { start_to_close_ms, heartbeat_ms, queue_ms } = terms;
        Self { start_to_close_ms, heartbeat_ms, queue_ms }
    }
}

/// What a task is a part of.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PartOf {
    Task(TaskId),
    Run(RunId),
}

impl From<PartOf> for Parent {
    fn from(part: PartOf) -> Self {
        match part {
            PartOf::Task(task) => Self::Task(task),
            PartOf::Run(run) => Self::Run(run),
        }
    }
}

/// Something about a task is agreed anew; what is missing stays as it was.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Amend {
    priority: Option<Priority>,
    #[serde(default, deserialize_with = "time")]
    #[schemars(with = "Option<Moment>")]
    deadline: Option<Timestamp>,
    labels: Option<Labels>,
    #[serde(default, deserialize_with = "time")]
    #[schemars(with = "Option<Moment>")]
    not_before: Option<Timestamp>,
    #[serde(default, deserialize_with = "some_object")]
    timeouts: Option<TimeoutTerms>,
    #[serde(default, deserialize_with = "some_object")]
    retry: Option<RetryTerms>,
}

impl From<Amend> for Amendment {
    fn from(amend: Amend) -> Self {
        Self {
            priority: amend.priority,
            deadline: amend.deadline,
            labels: amend.labels,
            not_before: amend.not_before,
            timeouts: amend.timeouts.map(Into::into),
            retry: amend.retry.map(Into::into),
        }
    }
}

/// The worker begins.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    attempt: u32,
}

/// The worker is on its way.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    attempt: u32,
    percent: Percent,
    note: Option<String>,
}

/// Something is said about a task.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
}

/// The worker brings the result.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Complete {
    attempt: u32,
    result: Option<Json>,
}

/// The attempt failed.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fail {
    attempt: u32,
    class: Class,
    #[serde(default = "failed")]
    code: String,
    message: String,
}

fn failed() -> String {
    "failed".into()
}

#[cfg(test)]
mod tests {
    use events::content::Content;

    use super::*;
    use crate::command::tests::say;

    #[test]
    fn the_shortest_order_names_a_kind() {
        let order = Order::new("resize", Content::Inline(null()));
        assert_eq!(say("submit", r#"{"kind":"resize"}"#), Ok(TaskCommand::Submit(Box::new(order))));
    }

    #[test]
    fn an_order_can_say_much_more() {
        let body = r#"{"kind":"resize","input":{"w": 3},"needs":["gpu"],"priority":9,
            "retry":{"tries_max":5},"timeouts":{"queue_ms":10},"deadline":"2030-01-01T00:00:00Z",
            "labels":{"a":"b"},"parent":{"task":"00000000-0000-0000-0000-000000000001"}}"#;
        let Ok(TaskCommand::Submit(order)) = say("submit", body) else { panic!("it is an order") };
        assert_eq!(order.retry, Retry { tries_max: 5, ..Retry::default() });
        assert_eq!(order.timeouts.queue_ms, Some(10));
        assert_eq!(order.deadline, "2030-01-01T00:00:00Z".parse().ok());
        let Content::Inline(input) = order.input else { panic!("it is small") };
        assert_eq!(input.as_str(), r#"{"w": 3}"#, "an input stays as it was written");
    }

    #[test]
    fn every_verb_is_understood_and_no_other() {
        let body =
            r#"{"kind":"a","attempt":1,"percent":1,"text":"t","class":"temporary","message":"m"}"#;
        for verb in TaskCommand::VERBS {
            let said = say::<TaskCommand>(verb, body).expect_err("there is too much");
            let unknown =
                matches!(&said, Malformed::Body(text) if text.starts_with("unknown field"));
            assert!(unknown, "{verb}: {said}");
        }
        for verb in ["assign", "lose_lease", "time_out", "Submit", ""] {
            let said = say::<TaskCommand>(verb, "{}");
            assert!(matches!(said, Err(Malformed::UnknownVerb { .. })), "{verb}: {said:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (verb, body, names) in [
            ("submit", r#"{"kind":"a","prioritty":3}"#, "prioritty"),
            ("submit", r#"{"kind":"a","priority":10}"#, "from 0 to 9"),
            ("submit", r#"{"kind":"a","deadline":"tomorrow"}"#, "tomorrow"),
            ("submit", r#"{"kind":"a","retry":[1,2,3,true]}"#, "an object"),
            ("amend", r#"{"timeouts":[1]}"#, "an object"),
            ("submit", "{}", "kind"),
            ("submit", "[]", "object"),
            ("submit", "{\"kind\":\"a\"", "EOF"),
            ("complete", "", "attempt"),
            ("fail", r#"{"attempt":1,"class":"odd","message":""}"#, "odd"),
        ] {
            let said = say::<TaskCommand>(verb, body).expect_err(body).to_string();
            assert!(said.contains(names), "{body}: {said}");
        }
    }
}
