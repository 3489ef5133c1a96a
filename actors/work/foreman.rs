//! The foreman: one task of the process that watches the log, chooses who gets what, and sees to it
//! that what was handed out comes to an end. All it knows follows from the log, but for what living
//! workers tell it.

mod assigning;
pub mod beats;
mod clocks;
pub(super) mod feed;
mod kept;

pub(super) use assigning::lease_of;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use events::chain::EventHash;
use events::id::{AgentId, Tenant};
use events::store::Error;
use events::store::moving::news::Heard;
use events::store::moving::standing::DoneElsewhere;
use events::stream::Position;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use super::Means;
use super::handing::Handed;
use super::inputs::Inputs;
use super::watched;
use crate::leases::{HEARTBEAT_MS, Leases, Lost};
use crate::placing::{Choice, Placing, SEATS_MAX};
use crate::run_timing::RunTiming;
use crate::runtime::{Done, Refused};
use crate::scheduling::Scheduling;
use crate::timing::Timing;
use assigning::Absence;
use beats::{Heartbeat, Heartbeats, Silence, TELLING_MAX, WAITING_MAX};
use clocks::{ENDING_MAX, RINGING_MAX, Ringing};
use feed::Feed;
use kept::{Folds, KEPT_AT_LEAST, KEPT_EVERY};

/// How many assignments are under way at once.
pub const ASSIGNING_MAX: usize = 1024;
/// How many tasks are on their way to a worker at once.
pub const HANDING_MAX: usize = 8192;

/// How many notes there are at most. Seats come on top of what is handed over, once while that is full and
/// once while it is looked at; where an agent has two changes, one more is told than was room for.
const NOTES_MAX: usize =
    ASSIGNING_MAX + HANDING_MAX + 2 * SEATS_MAX + RINGING_MAX + ENDING_MAX + TELLING_MAX + 1;

/// How long it waits at its end for what is on its way: a little longer than workers may take to answer.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long it waits before it reads the log again that could not be read.
const REST: Duration = Duration::from_secs(1);

/// The foreman at work; it ends when this is told to.
pub struct Foreman {
    stop: watch::Sender<bool>,
    /// How far it has taken in the log.
    at: watch::Receiver<Position>,
    heartbeats: Heartbeats,
    work: JoinHandle<()>,
}

/// What comes back to it. There is room for all that can be under way, so none is ever lost.
enum Note {
    /// An assignment was answered.
    Assigned(Box<Choice>, Result<Done, Refused>),
    /// A task has come to a worker, or has not.
    HandedOver(Box<Choice>, Handed),
    /// A timer has rung.
    Rung(Box<Ringing>, Result<Done, Refused>),
    /// A lease that ran out is on record as lost.
    LeaseEnded,
    /// An agent was told that it is silent, or could not be.
    Silenced(Box<Silence>, Result<(), Refused>),
}

/// What it works with.
struct Desk {
    means: Arc<Means>,
    timing: Timing,
    run_timing: RunTiming,
    scheduling: Scheduling,
    leases: Leases,
    inputs: Arc<Inputs>,
    /// What came from other logs, and is done there.
    elsewhere: Arc<DoneElsewhere>,
    /// The newest event that was taken in, and the one up to which everything is kept.
    newest: EventHash,
    kept: Position,
    keeping: Option<JoinHandle<()>>,
    notes: mpsc::Sender<Note>,
    assigning: usize,
    handing: usize,
    /// What is said and heard beside its work; it ends with it.
    errands: JoinSet<()>,
    /// The agents that were not there.
    absent: BTreeMap<(Tenant, AgentId), Absence>,
    /// What agents have that cannot be watched: as good as lost. Never more than agents have slots.
    unwatched: VecDeque<Lost>,
    ringing: usize,
    ending: usize,
    telling: usize,
    /// Whether all that was recorded before it began was taken in.
    is_caught_up: bool,
    began: Instant,
    at: watch::Sender<Position>,
}

impl Foreman {
    /// Begins: first with what the log says already, then with what it says from now on.
    #[must_use]
    pub fn begin(means: Arc<Means>) -> Self {
        Self::watching(means, Leases::new(HEARTBEAT_MS))
    }

    /// The same, with this watch over leases.
    pub(super) fn watching(means: Arc<Means>, leases: Leases) -> Self {
        let (notes, came) = mpsc::channel(NOTES_MAX);
        let (beats, heard) = mpsc::channel(WAITING_MAX);
        let (stop, stopped) = watch::channel(false);
        let (at, seen) = watch::channel(Position::ZERO);
        let pool = means.tools.pool.clone();
        let desk = Desk {
            means: Arc::clone(&means),
            timing: Timing::default(),
            run_timing: RunTiming::default(),
            scheduling: Scheduling::default(),
            leases,
            inputs: Arc::default(),
            elsewhere: Arc::default(),
            newest: EventHash::NONE,
            kept: Position::ZERO,
            keeping: None,
            notes,
            assigning: 0,
            handing: 0,
            errands: JoinSet::new(),
            absent: BTreeMap::new(),
            unwatched: VecDeque::new(),
            ringing: 0,
            ending: 0,
            telling: 0,
            is_caught_up: false,
            began: Instant::now(),
            at,
        };
        let work = watched(&pool, "foreman", run(desk, (came, heard), stopped), move |why| {
            (means.on_end)(why);
        });
        Self { stop, at: seen, heartbeats: Heartbeats(beats), work }
    }

    /// How far it has taken in the log.
    #[must_use]
    pub fn at(&self) -> watch::Receiver<Position> {
        self.at.clone()
    }

