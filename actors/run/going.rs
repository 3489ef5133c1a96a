//! What begins when something is over: stages whose turn it is, items for which there is room, and, if
//! there is nothing left to wait for, the end of the run.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::content::Content;
use events::run::{
    Does, Finished, How, Item, ItemEnded, ItemsBegan, PartHow, RunEvent, StageBegan, StageEnded,
    StagesSkipped, Terms, Undone, Work,
};
use events::task::Failure;
use events::time::Timestamp;

use super::bounds::{ITEMS_BEGIN_MAX, ITEMS_BYTES_MAX, OPEN_MAX};
use super::draft::Draft;
use super::held::bytes;
use super::scope::View;
use super::stage::{Stage, Standing, Works};
use super::{Run, plan::Plan};
use crate::expression;
use crate::pipeline;
use crate::pipeline::bounds::ITEMS_MAX;
use crate::pipeline::document::OnFailure;

/// The list that the items of a stage come from, if it goes through one.
pub(super) type List = Result<Option<Arc<expression::Items>>, Failure>;

impl Draft {
    /// Begins whatever may begin now.
    pub(super) fn go_on(&mut self) {
        if !self.run.may_begin() {
            return;
        }
        self.fill_up();
        let before = self.len();
        // Those that were agreed to have had their room since they were asked about, and need not be asked.
        let is_agreed = |n: &usize| self.stage(*n).is_in_flight();
        let (mut willing, mut ready): (BTreeSet<usize>, BTreeSet<usize>) =
            self.run.ready().into_iter().partition(is_agreed);
        let mut in_flight = self.in_flight();
        while self.run.is_open() {
            self.sort_out(&mut ready, &mut willing);
            if self.is_spent() || !self.run.is_open() {
                break;
            }
            let has_room = in_flight < self.plan.definition.at_once() as usize;
            let first = willing.first().copied().filter(|_| has_room);
            let agreed = willing.iter().copied().find(|n| self.stage(*n).is_in_flight());
            let Some(n) = agreed.or(first) else { break };
            willing.remove(&n);
            in_flight -= usize::from(self.stage(n).is_in_flight());
            self.begin_stage(n);
            in_flight += usize::from(self.stage(n).is_in_flight());
            ready.extend(self.run.ready_behind(n));
        }
        if !self.run.is_open() {
            return;
        }
        // Where there is no room and nothing has come of it, asking the same stages again would go on for
        // ever; whoever ends makes room.
        let has_left_some = !ready.is_empty() && (in_flight == 0 || self.len() > before);
        if self.is_spent() || has_left_some {
            return self.leave_the_rest();
        }
        if in_flight == 0 {
            self.finish_well();
        }
    }

    fn in_flight(&self) -> usize {
        self.run.stages.iter().filter(|stage| stage.is_in_flight()).count()
    }

    /// Begins items of the stages that are under way.
    fn fill_up(&mut self) {
        for n in 0..self.run.stages.len() {
            if self.run.is_open() && self.stage(n).works() == Some(&Works::Items) {
                self.begin_items(n);
            }
        }
    }

    /// Asks the stages whose turn it is whether they are needed. If one is not, those behind it are
    /// asked, too. One that cannot say is an event, of which there may be too many. Whoever is not asked
    /// stays ready.
    fn sort_out(&mut self, ready: &mut BTreeSet<usize>, willing: &mut BTreeSet<usize>) {
        let mut skipped = Vec::new();
        while !self.has_asked_enough() {
            let Some(n) = ready.pop_first() else { break };
            let plan = Arc::clone(&self.plan);
            let has_begun = self.stage(n).standing != Standing::Waits;
            let needed = match &plan.stage(n).when {
                Some(condition) if !has_begun => self.asking().holds(condition),
                Some(_) | None => Ok(true),
            };
            match needed {
                Ok(true) => drop(willing.insert(n)),
                Ok(false) => {
                    // What is said of all of them below happens to each of them here already: who comes
                    // behind it looks at it.
                    let name = self.name(n);
                    self.run.skipped(std::slice::from_ref(&name));
                    skipped.push(name);
                    ready.extend(self.run.ready_behind(n));
                }
                Err(error) => {
                    self.say_skipped(&mut skipped);
                    self.end_stage(n, PartHow::Failed, Some(error));
                    self.stage_has_ended(n, PartHow::Failed);
                    if !self.run.is_open() {
                        return;
                    }
                    ready.extend(self.run.ready_behind(n));
                }
            }
        }
        self.say_skipped(&mut skipped);
    }

