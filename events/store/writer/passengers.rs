//! What is to be kept of consumers waits here for a batch to go with. It costs the batch a few rows,
//! and none of its own sync; only where nothing is appended for a while does it go alone.

use std::collections::{BTreeMap, btree_map::Entry};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use crate::id::Consumer;
use crate::store::consumer::SAVE_PARKED_MAX;
use crate::store::{Error, Owner, Parked, Save, Saved};
use crate::stream::Position;

/// How long a save waits for a batch before it goes alone.
pub const SAVE_WAIT_MAX: Duration = Duration::from_secs(1);
/// The most consumers whose saves may wait.
pub const CONSUMERS_MAX: usize = 256;

type Told = Option<Result<Saved, Error>>;

/// What becomes of a save; it is kept whether or not anyone waits.
#[derive(Debug)]
pub struct SavedLater(watch::Receiver<Told>);

impl SavedLater {
    /// Waits for the commit.
    pub async fn done(mut self) -> Result<Saved, Error> {
        match self.0.wait_for(Option::is_some).await.map(|told| told.clone()) {
            Ok(Some(saved)) => saved,
            _ => Err(Error::Stopped),
        }
    }

    fn at_once(saved: Result<Saved, Error>) -> Self {
        Self(watch::channel(Some(saved)).1)
    }
}

/// Saves that wait: at most one of each consumer.
#[derive(Debug, Default)]
pub(super) struct Passengers {
    hall: Mutex<Hall>,
    first: Notify,
}

#[derive(Debug, Default)]
struct Hall {
    waiting: BTreeMap<Consumer, Waiting>,
    /// When the first of them came.
    since: Option<Instant>,
    /// Why nobody is taken along any more.
    closed: Option<Error>,
}

/// What became one save, of all that came since the last batch.
#[derive(Debug)]
struct Waiting {
    owner: Owner,
    position: Position,
    /// Of each event what was said of it last: how it is parked, or that it is settled.
    parked: BTreeMap<Position, Option<Parked>>,
    told: watch::Sender<Told>,
}

/// Saves that go with a batch, and those who wait for each of them.
#[derive(Debug, Default)]
pub(super) struct Aboard {
    pub(super) saves: Vec<Save>,
    told: Vec<watch::Sender<Told>>,
}

impl Passengers {
    fn hall(&self) -> MutexGuard<'_, Hall> {
        self.hall.lock().expect("no one panics while holding the saves")
    }

    /// Lets a save wait for the next batch.
    pub(super) fn wait(&self, save: Save) -> SavedLater {
        let mut hall = self.hall();
        let waits = match &hall.closed {
            Some(error) => Err(error.clone()),
            None => save.check().and_then(|()| hall.join(save)),
        };
        match waits {
            Ok((later, is_first)) => {
                if is_first {
                    self.first.notify_one();
                }
                later
            }
            Err(error) => SavedLater::at_once(Err(error)),
        }
    }

    /// Waits until those who wait have waited long enough.
    pub(super) async fn are_due(&self) {
        loop {
            let since = self.hall().since;
            match since {
                Some(since) => return sleep_until(since + SAVE_WAIT_MAX).await,
                None => self.first.notified().await,
            }
        }
    }

    /// All who wait.
    pub(super) fn board(&self) -> Aboard {
        let mut hall = self.hall();
        if hall.since.take().is_none() {
            return Aboard::default();
        }
        let (saves, told) = std::mem::take(&mut hall.waiting)
            .into_iter()
            .map(|(consumer, waiting)| waiting.save(consumer))
            .unzip();
        Aboard { saves, told }
    }

    /// Tells all who wait, and whoever comes later, that nothing is kept any more.
    pub(super) fn close(&self, error: &Error) {
        self.hall().closed = Some(error.clone());
        self.board().tell_all(&Err(error.clone()));
    }
}

impl Hall {
    /// Adds a save to what waits of its consumer; says whether nobody waited before.
    fn join(&mut self, save: Save) -> Result<(SavedLater, bool), Error> {
        let room = self.waiting.len() < CONSUMERS_MAX;
        let waiting = match self.waiting.entry(save.consumer.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) if room => entry.insert(Waiting::new(save.owner)),
            Entry::Vacant(_) => return Err(Error::Busy),
        };
        let later = waiting.join(save)?;
        let is_first = self.since.is_none();
        self.since.get_or_insert_with(Instant::now);
        Ok((later, is_first))
    }
}

impl Waiting {
    fn new(owner: Owner) -> Self {
        let (parked, told) = (BTreeMap::new(), watch::channel(None).0);
        Self { owner, position: Position::ZERO, parked, told }
    }

    /// The last one that comes counts; what is parked and settled adds up. Of two owners, only the
    /// later one.
    fn join(&mut self, save: Save) -> Result<SavedLater, Error> {
        if save.owner.epoch < self.owner.epoch {
            let stale = Saved::Stale { current: self.owner.epoch };
            return Ok(SavedLater::at_once(Ok(stale)));
        }
        if save.owner.epoch > self.owner.epoch {
            let stale = Saved::Stale { current: save.owner.epoch };
            std::mem::replace(self, Self::new(save.owner)).told.send_replace(Some(Ok(stale)));
        }
        let said = save.settled.iter().chain(save.parked.iter().map(|parked| &parked.position));
        let more = said.filter(|position| !self.parked.contains_key(position)).count();
        if self.parked.len() + more > SAVE_PARKED_MAX {
            return Err(Error::Busy);
        }
        self.position = self.position.max(save.position);
        self.parked.extend(save.settled.into_iter().map(|position| (position, None)));
        let parked = save.parked.into_iter();
        self.parked.extend(parked.map(|parked| (parked.position, Some(parked))));
        Ok(SavedLater(self.told.subscribe()))
    }

    fn save(self, consumer: Consumer) -> (Save, watch::Sender<Told>) {
        let Self { owner, position, parked, told } = self;
        let settled = parked.iter().filter(|(_, parked)| parked.is_none());
        let settled = settled.map(|(position, _)| *position).collect();
        let parked = parked.into_values().flatten().collect();
        (Save { consumer, owner, position, settled, parked }, told)
    }
}

impl Aboard {
    pub(super) fn is_empty(&self) -> bool {
        self.saves.is_empty()
    }

    /// Tells each what became of its save.
    pub(super) fn tell(self, saved: Vec<Result<Saved, Error>>) {
        for (told, saved) in self.told.into_iter().zip(saved) {
            told.send_replace(Some(saved));
        }
    }

    /// Tells all the same.
    pub(super) fn tell_all(self, saved: &Result<Saved, Error>) {
        for told in self.told {
            told.send_replace(Some(saved.clone()));
        }
    }
}
