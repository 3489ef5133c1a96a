//! One task on its way to a worker, as a request on the agent's subject. The worker says at once that
//! it has taken it, or brings the result right away; who says nothing has not got it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::bus::{self, Headers, Message, Name};
use events::content::{Content, DEPTH_MAX, Json, depth};
use events::id::{AgentId, Principal, TaskId, Tenant};
use events::personal::KeyId;
use events::shape::ShapeOf;
use events::store::{self, NewBlob, Verdict};
use events::subject::{Subject, What};
use events::task::{Class, Failure, Loss};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Means;
use super::carrying::Carrier;
use super::errand::{Errand, about_attempt, annals};
use super::inputs::{Inputs, NoInput, opened};
use crate::command::{Carrying as _, object};
use crate::placing::Choice;
use crate::reaction::ToDo;
use crate::runtime::Refused;
use crate::task::TaskCommand;

/// How long a worker may take to say that it has taken a task, or to bring the result.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// The header in which a worker names the person whose data a result carries.
const DATA_SUBJECT: &str = "Annals-Data-Subject";

/// A task that was assigned, and is to be handed over.
#[derive(Debug, Clone)]
pub(super) struct Handing {
    pub(super) choice: Choice,
    pub(super) lease_ms: u64,
    /// When that was recorded.
    pub(super) assigned_ms: u64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// The worker has it.
    Taken,
    /// It is over, and what came of it is on record.
    Ended,
    /// The agent did not take it.
    Lost(Loss),
    /// What came of it could not be recorded: the lease will tell.
    Untold,
}

/// How many bytes a worker is told beside the kind and the input of a task.
pub const BESIDE_BYTES_MAX: usize = 192;

/// What a worker is asked to do.
#[derive(JsonSchema, Serialize)]
struct Work<'a> {
    task: TaskId,
    /// Which hand-over this is, from 1.
    attempt: u32,
    kind: &'a str,
    /// What to work on.
    input: &'a Json,
    /// How long the worker has it without a sign of life.
    lease_ms: u64,
}