    fn say_skipped(&mut self, skipped: &mut Vec<events::id::StageName>) {
        if !skipped.is_empty() {
            let stages = std::mem::take(skipped);
            self.say(RunEvent::StagesSkipped(StagesSkipped { stages, at: self.now }));
        }
    }

    /// Begins a stage, or asks whoever has to be asked before.
    fn begin_stage(&mut self, n: usize) {
        let plan = Arc::clone(&self.plan);
        let begun = match &plan.stage(n).approval {
            Some(approving) if self.stage(n).standing == Standing::Waits => self.ask(n, approving),
            Some(_) | None => self.begin_work(n),
        };
        if let Err(error) = begun {
            self.end_stage(n, PartHow::Failed, Some(error));
        }
        if let Some(how) = self.stage(n).how() {
            self.stage_has_ended(n, how);
        }
    }

    fn begin_work(&mut self, n: usize) -> Result<(), Failure> {
        let plan = Arc::clone(&self.plan);
        let stage = plan.stage(n);
        match &stage.does {
            pipeline::Does::Task(_) | pipeline::Does::Run { .. } => self.begin_parts(n)?,
            pipeline::Does::Signal { name, .. } => {
                let name = name.parse().expect("its name was looked at");
                self.say_began(n, Work::Signal { name });
                self.take_signal(n);
            }
            pipeline::Does::Until(until) => {
                let until = self.view().fill(Some(until))?;
                self.wait_until(n, time(&until)?);
            }
            pipeline::Does::For { ms } => self.wait_until(n, self.now.plus_ms(*ms)),
            pipeline::Does::Nothing => {
                self.say_began(n, Work::Nothing);
                self.end_stage(n, PartHow::Completed, None);
            }
        }
        Ok(())
    }

    fn begin_parts(&mut self, n: usize) -> Result<(), Failure> {
        let plan = Arc::clone(&self.plan);
        let Some(does) = self.run.does(n) else { return Ok(()) };
        if plan.stage(n).foreach.is_some() {
            let list = self.view().list(n)?;
            let count = count(list.as_deref())?;
            self.say_began(n, Work::Items { count });
            if let Some(items) = &self.stage(n).items {
                drop(items.list(|| Ok(list)));
            }
            self.begin_items(n);
        } else {
            let input = self.view().fill(plan.stage(n).input.as_ref())?;
            self.say_began(n, Work::One { does, input });
        }
        Ok(())
    }

    fn say_began(&mut self, n: usize, work: Work) {
        let (stage, turn, at) = (self.name(n), self.stage(n).turn, self.now);
        let ends_by = self.plan.ends_by(n, at);
        self.say(RunEvent::StageBegan(StageBegan { stage, turn, work, ends_by, at }));
    }

    fn wait_until(&mut self, n: usize, at: Timestamp) {
        self.say_began(n, Work::Until { at });
        if at <= self.now {
            self.end_stage(n, PartHow::Completed, None);
        }
    }

    /// Ends a stage that waits for a signal, if that is there.
    pub(super) fn take_signal(&mut self, n: usize) {
        let Some(Works::Signal(name)) = self.stage(n).works() else { return };
        let Some(held) = self.run.signals.get(name).and_then(|queue| queue.front()) else { return };
        let is_used = self.plan.stage(n).is_output_used;
        let output = is_used.then(|| held.content().clone());
        let (output, error) = self.run.room_for(output);
        let (stage, turn, at) = (self.name(n), self.stage(n).turn, self.now);
        let how = PartHow::Completed;
        self.say(RunEvent::StageEnded(StageEnded { stage, turn, how, output, error, at }));
    }

