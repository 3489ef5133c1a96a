//! What a server keeps until it is done (JetStream): a stream that captures it, and a consumer by which it
//! comes, again and again until it is settled. A stream that is there is used as it is; the consumer is
//! another one each time.

mod unreadable;

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{self, Consumer, pull};
use async_nats::jetstream::message::{AckKind, Acker};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{self, Context};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_stream::StreamExt as _;

use super::{Nats, Shared, words};
use crate::bus::{Error, Event, Message};

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
/// How often it is looked whether something comes again and again.
const LOOK_EVERY: Duration = Duration::from_secs(5);

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
pub struct Intake {
    messages: pull::Stream,
    consumer: Consumer<pull::Config>,
    shared: Arc<Shared>,
    /// What happens to the connection.
    events: broadcast::Receiver<Event>,
    look: Interval,
    /// Whether something came since it was looked last.
    came: bool,
    /// What the server said of it when what was not settled was looked through last.
    seen: Option<consumer::Info>,
}

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
    /// Has something kept, and takes it from now on. Whatever is not there is made, and what could not be
    /// taken is removed.
    pub async fn intake(&self, keeping: &Keeping<'_>) -> Result<Intake, Error> {
        self.must_have_jetstream()?;
        let context = jetstream::new(self.shared.client.clone());
        let stream = stream(&context, keeping).await?;
        forget_others(&stream, keeping).await?;
        // What comes and is not settled is at most as much as may be on its way, and what comes first.
        self.shared.clear(keeping.stream, PENDING_MAX).await;
        let events = self.shared.events.subscribe();
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
        let messages = messages.await.map_err(|error| unavailable(&error))?;
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (shared, came, seen) = (Arc::clone(&self.shared), false, None);
        Ok(Intake { messages, consumer, shared, events, look, came, seen })
    }
}

impl Shared {
    /// Removes what cannot be taken from those that come first. Without it the others come all the same,
    /// unless there is such a message.
    async fn clear(self: &Arc<Self>, stream: &str, among: usize) -> bool {
        let removed = unreadable::remove(self, stream, among).await;
        if let Err(error) = &removed {
            tracing::warn!(%error, stream, "it is not known whether all that is kept can be taken");
        }
        removed.is_ok()
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
        loop {
            let message = tokio::select! {
                message = self.messages.next() => message,
                error = lost(&mut self.events) => return Err(error),
                _ = self.look.tick() => {
                    self.look().await;
                    continue;
                }
            };
            let message =
                message.ok_or_else(|| Error::Unavailable("the stream has ended".into()))?;
            self.came = true;
            return delivered(message.map_err(|error| unavailable(&error))?);
        }
    }

    /// Looks for what is handed out again and again, or not settled while nothing comes: what looks like a
    /// word of the server is kept back by the client, without a word to us.
    async fn look(&mut self) {
        let came = std::mem::take(&mut self.came);
        let Ok(known) = self.consumer.get_info().await else { return };
        let unsettled = known.num_ack_pending;
        let is_seen = self.seen.as_ref().is_some_and(|seen| {
            (&seen.delivered, seen.num_ack_pending) == (&known.delivered, unsettled)
        });
        let is_odd = !came || known.num_redelivered > 0 || unsettled >= PENDING_MAX;
        if is_odd
            && unsettled > 0
            && !is_seen
            && self.shared.clear(&known.stream_name, unsettled).await
        {
            self.seen = Some(known);
        }
    }
}

/// Returns when the connection was lost: what was on its way then comes again only after a long time, but
/// at once to who takes it in anew.
async fn lost(events: &mut broadcast::Receiver<Event>) -> Error {
    loop {
        match events.recv().await {
            Ok(Event::Reconnected) => return Error::Unavailable("the connection was lost".into()),
            Ok(Event::Closed) | Err(RecvError::Closed) => return Error::Closed,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
        }
    }
}

fn delivered(message: jetstream::Message) -> Result<Delivered, Error> {
    let place = message.reply.as_ref().and_then(|reply| place(reply));
    let (message, receipt) = message.split();
    let (place, times) =
        place.ok_or_else(|| Error::Unavailable("a message without a place".into()))?;
    let message = Message { reply: None, ..words::inbound(message) };
    Ok(Delivered { message, place, times, receipt: Receipt(receipt) })
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
