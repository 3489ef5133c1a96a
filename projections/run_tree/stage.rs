//! One stage of a run.

use std::collections::BTreeMap;

use events::chain::EventHash;
use events::content::Content;
use events::id::{Principal, RunId, StageName};
use events::recorded::Recorded;
use events::run::{
    Does, Item, ItemsBegan, Part, PartHow, RunEvent, Sort, StageBegan, StageEnded, UndoBegan, Work,
};
use events::task::Failure;
use events::time::Timestamp;
use uuid::Uuid;

use super::NAMED_MAX;

/// One stage of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRow {
    /// Its name.
    pub name: StageName,
    /// What must be over before it.
    pub after: Vec<StageName>,
    /// What it does, in words.
    pub does: String,
    /// Where it stands.
    pub state: State,
    /// How often it began before.
    pub turn: u16,
    /// When it came to where it stands; nothing, if nothing has happened to it.
    pub since: Option<Timestamp>,
    /// How far its items are, if it goes through a list.
    pub items: Option<Counts>,
    /// How far it is undone, if it is.
    pub undo: Option<Counts>,
    /// Some of what is under way for it, by item.
    pub open: BTreeMap<(Sort, u32), OpenPart>,
    /// What went wrong.
    pub error: Option<Failure>,
}

/// Where a stage stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Others come first.
    Waits,
    /// Someone has to agree.
    Asked {
        /// What would be done.
        action: Box<Content>,
        /// The hash of that.
        hash: EventHash,
        /// Who may agree; anyone of the tenant, if nobody is named.
        who: Vec<Principal>,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Someone has agreed.
    Agreed,
    /// It is under way.
    Works,
    /// It is over.
    Over(PartHow),
    /// It was not needed.
    Skipped,
    /// It was done by the run that this one goes on from.
    Kept,
}

/// How many items are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All of them, as far as they are known.
    pub all: u32,
    /// They have begun.
    pub begun: u32,
    /// They were done.
    pub completed: u32,
    /// They ended otherwise.
    pub failed: u32,
}

impl Counts {
    /// Those that are under way.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.begun.saturating_sub(self.completed).saturating_sub(self.failed)
    }

    fn ended(&mut self, how: PartHow) {
        let ended = if how == PartHow::Completed { &mut self.completed } else { &mut self.failed };
        *ended = ended.saturating_add(1);
    }
}

/// A task or a run that is under way for a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenPart {
    /// Its id.
    pub id: Uuid,
    /// Whether it is a task; it is a run otherwise.
    pub is_task: bool,
}

impl StageRow {
    pub(super) fn new(does: String, name: StageName, after: Vec<StageName>) -> Self {
        Self {
            name,
            after,
            does,
            state: State::Waits,
            turn: 0,
            since: None,
            items: None,
            undo: None,
            open: BTreeMap::new(),
            error: None,
        }
    }

    fn is(&mut self, state: State, at: Timestamp) {
        self.state = state;
        self.since = Some(at);
    }

    fn opens(&mut self, part: &Part<'_>, does: &Does) {
        if self.open.len() >= NAMED_MAX {
            return;
        }
        let is_task = matches!(does, Does::Task(_));
        let id = if is_task { part.task().0 } else { part.within().0 };
        self.open.insert((part.sort, part.item), OpenPart { id, is_task });
    }

    fn closes(&mut self, sort: Sort, item: u32) {
        self.open.remove(&(sort, item));
    }

    fn began(&mut self, run: RunId, began: &StageBegan) {
        let StageBegan { stage, turn, work, at, .. } = began;
        self.is(State::Works, *at);
        (self.turn, self.error) = (*turn, None);
        match work {
            Work::One { does, .. } => {
                let (turn, at) = (*turn, *at);
                self.opens(&Part { run, stage, turn, item: 0, sort: Sort::Work, at }, does);
            }
            // What was done in an earlier turn is not done again.
            Work::Items { count } => {
                let done = self.items.map_or(0, |items| items.completed);
                let (all, begun) = (*count, done);
                self.items = Some(Counts { all, begun, completed: done, failed: 0 });
            }
            Work::Signal { .. } | Work::Until { .. } | Work::Nothing => {}
        }
    }

