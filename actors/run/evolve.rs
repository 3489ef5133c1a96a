//! How a run moves on by what happened. No event is refused here, whatever it comes after; one about a
//! stage that the plan does not have changes nothing.

use events::content::Content;
use events::id::{RunId, StageName};
use events::planted::{Bug, planted};
use events::run::{
    ApprovalAsked, CalledOff, Ending, Finished, ItemEnded, ItemsBegan, Part, PartHow, Retried,
    RunEvent, Sort, StageBegan, StageEnded, StagesKept, Started, UndoBegan, UndoEnded, Work,
    WorkCalledOff,
};
use events::time::Timestamp;
use uuid::Uuid;

use super::begun::Begun;
use super::held::Held;
use super::items::{Items, held_to, is_item};
use super::open::Place;
use super::shared::Shared;
use super::stage::{Asked, Stage, Standing, Works};
use super::{End, Phase, Run};
use crate::pipeline::Does;

impl Run {
    pub(super) fn apply(&mut self, event: &RunEvent) {
        use RunEvent as E;
        match event {
            E::Started(started) => self.started(started),
            E::NotStarted(not) => self.phase = Phase::NotStarted(Box::new(not.clone())),
            E::StageBegan(began) => self.stage_began(began),
            E::ItemsBegan(began) => self.items_began(began),
            E::ItemEnded(ended) => self.item_ended(ended),
            E::StageEnded(ended) => self.stage_ended(ended),
            E::StagesSkipped(skipped) => self.skipped(&skipped.stages),
            E::StagesKept(kept) => self.kept(kept),
            E::MoreToBegin(_) => {
                self.begins_at = None;
                self.has_more = true;
            }
            E::ApprovalAsked(asked) => self.asked(asked),
            E::Approved(approved) => self.answered(&approved.stage, true),
            E::Disapproved(disapproved) => self.answered(&disapproved.stage, false),
            E::Signalled(told) => {
                let queue = self.signals.entry(told.name.clone()).or_default();
                queue.push_back(Held::of(&told.payload));
            }
            E::Paused(_) => self.set_paused(true),
            E::Resumed(_) => self.set_paused(false),
            E::Ending(ending) => self.ending(ending),
            E::WorkCalledOff(off) => self.called_off(off),
            E::UndoBegan(began) => self.undo_began(began),
            E::UndoEnded(ended) => self.undo_ended(ended),
            E::Finished(finished) => self.finished(finished),
            E::Retried(retried) => self.retried(retried),
        }
    }

    fn started(&mut self, started: &Started) {
        let begun = Begun::of(started.clone());
        let count = begun.plan().map_or(0, |plan| plan.names.len());
        *self = Self {
            stages: vec![Stage::default(); count],
            begins_at: started.begins_at.filter(|at| *at > started.at),
            ends_by: started.ends_by,
            phase: Phase::Open { is_paused: false },
            begun: Some(begun),
            ..Self::default()
        };
    }

    /// Something goes on.
    fn moved(&mut self) {
        self.begins_at = None;
        self.has_more = false;
    }

    fn place(&self, stage: &StageName) -> Option<usize> {
        self.plan()?.place(stage)
    }

    /// The stage of this name, and its place.
    pub(super) fn named(&mut self, stage: &StageName) -> Option<(usize, &mut Stage)> {
        let n = self.place(stage)?;
        self.stages.get_mut(n).map(|stage| (n, stage))
    }

    fn stage_began(&mut self, began: &StageBegan) {
        self.moved();
        let Some((n, stage)) = self.named(&began.stage) else { return };
        (stage.turn, stage.ends_by) = (began.turn, began.ends_by);
        let works = match &began.work {
            Work::One { .. } => Works::One,
            Work::Items { count } => {
                let count = held_to(*count);
                let again = stage.items.take().filter(|items| items.count == count);
                stage.items = Some(again.unwrap_or_else(|| Shared::new(Items::new(count))));
                Works::Items
            }
            Work::Signal { name } => Works::Signal(name.clone()),
            Work::Until { at } => Works::Until(*at),
            Work::Nothing => Works::Nothing,
        };
        let is_one = works == Works::One;
        stage.standing = Standing::Works(works);
        if is_one {
            self.opened(Place::work(n, 0), began.at);
        }
    }

    fn items_began(&mut self, began: &ItemsBegan) {
        self.moved();
        let Some((n, stage)) = self.named(&began.stage) else { return };
        let of_stage = || began.items.iter().filter(|item| is_item(item.item));
        if let Some(items) = stage.items_mut() {
            of_stage().for_each(|item| items.began(item.item));
        }
        for item in of_stage() {
            self.opened(Place::work(n, item.item), began.at);
        }
    }

