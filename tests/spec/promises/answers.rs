//! What the program says: answers on its output, complaints on its other output.

use serde::Deserialize;

/// One acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Answer {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) source: String,
    pub(super) outcome: Said,
    pub(super) position: u64,
    pub(super) version: u64,
}

/// Whether a fact was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    Recorded,
    Known,
}

/// One line of the other output: a typed error, or whatever else stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Complaint {
    Error { code: String, message: String, remedy: String },
    Text(String),
}

impl Answer {
    /// Reads one whole line.
    pub(super) fn parse(line: &str) -> Self {
        serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("this is not an answer ({error}): {line:?}"))
    }

    /// Reads everything that was said; a last line without its end was never said.
    pub(super) fn parse_all(text: &str) -> Vec<Self> {
        text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(Self::parse).collect()
    }
}

impl Complaint {
    /// Reads one line.
    pub(super) fn parse(line: &str) -> Self {
        #[derive(Deserialize)]
        struct Wrapped {
            error: Inner,
        }
        #[derive(Deserialize)]
        struct Inner {
            code: String,
            message: String,
            remedy: String,
        }
        match serde_json::from_str(line) {
            Ok(Wrapped { error: Inner { code, message, remedy } }) => {
                Self::Error { code, message, remedy }
            }
            Err(_) => Self::Text(line.trim_end().into()),
        }
    }

    /// The code of a typed error.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Error { code, .. } => Some(code),
            Self::Text(_) => None,
        }
    }
}

#[test]
fn a_line_without_its_end_was_never_said() {
    let line = r#"{"line":1,"id":"a","source":"s","outcome":"known","position":7,"version":3}"#;
    assert_eq!(Answer::parse_all(&format!("{line}\n{}", &line[..20])).len(), 1);
    assert_eq!(Answer::parse(line).outcome, Said::Known);
}

#[test]
fn a_typed_error_is_told_from_other_text() {
    let line = r#"{"error":{"code":"locked","message":"by 7","remedy":"wait"}}"#;
    assert_eq!(Complaint::parse(line).code(), Some("locked"));
    assert_eq!(Complaint::parse("a warning\n"), Complaint::Text("a warning".into()));
}
