//! What follows from events: for each reaction one task of the process that follows the log, gives the
//! commands, and remembers with the log how far all of them are answered. It is stopped and begun
//! anew at any moment without harm: a command that is given again has the id it had, and happens once.
//!
//! | room | what is in it |
//! |---|---|
//! | `taking` | events become commands |
//! | `window` `order` | what is under way, and in which order it is sent |
//! | `answers` | what comes back |
//! | `saving` | how far it came, kept with the log |
//! | [`parked`] [`mending`] | events that it could not deal with, and what people do about them |
//! | `recent` `memory` | how streams began; what a reaction remembers of what happened before |

mod answers;
mod memory;
pub mod mending;
mod order;
pub mod parked;
mod recent;
mod saving;
mod taking;
#[cfg(test)]
mod tests;
mod window;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use events::id::{Consumer, Principal};
use events::node::NodeEvent;
use events::recorded::Stored;
use events::store::moving::news::Heard;
use events::store::moving::standing::DoneElsewhere;
use events::store::{Error, Parked};
use events::stream::Position;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::foreman::feed::Feed;
use super::{Means, watched};
use crate::reactions::Listed;
use crate::runtime::{Done, Refused};
use memory::Memory;
use mending::{ASKS_MAX, Ask, Mending};
use order::{Flight, Order, PAUSE, PAUSE_MAX};
use parked::Shelf;
use recent::Recent;
use saving::Saving;
use window::{COMMANDS_MAX, Window};

/// Hears what people should know later, and whose doing it is; it must not wait.
pub type OnRecord = Box<dyn Fn(NodeEvent, Principal) + Send + Sync>;

/// A reaction at work; it ends when this is told to.
pub struct Reactor {
    mending: Mending,
    stop: watch::Sender<bool>,
    at: watch::Receiver<Position>,
    work: JoinHandle<()>,
}

/// An answer to the command that was sent so.
struct Note {
    flight: Flight,
    answer: Result<Done, Refused>,
}

/// What comes to it. There is room for the answers to all that can be under way.
struct Ears {
    notes: mpsc::Receiver<Note>,
    asks: mpsc::Receiver<Ask>,
}

/// What it works with.
struct Desk {
    listed: Listed,
    consumer: Consumer,
    means: Arc<Means>,
    on_record: OnRecord,
    elsewhere: Arc<DoneElsewhere>,
    /// Up to where events were taken in, and those behind.
    read: Position,
    waiting: VecDeque<Arc<Stored>>,
    window: Window,
    order: Order,
    shelf: Shelf,
    recent: Recent,
    memory: Option<Memory>,
    saving: Saving,
    notes: mpsc::Sender<Note>,
    /// Until when the log is left alone, because it could not be read.
    rests_until: Option<Instant>,
    is_full: bool,
    at: watch::Sender<Position>,
}

impl Reactor {
    /// Begins where it stopped, if it ever was at work on this log.
    #[must_use]
    pub fn begin(listed: Listed, means: Arc<Means>, on_record: OnRecord) -> Self {
        let (pool, tells) = (means.tools.pool.clone(), Arc::clone(&means));
        let (desk, ears, mending, at) = Desk::new(listed, means, on_record);
        let (stop, mut stopped) = watch::channel(false);
        let work = async move {
            let mut desk = desk;
            let ended = tokio::select! {
                ended = desk.work(ears) => ended,
                _ = stopped.wait_for(|stopped| *stopped) => Ok(()),
            };
            desk.leave();
            desk.keep_memory_at_the_end().await;
            ended
        };
        let work = watched(&pool, "reactor", work, move |why| (tells.on_end)(why));
        Self { mending, stop, at, work }
    }

    /// Up to where everything is dealt with, or parked.
    #[must_use]
    pub fn at(&self) -> watch::Receiver<Position> {
        self.at.clone()
    }

    /// The way to the events that it could not deal with.
    #[must_use]
    pub fn mending(&self) -> Mending {
        self.mending.clone()
    }

    /// Gives no more commands, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It has ended as well if it has panicked.
        let _ = self.work.await;
    }
}