    fn item_ended(&mut self, ended: &ItemEnded) {
        let Some(n) = self.place(&ended.stage).filter(|_| is_item(ended.item)) else { return };
        let was_open = self.closed(Place::work(n, ended.item));
        let is_lost = ended.how == PartHow::Completed && ended.error.is_some();
        let is_apart = matches!(ended.output, Some(Content::Blob(_) | Content::Sealed(_)));
        self.is_any_output_odd |= is_lost || is_apart;
        self.kept_bytes += ended.output.as_ref().map_or(0, super::held::bytes);
        let Some(stage) = self.stages.get_mut(n) else { return };
        stage.is_output_lost |= is_lost;
        if ended.how != PartHow::Completed && stage.error.is_none() {
            stage.error = ended.error.clone().map(Shared::new);
        }
        let Some(items) = stage.items_mut() else { return };
        items.ended(ended.item, was_open);
        match ended.how {
            PartHow::Completed => items.completed(ended.item, ended.output.as_ref()),
            PartHow::Failed | PartHow::TimedOut => items.failed = items.failed.saturating_add(1),
            PartHow::CalledOff => {}
        }
    }

    fn stage_ended(&mut self, ended: &StageEnded) {
        self.moved();
        let Some(n) = self.place(&ended.stage) else { return };
        self.close_all(n);
        let is_lost = ended.how == PartHow::Completed && ended.error.is_some();
        self.is_any_output_odd |= is_lost;
        self.kept_bytes += ended.output.as_ref().map_or(0, super::held::bytes);
        let Some(stage) = self.stages.get_mut(n) else { return };
        let (is_done, was) = (ended.how == PartHow::Completed, stage.works().cloned());
        stage.turn = ended.turn;
        stage.standing = Standing::Ended(ended.how.into());
        stage.ends_by = None;
        stage.is_output_lost |= is_lost;
        stage.one.is_done = is_done && was == Some(Works::One);
        stage.output = ended.output.as_ref().map(Held::of);
        stage.error = ended.error.clone().map(Shared::new).or_else(|| stage.error.take());
        if let Some(items) = stage.items_mut() {
            items.forget_list();
        }
        self.ended.retain(|before| usize::from(*before) != n);
        self.ended.push(Place::work(n, 0).stage);
        if let Some(Works::Signal(name)) = was.filter(|_| is_done) {
            self.taken(&name);
        }
    }

    /// The oldest signal of this name went to a stage.
    fn taken(&mut self, name: &events::id::SignalName) {
        let Some(queue) = self.signals.get_mut(name) else { return };
        queue.pop_front();
        if queue.is_empty() {
            self.signals.remove(name);
        }
    }

    pub(super) fn skipped(&mut self, stages: &[StageName]) {
        self.moved();
        for stage in stages {
            if let Some((_, stage)) = self.named(stage) {
                stage.standing = Standing::Skipped;
            }
        }
    }

    fn kept(&mut self, kept: &StagesKept) {
        for one in &kept.stages {
            let Some((_, stage)) = self.named(&one.stage) else { continue };
            let before = stage.bytes();
            stage.is_kept = true;
            stage.standing = match one.how {
                Some(how) => Standing::Ended(how.into()),
                None => Standing::Skipped,
            };
            stage.output = one.output.as_ref().map(Held::of).or_else(|| stage.output.take());
            let items = || one.items.iter().filter(|item| is_item(item.item));
            if let Some(last) = items().map(|item| item.item).max() {
                let kept = items();
                let items = stage.items.get_or_insert_default();
                let items = items.own();
                items.count = items.count.max(last.saturating_add(1));
                kept.for_each(|item| items.hold(item.item, Held::of(&item.output)));
            }
            let after = stage.bytes();
            self.kept_bytes += after.saturating_sub(before);
            let is_apart = |content: &Content| !matches!(content, Content::Inline(_));
            self.is_any_output_odd |= one.items.iter().any(|item| is_apart(&item.output));
        }
    }

    fn asked(&mut self, asked: &ApprovalAsked) {
        self.moved();
        let Some((_, stage)) = self.named(&asked.stage) else { return };
        (stage.turn, stage.ends_by, stage.standing) = (asked.turn, asked.until, Standing::Asked);
        stage.asked = Some(Box::new(Asked { hash: asked.hash, agreed: None }));
    }

    fn answered(&mut self, stage: &StageName, agreed: bool) {
        let Some((_, stage)) = self.named(stage) else { return };
        if agreed && stage.standing == Standing::Asked {
            (stage.standing, stage.ends_by) = (Standing::Agreed, None);
        }
        if let Some(asked) = &mut stage.asked {
            asked.agreed = Some(agreed);
        }
    }

    fn set_paused(&mut self, paused: bool) {
        if let Phase::Open { is_paused } = &mut self.phase {
            *is_paused = paused;
        }
    }

