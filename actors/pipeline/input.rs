//! What a run is given, held to the parameters of its pipeline.

use std::collections::BTreeMap;

use events::content::Json;

use super::Wrong;
use super::bounds::{PARAMETERS_MAX, WRONGS_MAX};
use super::document::Parameter;
use super::validation::{Findings, fits};
use crate::suggestions::nearest;
use crate::tree::{Path, Tree};

/// Finds all that is wrong; fills in what is left out.
pub(super) fn check(
    parameters: &BTreeMap<String, Parameter>,
    given: &Json,
) -> Result<Json, Vec<Wrong>> {
    let mut findings = Findings::default();
    let tree = Tree::read(given).unwrap_or_else(|error| {
        findings.add(&Path::root(), "type", error.to_string(), "write it more simply");
        Tree::Null
    });
    let mut fields = match &tree {
        Tree::Object(fields) => fields.clone(),
        // Nothing at all is an object without fields.
        Tree::Null => vec![],
        other @ (Tree::Boolean(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_)) => {
            let what = format!("the input is {}, and not an object", other.called());
            findings.add(&Path::root(), "type", what, "write an object with the parameters");
            return Err(findings.sorted(&tree));
        }
    };
    unknown(parameters, &fields, &mut findings);
    for (name, parameter) in parameters {
        let found = fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
        match (found, &parameter.default) {
            (Some(value), _) if fits(value, parameter.kind) => {}
            // What may be left out may be said to be nothing.
            (Some(Tree::Null), None) if !parameter.required => {}
            (Some(value), _) => {
                let wanted = parameter.kind.kinds().called();
                let what = format!("this is {}, and the parameter {wanted}", value.called());
                let remedy = format!("write {wanted}");
                findings.add(&Path::root().field(name), "wrong_type", what, remedy);
            }
            (None, Some(default)) => {
                let default = Tree::read(default).expect("it was read with the definition");
                fields.push((name.clone(), default));
            }
            (None, None) if parameter.required => {
                let (what, remedy) = (format!("`{name}` is missing"), "give it");
                findings.add(&Path::root(), "missing", what, remedy);
            }
            (None, None) => {}
        }
    }
    let wrongs = findings.sorted(&tree);
    if wrongs.is_empty() { Ok(Tree::Object(fields).to_json()) } else { Err(wrongs) }
}

/// Stops when it has found as many as are told: what somebody may have meant is sought among all names,
/// and what is missing or of a wrong type must still be found behind it.
fn unknown(
    parameters: &BTreeMap<String, Parameter>,
    fields: &[(String, Tree)],
    findings: &mut Findings,
) {
    let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
    let mut found = 0;
    for (n, (name, _)) in fields.iter().enumerate() {
        if found == WRONGS_MAX {
            return;
        }
        let at = Path::root().field(name);
        if fields[..n.min(PARAMETERS_MAX)].iter().any(|(before, _)| before == name) {
            found += 1;
            findings.add(&at, "duplicate", "it stands here twice", "keep one of them");
        } else if !parameters.contains_key(name) {
            found += 1;
            let what = format!("there is no parameter {name:?}");
            findings.add(&at, "unknown_parameter", what, known(name, &names));
        }
    }
}

/// The remedy for a name that there is not.
fn known(name: &str, names: &[&str]) -> String {
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("write `{near}`"),
        None if names.is_empty() => "there is none".into(),
        None => format!("there is {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Kind;
    use super::*;

    fn found(fields: &str) -> Vec<(String, &'static str)> {
        let path = Parameter { kind: Kind::Text, required: true, default: None, about: None };
        let limit = Parameter { kind: Kind::Integer, required: false, ..path.clone() };
        let parameters = BTreeMap::from([("path".into(), path), ("limit".into(), limit)]);
        let given = Json::parse(&format!("{{{fields}}}")).expect("JSON");
        let wrongs = check(&parameters, &given).expect_err("it is wrong");
        wrongs.into_iter().map(|wrong| (wrong.path.to_string(), wrong.code)).collect()
    }

    #[test]
    fn what_is_missing_is_told_however_much_is_unknown() {
        let unknown: Vec<_> = (0..3_000).map(|n| format!("\"u{n}\":1")).collect();
        let wrongs = found(&format!("\"limit\":\"x\",{}", unknown.join(",")));
        assert_eq!(wrongs.len(), WRONGS_MAX);
        assert_eq!(wrongs[0], ("document".into(), "missing"));
        assert_eq!(wrongs[1], ("limit".into(), "wrong_type"));
        assert_eq!(wrongs[2], ("u0".into(), "unknown_parameter"));
    }
}
