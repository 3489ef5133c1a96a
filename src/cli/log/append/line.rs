//! A line of input → a fact: pure. The payload of record is the line as it was received; only what
//! the line left to defaults is written into it, in front.

use std::borrow::Cow;

use events::content::{DEPTH_MAX, INLINE_BYTES_MAX, depth};
use events::id::Source;
use events::time::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::cli::problem::Refused;

/// The only version of CloudEvents there is.
const SPECVERSION: &str = "1.0";

/// A fact, ready to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) id: String,
    pub(super) source: Source,
    pub(super) effective_at: Option<Timestamp>,
    pub(super) payload: Vec<u8>,
}

/// What a line may leave out.
pub(super) struct Defaults<'a> {
    pub(super) source: Option<&'a Source>,
    pub(super) mint: Option<&'a dyn Fn() -> String>,
}

/// The attributes of a CloudEvent. All that the stored fact is later read by stand here, so that
/// what is accepted can be read.
#[derive(Deserialize)]
struct Attributes {
    #[serde(default, deserialize_with = "given")]
    specversion: Option<String>,
    #[serde(default, deserialize_with = "given")]
    id: Option<String>,
    #[serde(default, deserialize_with = "given")]
    source: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    time: Option<String>,
    #[serde(default, rename = "subject")]
    _subject: Option<String>,
    #[serde(default, rename = "datacontenttype")]
    _datacontenttype: Option<String>,
    #[serde(default, rename = "data")]
    _data: Option<serde::de::IgnoredAny>,
}

/// An attribute that may be left out, but not be null: a default could not be put beside it.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// Reads a line; it has no line break any more.
pub(super) fn parse(line: &[u8], defaults: &Defaults<'_>) -> Result<Fact, Refused> {
    let malformed = |what: String| Refused::Malformed(what);
    let text = str::from_utf8(line).map_err(|_| malformed("it is not UTF-8".into()))?;
    if !text.trim_start().starts_with('{') {
        return Err(malformed("it is not a JSON object".into()));
    }
    let event: Attributes =
        serde_json::from_str(text).map_err(|error| malformed(in_one_line(&error)))?;
    if depth(text) > DEPTH_MAX {
        return Err(Refused::TooDeep(depth(text)));
    }
    let mut missing = Vec::new();
    if event.specversion.is_none() {
        missing.push(("specversion", SPECVERSION.to_owned()));
    }
    let id = filled("id", event.id, || defaults.mint.map(|mint| mint()), &mut missing)
        .ok_or(Refused::WithoutId)?;
    let named = || defaults.source.map(ToString::to_string);
    let source =
        filled("source", event.source, named, &mut missing).ok_or(Refused::WithoutSource)?;
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

fn check(specversion: Option<&str>, id: &str, kind: &str) -> Result<(), Refused> {
    let malformed = |what: &str| Err(Refused::Malformed(what.into()));
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

fn open_source(text: &str) -> Result<Source, Refused> {
    if text.starts_with('_') {
        return Err(Refused::Malformed("a `source` that begins with `_` is reserved".into()));
    }
    text.parse()
        .map_err(|error: events::id::InvalidId| Refused::Malformed(format!("its `source` {error}")))
}

/// The line with what it left out written in front, everything else byte for byte.
fn completed(line: &str, missing: &[(&str, String)]) -> Result<Vec<u8>, Refused> {
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
        return Err(Refused::TooLarge(payload.len()));
    }
    Ok(payload.into_owned().into_bytes())
}

/// What the parser says, without its "at line 1": the line has another number outside.
fn in_one_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column", " at column")
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
