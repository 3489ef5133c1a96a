//! A CloudEvent as it was received → a fact, ready to be recorded: pure, and the same at every door.
//! The payload of record is what was received; only what it left to defaults is written into it, in
//! front.

use std::borrow::Cow;

use events::codec::Words;
use events::content::{DEPTH_MAX, INLINE_BYTES_MAX, depth};
use events::fact::{FactEvent, RECORDED};
use events::id::{Category, CommandId, Source, StreamKey, Tenant};
use events::shape::ShapeOf;
use events::store::keys::{Request, Secret};
use events::store::{Append, Cause, Decision, Expected, NewEvent};
use events::stream::StreamId;
use events::time::Timestamp;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer};

/// The only version of CloudEvents there is.
const SPECVERSION: &str = "1.0";

/// Why something is not a fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAFact {
    /// It is not a CloudEvent.
    #[error("it is not a fact: {0}")]
    Malformed(String),
    /// It has no id.
    #[error("the fact has no `id`")]
    WithoutId,
    /// It has no source.
    #[error("the fact has no `source`")]
    WithoutSource,
    /// The fact is larger than any may be.
    #[error("the fact has {0} bytes, the limit is {limit}", limit = INLINE_BYTES_MAX)]
    TooLarge(usize),
    /// There is more in each other than any reader should have to descend into.
    #[error("it has {0} lists and objects inside each other, the limit is {limit}", limit = DEPTH_MAX)]
    TooDeep(usize),
}

/// A fact, ready to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Unique together with its source.
    pub id: String,
    /// Who says so.
    pub source: Source,
    /// When it took effect, if the source says so.
    pub effective_at: Option<Timestamp>,
    /// What is recorded.
    pub payload: Vec<u8>,
}

/// What may be left out.
pub struct Defaults<'a> {
    /// The source, if none is named.
    pub source: Option<&'a Source>,
    /// An id, if there is none.
    pub mint: Option<&'a dyn Fn() -> String>,
}

/// The attributes of a CloudEvent. All that the stored fact is later read by stand here, so that
/// what is accepted can be read.
#[derive(JsonSchema, Deserialize)]
#[schemars(transform = with_id)]
struct Attributes {
    /// The version of CloudEvents; may be left out.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "String", extend("const" = SPECVERSION))]
    specversion: Option<String>,
    /// Unique together with the source.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "String", length(min = 1))]
    id: Option<String>,
    /// Who says so: the one in the subject, if it is left out.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Source")]
    source: Option<String>,
    /// What kind of thing happened.
    #[serde(rename = "type")]
    #[schemars(length(min = 1))]
    kind: String,
    /// When it happened.
    #[serde(default)]
    #[schemars(extend("format" = "date-time"))]
    time: Option<String>,
    /// What about.
    #[serde(default, rename = "subject")]
    _subject: Option<String>,
    /// The media type of the data.
    #[serde(default, rename = "datacontenttype")]
    _datacontenttype: Option<String>,
    /// The data itself.
    #[serde(default, rename = "data")]
    #[schemars(with = "serde_json::Value")]
    _data: Option<serde::de::IgnoredAny>,
}

/// An id may be missing only where one is made up.
fn with_id(shape: &mut Schema) {
    shape.insert("required".into(), serde_json::json!(["id", "type"]));
}

/// The shape of a fact as it is sent.
pub const SHAPE: ShapeOf = Attributes::json_schema;

/// An attribute that may be left out, but not be null: a default could not be put beside it.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

impl Fact {
    /// What is asked of the log; `body` is what was received.
    #[must_use]
    pub fn append(self, tenant: Tenant, cause: Cause, body: &[u8], key: &Secret) -> Append {
        let category = Category::new(FactEvent::CATEGORY).expect("it is a word");
        let stream = StreamKey::new(self.source.as_str()).expect("a source is a token");
        let principal = &cause.principal;
        let request =
            Request { principal, category: &category, key: &stream, verb: "record", body }
                .hash(key);
        Append {
            command: CommandId::fact(&self.source, &self.id),
            stream: StreamId::new(tenant, category, stream),
            expected: Expected::Any,
            request,
            owner: None,
            decision: Decision::Accepted(vec![NewEvent {
                wire_type: RECORDED.name.into(),
                schema: RECORDED.schema,
                payload: self.payload,
            }]),
            cause: Cause { effective_at: self.effective_at, ..cause },
            blobs: Vec::new(),
        }
    }
}

