//! Golden files stay for ever: each belongs to a wire type that the code still reads.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, HOUSE, holds};

/// The wire type and schema that a golden file is an example of.
fn example(file: &File) -> Option<(String, u32)> {
    let name = file.path.strip_prefix("events/golden/")?.strip_suffix(".json")?;
    let (wire_type, schema) = name.rsplit_once('.')?;
    Some((wire_type.into(), schema.parse().ok()?))
}

/// Every wire type that has a golden file.
pub(super) fn types(files: &[File]) -> BTreeSet<String> {
    files.iter().filter_map(example).map(|(wire_type, _)| wire_type).collect()
}

/// The wire types that the code declares, with their newest schema.
fn declared(files: &[File]) -> BTreeMap<String, u32> {
    let rooms = files.iter().filter(|file| file.is_rust() && file.path.starts_with("events/"));
    rooms.filter(|file| !file.is_test()).flat_map(declarations).collect()
}

/// `WireType { name: "task.submitted", schema: 2 }`.
fn declarations(file: &File) -> Vec<(String, u32)> {
    let declaration = |fields: &str| {
        let (name, rest) = fields.trim_start().strip_prefix("name: \"")?.split_once('"')?;
        let (_, schema) = rest.split_once("schema: ")?;
        let digits = schema.find(|c: char| !c.is_ascii_digit())?;
        Some((name.into(), schema[..digits].parse().ok()?))
    };
    file.text.split("WireType {").skip(1).filter_map(declaration).collect()
}

/// Golden files without a type, and types without a golden file for each of their schemas.
fn unmatched(files: &[File]) -> Vec<String> {
    let declared = declared(files);
    let golden = files.iter().filter(|file| file.path.starts_with("events/golden/"));
    let golden = golden.filter(|file| file.path.ends_with(".json"));
    let known = |file: &&File| {
        example(file).is_some_and(|(name, schema)| {
            declared.get(&name).is_some_and(|newest| (1..=*newest).contains(&schema))
        })
    };
    let without_type = golden.filter(|file| !known(file));
    let without_type = without_type.map(|file| format!("{} is of no type that is read", file.path));
    let examples: BTreeSet<_> = files.iter().filter_map(example).collect();
    let wanted =
        declared.iter().flat_map(|(name, newest)| (1..=*newest).map(|s| (name.clone(), s)));
    let missing = wanted.filter(|wanted| !examples.contains(wanted));
    let missing =
        missing.map(|(name, schema)| format!("events/golden/{name}.{schema}.json is missing"));
    without_type.chain(missing).collect()
}

#[test]
fn every_golden_file_has_its_type_and_every_type_its_golden_files() {
    assert!(declared(&HOUSE).len() >= 10, "wire types are declared in `events/<category>.rs`");
    let mend = "a type or schema that was ever written is read for ever; `UPDATE=1` adds a new one";
    holds(unmatched(&HOUSE), mend);
}

#[test]
fn a_golden_file_without_a_type_is_found() {
    let files = [
        File::of("events/task.rs", "const A: WireType = WireType { name: \"task.a\", schema: 2 };"),
        File::of("events/golden/task.a.1.json", ""),
        File::of("events/golden/task.a.3.json", ""),
        File::of("events/golden/task.b.1.json", ""),
    ];
    let found = unmatched(&files);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[2].contains("task.a.2.json is missing"));
}
