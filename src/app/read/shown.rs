//! How rows look in answers.

use events::content::Json;
use events::labels::Labels;
use events::recorded::Stored;
use schemars::JsonSchema;
use serde::Serialize;

use super::payload;

/// An answer: what was found, and up to where it holds.
#[derive(JsonSchema, Serialize)]
pub(super) struct AnswerOf<T> {
    /// Everything up to here is in it.
    pub(super) position: u64,
    /// Where it comes from.
    pub(super) from: &'static str,
    #[serde(flatten)]
    pub(super) found: T,
}

/// Answers that are folded from the log say so.
const LOG: &str = "log";

/// One event of a history.
#[derive(JsonSchema, Serialize)]
pub(super) struct Happened<'a> {
    version: u64,
    position: u64,
    #[serde(rename = "type")]
    kind: &'a str,
    recorded_at: String,
    principal: &'a str,
    payload: Option<Json>,
}

impl<'a> Happened<'a> {
    pub(super) fn of(stored: &'a Stored) -> Self {
        let header = stored.header();
        Self {
            version: header.version.0,
            position: stored.position().0,
            kind: header.wire_type,
            recorded_at: header.recorded_at.to_string(),
            principal: header.principal,
            payload: payload(stored),
        }
    }
}

/// Whether it has all of these labels.
pub(super) fn has_all(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(name, word)| labels.get(name) == Some(word))
}

/// Writes an answer.
pub(super) fn write<T: Serialize>(position: u64, found: T) -> Vec<u8> {
    let answer = AnswerOf { position, from: LOG, found };
    serde_json::to_vec(&answer).expect("texts and numbers are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_by_labels_has_all_of_them() {
        let labels = |all: &[(&str, &str)]| -> Labels {
            all.iter().map(|&(name, word)| (name.into(), word.into())).collect()
        };
        let its_own = labels(&[("shop", "north"), ("size", "2")]);
        for (wanted, is_found) in [
            (&[][..], true),
            (&[("shop", "north")], true),
            (&[("size", "2"), ("shop", "north")], true),
            (&[("shop", "south")], false),
            (&[("shop", "north"), ("colour", "")], false),
        ] {
            assert_eq!(has_all(&its_own, &labels(wanted)), is_found, "{wanted:?}");
        }
    }
}
