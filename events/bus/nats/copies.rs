//! A stream that keeps copies of what is published (JetStream), in order and once. Each message says behind
//! how many it belongs, and is refused where that does not hold: so none comes before another one that
//! was lost on the way, and none twice, however long ago it was sent first.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Nats, Shared, api};
use crate::bus::router::answers::Awaited;
use crate::bus::{Error, Headers, Message};

/// How much a stream of ours keeps; then the oldest goes.
const STREAM_BYTES_MAX: i64 = 1 << 30;
/// How long a stream of ours keeps it.
const STREAM_AGE_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How many messages are on their way at once.
const MANY: usize = 256;
/// How many bytes are, beyond one message.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long the server may take to say that it keeps one.
const PATIENCE: Duration = Duration::from_secs(10);
/// Which stream shall keep it.
const INTO: &str = "Nats-Expected-Stream";
/// Behind how many it belongs.
const BEHIND: &str = "Nats-Expected-Last-Sequence";

/// What is copied, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Copying<'a> {
    /// The stream.
    pub stream: &'a str,
    /// What it captures.
    pub subjects: &'a str,
    /// Under which subjects it keeps it: the memory of a server grows with how many there are.
    pub kept_as: &'a str,
}

/// A stream of copies that is open.
pub struct Copies {
    shared: Arc<Shared>,
    stream: String,
    /// How many it has taken.
    taken: u64,
    /// Whether it has taken one since it was opened. What it does not take others hear all the same, each
    /// time that it is sent.
    takes: bool,
}

#[derive(Deserialize)]
struct Known {
    config: Config,
    state: State,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    subjects: Vec<String>,
    #[serde(default)]
    no_ack: bool,
}

#[derive(Deserialize)]
struct State {
    #[serde(rename = "last_seq")]
    taken: u64,
}

/// What the server says when it keeps something.
#[derive(Deserialize)]
struct Taken {
    #[serde(rename = "seq")]
    number: u64,
    #[serde(default)]
    duplicate: bool,
}

impl Nats {
    /// A stream of copies, which is made if it is not there, and the headers of the newest one in it.
    pub async fn copies(&self, copying: &Copying<'_>) -> Result<(Copies, Headers), Error> {
        self.must_have_jetstream()?;
        let shared = Arc::clone(&self.shared);
        let stream = copying.stream.to_owned();
        let known = known(&shared, copying).await?;
        let Config { subjects, no_ack } = known.config;
        // Whoever makes one may let it capture more.
        let all = copying.subjects.split_once(".*.*.").map(|(first, _)| format!("{first}.>"));
        if !subjects.iter().any(|one| one == copying.subjects || Some(one) == all.as_ref()) {
            let wanted = copying.subjects;
            let why = format!("the stream {stream} captures {subjects:?} and not {wanted}");
            return Err(Error::NotAllowed(why));
        }
        if no_ack {
            return Err(Error::NotAllowed(format!("the stream {stream} does not say what it has")));
        }
        let newest = api::kept(&shared, &stream, &json!({ "last_by_subj": ">" })).await?;
        let newest = newest.map_or_else(Vec::new, |newest| newest.headers());
        let copies = Copies { shared, stream, taken: known.state.taken, takes: false };
        Ok((copies, Headers::from_wire(newest.into())))
    }
}

async fn known(shared: &Shared, copying: &Copying<'_>) -> Result<Known, Error> {
    let stream = copying.stream;
    let subject = |verb: &str| format!("$JS.API.STREAM.{verb}.{stream}");
    if let Some(known) = api::ask(shared, subject("INFO"), &json!({})).await? {
        return Ok(known);
    }
    let made = api::ask(shared, subject("CREATE"), &wanted(copying)).await?;
    made.ok_or_else(|| Error::Unavailable(format!("the stream {stream} cannot be made")))
}

fn wanted(copying: &Copying<'_>) -> Value {
    json!({
        "name": copying.stream,
        "description": "what Annals has recorded",
        "subjects": [copying.subjects],
        "subject_transform": { "src": copying.subjects, "dest": copying.kept_as },
        "retention": "limits",
        "discard": "old",
        "max_bytes": STREAM_BYTES_MAX,
        "max_age": u64::try_from(STREAM_AGE_MAX.as_nanos()).expect("it is some days"),
        "storage": "file",
        "num_replicas": 1,
    })
}

impl Copies {
    /// Publishes the first of these, as many as may be on their way, and says how many of them are kept.
    /// After an error it must be opened anew: nobody knows what became of those behind.
    pub async fn add(&mut self, messages: &[Message]) -> (usize, Result<(), Error>) {
        let mut sent = Vec::with_capacity(messages.len().min(MANY));
        let (mut bytes, mut behind, mut failed) = (0, self.taken, Ok(()));
        for message in messages.iter().take(if self.takes { MANY } else { 1 }) {
            if bytes > BYTES_MAX {
                break;
            }
            bytes += message.bytes();
            match self.send(message, behind).await {
                Ok(answer) => {
                    behind += u64::from(answer.is_some());
                    sent.push((message, answer));
                }
                Err(error) => {
                    failed = Err(error);
                    break;
                }
            }
        }
        let mut kept = 0;
        for (message, answer) in sent {
            if let Some(answer) = answer
                && let Err(error) = self.heard(answer, message).await
            {
                return (kept, Err(error));
            }
            kept += 1;
            self.takes = true;
        }
        (kept, failed)
    }

    /// Sends one; nothing, if it is one that the server would never take.
    async fn send(&self, message: &Message, behind: u64) -> Result<Option<Awaited>, Error> {
        let headers = message.headers.clone().with(INTO, &self.stream);
        let headers = headers.and_then(|headers| headers.with(BEHIND, &behind.to_string()));
        let headers = headers.map_err(|error| Error::NotAllowed(error.to_string()))?;
        let (reply, answer) = self.shared.answers.expect_one(Some(message.subject.clone()));
        let message = Message { headers, reply: Some(reply), ..message.clone() };
        match self.shared.send(&message).await {
            Ok(()) => Ok(Some(answer)),
            Err(error @ Error::TooLarge { .. }) => {
                tracing::error!(%error, "a message is not told to the server");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn heard(&mut self, answer: Awaited, message: &Message) -> Result<(), Error> {
        let answer = answer.within(PATIENCE, message.subject.clone()).await?;
        let taken: Option<Taken> = api::read(&answer.payload)?;
        let taken = taken.ok_or_else(|| Error::Unavailable("the stream is gone".into()))?;
        // What it had already has an older number.
        if !taken.duplicate {
            self.taken = taken.number;
        }
        Ok(())
    }
}
