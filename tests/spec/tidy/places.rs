//! Where things may be said: wire types beside their enum, SQL beside its store.

use std::collections::BTreeSet;

use super::source::{Literal, Source};
use super::{File, HOUSE, goldens, holds, rust_files};

/// Where SQL may stand, beside tests.
const SQL_ROOMS: [&str; 5] =
    ["events/store/sqlite", "events/store/postgres", "projections/", "migrations/", "src/bench"];

/// Wire types that are written where they do not belong.
fn misplaced_types(file: &File, types: &BTreeSet<String>) -> Vec<String> {
    if file.is_test() || file.path == "events/upcast.rs" {
        return Vec::new();
    }
    let source = Source::of(&file.text);
    let found = source.literals_outside_tests().filter_map(|literal| {
        let name = types.iter().find(|name| mentions(&literal.text, name))?;
        let category = name.split('.').next().unwrap_or_default();
        let home = format!("events/{category}.rs");
        (file.path != home).then(|| report(file, literal, &format!("`{name}` belongs into {home}")))
    });
    found.collect()
}

/// Whether a literal is this name, or quotes it; an example for people may mention it.
fn mentions(literal: &str, name: &str) -> bool {
    literal == name || literal.contains(&format!("'{name}'"))
}

/// SQL that is written where it does not belong.
fn misplaced_sql(file: &File) -> Vec<String> {
    if file.is_test() || SQL_ROOMS.iter().any(|room| file.path.starts_with(room)) {
        return Vec::new();
    }
    let source = Source::of(&file.text);
    let found = source.literals_outside_tests().filter(|literal| is_sql(&literal.text));
    found.map(|literal| report(file, literal, "this is SQL")).collect()
}

fn is_sql(text: &str) -> bool {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let both = |first: &str, second: &str| {
        let at = words.iter().position(|word| *word == first);
        at.is_some_and(|at| words[at..].contains(&second))
    };
    let statements = [
        ("SELECT", "FROM"),
        ("INSERT", "INTO"),
        ("UPDATE", "SET"),
        ("DELETE", "FROM"),
        ("CREATE", "TABLE"),
    ];
    statements.iter().any(|(first, second)| both(first, second)) || words.first() == Some(&"PRAGMA")
}

fn report(file: &File, literal: &Literal, what: &str) -> String {
    let shown: String = literal.text.chars().take(60).collect();
    format!("{}:{}: {what}: {shown:?}", file.path, literal.line)
}

#[test]
fn wire_types_are_written_beside_their_enum() {
    let types = goldens::types(&HOUSE);
    assert!(types.contains("task.submitted"));
    let found = rust_files().iter().flat_map(|file| misplaced_types(file, &types)).collect();
    holds(found, "use the constant or the enum of `events/<category>.rs`");
}

#[test]
fn sql_stands_beside_its_store() {
    let found = rust_files().iter().flat_map(misplaced_sql).collect();
    holds(found, "ask the port, and write the statement in the store behind it");
}

#[test]
fn a_wire_type_elsewhere_is_found() {
    let types = BTreeSet::from(["task.submitted".to_owned()]);
    let text =
        "let x = \"task.submitted\";\n// task.submitted\nlet y = \"such as task.submitted\";";
    assert_eq!(misplaced_types(&File::of("src/a.rs", text), &types).len(), 1);
    assert!(misplaced_types(&File::of("events/task.rs", text), &types).is_empty());
    let quoted = "let x = \"type = 'task.submitted'\";";
    assert_eq!(misplaced_types(&File::of("src/a.rs", quoted), &types).len(), 1);
    assert_eq!(misplaced_types(&File::of("events/agent.rs", text), &types).len(), 1);
}

#[test]
fn sql_elsewhere_is_found() {
    let text = "f(\"SELECT 1\n FROM x\"); g(\"select one from many\"); h(\"PRAGMA x\");";
    assert_eq!(misplaced_sql(&File::of("src/doors/a.rs", text)).len(), 2);
    assert!(misplaced_sql(&File::of("events/store/sqlite/a.rs", text)).is_empty());
    assert!(misplaced_sql(&File::of("tests/spec/a.rs", text)).is_empty());
}
