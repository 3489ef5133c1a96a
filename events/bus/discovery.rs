//! What is served, told to who asks: the subjects `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`, each
//! also with the name of a service and its id behind it, by which the tools of NATS find services.
//! Over any bus; who serves the endpoints counts what they do.

mod answers;
mod counts;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

pub use counts::Counts;

use super::{Bus, Error, Message, Name, Pattern, Subscribe, Subscription};

/// The first token of the subjects that are answered.
const ROOT: &str = "$SRV";
/// How many questions wait; who asks more at once is not answered.
const QUESTIONS_MAX: usize = 1024;

/// Why something cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be what is served: {1}")]
pub struct InvalidService(String, &'static str);

/// Something that is served.
#[derive(Debug, Clone)]
pub struct Service {
    name: String,
    id: String,
    version: String,
    description: String,
    metadata: BTreeMap<String, String>,
    started: Timestamp,
    endpoints: Vec<Endpoint>,
}

/// One subject of it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// What it is called.
    pub name: String,
    /// Where it is asked.
    pub subject: Pattern,
    /// The group that shares its questions; nothing, if everyone gets them.
    pub group: String,
    /// What else there is to know.
    pub metadata: BTreeMap<String, String>,
    /// What it has done.
    pub counts: Arc<Counts>,
}

impl Service {
    /// A service without endpoints. Its id is what no other process has.
    pub fn new(
        name: &str,
        version: &str,
        id: &str,
        started: Timestamp,
    ) -> Result<Self, InvalidService> {
        for token in [name, id] {
            if token.is_empty() || !token.bytes().all(is_of_a_token) {
                let rule = "a name has letters of ASCII, digits, `-` and `_`";
                return Err(InvalidService(token.chars().take(80).collect(), rule));
            }
        }
        if !is_version(version) {
            let rule = "a version has three numbers, and perhaps more behind `-` or `+`";
            return Err(InvalidService(version.chars().take(80).collect(), rule));
        }
        Ok(Self {
            name: name.to_owned(),
            id: id.to_owned(),
            version: version.to_owned(),
            description: String::new(),
            metadata: BTreeMap::new(),
            started,
            endpoints: Vec::new(),
        })
    }

    /// The same with a description for people.
    #[must_use]
    pub fn described(self, description: &str) -> Self {
        Self { description: description.to_owned(), ..self }
    }

    /// The same with something else there is to know.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.metadata.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with one more endpoint.
    #[must_use]
    pub fn serving(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Answers everyone who asks what is served, until it is stopped or dropped.
    pub async fn answer_on(self, bus: Arc<dyn Bus>) -> Result<Answering, Error> {
        let (all, kind) = (format!("{ROOT}.*"), format!("{ROOT}.*.{}", self.name));
        let one = format!("{kind}.{}", self.id);
        let (all, kind) = (listen(&*bus, &all).await?, listen(&*bus, &kind).await?);
        let one = listen(&*bus, &one).await?;
        bus.flush().await?;
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(answer_all(self, bus, [all, kind, one], stopped));
        Ok(Answering { stop, tasks })
    }
}

/// A service that answers.
pub struct Answering {
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl Answering {
    /// Answers no more.
    pub async fn stop(self) {
        // Where the bus was closed, nobody answers any more.
        let _ = self.stop.send(());
        self.tasks.join_all().await;
    }
}

async fn listen(bus: &dyn Bus, pattern: &str) -> Result<Subscription, Error> {
    let pattern: Pattern = pattern.parse().expect("the tokens of a service are tokens");
    bus.subscribe(Subscribe { waiting_max: QUESTIONS_MAX, ..Subscribe::to(pattern) }).await
}

/// Answers until it is stopped or the bus is closed.
async fn answer_all(
    service: Service,
    bus: Arc<dyn Bus>,
    [mut all, mut kind, mut one]: [Subscription; 3],
    mut stopped: oneshot::Receiver<()>,
) {
    loop {
        let question = tokio::select! {
            question = all.next() => question,
            question = kind.next() => question,
            question = one.next() => question,
            _ = &mut stopped => return,
        };
        let Some(question) = question else { return };
        let Some((reply, answer)) = service.answer(&question) else { continue };
        match bus.publish(Message::new(reply, answer)).await {
            Ok(()) => {}
            Err(Error::Closed) => return,
            Err(error) => tracing::warn!(%error, "who asks what is served gets no answer"),
        }
    }
}

impl Service {
    /// What is answered to a question, and where; nothing, if nobody asks or nobody knows.
    fn answer(&self, question: &Message) -> Option<(Name, Bytes)> {
        let reply = question.reply.clone()?;
        let verb = super::subject::tokens(question.subject.as_bytes()).nth(1)?;
        let answer = match verb {
            b"PING" => answers::ping(self),
            b"INFO" => answers::info(self),
            b"STATS" => answers::stats(self),
            _ => return None,
        };
        Some((reply, answer))
    }
}

fn is_of_a_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Whether this is a semantic version.
fn is_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(a, b)| (a, Some(b)));
    let (core, before) = text.split_once('-').map_or((text, None), |(a, b)| (a, Some(b)));
    let is_number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_label = |part: &str| {
        is_word(part) && (!part.bytes().all(|byte| byte.is_ascii_digit()) || is_number(part))
    };
    core.split('.').count() == 3
        && core.split('.').all(|part| !part.is_empty() && is_number(part))
        && before.is_none_or(|before| before.split('.').all(is_label))
        && build.is_none_or(|build| build.split('.').all(is_word))
}
