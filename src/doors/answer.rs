//! What became of something, as JSON. Whoever asked learns whether it is durable, and where it
//! stands; or why not, under a code that stays the same.

use std::time::Duration;

use actors::runtime::Done;
use events::id::CommandId;
use events::store::Verdict;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::json;

use crate::app::asking::Answered;
use crate::app::refusal::{Code, Refusal, rejection_codes, status_of_rejection};

/// The longest message. It may quote what was sent, which nobody needs to have back as a whole.
const MESSAGE_CHARS_MAX: usize = 400;

/// What became of something.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum AnswerBody {
    /// It happened, and is on disk.
    Accepted(Standing),
    /// There was nothing to do.
    Nothing(Standing),
    /// It was not done.
    Refused(Reason),
}

/// Where it stands.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Standing {
    /// The id under which it is known for ever.
    command_id: String,
    /// The stream it was about.
    stream: String,
    /// The stream's version after it, if anything happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    /// Where the log ended after it: whoever reads up to there sees it.
    position: u64,
    /// How many events it led to.
    events: u32,
    /// Whether it was known before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    known: bool,
}

/// Why it was not done.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Reason {
    /// Stays the same.
    #[schemars(schema_with = "codes")]
    code: String,
    /// For people.
    message: String,
    /// The id under which it was asked, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    command_id: Option<String>,
    /// Whether this answer is recorded, and will be given for ever.
    recorded: bool,
    /// When the same may lead to something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// The class of it, as HTTP has them.
    #[serde(skip)]
    status: u16,
}

/// Every code there is.
fn codes(_: &mut SchemaGenerator) -> Schema {
    let refused = Code::ALL.iter().map(|code| code.name());
    json_schema!({ "type": "string", "enum": refused.chain(rejection_codes()).collect::<Vec<_>>() })
}

impl AnswerBody {
    /// The shape of it where there is nothing else to say.
    pub(in crate::doors) fn refused_shape(shapes: &mut SchemaGenerator) -> Schema {
        let mut reason = Reason::json_schema(shapes);
        let outcome = json!({ "type": "string", "const": "refused" });
        reason.ensure_object().entry("properties").or_insert_with(|| json!({}))["outcome"] =
            outcome;
        let required = reason.ensure_object().entry("required").or_insert_with(|| json!([]));
        required.as_array_mut().expect("it is a list").push("outcome".into());
        reason
    }

    /// What became of a command or a fact.
    #[must_use]
    pub fn of(answered: &Answered, id: CommandId) -> Self {
        match answered {
            Ok(done) => Self::done(done, id),
            Err(refusal) => Self::Refused(Reason::of(refusal, Some(id))),
        }
    }

    fn done(done: &Done, id: CommandId) -> Self {
        let outcome = &done.outcome;
        let standing = || Standing {
            command_id: id.id.to_string(),
            stream: outcome.stream.to_string(),
            version: outcome.recorded.map(|span| span.last_version().0),
            position: outcome.recorded.map_or(outcome.after, |span| span.last_position()).0,
            events: outcome.recorded.map_or(0, |span| span.events),
            known: done.known,
        };
        match &outcome.verdict {
            Verdict::Accepted => Self::Accepted(standing()),
            Verdict::Nothing => Self::Nothing(standing()),
            Verdict::Rejected { code, message } => Self::Refused(Reason {
                code: code.clone(),
                message: message.clone(),
                command_id: Some(id.id.to_string()),
                recorded: true,
                retry_after_ms: None,
                status: status_of_rejection(code),
            }),
        }
    }

    /// Why it was refused, if it was: the class, the code, and the message.
    #[must_use]
    pub fn refused(&self) -> Option<(u16, &str, &str)> {
        match self {
            Self::Refused(reason) => Some((reason.status, &reason.code, &reason.message)),
            Self::Accepted(_) | Self::Nothing(_) => None,
        }
    }
}

impl Reason {
    /// Why something was not even decided.
    #[must_use]
    pub fn of(refusal: &Refusal, id: Option<CommandId>) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            code: refusal.code().into(),
            message: refusal.to_string().chars().take(MESSAGE_CHARS_MAX).collect(),
            command_id: id.map(|id| id.id.to_string()),
            recorded: false,
            retry_after_ms: refusal.retry_after().map(millis),
            status: refusal.status(),
        }
    }
}