    fn ending(&mut self, ending: &Ending) {
        self.moved();
        self.ends_by = None;
        let (why, undoes) = (Box::new(ending.why.clone()), ending.undoes);
        self.phase = Phase::Ending { why, undoes };
    }

    fn called_off(&mut self, off: &WorkCalledOff) {
        let Some(stage) = off.stage.as_ref().filter(|_| off.why == CalledOff::StageTimedOut) else {
            return;
        };
        if let Some((_, stage)) = self.named(stage) {
            (stage.is_late, stage.ends_by) = (true, None);
        }
    }

    fn undo_began(&mut self, began: &UndoBegan) {
        self.moved();
        for item in began.items.iter().filter(|item| is_item(item.item)) {
            let Some(n) = self.undone(&began.stage, item.item) else { return };
            self.opened(Place::undo(n, item.item), began.at);
        }
    }

    fn undo_ended(&mut self, ended: &UndoEnded) {
        self.moved();
        if !is_item(ended.item) {
            return;
        }
        let Some(n) = self.undone(&ended.stage, ended.item) else { return };
        self.closed(Place::undo(n, ended.item));
        self.is_undo_short |= ended.how != PartHow::Completed;
    }

    /// This item of a stage is undone, or cannot be.
    fn undone(&mut self, stage: &StageName, item: u32) -> Option<usize> {
        let (n, stage) = self.named(stage)?;
        match stage.items_mut() {
            Some(items) => drop(items.undone.insert(item as usize)),
            None => stage.one.is_undone = true,
        }
        Some(n)
    }

    fn finished(&mut self, finished: &Finished) {
        self.moved();
        self.ends_by = None;
        let result = finished.result.as_ref().map(Held::of);
        let (how, undone, error) = (finished.how, finished.undone, finished.error.clone());
        self.phase = Phase::Over(Box::new(End { how, undone, result, error }));
    }

    fn retried(&mut self, retried: &Retried) {
        let Some(plan) = self.plan().cloned() else { return };
        let again = retried.stages.iter().filter_map(|stage| plan.place(stage));
        let again: Vec<usize> = again.collect();
        let is_behind = plan.behind(again.iter().copied());
        let named = retried.from.as_ref().and_then(|stage| plan.place(stage));
        for n in &again {
            let stage = &mut self.stages[*n];
            // What comes after something that is done again is given something else.
            let is_anew = is_behind[*n] || named == Some(*n);
            // What it did before is no longer known, and will not be undone.
            let is_forgotten = is_anew && !stage.to_undo().is_empty();
            self.is_undo_short |= is_forgotten && plan.stage(*n).compensate.is_some();
            stage.again(is_anew);
        }
        // What was done of a stage stays done, also if the stage never begins again.
        let stages = &self.stages;
        self.ended.retain(|n| {
            let n = usize::from(*n);
            !again.contains(&n) || !stages[n].to_undo().is_empty()
        });
        self.kept_bytes = self.stages.iter().map(Stage::bytes).sum();
        self.ends_by = retried.ends_by;
        self.phase = Phase::Open { is_paused: false };
    }

    /// A part is under way from now on.
    fn opened(&mut self, place: Place, at: Timestamp) {
        let id = self.open.run().map(|run| self.part_id(run, place, at));
        self.open.insert(place, at, id);
    }

    /// A part is no longer under way; says whether it was.
    fn closed(&mut self, place: Place) -> bool {
        if planted(Bug::FanInCountsTwice) && !place.is_undo {
            return self.open.contains(place);
        }
        let Some(at) = self.open.since(place) else { return false };
        let id = self.open.run().map(|run| self.part_id(run, place, at));
        self.open.remove(place, id)
    }

    /// A stage that has ended has nothing under way.
    fn close_all(&mut self, n: usize) {
        let left: Vec<(Place, Timestamp)> = self.open.of_stage(n, false).collect();
        for (place, at) in left {
            let id = self.open.run().map(|run| self.part_id(run, place, at));
            self.open.remove(place, id);
        }
    }

    /// The id of the task or run that does a part.
    pub(super) fn part_id(&self, run: RunId, place: Place, at: Timestamp) -> Uuid {
        let n = place.stage();
        let Some((plan, stage)) = self.plan().zip(self.stages.get(n)) else { return Uuid::nil() };
        let sort = if place.is_undo { Sort::Undo } else { Sort::Work };
        let (turn, item) = (stage.turn, place.item);
        let part = Part { run, stage: &plan.names[n], turn, item, sort, at };
        if self.is_run(place) { part.within().0 } else { part.task().0 }
    }

    /// Whether a part is a run, and not a task.
    pub(super) fn is_run(&self, place: Place) -> bool {
        let does = self.plan().map(|plan| &plan.stage(place.stage()).does);
        !place.is_undo && matches!(does, Some(Does::Run { .. }))
    }
}
