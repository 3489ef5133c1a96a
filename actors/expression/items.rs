//! A list that a stage goes through: kept as one text, of which each item is cut out when it begins.

use std::ops::Range;

use events::content::{Content, Json};

use super::fill::{FillError, Scope, fill_within};
use super::{Template, looking};

/// The items of a list.
#[derive(Debug, Clone)]
pub struct Items {
    list: Json,
    places: Vec<Range<usize>>,
}

impl Items {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The JSON text of the one at this place, from 0.
    #[must_use]
    pub fn get(&self, n: usize) -> Option<&str> {
        self.places.get(n).map(|place| &self.list.as_str()[place.clone()])
    }

    /// Cuts a list up.
    pub fn of(list: Json) -> Result<Self, FillError> {
        let begin = list.as_str().as_ptr() as usize;
        let found = looking::items(list.as_str()).map_err(|_| no_list())?;
        let place = |item: &&serde_json::value::RawValue| {
            let at = item.get().as_ptr() as usize - begin;
            at..at + item.get().len()
        };
        let places = found.iter().map(place).collect();
        Ok(Self { list, places })
    }
}

/// The items of the list that a template comes to, in so many steps at most; takes off those that it
/// took.
pub fn items_within(
    list: &Template,
    scope: &dyn Scope,
    steps: &mut u32,
) -> Result<Items, FillError> {
    let written = || list.as_expression().map(ToString::to_string).unwrap_or_default();
    match fill_within(list, scope, steps)? {
        Content::Inline(list) => Items::of(list),
        Content::Sealed(_) => Err(FillError::Sealed(written())),
        Content::Blob(_) => Err(FillError::TooLargeToLookInto(written())),
    }
}

fn no_list() -> FillError {
    FillError::Unfit("what is gone through item by item must be a list".into())
}
