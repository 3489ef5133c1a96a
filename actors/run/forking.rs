//! Going on from another run, from one of its stages: what was done there, and does not come after that
//! stage, stays done. The other run says what that is; it is looked up before the new one is asked.

use events::content::{Content, Json};
use events::id::StageName;
use events::run::{By, Forked, Kept, KeptItem, PartHow, RunEvent, StagesKept, Started};

use super::bounds::KEPT_EVENT_BYTES_MAX;
use super::command::{Fork, Forkable, Past};
use super::draft::Draft;
use super::held::bytes;
use super::plan::Plan;
use super::scope::null;
use super::stage::Stage;
use super::starting::{fits, fitted, is_like};
use super::{Decision, Phase, Run, RunRejection};
use crate::bounds::labels;
use crate::decider::Moment;
use crate::pipeline::Does;
use crate::pipeline::document::OnFailure;

/// What a kept stage or item has beside its output, roughly.
const KEPT_BYTES: usize = 160;

impl Run {
    pub(super) fn fork(&self, fork: Fork, moment: &Moment) -> Decision {
        if self.phase != Phase::Unknown {
            let is_same = self.is_forked_so(&fork);
            return if is_same { Ok(vec![]) } else { Err(RunRejection::AlreadyStarted) };
        }
        let past = match fork.found.ok_or(RunRejection::NotLookedUp)? {
            Forkable::Yes(past) => *past,
            Forkable::NoRun => return Err(RunRejection::ForkNotFound),
            Forkable::NotFinished => return Err(RunRejection::ForkNotFinished),
            Forkable::NoStage => {
                return Err(RunRejection::NoStage { stage: fork.from.to_string() });
            }
            Forkable::Unreadable => return Err(RunRejection::PlanUnreadable),
        };
        labels(&fork.labels)?;
        let Past { pipeline, edition, plan, input, kept, version, nominal } = past;
        let read = Plan::read(&plan).ok_or(RunRejection::PlanUnreadable)?;
        let input = fork.input.map_or(Ok(input), |input| fitted(&read, &input))?;
        let started = Started {
            pipeline,
            edition,
            plan,
            input,
            by: By::Publisher,
            parent: None,
            forked: Some(Forked { run: fork.of, version, from: fork.from, nominal }),
            begins_at: None,
            ends_by: read.definition.timeout_ms().map(|ms| moment.now.plus_ms(ms)),
            depth: 0,
            labels: fork.labels,
            at: moment.now,
        };
        fits(&started)?;
        let draft = Draft::begin(RunEvent::Started(started), moment);
        let mut draft = draft.ok_or(RunRejection::PlanUnreadable)?;
        for stages in together(kept) {
            draft.say(RunEvent::StagesKept(StagesKept { stages }));
        }
        draft.go_on();
        Ok(draft.into_events())
    }

    fn is_forked_so(&self, fork: &Fork) -> bool {
        let Some(was) = self.begun.as_ref().map(super::begun::Begun::started) else { return false };
        let fitted = |input: &Content| self.plan().and_then(|plan| fitted(plan, input).ok());
        let is_same_input = fork.input.as_ref().is_none_or(|input| {
            is_like(input, &was.input) || fitted(input).as_ref() == Some(&was.input)
        });
        let is_same_fork =
            was.forked.as_ref().is_some_and(|it| it.run == fork.of && it.from == fork.from);
        is_same_fork && is_same_input && was.labels == fork.labels
    }

