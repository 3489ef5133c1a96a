//! Terms of a trigger, from one place in the log to another, and what they say about a fact.

use std::borrow::Cow;

use events::content::Json;
use events::fact::CloudEvent;
use events::id::{EventId, TriggerId};
use events::labels::Labels;
use events::planted::{Bug, planted};
use events::run::{By, run_of_fact};
use events::stream::Position;
use events::task::Failure;
use uuid::Uuid;

use super::scope::Fact;
use crate::bounds::{TEXT_BYTES_MAX, cut};
use crate::expression::{Expression, FillError, STEPS_MAX, Template, fill_within, holds_within};
use crate::reaction::{Led, ToDo};
use crate::run::{Begin, Given, RunCommand, Wanted};
use crate::trigger::Terms;

/// Terms of a trigger, and where they hold.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) trigger: TriggerId,
    /// Behind the event here.
    pub(super) from: Position,
    /// Before the event there.
    pub(super) to: Option<Position>,
    pub(super) terms: Terms,
    /// As long as they hold; after that they are rarely asked for, and take less room unread.
    read: Option<Read>,
}

/// What stands in terms of a trigger, read. It was read when the trigger was set, so it is only unreadable
/// to another program.
#[derive(Debug, Clone)]
struct Read {
    /// What must hold of a fact.
    filter: Option<Result<Expression, Unreadable>>,
    template: Result<Template, Unreadable>,
}

/// What terms have beside their texts, roughly.
const SPAN_BYTES: usize = 256;

/// A program of another time wrote it.
#[derive(Debug, Clone, Copy)]
struct Unreadable;

/// The planted bug: never the same fact twice.
fn another() -> EventId {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    EventId(Uuid::from_u128(u128::from(number)))
}

impl Span {
    /// Terms that hold from there on.
    pub(super) fn from(from: Position, trigger: TriggerId, terms: Terms) -> Self {
        let read = Some(Read::of(&terms));
        Self { trigger, from, to: None, terms, read }
    }

    /// They hold up to there.
    pub(super) fn ended(self, to: Position) -> Self {
        Self { to: Some(to), read: None, ..self }
    }

    /// How much room it takes unread.
    pub(super) fn bytes(&self) -> usize {
        let Terms { kind, source, filter, pipeline, input, .. } = &self.terms;
        let names = self.trigger.as_str().len() + pipeline.as_str().len() + kind.len();
        let source = source.as_ref().map_or(0, |source| source.as_str().len());
        SPAN_BYTES + names + source + filter.as_ref().map_or(0, String::len) + input.len()
    }

    pub(super) fn kind(&self) -> &str {
        &self.terms.kind
    }

    pub(super) fn holds_at(&self, position: Position) -> bool {
        self.from < position && self.to.is_none_or(|to| position < to)
    }

    /// Whether a fact of the right type is of the right source.
    pub(super) fn hears(&self, said: &CloudEvent) -> bool {
        let is_source = |source: &events::id::Source| source.as_str() == said.source;
        self.terms.source.as_ref().is_none_or(is_source)
    }

    /// The run that a fact starts, if it passes the filter, in so many steps. Where there are fewer than
    /// a filter may take by itself, and it is not through by then, the run says so: the trigger is not
    /// to blame, and may have been meant.
    pub(super) fn react(&self, fact: EventId, said: &CloudEvent, steps: &mut u32) -> Option<Led> {
        let is_cut_short = *steps < STEPS_MAX;
        let read = self.read.as_ref();
        let read = read.map_or_else(|| Cow::Owned(Read::of(&self.terms)), Cow::Borrowed);
        match read.passes(said, steps) {
            Ok(true) => Some(self.start(fact, read.input(said, steps))),
            Err(error @ FillError::TooCostly) if is_cut_short => {
                let message = "the triggers of this fact are more work together than they may be";
                Some(self.start(fact, wrong(error.code(), message.into())))
            }
            // A fact of which a filter cannot tell is not meant.
            Ok(false) | Err(_) => None,
        }
    }

    fn start(&self, mut fact: EventId, input: Given) -> Led {
        let mut because = self.trigger.to_string();
        if planted(Bug::TriggerFiresAgain) {
            fact = another();
            because = format!("{because}/{fact}");
        }
        let Terms { pipeline, edition, .. } = &self.terms;
        let begin = Begin {
            wanted: Wanted { pipeline: pipeline.clone(), edition: *edition },
            found: None,
            input,
            by: By::Trigger { trigger: self.trigger.clone(), fact },
            parent: None,
            depth: 0,
            begins_at: None,
            labels: Labels::new(),
        };
        let run = run_of_fact(&self.trigger, fact);
        let to_do = ToDo::Run(run, Box::new(RunCommand::Start(Box::new(begin))));
        Led { because, to_do }
    }
}

impl Read {
    fn of(terms: &Terms) -> Self {
        let read = |filter: &String| Expression::parse_quoted(filter).map_err(|_| Unreadable);
        let filter = terms.filter.as_ref().map(read);
        let template = Json::parse(&terms.input).map_err(|_| Unreadable);
        let template = template.and_then(|json| Template::read(&json).map_err(|_| Unreadable));
        Self { filter, template }
    }

    fn passes(&self, said: &CloudEvent, steps: &mut u32) -> Result<bool, FillError> {
        match &self.filter {
            Some(Ok(filter)) => holds_within(filter, &Fact(said), steps),
            Some(Err(Unreadable)) => Ok(false),
            None => Ok(true),
        }
    }

    /// What the run is given. Where that cannot be made, the run says so: whoever looks for what became
    /// of the fact finds it.
    fn input(&self, said: &CloudEvent, steps: &mut u32) -> Given {
        match &self.template {
            Ok(template) => match fill_within(template, &Fact(said), steps) {
                Ok(content) => Given::Content(content),
                Err(error) => wrong(error.code(), error.to_string()),
            },
            Err(Unreadable) => {
                wrong("template_failed", "this program cannot read the trigger's input".into())
            }
        }
    }
}

fn wrong(code: &str, message: String) -> Given {
    Given::Wrong(Failure { code: code.into(), message: cut(message, TEXT_BYTES_MAX) })
}
