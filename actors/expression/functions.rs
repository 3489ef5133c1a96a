//! What an expression can make of values: each of it takes what it needs to look at once, and no more.

use std::borrow::Cow;
use std::fmt;

use super::FILLED_BYTES_MAX;
use super::evaluation::{Evaluation, Value, unreadable};
use super::fill::FillError;
use super::looking::{self, Sort};
use super::types::Kinds;
use crate::tree::{separate, write_text};

macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, [$($takes:expr),*], $gives:expr, $example:literal;)*) => {
        /// What an expression can make of values.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Function {
            $($(#[$doc])* $variant,)*
        }

        impl Function {
            /// All of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// How it is called.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What its values may be.
            pub(super) fn takes(self) -> &'static [Kinds] {
                match self { $(Self::$variant => const { &[$($takes),*] },)* }
            }

            /// What it makes of them.
            pub(super) fn gives(self) -> Kinds {
                match self { $(Self::$variant => $gives,)* }
            }

            /// How it is written.
            pub(super) fn example(self) -> &'static str {
                match self { $(Self::$variant => $example,)* }
            }
        }
    };
}

use Kinds as K;

functions! {
    /// How many letters, items or fields.
    Length, "length", [K::TEXT.or(K::LIST).or(K::OBJECT)], K::INTEGER, "length(list)";
    /// The second, if the first is not there, or null.
    Default, "default", [K::ANY, K::ANY], K::ANY, "default(value, other)";
    /// Whether it is there, and not null.
    Has, "has", [K::ANY], K::BOOLEAN, "has(input.name)";
    /// The first item.
    First, "first", [K::LIST], K::ANY, "first(list)";
    /// The last item.
    Last, "last", [K::LIST], K::ANY, "last(list)";
    /// The items as one text, with another one between them.
    Join, "join", [K::LIST, K::TEXT], K::TEXT, "join(list, ', ')";
    /// A text, number or boolean as text.
    Text, "text", [K::TEXT.or(K::NUMBER).or(K::BOOLEAN)], K::TEXT, "text(value)";
    /// The number that a text says.
    Number, "number", [K::TEXT.or(K::NUMBER)], K::NUMBER, "number(text)";
    /// Anything as JSON text.
    Json, "json", [K::ANY], K::TEXT, "json(value)";
    /// In small letters.
    Lower, "lower", [K::TEXT], K::TEXT, "lower(text)";
    /// In capital letters.
    Upper, "upper", [K::TEXT], K::TEXT, "upper(text)";
    /// Whether the second is in the first.
    Contains, "contains", [K::LIST.or(K::TEXT), K::ANY], K::BOOLEAN, "contains(list, value)";
    /// Whether the first begins with the second.
    StartsWith, "starts_with", [K::TEXT, K::TEXT], K::BOOLEAN, "starts_with(text, beginning)";
    /// Whether the first ends with the second.
    EndsWith, "ends_with", [K::TEXT, K::TEXT], K::BOOLEAN, "ends_with(text, ending)";
    /// The names of the fields, as they stand.
    Keys, "keys", [K::OBJECT], K::LIST, "keys(object)";
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|function| function.name())
    }

    /// Does it. `default` and `has` are not among what is done here: they look at what is missing.
    pub(super) fn apply<'a>(
        self,
        values: &[Value<'a>],
        evaluation: &mut Evaluation<'_>,
    ) -> Result<Value<'a>, FillError> {
        for (value, kinds) in values.iter().zip(self.takes()) {
            if !kinds.may_be(Kinds::of(value)) {
                return Err(self.unfit(Sort::of(value)));
            }
        }
        let [first, rest @ ..] = values else { return Err(FillError::Unfit("nothing".into())) };
        let second = || rest.first().map_or("null", AsRef::as_ref);
        Ok(match self {
            Self::Default | Self::Has => first.clone(),
            Self::Length => length(first)?.to_string().into(),
            Self::First => end(first, true)?,
            Self::Last => end(first, false)?,
            Self::Join => quoted(&join(first, &text(second())?)?),
            Self::Text if Sort::of(first) == Sort::Text => first.clone(),
            Self::Text | Self::Json => quoted(first),
            Self::Number => number(first)?,
            Self::Lower => quoted(&text(first)?.to_lowercase()),
            Self::Upper => quoted(&text(first)?.to_uppercase()),
            Self::Contains => said(self.contains(first, second(), evaluation)?),
            Self::StartsWith => said(text(first)?.starts_with(&*text(second())?)),
            Self::EndsWith => said(text(first)?.ends_with(&*text(second())?)),
            Self::Keys => keys(first)?,
        })
    }

    fn contains(
        self,
        whole: &str,
        part: &str,
        evaluation: &mut Evaluation<'_>,
    ) -> Result<bool, FillError> {
        match (Sort::of(whole), Sort::of(part)) {
            (Sort::List, _) => evaluation.is_in(part, whole),
            (_, Sort::Text) => Ok(text(whole)?.contains(&*text(part)?)),
            (_, other) => Err(self.unfit(other)),
        }
    }

    fn unfit(self, sort: Sort) -> FillError {
        FillError::Unfit(format!("`{self}` cannot take {}: {}", sort.called(), self.example()))
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text that a value is.
pub(super) fn text(json: &str) -> Result<Cow<'_, str>, FillError> {
    looking::text(json).map_err(unreadable)
}