/// Reads a CloudEvent; as a line it has no line break any more.
pub fn parse(line: &[u8], defaults: &Defaults<'_>) -> Result<Fact, NotAFact> {
    let malformed = |what: String| NotAFact::Malformed(what);
    let text = str::from_utf8(line).map_err(|_| malformed("it is not UTF-8".into()))?;
    if !text.trim_start().starts_with('{') {
        return Err(malformed("it is not a JSON object".into()));
    }
    let event: Attributes =
        serde_json::from_str(text).map_err(|error| malformed(in_one_line(&error)))?;
    if depth(text) > DEPTH_MAX {
        return Err(NotAFact::TooDeep(depth(text)));
    }
    let mut missing = Vec::new();
    if event.specversion.is_none() {
        missing.push(("specversion", SPECVERSION.to_owned()));
    }
    let id = filled("id", event.id, || defaults.mint.map(|mint| mint()), &mut missing)
        .ok_or(NotAFact::WithoutId)?;
    let named = || defaults.source.map(ToString::to_string);
    let source =
        filled("source", event.source, named, &mut missing).ok_or(NotAFact::WithoutSource)?;
    let effective_at = event.time.as_deref().map(str::parse).transpose();
    check(event.specversion.as_deref(), &id, &event.kind)?;
    Ok(Fact {
        source: open_source(&source)?,
        effective_at: effective_at
            .map_err(|error: events::time::InvalidTime| malformed(format!("its `time` {error}")))?,
        payload: completed(text, &missing)?,
        id,
    })
}

/// The attribute, or its default, which is then noted as missing from the line.
fn filled(
    name: &'static str,
    given: Option<String>,
    default: impl FnOnce() -> Option<String>,
    missing: &mut Vec<(&'static str, String)>,
) -> Option<String> {
    given.or_else(|| {
        let value = default()?;
        missing.push((name, value.clone()));
        Some(value)
    })
}

fn check(specversion: Option<&str>, id: &str, kind: &str) -> Result<(), NotAFact> {
    let malformed = |what: &str| Err(NotAFact::Malformed(what.into()));
    if specversion.is_some_and(|version| version != SPECVERSION) {
        return malformed("its `specversion` is not \"1.0\"");
    }
    if id.is_empty() {
        return malformed("its `id` is empty");
    }
    if kind.is_empty() {
        return malformed("its `type` is empty");
    }
    Ok(())
}

fn open_source(text: &str) -> Result<Source, NotAFact> {
    if text.starts_with('_') {
        return Err(NotAFact::Malformed("a `source` that begins with `_` is reserved".into()));
    }
    text.parse().map_err(|error: events::id::InvalidId| {
        NotAFact::Malformed(format!("its `source` {error}"))
    })
}

/// The line with what it left out written in front, everything else byte for byte.
fn completed(line: &str, missing: &[(&str, String)]) -> Result<Vec<u8>, NotAFact> {
    let payload = match line.split_once('{') {
        Some((before, rest)) if !missing.is_empty() => {
            let written: String = missing
                .iter()
                .map(|(name, value)| {
                    format!("\"{name}\":{},", serde_json::Value::from(value.as_str()))
                })
                .collect();
            Cow::Owned(format!("{before}{{{written}{rest}"))
        }
        _ => Cow::Borrowed(line),
    };
    if payload.len() > INLINE_BYTES_MAX {
        return Err(NotAFact::TooLarge(payload.len()));
    }
    Ok(payload.into_owned().into_bytes())
}

/// What the parser says, without its "at line 1": the line has another number outside.
fn in_one_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column", " at column")
}

#[cfg(test)]
mod tests;
