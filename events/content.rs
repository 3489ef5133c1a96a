//! What a task carries in and a worker brings back: JSON in place, a blob by reference, or sealed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::chain::EventHash;
use crate::personal::Personal;

/// The largest payload that stands in an event; anything larger is a blob.
pub const INLINE_BYTES_MAX: usize = 256 * 1024;
/// The largest blob.
pub const BLOB_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The most lists and objects inside each other that a fact may have: readers everywhere descend
/// into them, and none of them descends for ever.
pub const DEPTH_MAX: usize = 100;

/// How many lists and objects are inside each other in a JSON text.
#[must_use]
pub fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => pass_over_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

/// Goes on behind the string whose opening quote was read.
fn pass_over_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// A JSON text, kept as it was written.
#[derive(Clone, JsonSchema, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Accepts any JSON text.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where bytes too large for an event are found.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobRef {
    /// SHA-256 of the stored bytes.
    pub hash: EventHash,
    /// How many there are.
    pub bytes: u64,
    /// Their media type.
    pub media_type: String,
}

/// Something carried by an event.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// JSON, in the event itself.
    Inline(Json),
    /// Bytes kept beside the event.
    Blob(BlobRef),
    /// JSON that only doors and executors may open.
    Sealed(Personal<Json>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_of_a_text_is_that_of_its_deepest_part() {
        assert_eq!([depth("7"), depth("[]"), depth(r#"{"a":[[1],{}],"b":[]}"#)], [0, 1, 3]);
    }

    #[test]
    fn brackets_inside_strings_do_not_count() {
        assert_eq!(depth(r#"["[[[", "\"[[", "\\\\", [1]]"#), 2);
    }
}