    /// Begins as many items of a stage as there is room for.
    fn begin_items(&mut self, n: usize) {
        let plan = Arc::clone(&self.plan);
        let at_once = plan.stage(n).at_once;
        while self.run.is_open() && !self.stage(n).is_late && !self.is_spent() {
            let Some(items) = &self.stage(n).items else { return };
            let in_run = OPEN_MAX.saturating_sub(self.run.open.len());
            let room = in_run.min(items.room(at_once) as usize).min(ITEMS_BEGIN_MAX);
            let wave: Vec<u32> = items.following().take(room).collect();
            if wave.is_empty() {
                break;
            }
            self.begin_wave(n, &wave);
        }
        self.settle(n);
        if let Some(how) = self.stage(n).how() {
            self.stage_has_ended(n, how);
        }
    }

    /// Begins these items, or, if they are large or much work, the first of them.
    fn begin_wave(&mut self, n: usize, wave: &[u32]) {
        let plan = Arc::clone(&self.plan);
        let list = self.view().list(n);
        let (mut items, mut size) = (Vec::new(), 0);
        let mut wrong = None;
        for item in wave {
            match self.view().input_of(n, *item, &list) {
                Ok(input) => {
                    size += bytes(&input);
                    if size > ITEMS_BYTES_MAX && !items.is_empty() {
                        break;
                    }
                    items.push(Item { item: *item, input });
                    if self.is_spent() {
                        break;
                    }
                }
                Err(error) => {
                    wrong = Some((*item, error));
                    break;
                }
            }
        }
        let (stage, turn, at) = (self.name(n), self.stage(n).turn, self.now);
        if let Some(does) = self.run.does(n).filter(|_| !items.is_empty()) {
            let stage = stage.clone();
            self.say(RunEvent::ItemsBegan(ItemsBegan { stage, turn, does, items, at }));
        }
        if let Some((item, error)) = wrong {
            let (how, error) = (PartHow::Failed, Some(error));
            let ended = ItemEnded { stage, turn, item, how, output: None, error: error.clone() };
            self.say(RunEvent::ItemEnded(ended));
            if plan.stage(n).on_failure != OnFailure::Continue {
                self.fail(n, error);
            }
        }
    }

    /// A stage has ended, and the run goes by what its plan says about that.
    pub(super) fn stage_has_ended(&mut self, n: usize, how: PartHow) {
        let has_failed = how != PartHow::Completed;
        if has_failed && self.plan.stage(n).on_failure != OnFailure::Continue {
            let error = self.stage(n).error.as_deref().cloned();
            self.fail(n, error);
        }
    }

    /// Nothing is left to do, and nothing to wait for.
    fn finish_well(&mut self) {
        let output = self.plan.definition.output().cloned();
        let filled = output.map(|output| self.view().fill(Some(&output))).transpose();
        let (how, result, error) = match filled {
            Ok(result) => (How::Completed, result, None),
            Err(error) => (How::Failed, None, Some(error)),
        };
        let (undone, at) = (Undone::Nothing, self.now);
        self.say(RunEvent::Finished(Finished { how, result, error, undone, at }));
    }
}

impl Run {
    /// The stages whose turn it is.
    fn ready(&self) -> BTreeSet<usize> {
        let stages = self.stages.iter().enumerate();
        stages.filter(|(n, stage)| self.is_ready(*n, stage)).map(|(n, _)| n).collect()
    }

    /// Those behind a stage, if that is over.
    fn ready_behind(&self, n: usize) -> Vec<usize> {
        let Some(plan) = self.plan().filter(|_| self.stages[n].is_over()) else { return vec![] };
        let behind = plan.stage(n).behind.iter().map(|n| usize::from(*n));
        behind.filter(|n| self.is_ready(*n, &self.stages[*n])).collect()
    }

