//! What expressions refer to is there when they are filled in: a stage that is over by then, a field
//! that it brings, a parameter of the run.

use std::collections::BTreeMap;

use super::{Findings, types};
use crate::expression::{Expression, Reference, Root, Template};
use crate::pipeline::document::{Document, Stage};
use crate::pipeline::graph::Order;
use crate::pipeline::shapes::{NoPart, Shape, Whose, of_root};
use crate::suggestions::nearest;
use crate::tree::{Path, Step};

/// What is filled in, and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    When,
    Foreach,
    Until,
    Input,
    Of,
    Undo,
    Result,
}

/// Where an expression stands.
pub(super) struct Place<'d> {
    pub(super) document: &'d Document,
    places: &'d BTreeMap<&'d str, usize>,
    order: &'d Order,
    /// The stage, unless it is the output of the run.
    pub(super) stage: Option<(usize, &'d Stage)>,
    pub(super) of: Use,
}

/// Looks at every expression of a document.
pub(super) fn check(document: &Document, order: &Order, findings: &mut Findings) {
    let mut places = BTreeMap::new();
    document.named().for_each(|(n, stage)| {
        places.entry(stage.name.as_str()).or_insert(n);
    });
    let place = |stage, of| Place { document, places: &places, order, stage, of };
    if let Some(output) = &document.output {
        place(None, Use::Result).template(output, &Path::root().field("output"), findings);
    }
    for (n, stage) in document.stages.iter().enumerate() {
        let at = Path::root().field("stages").item(n);
        let (wait, approval) = (stage.wait.as_ref(), stage.approval.as_ref());
        let undo = stage.compensate.as_ref().and_then(|undo| undo.input.as_ref());
        let until = wait.and_then(|wait| wait.until.as_ref());
        let of = approval.and_then(|approval| approval.of.as_ref());
        let all = [
            (stage.when.as_ref(), Use::When, at.field("when")),
            (stage.foreach.as_ref(), Use::Foreach, at.field("foreach")),
            (stage.input.as_ref(), Use::Input, at.field("input")),
            (until, Use::Until, at.field("wait").field("until")),
            (of, Use::Of, at.field("approval").field("of")),
            (undo, Use::Undo, at.field("compensate").field("input")),
        ];
        for (template, of, at) in all {
            if let Some(template) = template {
                place(Some((n, stage)), of).template(template, &at, findings);
            }
        }
    }
}