/// What a worker says.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// It works on it.
    Taken,
    /// It will not do it.
    GivenBack,
    /// Here is what came out.
    Result(Json),
    /// Nothing came out.
    Failed(#[serde(deserialize_with = "object")] Wrong),
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrong {
    class: Class,
    #[serde(default = "failed")]
    code: String,
    message: String,
}

/// The shape of what a worker is asked to do.
pub const WORK: ShapeOf = Work::<'static>::json_schema;
/// The shape of what it says to that.
pub const SAID: ShapeOf = Said::json_schema;

fn failed() -> String {
    "failed".into()
}

/// What is said to the task about it, and by whom.
struct Told {
    command: TaskCommand,
    principal: Principal,
    blobs: Vec<NewBlob>,
}

impl Told {
    fn by(principal: Principal, command: TaskCommand) -> Self {
        Self { command, principal, blobs: Vec::new() }
    }

    /// How the attempt was lost, if it was.
    fn loss(&self) -> Option<Loss> {
        if let TaskCommand::LoseLease { why, .. } = &self.command { Some(*why) } else { None }
    }
}

impl Handing {
    /// Hands it over, and has recorded what comes of it.
    pub(super) async fn run(self, inputs: &Inputs, means: &Arc<Means>) -> Handed {
        let told = match self.message(inputs, means).await {
            Ok((message, key)) => match means.bus.request(message, ANSWER_WITHIN).await {
                Ok(answer) => self.read(&answer, key, means).await,
                Err(error @ bus::Error::TooLarge { .. }) => Some(self.too_large(&error)),
                Err(error) => Some(Told::by(annals(), self.lost(loss(&error)))),
            },
            Err(why) => Some(Told::by(annals(), self.cannot(&why))),
        };
        let Some(told) = told else { return Handed::Taken };
        let lost = told.loss();
        let name = if lost.is_some() { "lost" } else { "result" };
        let answer = self.errand(name, told).run(means).await;
        if let Some(why) = lost {
            return Handed::Lost(why);
        }
        let refused = match answer {
            Ok(done) => match done.outcome.verdict {
                Verdict::Accepted | Verdict::Nothing => return Handed::Ended,
                Verdict::Rejected { code, message } => format!("{code}: {message}"),
            },
            Err(Refused::Log(error @ store::Error::TooLarge { .. })) => error.to_string(),
            Err(_) => return Handed::Untold,
        };
        self.refuse(refused, means).await
    }

    /// What the worker says cannot be recorded, and never will be; that can.
    async fn refuse(&self, why: String, means: &Arc<Means>) -> Handed {
        let error = Failure { code: "answer_refused".into(), message: why };
        let told = Told::by(annals(), self.fails(Class::Temporary, error));
        match self.errand("refused", told).run(means).await {
            // It came too late for that as well, or is on record.
            Ok(_) => Handed::Ended,
            Err(_) => Handed::Untold,
        }
    }

    /// What the worker is sent, and the key that the input was sealed with.
    async fn message(
        &self,
        inputs: &Inputs,
        means: &Arc<Means>,
    ) -> Result<(Message, Option<KeyId>), NoInput> {
        let Choice { tenant, task, agent, attempt, submitted, .. } = &self.choice;
        let log = &*means.tools.reader;
        let order = inputs.take(*submitted, log).await?;
        let input = opened(&order.input, tenant, &*means.keys, log).await?;
        let (task, attempt, lease_ms) = (*task, *attempt, self.lease_ms);
        let work = Work { task, attempt, kind: &order.kind, input: &input, lease_ms };
        let body = serde_json::to_vec(&work).expect("texts and numbers are JSON");
        let key = match &order.input {
            Content::Sealed(sealed) => Some(sealed.key()),
            Content::Inline(_) | Content::Blob(_) => None,
        };
        Ok((Message::new(work_of(tenant, agent), body), key))
    }

    /// What the answer leads to; nothing, if the worker is at it.
    async fn read(&self, answer: &Message, key: Option<KeyId>, means: &Arc<Means>) -> Option<Told> {
        let Choice { tenant, agent, attempt, .. } = &self.choice;
        let attempt = *attempt;
        let origin = answer.origin.as_ref();
        if origin.is_some_and(|origin| origin.tenant != *tenant) {
            return Some(Told::by(annals(), self.lost(Loss::NoAnswer)));
        }
        let principal = origin.map_or_else(|| of_agent(agent), |origin| origin.principal.clone());
        let command = match said(&answer.payload) {
            Ok(Said::Taken) => return None,
            Ok(Said::GivenBack) => self.lost(Loss::GivenBack),
            Ok(Said::Failed(Wrong { class, code, message })) => {
                self.fails(class, Failure { code, message })
            }
            Ok(Said::Result(json)) => {
                let (result, blobs) = self.carried(json, &answer.headers, key, means).await?;
                return Some(Told {
                    command: TaskCommand::Complete { attempt, result },
                    principal,
                    blobs,
                });
            }
            Err(what) => {
                let error = Failure { code: "answer_unreadable".into(), message: what };
                self.fails(Class::Temporary, error)
            }
        };
        Some(Told::by(principal, command))
    }

    /// A result, sealed if the worker says whose data it is, or else like the input it was made from.
    /// Without the key it is as if the worker had only taken the task: the lease will tell.
    async fn carried(
        &self,
        json: Json,
        headers: &Headers,
        key: Option<KeyId>,
        means: &Arc<Means>,
    ) -> Option<(Content, Vec<NewBlob>)> {
        let tenant = &self.choice.tenant;
        let key = match (headers.get(DATA_SUBJECT), key) {
            (Some(subject), _) => Some(means.keys.subject(tenant, subject).await.ok()?),
            (None, Some(key)) => Some(means.keys.find(tenant, key).await.ok()??),
            (None, None) => None,
        };
        let mut carrier = Carrier::new(tenant, key.as_ref());
        let result = carrier.content(json);
        Some((result, carrier.into_blobs()))
    }

    fn lost(&self, why: Loss) -> TaskCommand {
        TaskCommand::LoseLease { attempt: self.choice.attempt, why }
    }

    /// What cannot be read cannot be worked on, now or later.
    fn cannot(&self, why: &NoInput) -> TaskCommand {
        let class = match why {
            NoInput::Log(_) => Class::Temporary,
            NoInput::Erased | NoInput::Unreadable => Class::Permanent,
        };
        let error = Failure { code: "input_missing".into(), message: why.to_string() };
        self.fails(class, error)
    }

    /// The bus does not carry what the worker would have to be told. It will be no smaller.
    fn too_large(&self, why: &bus::Error) -> Told {
        let error = Failure { code: "input_too_large".into(), message: why.to_string() };
        Told::by(annals(), self.fails(Class::Permanent, error))
    }

    fn fails(&self, class: Class, error: Failure) -> TaskCommand {
        TaskCommand::Fail { attempt: self.choice.attempt, class, error }
    }

    fn errand(&self, name: &str, told: Told) -> Errand {
        let Choice { tenant, task, attempt, .. } = &self.choice;
        let id = about_attempt(*task, *attempt, name, self.assigned_ms);
        let Told { command, principal, blobs } = told;
        let (tenant, to_do, causation) = (tenant.clone(), ToDo::Task(*task, command), None);
        Errand { tenant, to_do, id, causation, principal, blobs }
    }
}

/// Where an agent's work is sent.
pub(super) fn work_of(tenant: &Tenant, agent: &AgentId) -> Name {
    let subject = Subject::of(tenant.clone(), What::Work(agent.clone())).to_string();
    subject.parse().expect("subjects of Annals are subjects")
}

fn of_agent(agent: &AgentId) -> Principal {
    Principal::new(agent.as_str()).expect("an agent's id is a principal")
}

fn loss(error: &bus::Error) -> Loss {
    let nobody = matches!(error, bus::Error::NoResponders(_));
    if nobody { Loss::NobodyThere } else { Loss::NoAnswer }
}

/// A word alone may be said without quotes.
fn said(payload: &Bytes) -> Result<Said, String> {
    let text =
        str::from_utf8(payload).map_err(|_| "the worker's answer is not UTF-8".to_owned())?;
    if depth(text) > DEPTH_MAX {
        return Err(format!("there are more than {DEPTH_MAX} lists and objects inside each other"));
    }
    match payload.trim_ascii() {
        b"taken" => Ok(Said::Taken),
        b"given_back" => Ok(Said::GivenBack),
        json => serde_json::from_slice(json).map_err(|error| {
            format!("the worker says neither `taken` nor a result nor a failure: {error}")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_an_input_has_a_limit() {
        let task = TaskId(uuid::Uuid::from_u128(u128::MAX));
        let input = Json::parse("7").expect("JSON");
        let work = Work { task, attempt: u32::MAX, kind: "", input: &input, lease_ms: u64::MAX };
        let bytes = serde_json::to_vec(&work).expect("texts and numbers are JSON").len();
        assert!(bytes < BESIDE_BYTES_MAX, "{bytes} bytes");
    }

    #[test]
    fn a_worker_says_one_of_four_things() {
        let said = |text: &'static str| said(&Bytes::from_static(text.as_bytes()));
        assert!(matches!(said("taken"), Ok(Said::Taken)));
        assert!(matches!(said("\"taken\"\n"), Ok(Said::Taken)));
        assert!(matches!(said("\"given_back\""), Ok(Said::GivenBack)));
        assert!(
            matches!(said(r#"{"result": [1]}"#), Ok(Said::Result(json)) if json.as_str() == "[1]")
        );
        let failed = r#"{"failed":{"class":"permanent","message":"no"}}"#;
        assert!(matches!(said(failed), Ok(Said::Failed(wrong)) if wrong.code == "failed"));
        for odd in [
            "",
            "done",
            "{}",
            "null",
            r#"{"result":1,"taken":1}"#,
            r#"{"failed":["permanent","c","m"]}"#,
            r#"{"failed":{}}"#,
        ] {
            assert!(said(odd).is_err(), "{odd:?} is taken for an answer");
        }
    }
}