/// A text as a value.
pub(super) fn quoted<'a>(text: &str) -> Value<'a> {
    let mut json = String::with_capacity(text.len() + 2);
    write_text(text, &mut json);
    Value::Owned(json)
}

/// Yes or no as a value.
pub(super) fn said<'a>(is_so: bool) -> Value<'a> {
    Value::Borrowed(if is_so { "true" } else { "false" })
}

fn length(json: &str) -> Result<usize, FillError> {
    Ok(match Sort::of(json) {
        Sort::List => looking::items(json).map_err(unreadable)?.len(),
        Sort::Object => looking::names(json).map_err(unreadable)?.len(),
        Sort::Null | Sort::Boolean | Sort::Number | Sort::Text => text(json)?.chars().count(),
    })
}

/// One of the ends of a list; there is none if it is empty.
fn end<'a>(list: &Value<'a>, is_first: bool) -> Result<Value<'a>, FillError> {
    let found = match list {
        Value::Borrowed(list) => one_end(list, is_first)?.map(Value::Borrowed),
        Value::Owned(list) => one_end(list, is_first)?.map(|item| Value::Owned(item.to_owned())),
    };
    found.ok_or_else(|| FillError::Missing("an item of an empty list".into()))
}

fn one_end(list: &str, is_first: bool) -> Result<Option<&str>, FillError> {
    let items = looking::items(list).map_err(unreadable)?;
    let end = if is_first { items.first() } else { items.last() };
    Ok(end.map(|item| item.get()))
}

/// Looks at each piece before it is added: few items with much between them come to far more than was
/// looked through.
fn join(list: &str, between: &str) -> Result<String, FillError> {
    let mut joined = String::new();
    for (n, item) in looking::items(list).map_err(unreadable)?.into_iter().enumerate() {
        let piece = match Sort::of(item.get()) {
            Sort::Text => text(item.get())?,
            Sort::Number | Sort::Boolean => Cow::Borrowed(item.get()),
            sort @ (Sort::Null | Sort::List | Sort::Object) => {
                return Err(Function::Join.unfit(sort));
            }
        };
        let between = if n > 0 { between } else { "" };
        if joined.len() + between.len() + piece.len() > FILLED_BYTES_MAX {
            return Err(FillError::TooLarge);
        }
        joined.push_str(between);
        joined.push_str(&piece);
    }
    Ok(joined)
}

fn number<'a>(value: &Value<'a>) -> Result<Value<'a>, FillError> {
    if Sort::of(value) == Sort::Number {
        return Ok(value.clone());
    }
    let said = text(value)?;
    match serde_json::from_str::<serde_json::Number>(said.trim()) {
        Ok(_) => Ok(Value::Owned(said.trim().to_owned())),
        Err(_) => Err(FillError::Unfit("`number` was given a text that says none".into())),
    }
}

fn keys<'a>(object: &str) -> Result<Value<'a>, FillError> {
    let mut list = String::from("[");
    for (n, name) in looking::names(object).map_err(unreadable)?.iter().enumerate() {
        separate(n, &mut list);
        write_text(name, &mut list);
    }
    Ok(Value::Owned(list + "]"))
}
