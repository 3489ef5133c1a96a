//! What runs go by: a definition with its defaults filled in and its names looked up.

use std::collections::BTreeSet;

use events::id::{Capability, PipelineId, Principal};
use events::task::{Priority, Retry, Timeouts};

use super::bounds::AT_ONCE;
use super::document::{Approval, Compensation, Document, OnFailure, RetryOf, Stage, TimeoutsOf};
use super::graph::Order;
use crate::expression::{Expression, Root, Template};

/// A stage, as runs go by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagePlan {
    /// Its name.
    pub name: String,
    /// The stages that must be over before it begins, by their places.
    pub after: Vec<u16>,
    /// The stages that come right after it.
    pub behind: Vec<u16>,
    /// It is skipped if this does not hold.
    pub when: Option<Expression>,
    /// What it does.
    pub does: Does,
    /// What the task or run is given; nothing is null.
    pub input: Option<Template>,
    /// It is done for each item of this list.
    pub foreach: Option<Template>,
    /// How many items are under way at once.
    pub at_once: u32,
    /// How long all of it may take.
    pub timeout_ms: Option<u64>,
    /// What follows when it fails.
    pub on_failure: OnFailure,
    /// What undoes it.
    pub compensate: Option<Undo>,
    /// Who is asked before it begins.
    pub approval: Option<Approving>,
    /// Whether anything refers to what it brings, and it has to be kept.
    pub is_output_used: bool,
    /// Whether what each of its items brings has to be kept.
    pub is_items_outputs_used: bool,
}

/// What a stage does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// A task.
    Task(Terms),
    /// A run of this edition of another pipeline.
    Run {
        /// Which pipeline.
        pipeline: PipelineId,
        /// Which edition.
        edition: u32,
    },
    /// It waits for a signal.
    Signal {
        /// Which.
        name: String,
        /// For so long at most.
        within_ms: Option<u64>,
    },
    /// It waits until a time.
    Until(Template),
    /// It waits for a while.
    For {
        /// How long.
        ms: u64,
    },
    /// Nothing, but it is approved.
    Nothing,
}

/// What is agreed about a task, in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What kind of work it is.
    pub kind: Capability,
    /// What an agent must be capable of.
    pub needs: BTreeSet<Capability>,
    /// How soon, compared with others.
    pub priority: Priority,
    /// How often it is tried.
    pub retry: Retry,
    /// How long its parts may take.
    pub timeouts: Timeouts,
}

/// The task that undoes a stage or an item of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// What is agreed about it.
    pub terms: Terms,
    /// What it is given; nothing is null.
    pub input: Option<Template>,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approving {
    /// Who may approve; anyone of the tenant if nobody is named.
    pub who: BTreeSet<Principal>,
    /// How long it waits for them at most.
    pub within_ms: Option<u64>,
    /// What is approved, if the stage does nothing else.
    pub of: Option<Template>,
}

/// The stages of a document that is right.
pub(super) fn stages(document: &Document) -> Vec<StagePlan> {
    let order = Order::of(document);
    let used = used(document);
    let stages = document.stages.iter().enumerate();
    stages.map(|(n, stage)| plan(stage, n, &order, used.contains(stage.name.as_str()))).collect()
}

fn plan(stage: &Stage, n: usize, order: &Order, is_used: bool) -> StagePlan {
    let undoes_output = stage.compensate.as_ref().and_then(|undo| undo.input.as_ref());
    let is_undone_with =
        undoes_output.is_some_and(|input| input.references().any(|one| one.root == Root::Output));
    let is_output_used = is_used || is_undone_with;
    StagePlan {
        name: stage.name.clone(),
        after: places(order.after(n)),
        behind: places(order.behind(n)),
        when: stage.when.as_ref().and_then(Template::as_expression).cloned(),
        does: does(stage),
        input: stage.input.clone(),
        foreach: stage.foreach.clone(),
        at_once: stage.at_once.unwrap_or(AT_ONCE),
        timeout_ms: stage.timeout_ms,
        on_failure: stage.on_failure.unwrap_or_default(),
        compensate: stage.compensate.as_ref().map(undo),
        approval: stage.approval.as_ref().map(approving),
        is_output_used,
        is_items_outputs_used: is_output_used && stage.foreach.is_some(),
    }
}

