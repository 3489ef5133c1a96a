//! Working an expression out. Values are JSON texts, borrowed as long as nothing new is made of them;
//! every part costs a step, and every text that is looked through costs by its length.

mod known;

use std::borrow::Cow;
use std::cmp::Ordering;

use events::content::Content;

use self::known::{Known, number, same};
use super::fill::{FillError, Found, Scope};
use super::functions::{Function, said, text};
use super::looking::{self, Sort};
use super::node::{Comparison, Node};
use super::reference::Reference;
use super::{FILLED_BYTES_MAX, STEP_BYTES};
use crate::tree::{Step, separate};

/// A JSON text.
pub(super) type Value<'a> = Cow<'a, str>;

/// Works out expressions, until it has cost too much.
pub(super) struct Evaluation<'a> {
    scope: &'a dyn Scope,
    left: u32,
}

impl<'a> Evaluation<'a> {
    pub(super) fn within(scope: &'a dyn Scope, steps: u32) -> Self {
        Self { scope, left: steps }
    }

    /// How many steps are left. None are where it was too costly: what was one too many may be done by
    /// the time it is counted.
    pub(super) fn left(&self) -> u32 {
        self.left
    }

    /// What a part comes to.
    pub(super) fn value(&mut self, node: &'a Node) -> Result<Value<'a>, FillError> {
        self.spend("")?;
        match node {
            Node::Literal(json) => Ok(Value::Borrowed(json)),
            Node::Value(reference) => self.find(reference),
            Node::List(parts) => self.list(parts),
            Node::Call(function, parts) => self.call(*function, parts),
            Node::Compare(left, comparison, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.spend(&left)?;
                self.spend(&right)?;
                self.compare(&left, *comparison, &right).map(said)
            }
            Node::Not(part) => Ok(said(!self.is_so(part)?)),
            Node::All(parts) => self.until(parts, false),
            Node::Any(parts) => self.until(parts, true),
        }
    }

    /// Whether a part holds.
    pub(super) fn is_so(&mut self, node: &'a Node) -> Result<bool, FillError> {
        match self.value(node)?.as_ref() {
            "true" => Ok(true),
            "false" => Ok(false),
            other => {
                let called = Sort::of(other).called();
                Err(FillError::Unfit(format!("`{node}` is {called}, and neither true nor false")))
            }
        }
    }

    /// What a scope has, as it is. It is not looked into.
    pub(super) fn whole(&self, reference: &Reference) -> Found<'a> {
        self.scope.find(reference.root, reference.first.as_deref())
    }

    /// Counts what has been looked through.
    pub(super) fn spend(&mut self, looked_through: &str) -> Result<(), FillError> {
        self.count(1 + looked_through.len() / STEP_BYTES)
    }

    fn count(&mut self, steps: usize) -> Result<(), FillError> {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or(0);
        left.map(drop).ok_or(FillError::TooCostly)
    }

