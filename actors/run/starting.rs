//! How a run begins. Whoever asks at a door hears why it cannot; where nobody waits at a door, that it
//! could not begin is the first and last thing that happens to it.

use events::codec::Words;
use events::content::{Content, INLINE_BYTES_MAX};
use events::run::{By, NotStarted, RunEvent, Started};
use events::task::Failure;
use events::time::Timestamp;

use super::bounds::DEPTH_MAX;
use super::command::{Begin, Given, Resolved};
use super::draft::Draft;
use super::held::bytes;
use super::plan::Plan;
use super::{Decision, Phase, Run, RunRejection};
use crate::bounds::{
    LABELS_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX, VALUE_BYTES_MAX, cut, labels, within,
};
use crate::decider::{Moment, Rejection};
use crate::pipeline::Wrong;
use crate::task::DURATION_MS_MAX;

/// How many mistakes of an input are told.
const TOLD_MAX: usize = 20;
/// What a first event has beside plan and input, at most: labels, each letter of them written in six.
const AROUND_BYTES: usize = 4096 + 6 * LABELS_MAX * (NAME_BYTES_MAX + VALUE_BYTES_MAX);

impl Run {
    pub(super) fn start(&self, begin: Begin, moment: &Moment) -> Decision {
        let is_asked_for = begin.by == By::Publisher;
        if self.phase != Phase::Unknown {
            let is_same = !is_asked_for || self.is_same(&begin);
            return if is_same { Ok(vec![]) } else { Err(RunRejection::AlreadyStarted) };
        }
        let (by, parent, wanted) = (begin.by.clone(), begin.parent.clone(), begin.wanted.clone());
        match started(begin, moment.now) {
            Ok(started) => begun(started, moment),
            // Whoever has not looked up the definition is to do so, and not to give up.
            Err(no) if is_asked_for || no == Unbegun::from(RunRejection::NotLookedUp) => {
                Err(no.rejection())
            }
            Err(no) => {
                let (pipeline, edition, at) = (wanted.pipeline, wanted.edition, moment.now);
                let error = no.failure();
                let not = NotStarted { pipeline, edition, by, parent, error, at };
                Ok(vec![RunEvent::NotStarted(not)])
            }
        }
    }

    /// Whether it began just so.
    fn is_same(&self, begin: &Begin) -> bool {
        let Some(was) = self.begun.as_ref().map(super::begun::Begun::started) else { return false };
        let is_same_edition = begin.wanted.edition.is_none_or(|edition| edition == was.edition);
        let Given::Content(given) = &begin.input else { return false };
        let is_same_input = is_like(given, &was.input)
            || self
                .plan()
                .and_then(|plan| fitted(plan, given).ok())
                .is_some_and(|now| now == was.input);
        was.pipeline == begin.wanted.pipeline
            && is_same_edition
            && is_same_input
            && was.forked.is_none()
            && (&was.by, &was.parent) == (&begin.by, &begin.parent)
            && (&was.labels, was.begins_at) == (&begin.labels, begin.begins_at)
    }
}

/// Whether two inputs are the same as far as can be told: what is sealed is never the same twice, but
/// about the same person.
pub(super) fn is_like(one: &Content, other: &Content) -> bool {
    match (one, other) {
        (Content::Sealed(one), Content::Sealed(other)) => one.key() == other.key(),
        _ => one == other,
    }
}

/// Why a run does not begin.
#[derive(Debug, PartialEq)]
struct Unbegun(Result<RunRejection, Failure>);

impl<R: Into<RunRejection>> From<R> for Unbegun {
    fn from(rejection: R) -> Self {
        Self(Ok(rejection.into()))
    }
}

impl Unbegun {
    fn rejection(self) -> RunRejection {
        self.0.unwrap_or_else(|failure| RunRejection::InputInvalid(failure.message))
    }

    /// In the words of a failure, without the name of the category.
    fn failure(self) -> Failure {
        self.0.map_or_else(
            |Failure { code, message }| Failure {
                code: cut(code, NAME_BYTES_MAX),
                message: cut(message, TEXT_BYTES_MAX),
            },
            |no| {
                let code = no.code().trim_start_matches("run.").to_owned();
                Failure { code, message: cut(no.to_string(), TEXT_BYTES_MAX) }
            },
        )
    }
}

