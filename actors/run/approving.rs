//! Asking someone before a stage begins. They are shown what would be done, and its hash; what they
//! say holds for exactly that, and is refused if the stage would do anything else by then.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::chain::{EventHash, blob_hash};
use events::content::{Content, Json};
use events::id::{Capability, Principal, RunId};
use events::planted::{Bug, planted};
use events::run::{ApprovalAsked, Approved, Disapproved, PartHow, RunEvent};
use events::task::Failure;
use serde::Serialize;

use super::bounds::{SHOWN_BYTES_MAX, SHOWN_ITEMS_MAX};
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

/// What would be done.
pub(super) struct Action {
    pub(super) shown: Content,
    pub(super) hash: EventHash,
}

impl Draft {
    /// Asks whether a stage may begin.
    pub(super) fn ask(&mut self, n: usize, approving: &Approving) -> Result<(), Failure> {
        let Action { shown, hash } = self.run.action(n, self.id)?;
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
    /// said.
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
        if asked.agreed == Some(agrees) && asked.hash == verdict.hash {
            return Ok(None);
        }
        let is_late = stage.ends_by.is_some_and(|until| until < moment.now);
        if stage.standing != Standing::Asked || !self.is_open() || is_late {
            return Err(RunRejection::ApprovalStale);
        }
        let now = self.action(n, run_id(moment)).map(|action| action.hash);
        let is_bound = asked.hash == verdict.hash && now == Ok(verdict.hash);
        if !is_bound && !planted(Bug::ApprovalNotBound) {
            return Err(RunRejection::ApprovalStale);
        }
        let who = self.plan().and_then(|plan| plan.stage(n).approval.as_ref()).map(|it| &it.who);
        let is_asked = |by: &Principal| who.is_none_or(|who| who.is_empty() || who.contains(by));
        match &verdict.by {
            Some(by) if is_asked(by) => Ok(Some((n, by.clone()))),
            Some(_) | None => Err(RunRejection::NotYours),
        }
    }

    /// What a stage would do if it began now.
    pub(super) fn action(&self, n: usize, id: RunId) -> Result<Action, Failure> {
        let inputs = self.inputs(n, id)?;
        let plan = self.plan().expect("a stage stands in a plan");
        let (name, turn) = (&plan.names[n], self.stages[n].turn);
        let all: usize = inputs.iter().map(String::len).sum();
        let inputs_hash = blob_hash(&lengths(INPUTS, inputs.iter().map(String::as_bytes)));
        let is_all = all <= SHOWN_BYTES_MAX;
        let mut room = SHOWN_BYTES_MAX;
        let fits = |input: &&String| {
            let has_room = room >= input.len();
            room = room.saturating_sub(input.len());
            has_room
        };
        let shown = inputs.iter().take(if is_all { usize::MAX } else { SHOWN_ITEMS_MAX });
        let action = Shown {
            stage: name.as_str(),
            does: said(&plan.stage(n).does),
            count: (!is_all).then_some(inputs.len()),
            inputs_hash: (!is_all).then_some(inputs_hash),
            inputs: shown.take_while(fits).map(|input| raw(input)).collect(),
        };
        let text = serde_json::to_string(&action).expect("it has only texts, lists and objects");
        let (turn, whole) = (turn.to_be_bytes(), text.as_bytes());
        let parts: [&[u8]; 5] =
            [id.0.as_bytes(), name.as_str().as_bytes(), &turn, whole, &inputs_hash.0];
        let hash = blob_hash(&lengths(DOMAIN, parts.into_iter()));
        let shown = Content::Inline(Json::parse(&text).expect("it was written as JSON"));
        Ok(Action { shown, hash })
    }

    /// All that a stage would be given, in the form in which events carry it.
    fn inputs(&self, n: usize, id: RunId) -> Result<Vec<String>, Failure> {
        let Some(plan) = self.plan() else { return Ok(vec![]) };
        let (stage, view) = (plan.stage(n), View::of(self, id));
        let written = |content: &Content| {
            serde_json::to_string(content).expect("what an event carries can be written")
        };
        let one = |template: Option<&_>| view.fill(template).map(|content| vec![written(&content)]);
        match &stage.does {
            Does::Task(_) | Does::Run { .. } if stage.foreach.is_some() => {
                let list = stage.foreach.as_ref().map(|list| view.items(list).map(Arc::new));
                let list = list.transpose()?;
                let count = list.as_ref().map_or(0, |list| list.len());
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                super::going::check_count(count)?;
                let list = Ok(list);
                let input = |item| self.input_of(n, item, &list, id).map(|input| written(&input));
                (0..count).map(input).collect()
            }
            Does::Task(_) | Does::Run { .. } => one(stage.input.as_ref()),
            Does::Until(until) => one(Some(until)),
            Does::Nothing => match stage.approval.as_ref().and_then(|it| it.of.as_ref()) {
                Some(of) => one(Some(of)),
                None => Ok(vec![]),
            },
            Does::Signal { .. } | Does::For { .. } => Ok(vec![]),
        }
    }
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

/// Parts behind each other, each with its length, so that none is taken for a piece of another.
fn lengths<'p>(domain: &[u8], parts: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
    let mut all = domain.to_vec();
    for part in parts {
        all.extend_from_slice(&(part.len() as u64).to_be_bytes());
        all.extend_from_slice(part);
    }
    all
}
