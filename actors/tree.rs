//! JSON as it was written: fields in their order, those that stand twice, numbers in the digits that
//! somebody chose; and how a place in it is called. serde_json's own tree keeps the last of two equal
//! names and rounds large numbers, and nobody would learn of either.

mod path;
#[cfg(test)]
mod tests;

use std::fmt;

use events::content::{DEPTH_MAX, Json, depth};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub(crate) use path::write_step;
pub use path::{Path, Step};

/// A JSON value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, in its own digits.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object: names and values in the order in which they stand, also of names that stand twice.
    Object(Vec<(String, Self)>),
}

/// Why a JSON text is not taken apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Too much is inside each other.
    #[error("lists and objects are inside each other more than {DEPTH_MAX} deep")]
    TooDeep,
    /// A text in it is none, such as one with half a character.
    #[error("{0}")]
    Broken(String),
}

impl Tree {
    /// Takes a JSON text apart.
    pub fn read(json: &Json) -> Result<Self, Unreadable> {
        if depth(json.as_str()) > DEPTH_MAX {
            return Err(Unreadable::TooDeep);
        }
        read(json.as_str())
    }

    /// Puts it back together, without spaces.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut text = String::new();
        self.write(&mut text);
        Json::parse(&text).expect("a tree is written as JSON")
    }

    /// What it is, in a word for people.
    #[must_use]
    pub fn called(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The value of a field of an object.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// The text that it is.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The whole number that it is, if it is one that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Number(digits) = self { digits.parse().ok() } else { None }
    }

    /// Writes it behind what is there already, without spaces.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(true) => out.push_str("true"),
            Self::Boolean(false) => out.push_str("false"),
            Self::Number(digits) => out.push_str(digits),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    separate(n, out);
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (n, (name, value)) in fields.iter().enumerate() {
                    separate(n, out);
                    write_text(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Writes a text as JSON does.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).expect("a text is JSON"));
}

/// Writes what stands before the next of many.
pub(crate) fn separate(n: usize, out: &mut String) {
    if n > 0 {
        out.push(',');
    }
}

fn read(json: &str) -> Result<Tree, Unreadable> {
    Ok(match json.as_bytes().first() {
        Some(b'n') => Tree::Null,
        Some(b't') => Tree::Boolean(true),
        Some(b'f') => Tree::Boolean(false),
        Some(b'"') => Tree::Text(part(json)?),
        Some(b'[') => {
            let items: Vec<&RawValue> = part(json)?;
            Tree::List(items.into_iter().map(|item| read(item.get())).collect::<Result<_, _>>()?)
        }
        Some(b'{') => {
            let Fields(fields) = part(json)?;
            let field = |(name, value): (String, &RawValue)| Ok((name, read(value.get())?));
            Tree::Object(fields.into_iter().map(field).collect::<Result<_, _>>()?)
        }
        _ => Tree::Number(json.trim().to_owned()),
    })
}

fn part<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Unreadable> {
    serde_json::from_str(json).map_err(|error| Unreadable::Broken(error.to_string()))
}

/// The fields of an object as they stand.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(object: D) -> Result<Self, D::Error> {
        struct AsTheyStand;
        impl<'de> Visitor<'de> for AsTheyStand {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }
        object.deserialize_map(AsTheyStand).map(Self)
    }
}