    fn is_ready(&self, n: usize, stage: &Stage) -> bool {
        let is_over = |n: &u16| self.stages[usize::from(*n)].is_over();
        match stage.standing {
            Standing::Agreed => true,
            Standing::Waits => {
                self.plan().is_some_and(|plan| plan.stage(n).after.iter().all(is_over))
            }
            Standing::Asked | Standing::Works(_) | Standing::Ended(_) | Standing::Skipped => false,
        }
    }

    /// Who does what a stage has done; nobody, if it only waits.
    pub(super) fn does(&self, n: usize) -> Option<Does> {
        match &self.plan()?.stage(n).does {
            pipeline::Does::Run { pipeline, edition } => {
                let depth = self.begun.as_ref().map_or(0, |begun| begun.started().depth);
                let (pipeline, edition) = (pipeline.clone(), *edition);
                Some(Does::Run { pipeline, edition, depth: depth.saturating_add(1) })
            }
            pipeline::Does::Task(terms) => Some(Does::Task(said(terms))),
            pipeline::Does::Signal { .. }
            | pipeline::Does::Until(_)
            | pipeline::Does::For { .. }
            | pipeline::Does::Nothing => None,
        }
    }
}

impl View<'_> {
    /// The list that the items of a stage come from.
    pub(super) fn list(&self, n: usize) -> List {
        let Some(plan) = self.run.plan() else { return Ok(None) };
        let Some(foreach) = &plan.stage(n).foreach else { return Ok(None) };
        let made = || self.items(foreach).map(|list| Some(Arc::new(list)));
        match &self.run.stages[n].items {
            Some(items) => items.list(made),
            None => made(),
        }
    }

    /// What an item of a stage is given.
    pub(super) fn input_of(&self, n: usize, item: u32, list: &List) -> Result<Content, Failure> {
        let list = list.as_ref().map_err(Clone::clone)?;
        let text = list.as_ref().and_then(|list| list.get(item as usize)).unwrap_or("null");
        let view = View { item: Some((text, item)), ..*self };
        view.fill(self.run.plan().and_then(|plan| plan.stage(n).input.as_ref()))
    }
}

/// How many items a list has: not more than a stage goes through.
pub(super) fn count(list: Option<&expression::Items>) -> Result<u32, Failure> {
    let count = list.map_or(0, expression::Items::len);
    if let Some(count) = u32::try_from(count).ok().filter(|_| count <= ITEMS_MAX) {
        return Ok(count);
    }
    let message = format!("a stage goes through {ITEMS_MAX} items, and these are {count}");
    Err(Failure { code: "too_many_items".into(), message })
}

/// The terms of a task, as they are recorded.
pub(super) fn said(terms: &pipeline::Terms) -> Terms {
    Terms {
        kind: terms.kind.as_str().to_owned(),
        needs: terms.needs.clone(),
        priority: terms.priority,
        retry: terms.retry,
        timeouts: terms.timeouts,
    }
}

impl Plan {
    /// When a stage that begins now must be over: a wait has one time, the sooner of the two that may
    /// be said.
    fn ends_by(&self, n: usize, now: Timestamp) -> Option<Timestamp> {
        let stage = self.stage(n);
        let within = match &stage.does {
            pipeline::Does::Signal { within_ms, .. } => *within_ms,
            pipeline::Does::Task(_)
            | pipeline::Does::Run { .. }
            | pipeline::Does::Until(_)
            | pipeline::Does::For { .. }
            | pipeline::Does::Nothing => None,
        };
        let ms = stage.timeout_ms.into_iter().chain(within).min();
        ms.map(|ms| now.plus_ms(ms))
    }
}

/// A time that a template came to.
fn time(content: &Content) -> Result<Timestamp, Failure> {
    let wrong = |what: String| Failure { code: "template_failed".into(), message: what };
    let Content::Inline(json) = content else {
        return Err(wrong("the time to wait for cannot be looked at".into()));
    };
    let text: String = serde_json::from_str(json.as_str())
        .map_err(|_| wrong("the time to wait for is no text".into()))?;
    text.parse().map_err(|error: events::time::InvalidTime| wrong(error.to_string()))
}