impl Place<'_> {
    fn template(&self, template: &Template, at: &Path, findings: &mut Findings) {
        let is_alone = template.as_expression().is_some();
        for (at, expression, is_in_text) in template.expressions(at) {
            for reference in expression.references() {
                self.reference(reference, &at, findings);
            }
            if !(is_alone && self.passes_on(expression)) {
                self.sealed(expression, &at, findings);
            }
            types::expression(self, expression, is_in_text, &at, findings);
        }
        types::template(self, template, at, findings);
    }

    /// Whether something is handed on whole, and may be sealed.
    /// What the items of a stage bring is put into one list, and that is looking at it.
    fn passes_on(&self, expression: &Expression) -> bool {
        let Some(whole) = expression.as_whole() else { return false };
        let brought_by = whole.stage().and_then(|name| self.places.get(name));
        let is_list = brought_by.is_some_and(|n| self.document.stages[*n].foreach.is_some());
        matches!(self.of, Use::Input | Use::Undo | Use::Result) && !is_list
    }

    /// Nothing that is sealed is looked at.
    fn sealed(&self, expression: &Expression, at: &Path, findings: &mut Findings) {
        for reference in expression.references().filter(|one| one.steps.is_empty()) {
            if self.root(reference) == Shape::Sealed {
                looks_into(reference, at, findings);
            }
        }
    }

    fn root(&self, reference: &Reference) -> Shape {
        of_root(self.document, self.stage.map(|(_, stage)| stage), reference)
    }

    /// What a reference will be.
    pub(super) fn shape(&self, reference: &Reference) -> Result<Shape, NoPart> {
        self.root(reference).at(&reference.steps)
    }

    fn reference(&self, reference: &Reference, at: &Path, findings: &mut Findings) {
        let is_there = match reference.root {
            Root::Input | Root::Run | Root::Schedule => Ok(()),
            Root::StageOutput | Root::StageCompleted | Root::StageFailed | Root::StageSkipped => {
                self.stage_is_before(reference, findings)
            }
            Root::Item | Root::Index => self.has_item(reference),
            Root::Output if self.of == Use::Undo => Ok(()),
            Root::Output => Err(no_output(reference, "`output` stands in `compensate`")),
            Root::Fact => Err((
                "unknown_reference",
                "a pipeline knows of no fact".into(),
                "let the trigger's `input` hand over what it needs of the fact".into(),
            )),
        };
        let told = is_there
            .and_then(|()| self.shape(reference).map(drop).map_err(|no| told(reference, no)));
        if let Err((code, what, remedy)) = told {
            findings.add(at, code, column(reference, &what), remedy);
        }
    }

    fn has_item(&self, reference: &Reference) -> Result<(), Told> {
        let has_items = self.stage.is_some_and(|(_, stage)| stage.foreach.is_some());
        if has_items && matches!(self.of, Use::Input | Use::Undo) {
            return Ok(());
        }
        let what = format!("there is no `{reference}` here");
        let remedy = "it stands in the `input` and the `compensate` of a stage with `foreach`";
        Err(("no_item", what, remedy.into()))
    }

    fn stage_is_before(&self, reference: &Reference, findings: &mut Findings) -> Result<(), Told> {
        let name = reference.stage().unwrap_or_default();
        let Some(found) = self.places.get(name).copied() else {
            let otherwise = || "write the name of a stage".to_owned();
            let remedy = findings.instead(name, self.places.keys().copied(), otherwise);
            return Err(("unknown_reference", format!("there is no stage `{name}`"), remedy));
        };
        if let Some((stage, _)) = self.stage
            && (found == stage || !self.order.is_before(found, stage))
        {
            let what = format!("`{name}` is not over when this stage begins");
            let remedy = match (found == stage, self.of) {
                (true, Use::Undo) => "write `output` for what is undone".into(),
                (true, _) => "a stage cannot use what it brings itself".into(),
                (false, _) => format!("add `{name}` to `after`"),
            };
            return Err(("not_before", what, remedy));
        }
        let stage = &self.document.stages[found];
        let brings = stage.task.is_some()
            || stage.run.is_some()
            || stage.wait.as_ref().is_some_and(|wait| wait.signal.is_some());
        if reference.root == Root::StageOutput && !brings {
            return Err(no_output(reference, "tasks, runs and signals bring something"));
        }
        Ok(())
    }
}

/// What is wrong: a code, what, and a remedy.
type Told = (&'static str, String, String);

fn no_output(reference: &Reference, remedy: &str) -> Told {
    ("no_output", format!("there is no `{reference}` here"), remedy.into())
}

fn told(reference: &Reference, no_part: NoPart) -> Told {
    match no_part {
        NoPart::NoField(whose, name, names) => {
            let (code, what) = match whose {
                Whose::Parameters => {
                    ("unknown_parameter", format!("there is no parameter `{name}`"))
                }
                Whose::Output => {
                    let what = format!(
                        "`{reference}`: the stage says of its output that it has no `{name}`"
                    );
                    ("unknown_field_of_output", what)
                }
            };
            let remedy = match nearest(&name, names.iter().map(String::as_str)) {
                Some(near) => format!("write `{near}`"),
                None if names.is_empty() => "there is none".into(),
                None => format!("there is {}", names.join(", ")),
            };
            (code, what, remedy)
        }
        NoPart::NotThat(kinds, step) => {
            let (wanted, code) = match step {
                Step::Field(_) => ("an object", "expected_object"),
                Step::Item(_) => ("a list", "expected_list"),
            };
            let what = format!("`{reference}` looks into {}, and not {wanted}", kinds.called());
            (code, what, "refer to the whole, or correct what it is said to be".into())
        }
        NoPart::Sealed => sealed(reference),
    }
}

fn sealed(reference: &Reference) -> Told {
    let what = format!("`{reference}` looks at what is sealed");
    ("looks_into_sealed", what, "pass it on whole, as the only value of an `input`".into())
}

fn looks_into(reference: &Reference, at: &Path, findings: &mut Findings) {
    let (code, what, remedy) = sealed(reference);
    findings.add(at, code, column(reference, &what), remedy);
}

pub(super) fn column(reference: &Reference, what: &str) -> String {
    format!("column {}: {what}", reference.column)
}
