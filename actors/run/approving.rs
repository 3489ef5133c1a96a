//! Asking someone before a stage begins. They are shown what would be done, and its hash; what they
//! say holds for exactly that, and is refused if the stage would do anything else by then.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::chain::EventHash;
use events::content::{Content, Json};
use events::id::{Capability, Principal};
use events::planted::{Bug, planted};
use events::run::{ApprovalAsked, Approved, Disapproved, PartHow, RunEvent};
use events::task::Failure;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::bounds::{ASKED_STEPS_MAX, SHOWN_BYTES_MAX, SHOWN_ITEMS_MAX};
use super::command::Verdict;
use super::draft::Draft;
use super::scope::View;
use super::stage::Standing;
use super::{Decision, Phase, Run, RunRejection, run_id};
use crate::bounds::{TEXT_BYTES_MAX, text};
use crate::decider::Moment;
use crate::pipeline::{Approving, Does};

/// Keeps these hashes apart from all others.
const DOMAIN: &[u8] = b"annals.approval.1\0";
const INPUTS: &[u8] = b"annals.approval.inputs.1\0";
/// How many bytes the inputs that are asked about have, all together: they are filled in whenever
/// someone asks about them or answers.
const ASKED_BYTES_MAX: usize = 16 * 1024 * 1024;

#[cfg(test)]
thread_local! {
    /// How often it was worked out what a stage would do.
    pub(super) static ACTIONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    /// How many steps the inputs may take that someone is asked about.
    pub(super) static ASKED_MAX: std::cell::Cell<u64> =
        const { std::cell::Cell::new(ASKED_STEPS_MAX) };
}

#[cfg(test)]
fn asked_steps_max() -> u64 {
    ASKED_MAX.get()
}

#[cfg(not(test))]
fn asked_steps_max() -> u64 {
    ASKED_STEPS_MAX
}

/// What would be done.
pub(super) struct Action {
    pub(super) shown: Content,
    pub(super) hash: EventHash,
}

impl Draft {
    /// Asks whether a stage may begin.
    pub(super) fn ask(&mut self, n: usize, approving: &Approving) -> Result<(), Failure> {
        let Action { shown, hash } = self.view().action(n)?;
        let (stage, turn, at) = (self.name(n), self.stage(n).turn, self.now);
        let who = approving.who.iter().cloned().collect();
        let until = approving.within_ms.map(|ms| at.plus_ms(ms));
        let asked = ApprovalAsked { stage, turn, action: shown, hash, who, until, at };
        self.say(RunEvent::ApprovalAsked(asked));
        Ok(())
    }
}

impl Run {
    pub(super) fn approve(&self, verdict: Verdict, moment: &Moment) -> Decision {
        let Some((n, by)) = self.verdict(&verdict, true, moment)? else { return Ok(vec![]) };
        let Some(mut draft) = Draft::of(self, moment) else { return Ok(vec![]) };
        let (stage, turn, at) = (verdict.stage, self.stages[n].turn, moment.now);
        let Verdict { hash, note, .. } = verdict;
        draft.say(RunEvent::Approved(Approved { stage, turn, hash, by, note, at }));
        draft.go_on();
        Ok(draft.into_events())
    }

    pub(super) fn disapprove(&self, verdict: Verdict, moment: &Moment) -> Decision {
        let Some((n, by)) = self.verdict(&verdict, false, moment)? else { return Ok(vec![]) };
        let Some(mut draft) = Draft::of(self, moment) else { return Ok(vec![]) };
        let (stage, turn, at) = (verdict.stage, self.stages[n].turn, moment.now);
        let Verdict { hash, note: reason, .. } = verdict;
        let message =
            if reason.is_empty() { format!("{by} did not agree") } else { reason.clone() };
        draft.say(RunEvent::Disapproved(Disapproved { stage, turn, hash, by, reason, at }));
        let error = Failure { code: "disapproved".into(), message };
        draft.end_stage(n, PartHow::Failed, Some(error));
        draft.stage_has_ended(n, PartHow::Failed);
        draft.go_on();
        Ok(draft.into_events())
    }

