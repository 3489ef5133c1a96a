//! Filling in: what a template or a condition comes to, given the values that are there.

use std::borrow::Cow;

use events::content::{Content, DEPTH_MAX, Json, depth};

use super::evaluation::{Evaluation, Value};
use super::functions::text;
use super::looking::Sort;
use super::reference::Root;
use super::template::{Piece, Template, TemplateNode};
use super::{Expression, FILLED_BYTES_MAX, STEP_BYTES, STEPS_MAX, WHOLE_STEPS_MAX};
use crate::tree::{separate, write_text};

/// The values that are there.
pub trait Scope {
    /// Finds a value: which it is, and for stages which one, for `run`, `schedule` and `fact` which
    /// part.
    fn find(&self, root: Root, first: Option<&str>) -> Found<'_>;
}

/// What a scope has.
#[derive(Debug, Clone)]
pub enum Found<'a> {
    /// A JSON text, without spaces around it.
    Json(Cow<'a, str>),
    /// Something that an event carries. What is sealed, or kept beside the event, can be passed on,
    /// but not looked into.
    Whole(&'a Content),
    /// Nothing.
    Missing,
}

/// Why nothing can be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// Something is not there.
    #[error(
        "{0} is not there; `has(…)` asks whether it is, `default(…, other)` takes another value"
    )]
    Missing(String),
    /// A value is not what it has to be.
    #[error("{0}")]
    Unfit(String),
    /// A value is about a person, and closed.
    #[error("{0} is sealed: it can be passed on whole, and never looked into")]
    Sealed(String),
    /// A value is so large that it is kept beside the event.
    #[error("{0} is too large to look into: it can be passed on whole")]
    TooLargeToLookInto(String),
    /// What comes out is too large.
    #[error("what is filled in may have {FILLED_BYTES_MAX} bytes")]
    TooLarge,
    /// It is more work than it may be.
    #[error("it is more work than filling in may be: let a task do it")]
    TooCostly,
    /// A value cannot be read.
    #[error("a value cannot be read: {0}")]
    Unreadable(String),
}

impl FillError {
    /// For programs: it stays the same.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) | Self::Unfit(_) | Self::Unreadable(_) => "template_failed",
            Self::Sealed(_) => "template_looks_into_sealed",
            Self::TooLargeToLookInto(_) => "template_looks_into_blob",
            Self::TooLarge => "input_too_large",
            Self::TooCostly => "template_too_costly",
        }
    }
}

/// Fills in a template. One that is nothing but one whole value passes it on as it is, also if it is
/// sealed or kept beside the event.
pub fn fill(template: &Template, scope: &dyn Scope) -> Result<Content, FillError> {
    let mut steps = STEPS_MAX;
    fill_within(template, scope, &mut steps)
}

/// The same in so many steps at most; takes off those that it took.
pub fn fill_within(
    template: &Template,
    scope: &dyn Scope,
    steps: &mut u32,
) -> Result<Content, FillError> {
    if let TemplateNode::Value(expression) = template.node() {
        return expression_within(expression, scope, steps);
    }
    let evaluation = Evaluation::within(scope, *steps);
    let mut filling = Filling { evaluation, out: String::new() };
    let filled = filling.node(template.node());
    *steps = filling.evaluation.left();
    filled.and_then(|()| finish(&filling.out))
}

/// What an expression comes to.
pub fn fill_expression(expression: &Expression, scope: &dyn Scope) -> Result<Content, FillError> {
    let mut steps = STEPS_MAX;
    expression_within(expression, scope, &mut steps)
}

fn expression_within(
    expression: &Expression,
    scope: &dyn Scope,
    steps: &mut u32,
) -> Result<Content, FillError> {
    let mut evaluation = Evaluation::within(scope, *steps);
    if let Some(reference) = expression.as_whole()
        && let Found::Whole(content @ (Content::Blob(_) | Content::Sealed(_))) =
            evaluation.whole(reference)
    {
        if let Content::Sealed(sealed) = content {
            pass_on(sealed.ciphertext().len(), steps);
        }
        return Ok(content.clone());
    }
    let value = evaluation.value(expression.node());
    *steps = evaluation.left();
    let value = value?;
    pass_on(value.len(), steps);
    finish(&value)
}

