//! What expressions of a trigger find: the fact, and nothing else.

use std::borrow::Cow;

use events::fact::CloudEvent;

use crate::expression::{Found, Root, Scope};
use crate::tree::write_text;

/// A fact, looked into.
pub(super) struct Fact<'a>(pub(super) &'a CloudEvent);

impl Scope for Fact<'_> {
    fn find(&self, root: Root, first: Option<&str>) -> Found<'_> {
        let Self(said) = self;
        if root != Root::Fact {
            return Found::Missing;
        }
        let text = match first {
            Some("id") => Some(&said.id),
            Some("source") => Some(&said.source),
            Some("type") => Some(&said.kind),
            Some("subject") => said.subject.as_ref(),
            Some("time") => said.time.as_ref(),
            Some("data") => {
                let json = |data| Found::Json(Cow::Borrowed(events::content::Json::as_str(data)));
                return said.data.as_ref().map_or(Found::Missing, json);
            }
            _ => None,
        };
        text.map_or(Found::Missing, |text| {
            let mut json = String::with_capacity(text.len() + 2);
            write_text(text, &mut json);
            Found::Json(Cow::Owned(json))
        })
    }
}
