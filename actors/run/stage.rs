//! Where a stage of a run stands.

use events::chain::EventHash;
use events::id::SignalName;
use events::run::PartHow;
use events::task::Failure;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::held::Held;
use super::items::Items;
use super::shared::Shared;

/// A stage of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Stage {
    /// How often it began before.
    pub(super) turn: u16,
    pub(super) standing: Standing,
    /// When it must be over, or, as long as someone is asked, when they must have answered.
    pub(super) ends_by: Option<Timestamp>,
    /// Whether its time is up, and what it had under way was called off.
    pub(super) is_late: bool,
    /// Whether it was done by the run that this one was forked from.
    pub(super) is_kept: bool,
    /// Whether the one thing that it does was done, and whether that was undone.
    pub(super) one: One,
    pub(super) items: Option<Shared<Items>>,
    /// What it brought, unless that stands with its items.
    pub(super) output: Option<Held>,
    /// Whether what it brought could not be kept, although someone refers to it.
    pub(super) is_output_lost: bool,
    /// What went wrong first.
    pub(super) error: Option<Shared<Failure>>,
    /// What someone was asked in this turn.
    pub(super) asked: Option<Box<Asked>>,
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Standing {
    /// It may not begin yet, or has not.
    #[default]
    Waits,
    /// Someone is asked.
    Asked,
    /// They agreed, and it has not begun.
    Agreed,
    /// It is under way.
    Works(Works),
    /// It has ended.
    Ended(PartEnding),
    /// It is not needed.
    Skipped,
}

/// What a stage does that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Works {
    /// One thing.
    One,
    /// One thing for each of its items.
    Items,
    /// It waits for a signal.
    Signal(SignalName),
    /// It waits for a time.
    Until(Timestamp),
    /// Nothing.
    Nothing,
}

/// How a stage ended. The same as [`PartHow`], in the form in which states are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum PartEnding {
    Completed,
    Failed,
    TimedOut,
    CalledOff,
}

/// What became of the one thing that a stage does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct One {
    pub(super) is_done: bool,
    pub(super) is_undone: bool,
}

/// What someone was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) hash: EventHash,
    /// Whether they agreed, once they have said.
    pub(super) agreed: Option<bool>,
}

impl From<PartHow> for PartEnding {
    fn from(how: PartHow) -> Self {
        match how {
            PartHow::Completed => Self::Completed,
            PartHow::Failed => Self::Failed,
            PartHow::TimedOut => Self::TimedOut,
            PartHow::CalledOff => Self::CalledOff,
        }
    }
}

impl From<PartEnding> for PartHow {
    fn from(how: PartEnding) -> Self {
        match how {
            PartEnding::Completed => Self::Completed,
            PartEnding::Failed => Self::Failed,
            PartEnding::TimedOut => Self::TimedOut,
            PartEnding::CalledOff => Self::CalledOff,
        }
    }
}

impl Stage {
    /// Whether what comes after it need not wait for it.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.standing, Standing::Ended(_) | Standing::Skipped)
    }

    /// Whether it counts among those that are under way.
    pub(super) fn is_in_flight(&self) -> bool {
        match self.standing {
            Standing::Asked | Standing::Agreed | Standing::Works(_) => true,
            Standing::Waits | Standing::Ended(_) | Standing::Skipped => false,
        }
    }

    pub(super) fn works(&self) -> Option<&Works> {
        if let Standing::Works(works) = &self.standing { Some(works) } else { None }
    }

    pub(super) fn how(&self) -> Option<PartHow> {
        if let Standing::Ended(how) = self.standing { Some(how.into()) } else { None }
    }

    /// Its items, to change them.
    pub(super) fn items_mut(&mut self) -> Option<&mut Items> {
        self.items.as_mut().map(Shared::own)
    }

    /// What of it was done and not undone, item by item.
    pub(super) fn to_undo(&self) -> Vec<u32> {
        match &self.items {
            Some(items) => {
                let left = items.completed.without(&items.undone);
                left.filter_map(|item| u32::try_from(item).ok()).collect()
            }
            None if self.one.is_done && !self.one.is_undone => vec![0],
            None => vec![],
        }
    }

    /// How many items more may be undone now, where so many are being undone.
    pub(super) fn room_to_undo(&self, at_once: u32, running: usize) -> usize {
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let left = narrow(self.to_undo().len());
        super::items::room(at_once, narrow(running), left) as usize
    }

    /// Whether something of it was undone, or should have been.
    pub(super) fn is_undone(&self) -> bool {
        self.one.is_undone || self.items.as_ref().is_some_and(|items| items.undone.count() > 0)
    }

    /// How much of what it brought is kept.
    pub(super) fn bytes(&self) -> usize {
        let of_items = self.items.iter().flat_map(|items| items.outputs());
        of_items.chain(&self.output).map(Held::bytes).sum()
    }

    /// The same stage, to begin again. Items that were done stay so, unless all of it is done anew.
    pub(super) fn again(&mut self, is_anew: bool) {
        let turn = self.turn.saturating_add(1);
        let mut items = if is_anew { None } else { self.items.take() };
        if let Some(items) = items.as_mut().map(Shared::own) {
            items.again();
        }
        // What items that stay have brought is as lost as it was.
        let is_output_lost = self.is_output_lost && items.is_some();
        *self = Self { turn, items, is_output_lost, ..Self::default() };
    }
}