    /// Where heartbeats go.
    #[must_use]
    pub fn heartbeats(&self) -> Heartbeats {
        self.heartbeats.clone()
    }

    /// Assigns nothing more, and ends when what was assigned has come to its worker.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It has ended as well if it has panicked.
        let _ = self.work.await;
    }
}

/// Returns when it shall end, or nobody is left who could say so.
async fn ends(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// The log cannot be read just now.
async fn rest(error: &Error) {
    tracing::warn!(%error, "the log is read again in a while");
    sleep(REST).await;
}

async fn run(
    mut desk: Desk,
    (mut notes, mut beats): (mpsc::Receiver<Note>, mpsc::Receiver<Heartbeat>),
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    let mut feed = loop {
        match desk.remember().await {
            Err(error) if error.passes() => rest(&error).await,
            feed => break feed?,
        }
    };
    desk.catch_up(&mut feed, &mut stopped).await?;
    let mut came = Vec::new();
    let seats = Arc::clone(&desk.means.seats);
    let _closing = seats.closing();
    loop {
        desk.choose();
        desk.look_at_clocks();
        // Seats come on top of what is handed over at once.
        seats.open(desk.handing < HANDING_MAX);
        while desk.errands.try_join_next().is_some() {}
        tokio::select! {
            events = feed.next() => match events {
                Ok(heard) => desk.hear(heard),
                Err(error) if error.passes() => rest(&error).await,
                Err(error) => return Err(error),
            },
            _ = notes.recv_many(&mut came, ASSIGNING_MAX) => {
                came.drain(..).for_each(|note| desk.note(note));
            }
            Some(beat) = beats.recv() => desk.beat(beat),
            () = desk.alarm() => {}
            () = seats.given_up() => {}
            () = ends(&mut stopped) => break,
        }
    }
    desk.see_off(&mut notes, &mut feed).await;
    desk.keep(KEPT_AT_LEAST).await;
    Ok(())
}

impl Desk {
    /// Who gets what. Those who submit tasks look at it, too, so it is held for a moment only.
    fn placing(&self) -> MutexGuard<'_, Placing> {
        self.means.seats.placing()
    }

    /// What was assigned is handed over, and what workers say to that is recorded. Otherwise nobody
    /// would have it before the next life has waited for someone to claim it.
    async fn see_off(&mut self, notes: &mut mpsc::Receiver<Note>, feed: &mut Feed) {
        self.means.seats.open(false);
        let farewell = sleep(FAREWELL);
        tokio::pin!(farewell);
        while self.assigning + self.handing + self.placing().seats() > 0 {
            tokio::select! {
                Some(note) = notes.recv() => self.note(note),
                Ok(heard) = feed.next() => self.hear(heard),
                () = self.means.seats.given_up() => {}
                () = &mut farewell => return,
                else => return,
            }
        }
    }

    /// Begins where it was kept, if it was.
    async fn remember(&mut self) -> Result<Feed, Error> {
        let log = &self.means.tools.reader;
        let elsewhere = DoneElsewhere::read(&**log).await?;
        let Folds { placing, timing, run_timing, scheduling } = kept::load(&self.means.tools).await;
        *self.placing() = placing;
        self.timing = timing;
        (self.run_timing, self.scheduling) = (run_timing, scheduling);
        let at = self.placing().at();
        self.kept = at;
        self.at.send_replace(self.kept);
        Ok(Feed::from(&self.means.tools, elsewhere, self.kept.next()))
    }

    /// Keeps what it knows, if so much has come since it was kept last.
    async fn keep(&mut self, at_least: u64) {
        let at = self.placing().at();
        if at.0 - self.kept.0 < at_least {
            return;
        }
        if let Some(keeping) = self.keeping.take() {
            // Two at once would mix their parts.
            let _ = keeping.await;
        }
        self.kept = at;
        kept::save(self).await;
    }

    /// Keeps it now and then, beside its work.
    fn keep_beside(&mut self) {
        let at = self.placing().at();
        let is_busy = self.keeping.as_ref().is_some_and(|keeping| !keeping.is_finished());
        if at.0 - self.kept.0 < KEPT_EVERY || is_busy {
            return;
        }
        self.kept = at;
        self.keeping = Some(self.means.tools.pool.spawn(kept::save(self)));
    }

    /// Takes in all that was recorded before it began: nothing is handed out on half of a history.
    async fn catch_up(
        &mut self,
        feed: &mut Feed,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let head = loop {
            match self.means.tools.reader.head().await {
                Ok(head) => break head.position,
                Err(error) if error.passes() => rest(&error).await,
                Err(error) => return Err(error),
            }
        };
        while self.placing().at() < head {
            tokio::select! {
                events = feed.next() => match events {
                    Ok(heard) => self.hear(heard),
                    Err(error) if error.passes() => rest(&error).await,
                    Err(error) => return Err(error),
                },
                () = ends(stopped) => return Err(Error::Stopped),
            }
        }
        self.adopt();
        self.placing().begin_telling();
        self.is_caught_up = true;
        Ok(())
    }

    /// Takes in what was recorded.
    fn hear(&mut self, heard: Heard) {
        self.elsewhere = heard.elsewhere;
        for stored in &heard.events {
            self.hear_one(stored);
            self.newest = stored.hash();
        }
        self.see_to_placed();
        self.keep_beside();
        let at = self.placing().at();
        self.at.send_replace(at);
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
            Note::Rung(due, answer) => {
                self.ringing -= 1;
                self.rung(&due, &answer);
            }
            Note::LeaseEnded => self.ending -= 1,
            Note::Silenced(silence, answer) => {
                self.telling -= 1;
                self.silenced(&silence, &answer);
            }
        }
    }
}
