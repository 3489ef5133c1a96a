//! What a server keeps until it is done (JetStream): a stream that captures it, and a consumer by which it
//! comes, again and again until it is settled. A stream that is there is used as it is; the consumer is
//! another one each time.

use std::time::Duration;

use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::message::{AckKind, Acker};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{self, Context};
use tokio_stream::StreamExt as _;

use super::{Nats, words};
use crate::bus::{Error, Message};

/// The shortest time there is: a server takes two messages of one id for one, whoever sent them and
/// wherever to. Annals knows the ids of each tenant by itself, and for ever.
const DUPLICATES_WITHIN: Duration = Duration::from_millis(100);
/// How much a stream of ours keeps; what is beyond is refused to who sends it.
const STREAM_BYTES_MAX: i64 = 1 << 30;
/// How many messages are on their way at once.
pub const PENDING_MAX: usize = 1024;
/// After how long a message that was not settled comes again.
const COMES_AGAIN: Duration = Duration::from_secs(60);
/// How many are fetched in one go.
const BATCH: usize = 256;
/// How often the server says that it is there although nothing comes.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long the server waits for messages until it is asked again.
const EXPIRES: Duration = Duration::from_secs(30);

/// What is kept, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Keeping<'a> {
    /// The stream.
    pub stream: &'a str,
    /// What the names of those who take from it begin with.
    pub consumer: &'a str,
    /// What it captures.
    pub subjects: &'a [&'a str],
}

/// What comes out of a stream.
pub struct Intake(pull::Stream);

/// A message that is kept until it is settled.
pub struct Delivered {
    /// The message; where its answer would go, the stream has forgotten.
    pub message: Message,
    /// Its place: another one than that of any other message, also of a stream of the same name that was
    /// made anew.
    pub place: String,
    /// How often it came.
    pub times: u64,
    /// By which it is settled.
    pub receipt: Receipt,
}

/// Settles a message.
pub struct Receipt(Acker);

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    Done,
    /// It shall come again, after this time.
    Again(Duration),
    /// It cannot be done, and shall not come again.
    Never,
}

impl Nats {
    /// Has something kept, and takes it from now on. Whatever is not there is made.
    pub async fn intake(&self, keeping: &Keeping<'_>) -> Result<Intake, Error> {
        let context = jetstream::new(self.shared.client.clone());
        let stream = stream(&context, keeping).await?;
        forget_others(&stream, keeping).await?;
        let inbox = self.shared.client.new_inbox();
        let unique = inbox.rsplit('.').next().unwrap_or_default();
        let consumer = pull::Config {
            durable_name: Some(format!("{}-{unique}", keeping.consumer)),
            ack_wait: COMES_AGAIN,
            max_ack_pending: PENDING_MAX as i64,
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(consumer).await;
        let consumer = consumer.map_err(|error| unavailable(&error))?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(BATCH)
            .heartbeat(HEARTBEAT)
            .expires(EXPIRES)
            .messages();
        Ok(Intake(messages.await.map_err(|error| unavailable(&error))?))
    }
}

async fn stream(
    context: &Context,
    keeping: &Keeping<'_>,
) -> Result<jetstream::stream::Stream, Error> {
    let wanted = Config {
        name: keeping.stream.into(),
        description: Some("what Annals has still to do".into()),
        subjects: keeping.subjects.iter().map(|&subject| subject.into()).collect(),
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        max_bytes: STREAM_BYTES_MAX,
        duplicate_window: DUPLICATES_WITHIN,
        ..Config::default()
    };
    let stream = context.get_or_create_stream(wanted).await;
    let stream = stream.map_err(|error| unavailable(&error))?;
    let made = &stream.cached_info().config;
    if made.retention != RetentionPolicy::WorkQueue || made.duplicate_window > DUPLICATES_WITHIN {
        return Err(Error::NotAllowed(format!(
            "the stream {} must be a work queue that looks for duplicates within {} ms at most",
            keeping.stream,
            DUPLICATES_WITHIN.as_millis()
        )));
    }
    let captured = &made.subjects;
    match keeping.subjects.iter().find(|subject| !captured.iter().any(|one| one == *subject)) {
        Some(subject) => Err(Error::NotAllowed(format!(
            "the stream {} captures {captured:?} and not {subject}",
            keeping.stream
        ))),
        None => Ok(stream),
    }
}

/// Lets go of those who took from it before. What they had and did not settle comes again at once; and
/// should one of them still settle something, it settles nothing that has its number by now.
async fn forget_others(
    stream: &jetstream::stream::Stream,
    keeping: &Keeping<'_>,
) -> Result<(), Error> {
    let mut names = stream.consumer_names();
    while let Some(name) = names.next().await {
        let name = name.map_err(|error| unavailable(&error))?;
        let is_ours = name.strip_prefix(keeping.consumer).is_some_and(|rest| rest.starts_with('-'));
        if is_ours {
            stream.delete_consumer(&name).await.map_err(|error| unavailable(&error))?;
        }
    }
    Ok(())
}

impl Intake {
    /// The next message. After an error nothing more comes: take it in anew.
    pub async fn next(&mut self) -> Result<Delivered, Error> {
        let message = match self.0.next().await {
            Some(message) => message.map_err(|error| unavailable(&error))?,
            None => return Err(Error::Unavailable("the stream has ended".into())),
        };
        let place = message.reply.as_ref().and_then(|reply| place(reply));
        let (message, receipt) = message.split();
        let (place, times) =
            place.ok_or_else(|| Error::Unavailable("a message without a place".into()))?;
        let message = Message { reply: None, ..words::inbound(message) };
        Ok(Delivered { message, place, times, receipt: Receipt(receipt) })
    }
}

impl Receipt {
    /// Tells the server. Where it does not hear that, the message comes again.
    pub async fn settle(self, fate: Fate) -> Result<(), Error> {
        let kind = match fate {
            Fate::Done => AckKind::Ack,
            Fate::Again(later) => AckKind::Nak(Some(later)),
            Fate::Never => AckKind::Term,
        };
        self.0.ack_with(kind).await.map_err(|error| Error::Unavailable(error.to_string()))
    }
}

fn unavailable(error: &dyn std::error::Error) -> Error {
    Error::Unavailable(error.to_string())
}

/// The place of a message and how often it came, as the subject for its receipt says: the stream, its
/// number there and when it was stored. Servers of two generations write it in two forms.
fn place(receipt: &str) -> Option<(String, u64)> {
    let tokens: Vec<&str> = receipt.split('.').collect();
    let ["$JS", "ACK", rest @ ..] = &tokens[..] else { return None };
    let rest = if rest.len() == 7 { rest } else { rest.get(2..)? };
    let [stream, _, times, number, _, stored, ..] = rest else { return None };
    Some((format!("{stream}/{number}/{stored}"), times.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_place_is_read_in_both_forms() {
        let expected = Some(("S/100/1790".to_owned(), 3));
        assert_eq!(place("$JS.ACK.S.annals.3.100.7.1790.42"), expected);
        assert_eq!(place("$JS.ACK._.hash.S.annals.3.100.7.1790.42.token"), expected);
        for odd in ["", "$JS.ACK.S", "$JS.ACK.S.c.x.1.1.1.1", "_INBOX.a.b.c.d.e.f.g.h"] {
            assert_eq!(place(odd), None, "{odd}");
        }
    }
}
