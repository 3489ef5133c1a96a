//! An expression as it is put together, and as it is written: what is printed reads as what it was.

use std::fmt;

use super::functions::Function;
use super::reference::Reference;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A value that stands there, as JSON.
    Literal(String),
    /// A value that is found when it is filled in.
    Value(Reference),
    /// A list of values.
    List(Vec<Self>),
    /// What a function makes of values.
    Call(Function, Vec<Self>),
    /// How two values compare.
    Compare(Box<Self>, Comparison, Box<Self>),
    /// The opposite.
    Not(Box<Self>),
    /// All of them.
    All(Vec<Self>),
    /// One of them at least.
    Any(Vec<Self>),
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// They are the same.
    Same,
    /// They are not.
    Other,
    /// The first comes before.
    Less,
    /// The first does not come after.
    LessOrSame,
    /// The first comes after.
    More,
    /// The first does not come before.
    MoreOrSame,
    /// The first is one of the second.
    In,
}

impl Comparison {
    /// All of them, as they are written.
    pub(super) const ALL: [(&'static str, Self); 7] = [
        ("==", Self::Same),
        ("!=", Self::Other),
        ("<=", Self::LessOrSame),
        (">=", Self::MoreOrSame),
        ("<", Self::Less),
        (">", Self::More),
        ("in", Self::In),
    ];

    /// Whether it asks for an order.
    pub(super) fn is_order(self) -> bool {
        matches!(self, Self::Less | Self::LessOrSame | Self::More | Self::MoreOrSame)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = Self::ALL.iter().find(|(_, comparison)| comparison == self);
        f.write_str(written.map_or("", |(written, _)| written))
    }
}

impl Node {
    /// Everything that it refers to, behind what was found before.
    pub(super) fn references<'n>(&'n self, found: &mut Vec<&'n Reference>) {
        match self {
            Self::Literal(_) => {}
            Self::Value(reference) => found.push(reference),
            Self::List(parts) | Self::Call(_, parts) | Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.references(found));
            }
            Self::Compare(left, _, right) => {
                left.references(found);
                right.references(found);
            }
            Self::Not(part) => part.references(found),
        }
    }

    /// How tightly it holds together: what is looser than its place stands in brackets.
    fn tightness(&self) -> u8 {
        match self {
            Self::Any(_) => 0,
            Self::All(_) => 1,
            Self::Not(_) => 2,
            Self::Compare(..) => 3,
            Self::Literal(_) | Self::Value(_) | Self::List(_) | Self::Call(..) => 4,
        }
    }

    fn write(&self, tightness: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tightness() < tightness { write!(f, "({self})") } else { write!(f, "{self}") }
    }
}

fn write_many(
    parts: &[Node],
    between: &str,
    tightness: u8,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(between)?;
        }
        part.write(tightness, f)?;
    }
    Ok(())
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(json) => f.write_str(json),
            Self::Value(reference) => reference.fmt(f),
            Self::List(parts) => {
                f.write_str("[")?;
                write_many(parts, ", ", 0, f)?;
                f.write_str("]")
            }
            Self::Call(function, parts) => {
                write!(f, "{function}(")?;
                write_many(parts, ", ", 0, f)?;
                f.write_str(")")
            }
            Self::Compare(left, comparison, right) => {
                left.write(4, f)?;
                write!(f, " {comparison} ")?;
                right.write(4, f)
            }
            Self::Not(part) => {
                f.write_str("!")?;
                part.write(2, f)
            }
            Self::All(parts) => write_many(parts, " && ", 2, f),
            Self::Any(parts) => write_many(parts, " || ", 1, f),
        }
    }
}