    /// The stage that someone speaks about, and who they are, if they may. Nothing, if this has been
    /// said, by whomever of those who are asked.
    fn verdict(
        &self,
        verdict: &Verdict,
        agrees: bool,
        moment: &Moment,
    ) -> Result<Option<(usize, Principal)>, RunRejection> {
        text("a note", &verdict.note, TEXT_BYTES_MAX)?;
        self.readable()?;
        let place = self.plan().and_then(|plan| plan.place(&verdict.stage));
        let unknown = || RunRejection::NoStage { stage: verdict.stage.to_string() };
        let n = place.ok_or_else(unknown)?;
        let stage = &self.stages[n];
        let Some(asked) = &stage.asked else {
            let is_open = matches!(self.phase, Phase::Open { .. });
            let (nothing, stale) = (RunRejection::NothingToApprove, RunRejection::ApprovalStale);
            return Err(if is_open { nothing } else { stale });
        };
        let who = self.plan().and_then(|plan| plan.stage(n).approval.as_ref()).map(|it| &it.who);
        let is_asked = |by: &&Principal| who.is_none_or(|who| who.is_empty() || who.contains(*by));
        let by = verdict.by.as_ref().filter(is_asked).ok_or(RunRejection::NotYours);
        if asked.agreed == Some(agrees) && asked.hash == verdict.hash {
            return by.map(|_| None);
        }
        let is_late = stage.ends_by.is_some_and(|until| until < moment.now);
        if stage.standing != Standing::Asked || !self.is_open() || is_late {
            return Err(RunRejection::ApprovalStale);
        }
        let is_bound = |bound: bool| bound || planted(Bug::ApprovalNotBound);
        if !is_bound(asked.hash == verdict.hash) {
            return Err(RunRejection::ApprovalStale);
        }
        let by = by?;
        // It may be much work, and is nothing that a stranger can ask for.
        let now = View::of(self, run_id(moment)).action(n).map(|action| action.hash);
        if is_bound(now == Ok(verdict.hash)) {
            Ok(Some((n, by.clone())))
        } else {
            Err(RunRejection::ApprovalStale)
        }
    }
}

impl View<'_> {
    /// What a stage would do if it began now.
    pub(super) fn action(&self, n: usize) -> Result<Action, Failure> {
        #[cfg(test)]
        ACTIONS.set(ACTIONS.get() + 1);
        let inputs = self.inputs(n)?;
        let plan = self.run.plan().expect("a stage stands in a plan");
        let (name, turn) = (&plan.names[n], self.run.stages[n].turn);
        let (is_all, inputs_hash) = (inputs.is_all_shown(), inputs.hash());
        let shown = inputs.shown.iter().take(if is_all { usize::MAX } else { SHOWN_ITEMS_MAX });
        let action = Shown {
            stage: name.as_str(),
            does: said(&plan.stage(n).does),
            count: (!is_all).then_some(inputs.count),
            inputs_hash: (!is_all).then_some(inputs_hash),
            inputs: shown.map(|input| raw(input)).collect(),
        };
        let text = serde_json::to_string(&action).expect("it has only texts, lists and objects");
        let (turn, whole) = (turn.to_be_bytes(), text.as_bytes());
        let parts: [&[u8]; 5] =
            [self.id.0.as_bytes(), name.as_str().as_bytes(), &turn, whole, &inputs_hash.0];
        let hash = lengths(DOMAIN, parts.into_iter());
        let shown = Content::Inline(Json::parse(&text).expect("it was written as JSON"));
        Ok(Action { shown, hash })
    }

    /// All that a stage would be given, in the form in which events carry it.
    fn inputs(&self, n: usize) -> Result<Inputs, Failure> {
        let mut inputs = Inputs::new();
        let Some(plan) = self.run.plan() else { return Ok(inputs) };
        let (stage, before) = (plan.stage(n), self.taken());
        let one = match &stage.does {
            Does::Task(_) | Does::Run { .. } => match &stage.foreach {
                Some(list) => {
                    let list = self.items(list)?;
                    let count = super::going::count(Some(&list))?;
                    let list = Ok(Some(Arc::new(list)));
                    for item in 0..count {
                        inputs.add(&self.input_of(n, item, &list)?)?;
                        is_not_too_costly(self.taken() - before)?;
                    }
                    return Ok(inputs);
                }
                None => Some(stage.input.as_ref()),
            },
            Does::Until(until) => Some(Some(until)),
            Does::Nothing => stage.approval.as_ref().and_then(|it| it.of.as_ref()).map(Some),
            Does::Signal { .. } | Does::For { .. } => None,
        };
        if let Some(template) = one {
            inputs.add(&self.fill(template)?)?;
        }
        Ok(inputs)
    }
}

