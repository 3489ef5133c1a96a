//! What an expression refers to: a value that is there when it is filled in, and the way into it.

use std::fmt;

use crate::tree::{Step, write_step};

/// A value that an expression may begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// `input`: what the run began with.
    Input,
    /// `stages.x.output`: what a stage brought.
    StageOutput,
    /// `stages.x.completed`: whether it did what it should.
    StageCompleted,
    /// `stages.x.failed`: whether it failed.
    StageFailed,
    /// `stages.x.skipped`: whether it was not needed.
    StageSkipped,
    /// `item`: the one of the list that this is about.
    Item,
    /// `index`: which one of the list it is, from 0.
    Index,
    /// `output`: what is being undone.
    Output,
    /// `run.id`, `run.pipeline`, `run.edition`.
    Run,
    /// `schedule.nominal`: when the run was to begin.
    Schedule,
    /// `fact.id`, `.source`, `.type`, `.subject`, `.time`, `.data`: what a trigger heard.
    Fact,
}

/// Values whose parts are known, and must be named.
pub(super) const PARTS: [(&str, Root, &[&str]); 3] = [
    ("run", Root::Run, &["id", "pipeline", "edition"]),
    ("schedule", Root::Schedule, &["nominal"]),
    ("fact", Root::Fact, &["id", "source", "type", "subject", "time", "data"]),
];
/// Values that stand for themselves.
pub(super) const PLAIN: [(&str, Root); 4] = [
    ("input", Root::Input),
    ("item", Root::Item),
    ("index", Root::Index),
    ("output", Root::Output),
];
/// What can be known of a stage.
pub(super) const OF_STAGES: [(&str, Root); 4] = [
    ("output", Root::StageOutput),
    ("completed", Root::StageCompleted),
    ("failed", Root::StageFailed),
    ("skipped", Root::StageSkipped),
];
/// What stages begin with.
pub(super) const STAGES: &str = "stages";

/// A value, and the way into it.
#[derive(Debug, Clone, Eq)]
pub struct Reference {
    /// Where it stands: which character of the text, from 1. It is not a part of what it means.
    pub column: usize,
    /// The value.
    pub root: Root,
    /// Which stage, or which part of `run`, `schedule` or `fact`.
    pub first: Option<String>,
    /// The way into it.
    pub steps: Vec<Step>,
}

impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        (self.root, &self.first, &self.steps) == (other.root, &other.first, &other.steps)
    }
}

impl Reference {
    /// The stage that it is about.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        OF_STAGES
            .iter()
            .any(|(_, root)| *root == self.root)
            .then_some(self.first.as_deref())
            .flatten()
    }

    /// How it is written with so many of its steps.
    pub(super) fn written(&self, steps: usize) -> String {
        let first = || self.first.clone().unwrap_or_default();
        let mut text = if let Some((name, _)) = PLAIN.iter().find(|(_, root)| *root == self.root) {
            (*name).to_owned()
        } else if let Some((name, _)) = OF_STAGES.iter().find(|(_, root)| *root == self.root) {
            let mut text = STAGES.to_owned();
            write_step(&Step::Field(first()), &mut text);
            text + "." + name
        } else {
            let of = PARTS.iter().find(|(_, root, _)| *root == self.root);
            format!("{}.{}", of.map_or("", |(name, ..)| name), first())
        };
        self.steps.iter().take(steps).for_each(|step| write_step(step, &mut text));
        text
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(self.steps.len()))
    }
}
