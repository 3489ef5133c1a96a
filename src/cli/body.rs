//! What a command of the program says to a system. What people wrote in it is passed on as they wrote it:
//! each digit of a number, and each field in its place.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// An object, field by field.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Body(BTreeMap<&'static str, Box<RawValue>>);

impl Body {
    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With this in it.
    pub(super) fn with(mut self, name: &'static str, value: impl Serialize) -> Self {
        let written = to_raw_value(&value).expect("what has text keys can be written as JSON");
        self.0.insert(name, written);
        self
    }

    /// With this in it, if there is anything.
    pub(super) fn with_any(self, name: &'static str, value: Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).expect("it is JSON already"))
    }
}

#[cfg(test)]
mod tests {
    use events::content::Json;

    use super::*;

    #[test]
    fn what_was_written_stays_as_it_was_written() {
        let text = r#"{"b": 18446744073709551617, "a": 1.50, "a": 9007199254740993e0}"#;
        let input = Json::parse(text).expect("JSON");
        let body = Body::default().with("input", &input).with("edition", 3);
        let body = body.with_any("labels", None::<u8>).with_any("at", Some("noon"));
        assert_eq!(body.to_string(), format!(r#"{{"at":"noon","edition":3,"input":{text}}}"#));
        assert_eq!(Body::default().to_string(), "{}");
    }
}
