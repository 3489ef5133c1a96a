//! A pipeline: stages of work, and what has to be done before each of them. A document defines it,
//! which is read once and then held to: whatever can be known to be wrong is found before anything
//! runs, all of it at once, each thing with its place, what is wrong there and what to do about it.

pub mod bounds;
mod canonical;
mod definition;
pub mod document;
pub mod graph;
mod input;
mod plan;
mod shapes;
#[cfg(test)]
mod tests;
mod validation;

use std::fmt;

pub use canonical::hash;
pub use definition::Definition;
pub use document::schema;
pub use plan::{Approving, Does, StagePlan, Terms, Undo};

use crate::tree::Path;

/// Something that is wrong with a definition, or with what is given to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Where.
    pub path: Path,
    /// For programs: it stays the same.
    pub code: &'static str,
    /// What is wrong, for people.
    pub what: String,
    /// What they may do about it.
    pub remedy: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.path, self.what, self.remedy)
    }
}