    /// What another run needs to know to go on from this one, from that stage. `version` is that of the
    /// newest event.
    #[must_use]
    pub fn past(&self, from: &StageName, version: u64) -> Forkable {
        match &self.phase {
            Phase::Unknown => return Forkable::NoRun,
            Phase::Open { .. } | Phase::Ending { .. } => return Forkable::NotFinished,
            Phase::NotStarted(_) => return Forkable::Unreadable,
            Phase::Over(_) => {}
        }
        let (Some(begun), Some(plan)) = (&self.begun, self.plan()) else {
            return Forkable::Unreadable;
        };
        let Some(from) = plan.place(from) else { return Forkable::NoStage };
        let lost = (0..self.stages.len()).filter(|n| *n == from || !self.has_ended_well(plan, *n));
        let lost: Vec<usize> = lost.collect();
        let mut is_lost = plan.behind(lost.iter().copied());
        lost.iter().for_each(|n| is_lost[*n] = true);
        // Whoever agreed did not agree to what is done anew behind it.
        let asks = |n: &usize| {
            let plan = plan.stage(*n);
            plan.approval.is_some() && plan.does == Does::Nothing
        };
        let is_before = |n: &usize| {
            let behind = plan.behind([*n]);
            behind.iter().zip(&is_lost).any(|(is_behind, is_lost)| *is_behind && *is_lost)
        };
        let kept = (0..self.stages.len()).filter(|n| !is_lost[*n]);
        let kept = kept.filter(|n| !(asks(n) && is_before(n)));
        let kept = kept.map(|n| kept_as(&self.stages[n], plan, n)).collect();
        let started = begun.started();
        Forkable::Yes(Box::new(Past {
            pipeline: started.pipeline.clone(),
            edition: started.edition,
            plan: started.plan.clone(),
            input: started.input.clone(),
            kept,
            version,
            nominal: started.nominal(),
        }))
    }

    /// Whether a stage is over in a way that another run may build on: what was undone is not there any
    /// more.
    fn has_ended_well(&self, plan: &Plan, n: usize) -> bool {
        let stage = &self.stages[n];
        let is_good = match stage.how() {
            Some(PartHow::Completed) => !stage.is_output_lost,
            Some(PartHow::Failed | PartHow::TimedOut) => {
                plan.stage(n).on_failure == OnFailure::Continue
            }
            Some(PartHow::CalledOff) => false,
            None => stage.is_over(),
        };
        is_good && !stage.is_undone()
    }
}

fn kept_as(stage: &Stage, plan: &Plan, n: usize) -> Kept {
    let output = stage.output.as_ref().map(|held| held.content().clone());
    let is_used = plan.stage(n).is_items_outputs_used;
    let count = stage.items.as_ref().filter(|_| is_used).map_or(0, |items| items.count);
    // The list that they come to has a place for each of them.
    let kept = |item| {
        let held = stage.items.as_ref().and_then(|items| items.output(item));
        let output = held.map_or_else(null, |held| held.content().clone());
        KeptItem { item, output }
    };
    let items = (0..count).map(kept).collect();
    let is_empty_list = is_used && count == 0 && stage.how() == Some(PartHow::Completed);
    let output = output.or_else(|| is_empty_list.then(empty_list));
    Kept { stage: plan.names[n].clone(), how: stage.how(), output, items }
}

fn empty_list() -> Content {
    Content::Inline(Json::parse("[]").expect("it is JSON"))
}

/// How many bytes a kept stage has in an event, roughly.
pub(super) fn weight(kept: &Kept) -> usize {
    let items: usize = kept.items.iter().map(|item| bytes(&item.output) + KEPT_BYTES / 2).sum();
    items + kept.output.as_ref().map_or(0, bytes) + KEPT_BYTES
}

/// Kept stages, as many together as one event has. The items of one may be in many of them.
fn together(kept: Vec<Kept>) -> Vec<Vec<Kept>> {
    let (mut all, mut now, mut size) = (Vec::new(), Vec::new(), 0);
    for part in kept.into_iter().flat_map(apart) {
        size += weight(&part);
        if size > KEPT_EVENT_BYTES_MAX && !now.is_empty() {
            size = weight(&part);
            all.push(std::mem::take(&mut now));
        }
        now.push(part);
    }
    if !now.is_empty() {
        all.push(now);
    }
    all
}

/// A kept stage in parts that an event can have.
fn apart(kept: Kept) -> Vec<Kept> {
    let Kept { stage, how, output, items } = kept;
    let (mut together, mut now, mut size) = (Vec::new(), Vec::new(), 0);
    for item in items {
        let weight = bytes(&item.output) + KEPT_BYTES / 2;
        if size + weight > KEPT_EVENT_BYTES_MAX && !now.is_empty() {
            together.push(std::mem::take(&mut now));
            size = 0;
        }
        size += weight;
        now.push(item);
    }
    together.push(now);
    let part = |items| Kept { stage: stage.clone(), how, output: None, items };
    let mut parts: Vec<Kept> = together.into_iter().map(part).collect();
    if let Some(first) = parts.first_mut() {
        first.output = output;
    }
    parts
}
