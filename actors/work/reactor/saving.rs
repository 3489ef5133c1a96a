//! How far a reaction came is kept with the log, and what is parked with it: after the answers, never
//! before, and one save after the other.

use std::pin::Pin;
use std::time::Duration;

use events::store::consumer::SAVE_PARKED_MAX;
use events::store::{Epochs, Error, Owner, Save, Saved};
use events::stream::Position;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Desk;
use super::order::pause;
use super::parked::{Changes, NotDone};

/// How long it may take until it is kept that nothing was to be done about what was read.
const QUIET: Duration = Duration::from_secs(5);
/// The partition whose owner a reaction belongs to.
const PARTITION: u16 = 0;

/// Who waits until something is kept.
pub(super) type Tell = oneshot::Sender<Result<Position, NotDone>>;

type Kept = Result<Saved, Error>;

/// What is kept, and what is to be kept.
pub(super) struct Saving {
    owner: Owner,
    /// Whether another owner's epoch is a loss, and not only news.
    is_claimed: bool,
    at: Position,
    due: Due,
    /// How often in a row nothing was kept.
    failed: u32,
    under_way: Option<UnderWay>,
    /// Never more than there are parked events.
    tells: Vec<(Position, Tell)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Never,
    Now,
    At(Instant),
}

struct UnderWay {
    position: Position,
    changes: Changes,
    tells: Vec<(Position, Tell)>,
    later: Pin<Box<dyn Future<Output = Kept> + Send>>,
}

impl Saving {
    pub(super) fn under(epochs: Option<&Epochs>) -> Self {
        let epoch = epochs.map_or(0, |epochs| epochs[usize::from(PARTITION)]);
        Self {
            owner: Owner { partition: PARTITION, epoch },
            is_claimed: epochs.is_some(),
            at: Position::ZERO,
            due: Due::Never,
            failed: 0,
            under_way: None,
            tells: Vec::new(),
        }
    }

    pub(super) fn stands_at(&mut self, at: Position) {
        self.at = at;
    }

    /// Up to where it is kept that everything is dealt with.
    pub(super) fn kept(&self) -> Position {
        self.at
    }

    /// Something is worth being kept soon.
    pub(super) fn is_due(&mut self) {
        if self.failed == 0 {
            self.due = Due::Now;
        }
    }

    /// Tells when what is to be kept now is kept.
    pub(super) fn tell(&mut self, position: Position, tell: Tell) {
        self.tells.push((position, tell));
    }

    pub(super) fn wakes_at(&self) -> Option<Instant> {
        match self.due {
            Due::At(at) if self.under_way.is_none() => Some(at),
            Due::At(_) | Due::Now | Due::Never => None,
        }
    }

    /// What became of the save that is under way; never, if there is none.
    pub(super) async fn done(&mut self) -> Kept {
        match &mut self.under_way {
            Some(under_way) => (&mut under_way.later).await,
            None => std::future::pending().await,
        }
    }
}

impl Desk {
    /// Has it kept how far everything is dealt with, if it is time and nothing is on its way.
    pub(super) fn save(&mut self) {
        let done = self.window.done(self.read);
        self.at.send_if_modified(|at| std::mem::replace(at, done) != done);
        if !self.shelf.changes.is_empty() {
            self.saving.is_due();
        }
        if self.saving.due == Due::Never && done > self.saving.at {
            self.saving.due = Due::At(Instant::now() + QUIET);
        }
        let is_due = match self.saving.due {
            Due::Now => true,
            Due::At(at) => at <= Instant::now(),
            Due::Never => false,
        };
        if is_due && self.saving.under_way.is_none() {
            self.send_save(done);
        }
    }

    fn send_save(&mut self, done: Position) {
        let changes = self.changes();
        let beyond = self.shelf.changes.range(self.saving.at.next()..).next();
        let done = beyond.map_or(done, |(next, _)| done.min(Position(next.0 - 1)));
        let position = done.max(self.saving.at);
        let parked = changes.values().flatten().cloned().collect();
        let settled = changes.iter().filter(|(_, row)| row.is_none()).map(|(at, _)| *at);
        let settled = settled.collect();
        let (consumer, owner) = (self.consumer.clone(), self.saving.owner);
        let save = Save { consumer, owner, position, settled, parked };
        let later = Box::pin(self.means.tools.writer.save(save).done());
        let (kept, tells): (Vec<_>, _) = std::mem::take(&mut self.saving.tells)
            .into_iter()
            .partition(|(position, _)| self.shelf.changes.contains_key(position));
        self.saving.tells = kept;
        self.saving.due = Due::Never;
        self.saving.under_way = Some(UnderWay { position, changes, tells, later });
    }

    /// As many changes as one save has room for; the others stay.
    fn changes(&mut self) -> Changes {
        let all = &mut self.shelf.changes;
        let rest = match all.keys().nth(SAVE_PARKED_MAX).copied() {
            Some(next) => all.split_off(&next),
            None => Changes::new(),
        };
        std::mem::replace(all, rest)
    }

    pub(super) fn saved(&mut self, saved: Kept) -> Result<(), Error> {
        let Some(UnderWay { position, changes, tells, .. }) = self.saving.under_way.take() else {
            return Ok(());
        };
        match saved {
            Ok(Saved::Now) => {
                (self.saving.at, self.saving.failed) = (position, 0);
                // Who does not wait any longer needs no answer.
                tells.into_iter().for_each(|(at, tell)| drop(tell.send(Ok(at))));
                return Ok(());
            }
            Ok(Saved::Stale { current }) if !self.saving.is_claimed => {
                self.saving.owner.epoch = current;
            }
            Ok(lost @ (Saved::Stale { .. } | Saved::Behind(_) | Saved::Beyond(_))) => {
                tracing::error!(consumer = %self.consumer, ?lost, "another process reacts by now");
                return Err(Error::Stopped);
            }
            Err(error) if error.passes() || matches!(error, Error::Busy) => {}
            Err(error) => return Err(error),
        }
        self.save_again(changes, tells);
        Ok(())
    }

    /// Nothing was kept; what was changed since then counts.
    fn save_again(&mut self, changes: Changes, tells: Vec<(Position, Tell)>) {
        let newer = std::mem::replace(&mut self.shelf.changes, changes);
        self.shelf.changes.extend(newer);
        self.saving.tells.extend(tells);
        self.saving.failed += 1;
        self.saving.due = Due::At(Instant::now() + pause(self.saving.failed));
    }

    /// Has it kept at the end how far everything is dealt with. Nobody waits for that: it goes with what
    /// the log takes last, and what was not kept is done again and happens once.
    pub(super) fn leave(&mut self) {
        let done = self.window.done(self.read);
        let is_news = done > self.saving.at || !self.shelf.changes.is_empty();
        if is_news && self.saving.under_way.is_none() && !self.means.tools.writer.is_stopped() {
            self.send_save(done);
        }
    }
}
