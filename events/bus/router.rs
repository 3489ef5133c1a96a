//! The bus of one process: it hands a message to everyone it is for, at once, on the thread of who
//! publishes it. Whoever does not keep up loses messages; nobody else waits for them.

pub(crate) mod answers;
mod dice;
mod local;
mod sender;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::broadcast;

use super::headers::NO_RESPONDERS;
use super::subject::tokens;
use super::trie::{Matches, Trie};
pub use sender::Sender;

use super::message::View;
use super::{Bus, Error, Event, Headers, Message, Name, Pattern, Subscribe, Subscription};
use answers::{Answers, Awaited};
pub(crate) use dice::Dice;

/// How many events of the bus wait for whoever watches it.
const EVENTS_MAX: usize = 256;
/// The first token of every subject that answers come to.
pub const INBOX: &[u8] = b"_INBOX";

/// Someone who is handed messages.
pub trait Listener: Send + Sync + 'static {
    /// Takes a message for the subscription with this id, at once.
    fn take(&self, id: u64, message: &View<'_>) -> Taken;
    /// Takes a message about an answer that it waits for; it counts for nothing.
    fn notify(&self, _: &View<'_>) {}
    /// The connection it belongs to; nobody, if it is part of this process.
    fn connection(&self) -> Option<u64> {
        None
    }
    /// The bus ends, and nothing more comes. Who has sent to it may remember it all the same.
    fn end(&self) {}
    /// Whether so much waits for it that who sends more should slow down.
    fn is_pressed(&self) -> bool {
        false
    }
}

/// Whether a listener took a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It did.
    Yes,
    /// It did, and is pressed.
    Pressed,
    /// It is gone.
    No,
}

/// Everyone that a message is for.
pub type Routes = Arc<Matches<Arc<dyn Listener>>>;

/// The bus of one process.
#[derive(Clone)]
pub struct Router {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    listeners: RwLock<Trie<Arc<dyn Listener>>>,
    /// Grows whenever someone begins or ends to listen, so that nobody trusts what was found before.
    generation: AtomicU64,
    /// How many listen to subjects that answers come to.
    inbox_listeners: AtomicUsize,
    /// What is sent only if someone hears it, and how many may.
    audiences: RwLock<Vec<(Pattern, Arc<AtomicUsize>)>>,
    next_id: AtomicU64,
    senders: [Mutex<Sender>; SENDERS],
    answers: Answers,
    dice: Dice,
    events: broadcast::Sender<Event>,
    closed: AtomicBool,
}

/// How many senders this process has, so that they rarely wait for each other.
const SENDERS: usize = 16;