/// The first event of a run, if it may begin.
fn started(begin: Begin, now: Timestamp) -> Result<Started, Unbegun> {
    let Begin { wanted, found, input, by, parent, depth, begins_at, labels: words } = begin;
    let found = found.ok_or(RunRejection::NotLookedUp)?;
    let (edition, text, is_deprecated) = match found {
        Resolved::Found { edition, plan, is_deprecated } => (edition, plan, is_deprecated),
        Resolved::NoPipeline => return Err(RunRejection::PipelineNotFound.into()),
        Resolved::NoEdition => return Err(RunRejection::EditionNotFound.into()),
    };
    // What another pipeline names was there before it was deprecated, and is a part of that one.
    if is_deprecated && parent.is_none() {
        return Err(RunRejection::PipelineDeprecated.into());
    }
    if depth > DEPTH_MAX {
        return Err(RunRejection::TooDeep { max: DEPTH_MAX }.into());
    }
    let plan = Plan::read(&text).ok_or(RunRejection::PlanUnreadable)?;
    let input = match input {
        Given::Content(input) => fitted(&plan, &input)?,
        Given::Wrong(failure) => return Err(Unbegun(Err(failure))),
    };
    let waits_ms = begins_at.map_or(0, |at| at.millis().saturating_sub(now.millis()));
    within("the time until a run begins, in milliseconds,", waits_ms, 0, DURATION_MS_MAX)?;
    labels(&words)?;
    let begins = begins_at.map_or(now, |at| at.max(now));
    let ends_by = plan.definition.timeout_ms().map(|ms| begins.plus_ms(ms));
    let (pipeline, labels) = (wanted.pipeline, words);
    let started = Started {
        pipeline,
        edition,
        plan: text,
        input,
        by,
        parent,
        forked: None,
        begins_at,
        ends_by,
        depth,
        labels,
        at: now,
    };
    fits(&started)?;
    Ok(started)
}

/// The first event of a run, and what follows from it.
fn begun(started: Started, moment: &Moment) -> Decision {
    let draft = Draft::begin(RunEvent::Started(started), moment);
    let mut draft = draft.ok_or(RunRejection::PlanUnreadable)?;
    draft.go_on();
    Ok(draft.into_events())
}

/// The first event is not larger than an event may be.
pub(super) fn fits(started: &Started) -> Result<(), RunRejection> {
    let roughly = bytes(&started.input) + started.plan.as_str().len() + AROUND_BYTES;
    let is_small = roughly <= INLINE_BYTES_MAX;
    let len = || RunEvent::Started(started.clone()).payload().len();
    if is_small || len() <= INLINE_BYTES_MAX { Ok(()) } else { Err(RunRejection::InputTooLarge) }
}

/// What a run is given, held to what its plan says of it.
pub(super) fn fitted(plan: &Plan, given: &Content) -> Result<Content, RunRejection> {
    match given {
        Content::Inline(json) => {
            let fitted = plan.definition.check_input(json);
            fitted.map(Content::Inline).map_err(|wrongs| RunRejection::InputInvalid(told(&wrongs)))
        }
        Content::Blob(_) | Content::Sealed(_) if plan.definition.looks_at_input() => {
            Err(RunRejection::InputSealed)
        }
        Content::Blob(_) | Content::Sealed(_) => Ok(given.clone()),
    }
}

/// What is wrong with an input, a line each.
fn told(wrongs: &[Wrong]) -> String {
    let lines: Vec<String> = wrongs.iter().take(TOLD_MAX).map(ToString::to_string).collect();
    cut(lines.join("\n"), TEXT_BYTES_MAX - 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_made_is_told_as_it_was() {
        let failure = Failure { code: "template_failed".into(), message: "no total".into() };
        assert_eq!(Unbegun(Err(failure.clone())).failure(), failure);
        assert_eq!(Unbegun::from(RunRejection::InputSealed).failure().code, "input_sealed");
    }
}
