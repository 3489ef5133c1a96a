//! How commands are said: a verb and a JSON object, whatever door they come through. A field that is
//! not known is refused, so that nobody believes in a limit they have misspelt.

use std::fmt;
use std::marker::PhantomData;

use events::content::{Content, Json};
use events::personal::Personal;
use events::shape::ShapeOf;
use events::time::Timestamp;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A command that people and programs can say. What only Annals itself says has no verb.
pub trait Spoken: Sized {
    /// What may be said.
    const VERBS: &'static [&'static str];

    /// The shape of what is said with a verb.
    fn shape(verb: &str) -> Option<ShapeOf>;

    /// Reads what is said.
    fn read(verb: &str, body: &[u8], carrying: &mut dyn Carrying) -> Result<Self, Malformed>;
}

/// Makes what is sent into what may be recorded: large things go beside the event, and what belongs
/// to a person is sealed.
pub trait Carrying {
    /// Something that a task or a result carries.
    fn content(&mut self, json: Json) -> Content;
    /// A word about a person; nothing, if it is not said about which.
    fn personal(&mut self, word: String) -> Option<Personal<String>>;
}

/// Why something that was said is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nothing like that can be said.
    #[error("there is no verb {verb:?}; there is {}", .verbs.join(", "))]
    UnknownVerb {
        /// What was said.
        verb: String,
        /// What can be said.
        verbs: &'static [&'static str],
    },
    /// What it says does not fit.
    #[error("{0}")]
    Body(String),
    /// Something is about a person, and nobody said about whom.
    #[error("{0} is about a person: name the data subject")]
    NobodyNamed(&'static str),
}

impl Malformed {
    /// There is no such verb.
    #[must_use]
    pub fn unknown_verb<C: Spoken>(verb: &str) -> Self {
        Self::UnknownVerb { verb: verb.chars().take(64).collect(), verbs: C::VERBS }
    }
}

/// Reads the fields of what is said: those of one JSON object; nothing at all is one without fields.
/// A list would be taken for its fields in their order, and nobody could see which is which.
pub fn fields<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    let body = match body.trim_ascii() {
        b"" => b"{}",
        [b'{', ..] => body,
        _ => return Err(Malformed::Body("it is no JSON object".into())),
    };
    serde_json::from_slice(body).map_err(|error| Malformed::Body(error.to_string()))
}

/// Reads a part that is an object, and takes no list for one either.
pub fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(part: D) -> Result<T, D::Error> {
    part.deserialize_map(Fields(PhantomData))
}

/// The same of a part that may be left out.
pub(crate) fn some_object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    part: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::deserialize(part)?.map(|Object(part)| part))
}

/// Something that is an object.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(part: D) -> Result<Self, D::Error> {
        object(part).map(Self)
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

/// A time as people write it.
#[derive(JsonSchema)]
#[schemars(inline, extend("format" = "date-time"))]
#[expect(dead_code, reason = "it only has a shape")]
pub(crate) struct Moment(String);

/// Reads a time as people write it.
pub(crate) fn time<'de, D: Deserializer<'de>>(text: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Option::deserialize(text)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

/// What `reason` commands say.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Why.
    #[serde(default)]
    pub(crate) reason: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_one_object() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct A {
            #[serde(default)]
            a: u8,
        }
        assert_eq!(fields(b" \n"), Ok(A { a: 0 }));
        assert_eq!(fields(b" {\"a\":1} "), Ok(A { a: 1 }));
        for body in [&b"[1]"[..], b"null", b"7", b"\"{\"", b"\xef\xbb\xbf{}"] {
            assert!(fields::<A>(body).is_err(), "{}", body.escape_ascii());
        }
    }

    /// Keeps everything as it is.
    pub(crate) struct AsItIs;

    impl Carrying for AsItIs {
        fn content(&mut self, json: Json) -> Content {
            Content::Inline(json)
        }

        fn personal(&mut self, _: String) -> Option<Personal<String>> {
            None
        }
    }

    /// What a command is, said so.
    pub(crate) fn say<C: Spoken>(verb: &str, body: &str) -> Result<C, Malformed> {
        C::read(verb, body.as_bytes(), &mut AsItIs)
    }
}
