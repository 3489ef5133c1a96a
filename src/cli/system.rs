//! Commands that talk to a system that runs: how they find it, ask it, and understand its answers.

use std::fmt::Display;
use std::time::Duration;

use events::bus::headers::InvalidHeader;
use events::bus::nats::Nats;
use events::bus::{self, Bus as _, Headers, Message, Name};
use events::id::{StreamKey, Tenant, Word, main_tenant};
use events::store::keys::new_id;
use events::subject::{Subject, Target, What};
use events::time::Clock as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::problem::Problem;
use super::remote::Connect;
use crate::clock::SystemClock;

/// How long one attempt waits for its answer.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Which system, and whose data there.
#[derive(Debug, clap::Args)]
pub(super) struct System {
    #[command(flatten)]
    connect: Connect,
    /// Whose data it is about
    #[arg(long, default_value = "main")]
    tenant: Tenant,
    /// How long to wait for an answer
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 30_000,
          value_parser = clap::value_parser!(u64).range(1..=86_400_000))]
    patience_ms: u64,
}

/// What makes a command idempotent, and whom it is about.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Identified {
    /// The id of this command: sent again under it, it is not done again
    #[arg(long, value_name = "ID")]
    command_id: Option<String>,
    /// The person whose data this carries; all of it is sealed with their key
    #[arg(long, value_name = "PERSON")]
    data_subject: Option<String>,
}

/// A connection to the system.
pub(super) struct Remote {
    pub(super) bus: Nats,
    pub(super) tenant: Tenant,
    patience: Duration,
}

/// What the system says to a command.
#[derive(Debug)]
pub(super) struct Answered {
    /// All of it.
    pub(super) whole: Value,
    /// Whether anything happened.
    pub(super) happened: bool,
    /// Where the log ended after it.
    pub(super) position: u64,
}

/// Why the system says no.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// Stays the same.
    pub code: String,
    /// For people.
    pub message: String,
    /// When the same may lead to something else.
    pub retry_after_ms: Option<u64>,
}

impl System {
    /// Connects.
    pub(super) async fn open(&self) -> Result<Remote, Problem> {
        let bus = self.connect.open().await?;
        let patience = Duration::from_millis(self.patience_ms);
        Ok(Remote { bus, tenant: self.tenant.clone(), patience })
    }
}

impl Identified {
    /// Without an id of the user's own there is a new one, so that what is sent again because nobody
    /// answered is not done twice.
    fn headers(&self) -> Result<Headers, Problem> {
        let minted = || new_id(SystemClock.now()).to_string();
        let id = self.command_id.clone().unwrap_or_else(minted);
        let wrong = |error: InvalidHeader| Problem::Usage(error.to_string());
        let headers = Headers::none().with("Annals-Command-Id", &id).map_err(wrong)?;
        match &self.data_subject {
            Some(person) => headers.with("Annals-Data-Subject", person).map_err(wrong),
            None => Ok(headers),
        }
    }
}

impl Remote {
    /// Over this connection, about the data of whoever is alone in a system.
    pub(super) fn of(bus: Nats, patience: Duration) -> Self {
        Self { bus, tenant: main_tenant(), patience }
    }

    /// Has something done; the body is JSON.
    pub(super) async fn command(
        &self,
        (category, key, verb): (&str, &StreamKey, &str),
        body: &dyn Display,
        identified: &Identified,
    ) -> Result<Answered, Problem> {
        let target = Target {
            category: category.parse().expect("it is a word"),
            id: key.clone(),
            word: verb.parse::<Word>().expect("it is a word"),
        };
        let answer = self.ask(What::Command(target), body, identified.headers()?).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let happened = text("outcome") == Some("accepted");
        let position = answer.get("position").and_then(Value::as_u64).unwrap_or_default();
        Ok(Answered { happened, position, whole: answer })
    }

    /// Asks for what is known.
    pub(super) async fn query(&self, question: &str, body: &dyn Display) -> Result<Value, Problem> {
        let question = What::Query(question.parse().expect("it is a word"));
        self.ask(question, body, Headers::none()).await
    }

    /// Says something that has no id of its own: said again, it is not done again.
    pub(super) async fn say(&self, what: What, body: &Value) -> Result<Value, Problem> {
        self.ask(what, body, Headers::none()).await
    }

    async fn ask(
        &self,
        what: What,
        body: &dyn Display,
        headers: Headers,
    ) -> Result<Value, Problem> {
        let subject: Name = self.subject(what);
        let message = Message { headers, ..Message::new(subject, body.to_string()) };
        let until = Instant::now() + self.patience;
        loop {
            match self.ask_once(message.clone(), until).await {
                // There is too much to do, or another node is about to answer.
                Err(Problem::Refused(Refused { retry_after_ms: Some(ms), .. }))
                    if Instant::now() + Duration::from_millis(ms) < until =>
                {
                    sleep(Duration::from_millis(ms)).await;
                }
                answered => return answered,
            }
        }
    }

    async fn ask_once(&self, message: Message, until: Instant) -> Result<Value, Problem> {
        let answer = self.answer(message, until).await?;
        let unreadable = || Problem::AnswerUnreadable(answer.payload.clone());
        let body: Value = serde_json::from_slice(&answer.payload).map_err(|_| unreadable())?;
        if body.get("outcome").and_then(Value::as_str) == Some("refused") {
            return Err(Problem::Refused(serde_json::from_value(body).map_err(|_| unreadable())?));
        }
        Ok(body)
    }

    /// The answer. Where none comes, as from a node that stands still, it is asked again under the same
    /// id, and perhaps another node answers.
    async fn answer(&self, message: Message, until: Instant) -> Result<Message, Problem> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.bus.request(message.clone(), left.min(ATTEMPT)).await {
                Ok(answer) => return Ok(answer),
                Err(bus::Error::NoResponders(_)) => return Err(Problem::NotServed),
                Err(bus::Error::TimedOut(..)) if left > ATTEMPT => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Where such messages go.
    pub(super) fn subject(&self, what: What) -> Name {
        let subject = Subject::of(self.tenant.clone(), what).to_string();
        subject.parse().expect("subjects of Annals are subjects")
    }

    /// Leaves in good order.
    pub(super) async fn close(self) -> Result<(), Problem> {
        Ok(self.bus.drain().await?)
    }
}
