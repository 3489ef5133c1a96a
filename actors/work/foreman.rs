//! The foreman: one task of the process that watches the log, chooses who gets what, and sees to it
//! that what was handed out comes to an end. All it knows follows from the log, but for what living
//! workers tell it.

mod assigning;
mod feed;

use std::sync::Arc;

use events::recorded::Stored;
use events::store::Error;
use events::stream::Position;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::Means;
use super::handing::Handed;
use super::inputs::Inputs;
use crate::placing::{Choice, Placing};
use crate::runtime::{Done, Refused};
use feed::Feed;

/// How many assignments are under way at once.
pub const ASSIGNING_MAX: usize = 1024;
/// How many tasks are on their way to a worker at once.
pub const HANDING_MAX: usize = 8192;

/// The foreman at work; it ends when this is told to.
#[derive(Debug)]
pub struct Foreman {
    stop: watch::Sender<bool>,
    /// How far it has taken in the log.
    at: watch::Receiver<Position>,
    work: JoinHandle<()>,
}

/// What comes back to it. There is room for all that can be under way, so none is ever lost.
enum Note {
    /// An assignment was answered.
    Assigned(Box<Choice>, Result<Done, Refused>),
    /// A task has come to a worker, or has not.
    HandedOver(Box<Choice>, Handed),
}

/// What it works with.
struct Desk {
    means: Arc<Means>,
    placing: Placing,
    inputs: Arc<Inputs>,
    notes: mpsc::Sender<Note>,
    assigning: usize,
    handing: usize,
    at: watch::Sender<Position>,
}

impl Foreman {
    /// Begins: first with what the log says already, then with what it says from now on.
    #[must_use]
    pub fn begin(means: Arc<Means>) -> Self {
        let (notes, came) = mpsc::channel(ASSIGNING_MAX + HANDING_MAX);
        let (stop, stopped) = watch::channel(false);
        let (at, seen) = watch::channel(Position::ZERO);
        let pool = means.tools.pool.clone();
        let feed = Feed::from(&means.tools, Position::FIRST);
        let desk = Desk {
            means,
            placing: Placing::default(),
            inputs: Arc::default(),
            notes,
            assigning: 0,
            handing: 0,
            at,
        };
        let work = pool.spawn(run(desk, feed, came, stopped));
        Self { stop, at: seen, work }
    }

    /// How far it has taken in the log.
    #[must_use]
    pub fn at(&self) -> watch::Receiver<Position> {
        self.at.clone()
    }

    /// Hands out nothing more, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It has ended as well if it has panicked.
        let _ = self.work.await;
    }
}

async fn run(
    mut desk: Desk,
    mut feed: Feed,
    mut notes: mpsc::Receiver<Note>,
    mut stopped: watch::Receiver<bool>,
) {
    if let Err(error) = desk.catch_up(&mut feed, &mut stopped).await {
        return tracing::error!(%error, "nothing is handed out any more");
    }
    let mut came = Vec::new();
    loop {
        desk.choose();
        tokio::select! {
            events = feed.next() => match events {
                Ok(events) => desk.hear(&events),
                Err(Error::Stopped) => return,
                Err(error) => {
                    return tracing::error!(%error, "nothing is handed out any more");
                }
            },
            _ = notes.recv_many(&mut came, ASSIGNING_MAX) => {
                came.drain(..).for_each(|note| desk.note(note));
            }
            () = desk.alarm() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
    }
}

impl Desk {
    /// Takes in all that was recorded before it began: nothing is handed out on half of a history.
    async fn catch_up(
        &mut self,
        feed: &mut Feed,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let head = self.means.tools.reader.head().await?.position;
        while self.placing.at() < head {
            tokio::select! {
                events = feed.next() => self.hear(&events?),
                _ = stopped.wait_for(|stopped| *stopped) => return Err(Error::Stopped),
            }
        }
        Ok(())
    }

    /// Takes in what was recorded.
    fn hear(&mut self, events: &[Arc<Stored>]) {
        for stored in events {
            self.hear_one(stored);
        }
        self.at.send_replace(self.placing.at());
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::Assigned(choice, answer) => {
                self.assigning -= 1;
                self.assigned(*choice, answer);
            }
            Note::HandedOver(choice, handed) => {
                self.handing -= 1;
                self.handed_over(&choice, handed);
            }
        }
    }
}
