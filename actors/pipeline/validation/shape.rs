//! Which fields a document has, and what stands in them. serde stops at the first mistake and has no
//! places; this goes along the same fields (a test holds both together) and finds all of them.

use std::collections::BTreeMap;

use events::content::Json;

use super::Findings;
use super::reading::{Reading, no_choice, object};
use super::stage::read_stage;
use super::types::fits;
use crate::bounds::NAME_BYTES_MAX;
use crate::pipeline::bounds::{
    DURATION_MS_MAX, OUTPUT_FIELDS_MAX, PARAMETERS_MAX, STAGES_AT_ONCE_MAX, STAGES_MAX,
};
use crate::pipeline::document::{
    Document, FORMAT, Kind, Output, Parameter, Parameters, Sealed, Stage,
};
use crate::tree::{Path, Tree};

/// The fields of a document.
pub(in crate::pipeline) const DOCUMENT: [&str; 7] =
    ["format", "about", "parameters", "at_once", "timeout_ms", "output", "stages"];
/// The fields of a parameter.
pub(in crate::pipeline) const PARAMETER: [&str; 4] = ["type", "required", "default", "about"];
/// What is said of a value that is about a person.
const SEALED: &str = "sealed";

/// Reads a document. What is wrong is left out of it.
pub(super) fn read(tree: &Tree, findings: &mut Findings) -> Document {
    let Some(mut fields) = Reading::of(tree, Path::root(), &DOCUMENT, findings) else {
        return Document::default();
    };
    fields.number("format", FORMAT, FORMAT);
    fields.needs("stages", "write a list of stages: `stages: [{\"name\": …, \"task\": …}]`");
    let stages = fields.list("stages", STAGES_MAX);
    if matches!(fields.get("stages"), Some(Tree::List(items)) if items.is_empty()) {
        let what = "a pipeline has at least one stage".into();
        fields.wrong("stages", "out_of_range", what, "write one".into());
    }
    let document = Document {
        format: FORMAT,
        about: fields.text("about"),
        parameters: parameters(&mut fields),
        at_once: fields.small("at_once", 1, STAGES_AT_ONCE_MAX),
        timeout_ms: fields.number("timeout_ms", 1, DURATION_MS_MAX),
        output: fields.template("output"),
        stages: vec![],
    };
    let at = Path::root().field("stages");
    let stage = |(n, tree): (usize, &Tree)| -> Stage { read_stage(tree, at.item(n), findings) };
    Document { stages: stages.iter().enumerate().map(stage).collect(), ..document }
}

fn parameters(document: &mut Reading<'_, '_>) -> Option<Parameters> {
    let (tree, at) = (document.get("parameters")?, document.at.field("parameters"));
    if tree.as_text() == Some(SEALED) {
        return Some(Parameters::Sealed(Sealed::Sealed));
    }
    let fields = object(tree, &at, document.findings)?;
    too_many(fields.len(), PARAMETERS_MAX, &at, document.findings);
    let mut all = BTreeMap::new();
    for (name, tree) in fields.into_iter().take(PARAMETERS_MAX) {
        let at = at.field(name);
        is_name(name, &at, document.findings);
        // One that is wrong may still be referred to.
        let any = Parameter { kind: Kind::Any, required: false, default: None, about: None };
        all.insert(name.to_owned(), parameter(tree, at, document.findings).unwrap_or(any));
    }
    Some(Parameters::Fields(all))
}

fn parameter(tree: &Tree, at: Path, findings: &mut Findings) -> Option<Parameter> {
    let mut fields = Reading::of(tree, at, &PARAMETER, findings)?;
    fields.needs("type", "write what it is, such as `type: text`");
    let kind = fields.choice("type", &Kind::ALL);
    let (required, about) = (fields.boolean("required"), fields.text("about"));
    let default = fields.get("default");
    if let (Some(kind), Some(default)) = (kind, default)
        && !fits(default, kind)
    {
        let (wanted, found) = (kind.kinds().called(), default.called());
        let what = format!("the default is {found}, and the parameter {wanted}");
        fields.wrong("default", "wrong_type", what, format!("write {wanted}"));
    }
    if required == Some(true) && default.is_some() {
        let what = "what must be there needs no default".into();
        fields.wrong("default", "one_of", what, "take `required` or `default` away".into());
    }
    Some(Parameter {
        kind: kind.unwrap_or(Kind::Any),
        required: required.unwrap_or_default(),
        default: default.map(Tree::to_json).filter(|default: &Json| default.as_str() != "null"),
        about,
    })
}

/// What is known of what a stage brings.
pub(super) fn output(stage: &mut Reading<'_, '_>) -> Option<Output> {
    let (tree, at) = (stage.get("output")?, stage.at.field("output"));
    if tree.as_text() == Some(SEALED) {
        return Some(Output::Sealed(Sealed::Sealed));
    }
    let fields = object(tree, &at, stage.findings)?;
    too_many(fields.len(), OUTPUT_FIELDS_MAX, &at, stage.findings);
    let mut all = BTreeMap::new();
    for (name, tree) in fields.into_iter().take(OUTPUT_FIELDS_MAX) {
        let at = at.field(name);
        is_name(name, &at, stage.findings);
        let text = tree.as_text().unwrap_or_default();
        let kind = Kind::ALL.iter().find(|(word, _)| *word == text).map(|(_, kind)| *kind);
        if kind.is_none() {
            let (what, remedy) = no_choice("type", text, &Kind::ALL);
            stage.findings.add(&at, "type", what, remedy);
        }
        all.insert(name.to_owned(), kind.unwrap_or(Kind::Any));
    }
    Some(Output::Fields(all))
}

fn too_many(count: usize, max: usize, at: &Path, findings: &mut Findings) {
    if count > max {
        let what = format!("there are at most {max} of them, not {count}");
        findings.add(at, "out_of_range", what, "put some of them into an object");
    }
}

fn is_name(name: &str, at: &Path, findings: &mut Findings) {
    if !(1..=NAME_BYTES_MAX).contains(&name.len()) || name.chars().any(char::is_control) {
        let remedy = "use 1 to 64 bytes without control characters";
        findings.add(at, "name", "this is no name of a field", remedy);
    }
}
