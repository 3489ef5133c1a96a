//! Values that were read, to be compared with as many others as there are: what is sought in a list is
//! read once, and not again for each item.

use std::borrow::Cow;

use super::super::fill::FillError;
use super::super::functions::text;
use super::super::looking::Sort;
use super::super::numbers::Number;
use super::unreadable;

/// A value that was read.
pub(super) enum Known<'j> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Cow<'j, str>),
    /// A list or an object.
    Tree(serde_json::Value),
}

impl<'j> Known<'j> {
    pub(super) fn read(json: &'j str) -> Result<Self, FillError> {
        Ok(match Sort::of(json) {
            Sort::Null => Self::Null,
            Sort::Boolean => Self::Boolean(json == "true"),
            Sort::Number => Self::Number(number(json)?),
            Sort::Text => Self::Text(text(json)?),
            Sort::List | Sort::Object => {
                Self::Tree(serde_json::from_str(json).map_err(unreadable)?)
            }
        })
    }

    /// Whether two values are the same, at every depth; the order of fields does not matter.
    pub(super) fn is(&self, other: &Known<'_>) -> bool {
        match (self, other) {
            (Self::Null, Known::Null) => true,
            (Self::Boolean(left), Known::Boolean(right)) => left == right,
            (Self::Number(left), Known::Number(right)) => left.compare(*right).is_eq(),
            (Self::Text(left), Known::Text(right)) => left == right,
            (Self::Tree(left), Known::Tree(right)) => same_trees(left, right),
            _ => false,
        }
    }
}

/// Whether two values are the same. Those of different sorts are not read.
pub(super) fn same(left: &str, right: &str) -> Result<bool, FillError> {
    Ok(Sort::of(left) == Sort::of(right) && Known::read(left)?.is(&Known::read(right)?))
}

pub(super) fn number(json: &str) -> Result<Number, FillError> {
    serde_json::from_str(json).map(|number| Number::of(&number)).map_err(unreadable)
}

/// A tree that was read is not deep: who read it saw to that.
fn same_trees(left: &serde_json::Value, right: &serde_json::Value) -> bool {
    use serde_json::Value as V;
    match (left, right) {
        (V::Number(left), V::Number(right)) => Number::of(left).compare(Number::of(right)).is_eq(),
        (V::Array(left), V::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same_trees(l, r))
        }
        (V::Object(left), V::Object(right)) => {
            let both =
                |(name, value)| right.get(name).is_some_and(|other| same_trees(value, other));
            left.len() == right.len() && left.iter().all(both)
        }
        _ => left == right,
    }
}