impl Router {
    /// A bus without listeners. What is left to chance follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let shared = Shared {
            listeners: RwLock::default(),
            generation: AtomicU64::new(0),
            inbox_listeners: AtomicUsize::new(0),
            audiences: RwLock::default(),
            next_id: AtomicU64::new(1),
            senders: std::array::from_fn(|_| Mutex::default()),
            answers: Answers::new(seed),
            dice: Dice::new(seed),
            events: broadcast::channel(EVENTS_MAX).0,
            closed: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared) }
    }

    /// An id that nobody else has.
    #[must_use]
    pub fn new_id(&self) -> u64 {
        self.shared.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// From now on this listener gets what is sent to such subjects. The id is a new one.
    pub fn listen(
        &self,
        pattern: &Pattern,
        group: Option<&Bytes>,
        id: u64,
        listener: Arc<dyn Listener>,
    ) {
        let shared = &self.shared;
        let mut listeners = shared.listeners.write().expect("nobody panics here");
        listeners.insert(pattern, group, id, listener);
        shared.count_audience(pattern, |count| _ = count.fetch_add(1, Ordering::AcqRel));
        shared.inbox_listeners.fetch_add(usize::from(hears_inboxes(pattern)), Ordering::Relaxed);
        shared.generation.fetch_add(1, Ordering::Release);
    }

    /// It gets nothing more; says whether it was listening.
    pub fn forget(&self, pattern: &Pattern, group: Option<&Bytes>, id: u64) -> bool {
        self.shared.forget(pattern, group, id)
    }

    /// Counts those who may hear something of that, of those who begin to listen from now on: who
    /// sends much that is often for nobody need not make it then.
    #[must_use]
    pub fn audience(&self, pattern: Pattern) -> Arc<AtomicUsize> {
        let count = Arc::new(AtomicUsize::new(0));
        let mut audiences = self.shared.audiences.write().expect("nobody panics here");
        audiences.push((pattern, Arc::clone(&count)));
        count
    }

    /// How many listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.shared.listeners.read().expect("nobody panics here").len()
    }

    /// Who of a connection listens to this name on its own, the eldest of them.
    #[must_use]
    pub fn listener_of(&self, name: &[u8], connection: u64) -> Option<Arc<dyn Listener>> {
        let found = self.shared.listeners.read().expect("nobody panics here").matches(name);
        let of_it = found.plain.into_iter().filter(|(_, l)| l.connection() == Some(connection));
        of_it.min_by_key(|(id, _)| *id).map(|(_, listener)| listener)
    }

    /// Hands a message to everyone it is for, but to nobody of the connection `but`; says how many
    /// took it.
    pub fn route(&self, message: &View<'_>, sender: &mut Sender, but: Option<u64>) -> usize {
        let answered = self.shared.answers.give(message);
        let given = usize::from(answered == Some(true));
        // Whoever else may hear an answer is looked for only if there is anyone.
        if answered.is_some() && self.shared.inbox_listeners.load(Ordering::Relaxed) == 0 {
            return given;
        }
        given + sender.deliver(message, &self.shared, but)
    }

    /// The same from within this process. Who sends to nobody and wants an answer gets one: that
    /// there is nobody.
    pub(crate) fn send(&self, message: &Message) {
        let sender = &self.shared.senders[sender::shard(message.subject.as_bytes()) % SENDERS];
        let mut sender = sender.lock().expect("nobody panics here");
        let delivered = self.route(&message.view(), &mut sender, None);
        // Nobody here waits for them, and nobody shall keep them.
        sender.take_pressed();
        drop(sender);
        if delivered == 0
            && let Some(reply) = &message.reply
        {
            let headers = Headers::status_only(NO_RESPONDERS);
            self.send(&Message { headers, ..Message::new(reply.clone(), Bytes::new()) });
        }
    }

    /// Sends a message that this process answers with. Where it goes was said by whoever asked, who may
    /// have said anything: to what is no name nothing is sent.
    pub fn hand_over(&self, message: &Message) {
        let name = message.subject.as_bytes().clone();
        if Name::new(name).is_ok() && !self.shared.closed.load(Ordering::Acquire) {
            self.send(message);
        }
    }

    /// A subject for one answer, and the answer that is waited for.
    pub(crate) fn expect_answer(&self, asked: Name) -> (Name, Awaited) {
        self.shared.answers.expect_one(Some(asked))
    }

    /// Whether answers that this process waits for are sent there.
    #[cfg(feature = "listener")]
    pub(crate) fn waits_at(&self, subject: &[u8]) -> bool {
        self.shared.answers.are_sent_to(subject)
    }

    /// Something happened that whoever watches should know.
    pub(crate) fn tell(&self, event: Event) {
        // Perhaps nobody watches.
        let _ = self.shared.events.send(event);
    }

    fn is_open(&self) -> Result<(), Error> {
        if self.shared.closed.load(Ordering::Acquire) { Err(Error::Closed) } else { Ok(()) }
    }

    fn check(&self, message: &Message) -> Result<(), Error> {
        let (bytes, limit) = (message.bytes(), self.message_bytes_max());
        if bytes > limit {
            return Err(Error::TooLarge { bytes, limit });
        }
        self.is_open()
    }
}

impl Shared {
    fn count_audience(&self, pattern: &Pattern, count: impl Fn(&AtomicUsize)) {
        let audiences = self.audiences.read().expect("nobody panics here");
        let of_it = audiences.iter().filter(|(heard, _)| heard.overlaps(pattern));
        of_it.for_each(|(_, counted)| count(counted));
    }

    fn forget(&self, pattern: &Pattern, group: Option<&Bytes>, id: u64) -> bool {
        let mut listeners = self.listeners.write().expect("nobody panics here");
        let removed = listeners.remove(pattern, group, id);
        if removed {
            let hears = usize::from(hears_inboxes(pattern));
            self.inbox_listeners.fetch_sub(hears, Ordering::Relaxed);
            self.count_audience(pattern, |count| _ = count.fetch_sub(1, Ordering::AcqRel));
            self.generation.fetch_add(1, Ordering::Release);
        }
        removed
    }
}

/// Whether whoever listens to this may hear answers to others.
fn hears_inboxes(pattern: &Pattern) -> bool {
    let first = tokens(pattern.as_bytes()).next();
    matches!(first, Some(b"*" | b">" | INBOX))
}

#[async_trait]
impl Bus for Router {
    async fn publish(&self, message: Message) -> Result<(), Error> {
        self.check(&message)?;
        self.send(&message);
        Ok(())
    }

    async fn request(&self, message: Message, patience: Duration) -> Result<Message, Error> {
        self.check(&message)?;
        let subject = message.subject.clone();
        let (reply, answer) = self.expect_answer(subject.clone());
        self.send(&Message { reply: Some(reply), ..message });
        answer.within(patience, subject).await
    }

    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Error> {
        self.is_open()?;
        Ok(local::subscribe(self, wanted))
    }

    async fn flush(&self) -> Result<(), Error> {
        self.is_open()
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    fn is_heard(&self, name: &Name) -> Option<bool> {
        let listeners = self.shared.listeners.read().expect("nobody panics here");
        Some(!listeners.matches(name.as_bytes()).is_empty())
    }

    async fn drain(&self) -> Result<(), Error> {
        self.shared.closed.store(true, Ordering::Release);
        let listeners =
            std::mem::take(&mut *self.shared.listeners.write().expect("nobody panics here"));
        self.shared.generation.fetch_add(1, Ordering::Release);
        listeners.for_each(&mut |listener| listener.end());
        for sender in &self.shared.senders {
            *sender.lock().expect("nobody panics here") = Sender::default();
        }
        self.tell(Event::Closed);
        Ok(())
    }
}