    /// Whether a value is one of a list. Each item of its sort costs what it has: the value is read once,
    /// and of it no more is compared than there is of the item.
    pub(super) fn is_in(&mut self, value: &str, list: &str) -> Result<bool, FillError> {
        let mut alike = looking::items(list).map_err(unreadable)?;
        alike.retain(|item| Sort::of(item.get()) == Sort::of(value));
        if alike.is_empty() {
            return Ok(false);
        }
        let sought = Known::read(value)?;
        // Most items are far shorter than a step: what is left of one is kept for the next item.
        let mut compared = 0;
        for item in alike {
            compared += item.get().len();
            self.count(compared / STEP_BYTES)?;
            compared %= STEP_BYTES;
            if sought.is(&Known::read(item.get())?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn compare(
        &mut self,
        left: &str,
        comparison: Comparison,
        right: &str,
    ) -> Result<bool, FillError> {
        match comparison {
            Comparison::Same => same(left, right),
            Comparison::Other => same(left, right).map(|is_same| !is_same),
            Comparison::In if Sort::of(right) == Sort::List => self.is_in(left, right),
            Comparison::In => {
                Err(FillError::Unfit(format!("`in` looks into {}, and no list", called(right))))
            }
            Comparison::Less => order(left, right).map(Ordering::is_lt),
            Comparison::LessOrSame => order(left, right).map(Ordering::is_le),
            Comparison::More => order(left, right).map(Ordering::is_gt),
            Comparison::MoreOrSame => order(left, right).map(Ordering::is_ge),
        }
    }

    /// One after the other, until one of them settles it: what comes behind is not looked at.
    fn until(&mut self, parts: &'a [Node], settles: bool) -> Result<Value<'a>, FillError> {
        for part in parts {
            if self.is_so(part)? == settles {
                return Ok(said(settles));
            }
        }
        Ok(said(!settles))
    }

    fn find(&mut self, reference: &'a Reference) -> Result<Value<'a>, FillError> {
        let mut value = match self.whole(reference) {
            Found::Json(json) => {
                // What was made for this look alone was work already, whether it is looked into or not.
                if matches!(json, Value::Owned(_)) {
                    self.spend(&json)?;
                }
                json
            }
            Found::Whole(Content::Inline(json)) => Value::Borrowed(json.as_str()),
            Found::Whole(Content::Sealed(_)) => {
                return Err(FillError::Sealed(reference.to_string()));
            }
            Found::Whole(Content::Blob(_)) => {
                return Err(FillError::TooLargeToLookInto(reference.to_string()));
            }
            Found::Missing => return Err(FillError::Missing(reference.written(0))),
        };
        for (n, step) in reference.steps.iter().enumerate() {
            self.spend(&value)?;
            let sort = Sort::of(&value);
            value = match (sort, step) {
                (Sort::Object, Step::Field(_)) | (Sort::List, Step::Item(_)) => into(value, step)?
                    .ok_or_else(|| FillError::Missing(reference.written(n + 1)))?,
                (Sort::Null, _) => return Err(FillError::Missing(reference.written(n + 1))),
                _ => {
                    let (written, called) = (reference.written(n), sort.called());
                    let what = match step {
                        Step::Field(_) => format!("`{written}` is {called}, and has no fields"),
                        Step::Item(_) => format!("`{written}` is {called}, and no list"),
                    };
                    return Err(FillError::Unfit(what));
                }
            };
        }
        Ok(value)
    }

    fn list(&mut self, parts: &'a [Node]) -> Result<Value<'a>, FillError> {
        let mut list = String::from("[");
        for (n, part) in parts.iter().enumerate() {
            separate(n, &mut list);
            list.push_str(&self.value(part)?);
            bounded(&list)?;
        }
        list.push(']');
        self.spend(&list)?;
        Ok(Value::Owned(list))
    }

    fn call(&mut self, function: Function, parts: &'a [Node]) -> Result<Value<'a>, FillError> {
        if matches!(function, Function::Default | Function::Has) {
            let found = match self.value(&parts[0]) {
                Ok(value) if value != "null" => Some(value),
                Ok(_) | Err(FillError::Missing(_)) => None,
                Err(error) => return Err(error),
            };
            return match (function, found) {
                (Function::Has, found) => Ok(said(found.is_some())),
                (_, Some(found)) => Ok(found),
                (_, None) => self.value(&parts[1]),
            };
        }
        let values = parts.iter().map(|part| self.value(part)).collect::<Result<Vec<_>, _>>()?;
        values.iter().try_for_each(|value| self.spend(value))?;
        let made = function.apply(&values, self)?;
        bounded(&made)?;
        self.spend(&made)?;
        Ok(made)
    }
}

fn bounded(made: &str) -> Result<(), FillError> {
    if made.len() <= FILLED_BYTES_MAX { Ok(()) } else { Err(FillError::TooLarge) }
}

fn into<'a>(value: Value<'a>, step: &Step) -> Result<Option<Value<'a>>, FillError> {
    Ok(match value {
        Value::Borrowed(json) => {
            looking::step_into(json, step).map_err(unreadable)?.map(Value::Borrowed)
        }
        Value::Owned(json) => {
            let found = looking::step_into(&json, step).map_err(unreadable)?;
            found.map(|found| Value::Owned(found.to_owned()))
        }
    })
}

/// Numbers by what they are worth, texts letter by letter; nothing else has an order.
fn order(left: &str, right: &str) -> Result<Ordering, FillError> {
    match (Sort::of(left), Sort::of(right)) {
        (Sort::Number, Sort::Number) => Ok(number(left)?.compare(number(right)?)),
        (Sort::Text, Sort::Text) => Ok(text(left)?.cmp(&text(right)?)),
        _ => {
            let (left, right) = (called(left), called(right));
            Err(FillError::Unfit(format!("{left} and {right} have no order")))
        }
    }
}

fn called(json: &str) -> &'static str {
    Sort::of(json).called()
}

/// What was recorded as JSON cannot be read after all: half a character, a number without an end.
pub(super) fn unreadable(error: serde_json::Error) -> FillError {
    FillError::Unreadable(error.to_string())
}