fn places(stages: &[usize]) -> Vec<u16> {
    stages.iter().map(|n| u16::try_from(*n).expect("there are at most 2,000 stages")).collect()
}

/// The stages whose output something refers to.
fn used(document: &Document) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    let templates = document.stages.iter().flat_map(Stage::templates).chain(&document.output);
    for reference in templates.flat_map(Template::references) {
        if reference.root == Root::StageOutput {
            used.extend(reference.stage());
        }
    }
    used
}

fn does(stage: &Stage) -> Does {
    if let Some(kind) = &stage.task {
        let rest = (&stage.needs, stage.priority, stage.retry.as_ref(), stage.timeouts.as_ref());
        return Does::Task(terms(kind, rest));
    }
    if let Some(run) = &stage.run {
        let pipeline = PipelineId::new(&run.pipeline).expect("its name was looked at");
        return Does::Run { pipeline, edition: run.edition };
    }
    let Some(wait) = &stage.wait else { return Does::Nothing };
    match (&wait.signal, &wait.until, wait.for_ms) {
        (Some(name), ..) => Does::Signal { name: name.clone(), within_ms: wait.within_ms },
        (None, Some(until), _) => Does::Until(until.clone()),
        (None, None, ms) => Does::For { ms: ms.unwrap_or_default() },
    }
}

type Rest<'d> = (&'d BTreeSet<String>, Option<u8>, Option<&'d RetryOf>, Option<&'d TimeoutsOf>);

fn terms(kind: &str, (needs, priority, retry, timeouts): Rest<'_>) -> Terms {
    let capability = |name: &str| Capability::new(name).expect("its name was looked at");
    let kind = capability(kind);
    let needs: BTreeSet<Capability> = needs.iter().map(|need| capability(need)).collect();
    Terms {
        needs: if needs.is_empty() { [kind.clone()].into() } else { needs },
        kind,
        priority: priority.and_then(|n| Priority::new(n).ok()).unwrap_or_default(),
        retry: retry.map(RetryOf::full).unwrap_or_default(),
        timeouts: timeouts.map(TimeoutsOf::full).unwrap_or_default(),
    }
}

fn undo(undo: &Compensation) -> Undo {
    let rest = (&undo.needs, undo.priority, undo.retry.as_ref(), undo.timeouts.as_ref());
    Undo { terms: terms(&undo.task, rest), input: undo.input.clone() }
}

fn approving(approval: &Approval) -> Approving {
    let principal = |name: &String| Principal::new(name).expect("its name was looked at");
    Approving {
        who: approval.who.iter().map(principal).collect(),
        within_ms: approval.within_ms,
        of: approval.of.clone(),
    }
}

impl RetryOf {
    /// With what is usual where nothing is said.
    pub(super) fn full(&self) -> Retry {
        let usual = Retry::default();
        Retry {
            tries_max: self.tries_max.unwrap_or(usual.tries_max),
            base_ms: self.base_ms.unwrap_or(usual.base_ms),
            cap_ms: self.cap_ms.unwrap_or(usual.cap_ms),
            lost_lease_counts: self.lost_lease_counts.unwrap_or(usual.lost_lease_counts),
        }
    }
}

impl TimeoutsOf {
    fn full(&self) -> Timeouts {
        Timeouts {
            start_to_close_ms: self.start_to_close_ms,
            heartbeat_ms: self.heartbeat_ms,
            queue_ms: self.queue_ms,
        }
    }
}

impl Stage {
    /// Everything in it that is filled in.
    fn templates(&self) -> impl Iterator<Item = &Template> {
        let until = self.wait.as_ref().and_then(|wait| wait.until.as_ref());
        let of = self.approval.as_ref().and_then(|approval| approval.of.as_ref());
        let undo = self.compensate.as_ref().and_then(|undo| undo.input.as_ref());
        let all = [self.when.as_ref(), self.foreach.as_ref(), self.input.as_ref(), until, of, undo];
        all.into_iter().flatten()
    }
}
