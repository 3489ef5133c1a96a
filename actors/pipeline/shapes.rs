//! What is known of values before they are there: what a parameter is, what a stage brings.

use std::collections::BTreeMap;

use super::document::{Document, Kind, Output, Parameters, Stage};
use crate::expression::{Kinds, Reference, Root};
use crate::tree::Step;

/// What a value will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// One of these kinds, and nothing more is known.
    Of(Kinds),
    /// An object with these fields and no others.
    Fields(Whose, BTreeMap<String, Kind>),
    /// A list of such values.
    List(Box<Self>),
    /// Something about a person, which nobody looks into.
    Sealed,
}

/// Who said which fields there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Parameters,
    Output,
}

/// Why a value has no such part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoPart {
    /// There is no field of this name; there are these.
    NoField(Whose, String, Vec<String>),
    /// It is something else than what has such parts.
    NotThat(Kinds, Step),
    /// It is not looked into.
    Sealed,
}

impl Shape {
    pub(super) const ANY: Self = Self::Of(Kinds::ANY);

    pub(super) fn kinds(&self) -> Kinds {
        match self {
            Self::Of(kinds) => *kinds,
            Self::Fields(..) => Kinds::OBJECT,
            Self::List(_) => Kinds::LIST,
            Self::Sealed => Kinds::ANY,
        }
    }

    /// What a part of it will be.
    pub(super) fn part(&self, step: &Step) -> Result<Self, NoPart> {
        let wanted = match step {
            Step::Field(_) => Kinds::OBJECT,
            Step::Item(_) => Kinds::LIST,
        };
        match (self, step) {
            (Self::Sealed, _) => Err(NoPart::Sealed),
            (Self::Fields(whose, fields), Step::Field(name)) => {
                let no_field =
                    || NoPart::NoField(*whose, name.clone(), fields.keys().cloned().collect());
                fields.get(name).map(|kind| Self::Of(kind.kinds())).ok_or_else(no_field)
            }
            (Self::List(item), Step::Item(_)) => Ok((**item).clone()),
            (Self::Of(kinds), _) if kinds.may_be(wanted) => Ok(Self::ANY),
            _ => Err(NoPart::NotThat(self.kinds(), step.clone())),
        }
    }

    /// What is at the end of a way into it.
    pub(super) fn at(&self, steps: &[Step]) -> Result<Self, NoPart> {
        steps.iter().try_fold(self.clone(), |shape, step| shape.part(step))
    }

    /// What its items will be, if it is a list.
    pub(super) fn item(&self) -> Self {
        match self {
            Self::List(item) => (**item).clone(),
            Self::Of(_) | Self::Fields(..) | Self::Sealed => Self::ANY,
        }
    }
}

/// What a run is given.
pub(super) fn of_input(document: &Document) -> Shape {
    match &document.parameters {
        None => Shape::ANY,
        Some(Parameters::Sealed(_)) => Shape::Sealed,
        Some(Parameters::Fields(fields)) => {
            let kinds = fields.iter().map(|(name, parameter)| (name.clone(), parameter.kind));
            Shape::Fields(Whose::Parameters, kinds.collect())
        }
    }
}

/// What one task or run of a stage brings.
pub(super) fn of_one_output(stage: &Stage) -> Shape {
    match &stage.output {
        None => Shape::ANY,
        Some(Output::Sealed(_)) => Shape::Sealed,
        Some(Output::Fields(fields)) => Shape::Fields(Whose::Output, fields.clone()),
    }
}

/// What a stage brings as a whole: a list, if it goes through one.
pub(super) fn of_output(stage: &Stage) -> Shape {
    match (of_one_output(stage), &stage.foreach) {
        (Shape::Sealed, _) => Shape::Sealed,
        (one, None) => one,
        (one, Some(_)) => Shape::List(Box::new(one)),
    }
}

/// What the beginning of a reference will be, in a stage or, if there is none, in the output of a run.
pub(super) fn of_root(document: &Document, stage: Option<&Stage>, reference: &Reference) -> Shape {
    match reference.root {
        Root::Input => of_input(document),
        Root::StageOutput => {
            let found =
                document.named().find(|(_, stage)| reference.stage() == Some(stage.name.as_str()));
            found.map_or(Shape::ANY, |(_, stage)| of_output(stage))
        }
        Root::StageCompleted | Root::StageFailed | Root::StageSkipped => Shape::Of(Kinds::BOOLEAN),
        Root::Item => stage.map_or(Shape::ANY, |stage| of_item(document, stage)),
        Root::Index => Shape::Of(Kinds::INTEGER),
        Root::Output => stage.map_or(Shape::ANY, of_one_output),
        Root::Run if reference.first.as_deref() == Some("edition") => Shape::Of(Kinds::INTEGER),
        Root::Run | Root::Schedule => Shape::Of(Kinds::TEXT),
        Root::Fact => Shape::ANY,
    }
}

/// What the items of a stage will be, as far as its list says so by itself.
fn of_item(document: &Document, stage: &Stage) -> Shape {
    let list = stage.foreach.as_ref().and_then(|list| list.as_expression()?.as_reference());
    let Some(list) = list.filter(|list| list.root != Root::Item) else { return Shape::ANY };
    of_root(document, None, list).at(&list.steps).map_or(Shape::ANY, |shape| shape.item())
}