/// Takes off what it costs to pass a value on. There are enough steps for that, however few are left:
/// values that were passed on before this was counted are passed on for ever. Whoever has a budget for
/// many of them hears what they cost, and has to leave room for it.
fn pass_on(bytes: usize, steps: &mut u32) {
    let cost = u32::try_from(bytes / STEP_BYTES).unwrap_or(u32::MAX);
    *steps = steps.saturating_sub(cost.min(WHOLE_STEPS_MAX));
}

/// Whether a condition holds, in so many steps at most; takes off those that it took.
pub fn holds_within(
    condition: &Expression,
    scope: &dyn Scope,
    steps: &mut u32,
) -> Result<bool, FillError> {
    let mut evaluation = Evaluation::within(scope, *steps);
    let is_so = evaluation.is_so(condition.node());
    *steps = evaluation.left();
    is_so
}

fn finish(json: &str) -> Result<Content, FillError> {
    if json.len() > FILLED_BYTES_MAX {
        return Err(FillError::TooLarge);
    }
    if depth(json) > DEPTH_MAX {
        let what = format!("what is filled in would be more than {DEPTH_MAX} deep");
        return Err(FillError::Unfit(what));
    }
    Json::parse(json).map(Content::Inline).map_err(|error| FillError::Unreadable(error.to_string()))
}

struct Filling<'a> {
    evaluation: Evaluation<'a>,
    out: String,
}

impl<'a> Filling<'a> {
    fn node(&mut self, node: &'a TemplateNode) -> Result<(), FillError> {
        match node {
            TemplateNode::Fixed(json) => self.push(json),
            TemplateNode::Value(expression) => {
                let value = self.evaluation.value(expression.node())?;
                self.push(&value)
            }
            TemplateNode::Text(pieces) => {
                let text = self.text(pieces)?;
                let mut json = String::with_capacity(text.len() + 2);
                write_text(&text, &mut json);
                self.push(&json)
            }
            TemplateNode::List(items) => {
                self.out.push('[');
                for (n, item) in items.iter().enumerate() {
                    separate(n, &mut self.out);
                    self.node(item)?;
                }
                self.push("]")
            }
            TemplateNode::Object(fields) => {
                self.out.push('{');
                for (n, (name, value)) in fields.iter().enumerate() {
                    separate(n, &mut self.out);
                    write_text(name, &mut self.out);
                    self.out.push(':');
                    self.node(value)?;
                }
                self.push("}")
            }
        }
    }

    fn text(&mut self, pieces: &'a [Piece]) -> Result<String, FillError> {
        let mut whole = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => whole.push_str(text),
                Piece::Value(expression) => {
                    let value = self.evaluation.value(expression.node())?;
                    self.evaluation.spend(&value)?;
                    whole.push_str(&in_text(&value, expression)?);
                }
            }
            if whole.len() > FILLED_BYTES_MAX {
                return Err(FillError::TooLarge);
            }
        }
        Ok(whole)
    }

    fn push(&mut self, json: &str) -> Result<(), FillError> {
        self.evaluation.spend(json)?;
        self.out.push_str(json);
        if self.out.len() <= FILLED_BYTES_MAX { Ok(()) } else { Err(FillError::TooLarge) }
    }
}

/// A value inside of a text.
fn in_text<'v>(value: &'v Value<'_>, from: &Expression) -> Result<Cow<'v, str>, FillError> {
    match Sort::of(value) {
        Sort::Text => text(value),
        Sort::Number | Sort::Boolean => Ok(Cow::Borrowed(value)),
        sort @ (Sort::Null | Sort::List | Sort::Object) => {
            let called = sort.called();
            Err(FillError::Unfit(format!(
                "`{from}` is {called}, and does not stand in a text: `json({from})` writes it out"
            )))
        }
    }
}
