//! What expressions mean: a small world of values, and what is found in it.

mod evaluating;
mod filling;
mod properties;
mod reading;
mod typing;

use std::borrow::Cow;
use std::collections::BTreeMap;

use events::chain::EventHash;
use events::content::{BlobRef, Content, Json};
use events::personal::{KeyId, NONCE_BYTES, Personal};
use uuid::Uuid;

use super::*;

/// A world of values.
#[derive(Default)]
struct World {
    input: Option<Content>,
    outputs: BTreeMap<String, Content>,
    failed: Vec<String>,
    item: Option<Content>,
}

impl Scope for World {
    fn find(&self, root: Root, first: Option<&str>) -> Found<'_> {
        let first = first.unwrap_or_default();
        let said = |is_so: bool| Found::Json(Cow::Borrowed(if is_so { "true" } else { "false" }));
        match root {
            Root::Input => self.input.as_ref().map_or(Found::Missing, Found::Whole),
            Root::Item => self.item.as_ref().map_or(Found::Missing, Found::Whole),
            Root::StageOutput => self.outputs.get(first).map_or(Found::Missing, Found::Whole),
            Root::StageFailed => said(self.failed.iter().any(|stage| stage == first)),
            Root::StageCompleted => said(self.outputs.contains_key(first)),
            Root::StageSkipped => said(false),
            Root::Index => Found::Json(Cow::Owned("7".into())),
            Root::Run if first == "id" => Found::Json(Cow::Borrowed("\"r-1\"")),
            Root::Run | Root::Schedule | Root::Fact | Root::Output => Found::Missing,
        }
    }
}

fn json(text: &str) -> Json {
    Json::parse(text).expect("JSON")
}

fn inline(text: &str) -> Content {
    Content::Inline(json(text))
}

fn sealed() -> Content {
    let (key, value) = (KeyId(Uuid::from_u128(1)), Uuid::from_u128(2));
    Content::Sealed(Personal::from_parts(key, value, [0; NONCE_BYTES], vec![1, 2, 3]))
}

fn blob() -> Content {
    let media_type = "application/json".into();
    Content::Blob(BlobRef { hash: EventHash::default(), bytes: 1 << 20, media_type })
}

/// A world whose input is this.
fn with_input(text: &str) -> World {
    World { input: Some(inline(text)), ..World::default() }
}

fn expression(text: &str) -> Expression {
    Expression::parse(text).expect(text)
}

/// What an expression comes to, as JSON text.
fn comes_to(text: &str, world: &World) -> Result<String, FillError> {
    match fill_expression(&expression(text), world)? {
        Content::Inline(json) => Ok(json.as_str().to_owned()),
        content @ (Content::Blob(_) | Content::Sealed(_)) => Ok(format!("{content:?}")),
    }
}

fn filled(template: &str, world: &World) -> Result<String, FillError> {
    match fill(&Template::read(&json(template)).expect(template), world)? {
        Content::Inline(json) => Ok(json.as_str().to_owned()),
        content @ (Content::Blob(_) | Content::Sealed(_)) => Ok(format!("{content:?}")),
    }
}