impl Desk {
    fn new(
        listed: Listed,
        means: Arc<Means>,
        on_record: OnRecord,
    ) -> (Self, Ears, Mending, watch::Receiver<Position>) {
        let name = format!("react/{}", listed.name);
        let consumer = Consumer::new(&name).expect("the name of a reaction is a token");
        let (notes, answers) = mpsc::channel(COMMANDS_MAX);
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let (at, seen) = watch::channel(Position::ZERO);
        let reader = Arc::clone(&means.tools.reader);
        let mending = Mending { consumer: consumer.clone(), reader, asks };
        let saving = Saving::under(means.tools.epochs.as_ref());
        let desk = Self {
            listed,
            consumer,
            means,
            on_record,
            elsewhere: Arc::default(),
            read: Position::ZERO,
            waiting: VecDeque::new(),
            window: Window::default(),
            order: Order::default(),
            shelf: Shelf::default(),
            recent: Recent::default(),
            memory: listed.mind.map(|mind| Memory::new(listed.name, mind())),
            saving,
            notes,
            rests_until: None,
            is_full: false,
            at,
        };
        (desk, Ears { notes: answers, asks: asked }, mending, seen)
    }

    /// Works until the log ends, or cannot be worked with.
    async fn work(&mut self, mut ears: Ears) -> Result<(), Error> {
        let mut feed = self.remember().await?;
        loop {
            self.wake();
            self.go_on_behind().await?;
            self.take_in().await?;
            self.send();
            self.save();
            self.keep_memory();
            let wants_more = self.waiting.is_empty() && self.rests_until.is_none();
            let alarm = self.alarm();
            tokio::select! {
                heard = feed.next(), if wants_more => self.hear(heard)?,
                Some(note) = ears.notes.recv() => {
                    self.note(note);
                    while let Ok(note) = ears.notes.try_recv() {
                        self.note(note);
                    }
                }
                saved = self.saving.done() => self.saved(saved)?,
                Some(ask) = ears.asks.recv() => self.mend(ask),
                () = until(alarm) => {}
            }
        }
    }

    /// Begins where it was kept. A log that was never reacted to is reacted to from its beginning,
    /// but for what was done where it was recorded.
    async fn remember(&mut self) -> Result<Feed, Error> {
        let mut pause = PAUSE;
        let (elsewhere, at, parked) = loop {
            match self.recall().await {
                Err(error) if error.passes() => sleep(pause).await,
                recalled => break recalled?,
            }
            pause = (pause * 2).min(PAUSE_MAX);
        };
        (self.read, self.shelf) = (at, Shelf::of(parked));
        self.saving.stands_at(at);
        self.at.send_replace(at);
        Ok(Feed::woken_by(self.listed.hears, &self.means.tools, elsewhere, at.next()))
    }

    async fn recall(&mut self) -> Result<(DoneElsewhere, Position, Vec<Parked>), Error> {
        let reader = Arc::clone(&self.means.tools.reader);
        let elsewhere = DoneElsewhere::read(&*reader).await?;
        let standing = reader.standing(&self.consumer).await?;
        let standing = standing.map(|it| (it.position, it.parked));
        let (at, parked) = standing.unwrap_or_else(|| (elsewhere.begins(), Vec::new()));
        if let Some(memory) = &mut self.memory {
            memory.recall(&self.means.tools, &elsewhere, at).await?;
        }
        Ok((elsewhere, at, parked))
    }

    fn hear(&mut self, heard: Result<Heard, Error>) -> Result<(), Error> {
        match heard {
            Ok(heard) => {
                self.elsewhere = heard.elsewhere;
                self.waiting.extend(heard.events);
            }
            Err(error) => self.rest(error)?,
        }
        Ok(())
    }

    /// The log could not be read. If that passes, it is left alone for a while.
    fn rest(&mut self, error: Error) -> Result<(), Error> {
        if !error.passes() {
            return Err(error);
        }
        tracing::warn!(consumer = %self.consumer, %error, "the log is read again in a while");
        self.rests_until = Some(Instant::now() + REST);
        Ok(())
    }

    fn wake(&mut self) {
        let now = Instant::now();
        self.order.wake(now);
        self.rests_until = self.rests_until.filter(|until| *until > now);
    }

    /// When there is something to do although nothing happens.
    fn alarm(&self) -> Option<Instant> {
        let alarms = [self.order.wakes_at(), self.rests_until, self.saving.wakes_at()];
        alarms.into_iter().flatten().min()
    }
}

/// How long the log is left alone after it could not be read.
const REST: Duration = Duration::from_secs(1);

/// Waits until then; for ever, if there is nothing to wait for.
async fn until(alarm: Option<Instant>) {
    match alarm {
        Some(alarm) => sleep_until(alarm).await,
        None => std::future::pending().await,
    }
}
