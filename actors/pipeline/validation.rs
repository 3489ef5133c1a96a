//! What is wrong with a document: its shape, its graph, what it refers to, and what cannot be right
//! whatever the values are. Each pass goes on where the one before has found mistakes, so that people
//! hear of all of them at once.

mod graph;
mod reading;
mod references;
mod shape;
mod stage;
mod types;

pub(super) use stage::ONLY_BESIDE;
pub(super) use types::fits;

use events::content::Json;

use super::Wrong;
use super::bounds::{DEFINITION_BYTES_MAX, DOCUMENT_BYTES_MAX, STAGES_MAX, WRONGS_MAX};
use super::document::Document;
use crate::suggestions::nearest;
use crate::tree::{Path, Step, Tree};

/// Nobody reads more; and a hostile document may have a mistake in each of its bytes.
const KEPT_MAX: usize = 2_000;
/// How many names are compared to find out what somebody may have meant: those of all stages, for each
/// mistake that is told.
const COMPARED_MAX: usize = WRONGS_MAX * STAGES_MAX;

/// The fields that are read, by what the schema calls the object that they stand in.
#[cfg(test)]
pub(super) const FIELDS: &[(&str, &[&str])] = &[
    ("Pipeline", &shape::DOCUMENT),
    ("Parameter", &shape::PARAMETER),
    ("Stage", &stage::STAGE),
    ("RunOf", &stage::RUN),
    ("Wait", &stage::WAIT),
    ("Approval", &stage::APPROVAL),
    ("RetryOf", &stage::RETRY),
    ("TimeoutsOf", &stage::TIMEOUTS),
    ("Compensation", &stage::COMPENSATION),
];

/// What was found to be wrong.
#[derive(Debug, Default)]
pub(super) struct Findings {
    wrongs: Vec<Wrong>,
    compared: usize,
}

impl Findings {
    pub(super) fn add(
        &mut self,
        path: &Path,
        code: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if self.wrongs.len() < KEPT_MAX {
            let (what, remedy) = (what.into(), remedy.into());
            self.wrongs.push(Wrong { path: path.clone(), code, what, remedy });
        }
    }

    /// The remedy for a name that there is not: the nearest one, or other words.
    pub(super) fn instead<'n>(
        &mut self,
        name: &str,
        names: impl IntoIterator<Item = &'n str>,
        otherwise: impl FnOnce() -> String,
    ) -> String {
        let left = COMPARED_MAX.saturating_sub(self.compared);
        let mut compared = 0;
        let counted = names.into_iter().take(left).inspect(|_| compared += 1);
        let near = nearest(name, counted);
        self.compared += compared;
        near.map_or_else(otherwise, |near| format!("write `{near}`"))
    }

    /// All of them, in the order of the document.
    pub(super) fn sorted(mut self, tree: &Tree) -> Vec<Wrong> {
        self.wrongs.sort_by_cached_key(|wrong| place(tree, &wrong.path));
        self.wrongs.truncate(WRONGS_MAX);
        self.wrongs
    }
}

/// Reads a document, and finds all that is wrong with it.
pub(super) fn read(json: &Json) -> Result<Document, Vec<Wrong>> {
    let mut findings = Findings::default();
    if json.as_str().len() > DOCUMENT_BYTES_MAX {
        let what = format!("a definition is read from {DOCUMENT_BYTES_MAX} bytes at most");
        findings.add(
            &Path::root(),
            "out_of_range",
            what,
            "split it into pipelines that run others",
        );
        return Err(findings.wrongs);
    }
    let tree = match Tree::read(json) {
        Ok(tree) => tree,
        Err(error) => {
            findings.add(&Path::root(), "type", error.to_string(), "write it more simply");
            return Err(findings.wrongs);
        }
    };
    let document = shape::read(&tree, &mut findings);
    let order = graph::check(&document, &mut findings);
    references::check(&document, &order, &mut findings);
    let bytes =
        if findings.wrongs.is_empty() { super::canonical::text(&document).len() } else { 0 };
    if bytes > DEFINITION_BYTES_MAX {
        let what = format!("a definition has {DEFINITION_BYTES_MAX} bytes at most, not {bytes}");
        findings.add(
            &Path::root(),
            "out_of_range",
            what,
            "split it into pipelines that run others",
        );
    }
    if findings.wrongs.is_empty() { Ok(document) } else { Err(findings.sorted(&tree)) }
}

/// Where a place comes in the document: which field of which field it is. What is missing comes first.
fn place(tree: &Tree, path: &Path) -> Vec<usize> {
    let mut here = Some(tree);
    let number = |step: &Step| {
        let (at, next) = match (here, step) {
            (Some(Tree::Object(fields)), Step::Field(name)) => {
                let found = fields.iter().enumerate().find(|(_, (field, _))| field == name);
                (found.map_or(0, |(n, _)| n + 1), found.map(|(_, (_, value))| value))
            }
            (Some(Tree::List(items)), Step::Item(n)) => (n + 1, items.get(*n)),
            _ => (0, None),
        };
        here = next;
        at
    };
    path.steps().iter().map(number).collect()
}