    fn items_began(&mut self, run: RunId, began: &ItemsBegan) {
        let ItemsBegan { stage, turn, does, items, at } = began;
        if let Some(counts) = &mut self.items {
            counts.begun = counts.begun.saturating_add(items.len() as u32);
        }
        for Item { item, .. } in items {
            let (turn, at) = (*turn, *at);
            self.opens(&Part { run, stage, turn, item: *item, sort: Sort::Work, at }, does);
        }
    }

    fn ended(&mut self, ended: &StageEnded) {
        self.is(State::Over(ended.how), ended.at);
        self.error = ended.error.clone();
        self.open.clear();
    }

    fn undo_began(&mut self, run: RunId, began: &UndoBegan) {
        let UndoBegan { stage, turn, does, items, at } = began;
        let counts = self.undo.get_or_insert_default();
        let more = items.len() as u32;
        counts.all = counts.all.saturating_add(more);
        counts.begun = counts.begun.saturating_add(more);
        for Item { item, .. } in items {
            let (turn, at) = (*turn, *at);
            self.opens(&Part { run, stage, turn, item: *item, sort: Sort::Undo, at }, does);
        }
    }

    /// It waits again; its items that were done stay so, unless all of it is done again.
    pub(super) fn begins_anew(&mut self, is_all: bool) {
        let (does, name) = (std::mem::take(&mut self.does), self.name.clone());
        let (after, turn) = (std::mem::take(&mut self.after), self.turn);
        let items = self.items.filter(|_| !is_all);
        *self = Self { items, turn, ..Self::new(does, name, after) };
    }
}

/// Changes the stage of a name.
pub(super) type Find<'f> = dyn FnMut(&StageName, &mut dyn FnMut(&mut StageRow)) + 'f;

/// What an event makes of the stages that it is about.
pub(super) fn fold(run: RunId, event: &Recorded<RunEvent>, find: &mut Find<'_>) {
    let at = event.recorded_at;
    match &event.event {
        RunEvent::StageBegan(began) => find(&began.stage, &mut |stage| stage.began(run, began)),
        RunEvent::ItemsBegan(began) => {
            find(&began.stage, &mut |stage| stage.items_began(run, began));
        }
        RunEvent::ItemEnded(ended) => find(&ended.stage, &mut |stage| {
            stage.closes(Sort::Work, ended.item);
            stage.items.get_or_insert_default().ended(ended.how);
        }),
        RunEvent::StageEnded(ended) => find(&ended.stage, &mut |stage| stage.ended(ended)),
        RunEvent::StagesSkipped(skipped) => {
            for name in &skipped.stages {
                find(name, &mut |stage| stage.is(State::Skipped, at));
            }
        }
        RunEvent::StagesKept(kept) => {
            for one in &kept.stages {
                find(&one.stage, &mut |stage| stage.is(State::Kept, at));
            }
        }
        RunEvent::ApprovalAsked(asked) => find(&asked.stage, &mut |stage| {
            let (action, hash) = (Box::new(asked.action.clone()), asked.hash);
            let (who, until) = (asked.who.clone(), asked.until);
            stage.is(State::Asked { action, hash, who, until }, asked.at);
            stage.turn = asked.turn;
        }),
        RunEvent::Approved(it) => find(&it.stage, &mut |stage| stage.is(State::Agreed, it.at)),
        RunEvent::UndoBegan(began) => find(&began.stage, &mut |stage| stage.undo_began(run, began)),
        RunEvent::UndoEnded(ended) => find(&ended.stage, &mut |stage| {
            stage.closes(Sort::Undo, ended.item);
            stage.undo.get_or_insert_default().ended(ended.how);
        }),
        RunEvent::Started(_)
        | RunEvent::Retried(_)
        | RunEvent::NotStarted(_)
        | RunEvent::MoreToBegin(_)
        | RunEvent::Disapproved(_)
        | RunEvent::Signalled(_)
        | RunEvent::Paused(_)
        | RunEvent::Resumed(_)
        | RunEvent::Ending(_)
        | RunEvent::WorkCalledOff(_)
        | RunEvent::Finished(_) => {}
    }
}