/// What a stage would be given. All of it is in the hash; no more is kept than can be shown.
struct Inputs {
    digest: Sha256,
    count: usize,
    bytes: usize,
    shown: Vec<String>,
}

impl Inputs {
    fn new() -> Self {
        Self { digest: Sha256::new_with_prefix(INPUTS), count: 0, bytes: 0, shown: Vec::new() }
    }

    fn add(&mut self, input: &Content) -> Result<(), Failure> {
        let written = serde_json::to_string(input).expect("what an event carries can be written");
        self.count += 1;
        self.bytes += written.len();
        if self.bytes > ASKED_BYTES_MAX {
            let message = format!("what is asked about may have {ASKED_BYTES_MAX} bytes in all");
            return Err(Failure { code: "input_too_large".into(), message });
        }
        part(&mut self.digest, written.as_bytes());
        if self.is_all_shown() {
            self.shown.push(written);
        }
        Ok(())
    }

    fn is_all_shown(&self) -> bool {
        self.bytes <= SHOWN_BYTES_MAX
    }

    fn hash(&self) -> EventHash {
        EventHash(self.digest.clone().finalize().into())
    }
}

/// Counted where someone is about to be asked. Where they were, what is asked about stays what it was.
fn is_not_too_costly(steps: u64) -> Result<(), Failure> {
    let max = asked_steps_max();
    if steps <= max {
        return Ok(());
    }
    let message = format!(
        "what is asked about may take {max} steps to fill in, all together: ask about less"
    );
    Err(Failure { code: "template_too_costly".into(), message })
}

/// What would be done, as it is shown: always in this order, without spaces.
#[derive(Serialize)]
struct Shown<'a> {
    stage: &'a str,
    does: Said<'a>,
    /// How many inputs there are, where not all of them are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs_hash: Option<EventHash>,
    inputs: Vec<Json>,
}

/// Who would do it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Said<'a> {
    Task { kind: &'a str, needs: &'a BTreeSet<Capability> },
    Run { pipeline: &'a str, edition: u32 },
    Wait,
    Nothing,
}

fn said(does: &Does) -> Said<'_> {
    match does {
        Does::Task(terms) => Said::Task { kind: terms.kind.as_str(), needs: &terms.needs },
        Does::Run { pipeline, edition } => {
            Said::Run { pipeline: pipeline.as_str(), edition: *edition }
        }
        Does::Signal { .. } | Does::Until(_) | Does::For { .. } => Said::Wait,
        Does::Nothing => Said::Nothing,
    }
}

fn raw(written: &str) -> Json {
    Json::parse(written).expect("it was written as JSON")
}

/// The hash of parts behind each other.
fn lengths<'p>(domain: &[u8], parts: impl Iterator<Item = &'p [u8]>) -> EventHash {
    let mut digest = Sha256::new_with_prefix(domain);
    parts.for_each(|one| part(&mut digest, one));
    EventHash(digest.finalize().into())
}

/// One more part, with its length, so that none is taken for a piece of another.
fn part(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_be_bytes());
    digest.update(part);
}
