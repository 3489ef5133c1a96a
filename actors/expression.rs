//! The language of pipelines: `${ stages.ingest.output.count > 0 }`. It finds values and compares them.
//! There are no loops, no arithmetic, no time and no chance in it: what an expression costs is bounded
//! before it begins, and it means the same on every machine and in every year. What it refers to can
//! be told without filling anything in, which is what validation lives on.

mod evaluation;
mod fill;
mod functions;
mod items;
mod lexer;
mod looking;
mod node;
mod numbers;
mod parser;
mod reference;
mod template;
#[cfg(test)]
mod tests;
mod types;

use std::fmt;

pub use fill::{FillError, Found, Scope, fill, fill_expression, fill_within, holds_within};
pub use functions::Function;
pub use items::{Items, items_within};
pub use node::{Comparison, Node};
pub use reference::{Reference, Root};
pub use template::{BadTemplate, Template};
pub use types::{Kinds, Misfit, check};

/// The longest expression.
pub const EXPRESSION_BYTES_MAX: usize = 4096;
/// How many parts of an expression may be inside each other.
pub const EXPRESSION_DEPTH_MAX: usize = 16;
/// How many parts an expression may have.
pub const EXPRESSION_NODES_MAX: usize = 256;
/// How much work filling in may be. It is counted, not measured.
pub const STEPS_MAX: u32 = 100_000;
/// How much text may be looked through in one step.
pub const STEP_BYTES: usize = 256;
/// The longest value that is filled in: with what stands beside it, it must fit into an event.
pub const FILLED_BYTES_MAX: usize = 224 * 1024;
/// How many steps a value costs that is passed on whole, beside those that lead to it.
pub const WHOLE_STEPS_MAX: u32 = (FILLED_BYTES_MAX / STEP_BYTES) as u32;

/// Something that is not written as the language wants it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {what}")]
pub struct BadExpression {
    /// Which character of the text, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What may be done about it.
    pub remedy: String,
    /// What sort of mistake it is.
    pub kind: Mistake,
}

/// What sort of mistake somebody made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// It cannot be read.
    Syntax,
    /// It names a value or a part of it that there is not.
    Unknown,
}

/// An expression that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    node: Node,
}

impl Expression {
    /// Reads what stands between `${` and `}`.
    pub fn parse(text: &str) -> Result<Self, BadExpression> {
        let mut lexer = lexer::Lexer::new(text, 0, 1);
        let node = parser::parse(lexer.whole()?)?;
        Ok(Self { node })
    }

    /// Reads a text that is `${ … }` and nothing else, as conditions are written.
    pub fn parse_quoted(text: &str) -> Result<Self, BadExpression> {
        let is_quoted = text.trim_start().starts_with("${");
        let outside = || BadExpression {
            column: 1,
            what: "an expression stands between `${` and `}`, and nothing beside it".into(),
            remedy: "write `${ … }`".into(),
            kind: Mistake::Syntax,
        };
        if !is_quoted {
            return Err(outside());
        }
        let begin = text.len() - text.trim_start().len();
        let (expression, end) = Self::parse_until_brace(text, begin + 2, begin + 3)?;
        if text[end..].trim().is_empty() { Ok(expression) } else { Err(outside()) }
    }

    /// Reads from behind `${`, and says where what is behind the `}` begins.
    fn parse_until_brace(
        text: &str,
        from: usize,
        column: usize,
    ) -> Result<(Self, usize), BadExpression> {
        let mut lexer = lexer::Lexer::new(text, from, column);
        let (tokens, end) = lexer.until_brace()?;
        Ok((Self { node: parser::parse(tokens)? }, end))
    }

    /// How it is put together.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// What it refers to, in the order in which it stands.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        let mut found = Vec::new();
        self.node.references(&mut found);
        found.into_iter()
    }

    /// The one value that it is, if it is nothing but that.
    #[must_use]
    pub fn as_reference(&self) -> Option<&Reference> {
        if let Node::Value(reference) = &self.node { Some(reference) } else { None }
    }

    /// The one value that it is, whole, if it is nothing but that.
    #[must_use]
    pub fn as_whole(&self) -> Option<&Reference> {
        self.as_reference().filter(|reference| reference.steps.is_empty())
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}
