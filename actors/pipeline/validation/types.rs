//! What cannot be right whatever the values are: a condition that is a text, a list that is a number.

use events::time::Timestamp;

use super::Findings;
use super::references::{Place, Use};
use crate::expression::{Expression, Kinds, Template, check};
use crate::pipeline::document::Kind;
use crate::tree::{Path, Tree};

/// Whether a value is what a parameter is said to be.
pub(in crate::pipeline) fn fits(value: &Tree, kind: Kind) -> bool {
    let mut json = String::new();
    value.write(&mut json);
    Kinds::of(&json).is_always(kind.kinds())
}

/// Looks at one expression.
pub(super) fn expression(
    place: &Place<'_>,
    expression: &Expression,
    is_in_text: bool,
    at: &Path,
    findings: &mut Findings,
) {
    let (kinds, misfits) = kinds(place, expression);
    for misfit in misfits {
        let what = format!("column {}: {}", misfit.column, misfit.what);
        findings.add(at, misfit.code, what, misfit.remedy);
    }
    let in_texts = Kinds::TEXT.or(Kinds::NUMBER).or(Kinds::BOOLEAN);
    if is_in_text && !kinds.may_be(in_texts) {
        let what = format!("`{expression}` is {}, and does not stand in a text", kinds.called());
        findings.add(at, "expected_text", what, format!("write `json({expression})`"));
    }
}

/// Looks at what a template as a whole will be.
pub(super) fn template(place: &Place<'_>, template: &Template, at: &Path, findings: &mut Findings) {
    let (wanted, code) = match place.of {
        Use::When => (Kinds::BOOLEAN, "expected_boolean"),
        Use::Foreach => (Kinds::LIST, "expected_list"),
        Use::Until => (Kinds::TEXT, "expected_text"),
        Use::Input | Use::Of | Use::Undo | Use::Result => return,
    };
    let kinds = match template.as_expression() {
        Some(expression) => kinds(place, expression).0,
        None => Kinds::of(template.tree().to_json().as_str()),
    };
    if !kinds.may_be(wanted) {
        let what = format!("this is {}, and not {}", kinds.called(), wanted.called());
        findings.add(at, code, what, remedy(template, wanted));
        return;
    }
    let time = template.tree().as_text().filter(|_| template.as_expression().is_none());
    if let (Use::Until, Some(time)) = (place.of, time)
        && template.references().next().is_none()
        && time.parse::<Timestamp>().is_err()
    {
        let what = "this is no time";
        findings.add(at, "out_of_range", what, "write it as 2026-01-31T12:00:00Z");
    }
}

fn remedy(template: &Template, wanted: Kinds) -> String {
    match template.tree().as_text() {
        Some(text) if !text.contains("${") && Expression::parse(text).is_ok() => {
            format!("write `${{ {text} }}`")
        }
        _ => format!("write an expression that is {}", wanted.called()),
    }
}

fn kinds(place: &Place<'_>, expression: &Expression) -> (Kinds, Vec<crate::expression::Misfit>) {
    // What has no such part was told of already.
    check(expression, &|reference| place.shape(reference).map_or(Kinds::ANY, |shape| shape.kinds()))
}
