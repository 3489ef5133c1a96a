//! One word for one idea: words that mean something else elsewhere, or nothing at all, do not
//! occur in names of ours. What they are called instead is in the glossary of `ARCHITECTURE.md`.

use super::source::Source;
use super::{File, HOUSE, holds};

/// In no name at all.
const NOWHERE: [&str; 7] =
    ["sequence", "offset", "revision", "aggregate", "manager", "helper", "util"];
/// In no name of a Rust file, beside those.
const NO_FILE: [&str; 2] = ["service", "handler"];

/// Names that others chose for what is theirs.
const THEIRS: [&str; 2] = ["SequenceStart", "SequenceEnd"];

/// The forbidden words in a path.
fn in_path(file: &File) -> Vec<String> {
    let stem = file.name().split('.').next().unwrap_or_default();
    let folders = file.path.split('/').rev().skip(1);
    let more: &[&str] = if file.is_rust() { &NO_FILE } else { &[] };
    let names = folders.chain([stem]);
    let found =
        names.flat_map(words).filter(|word| is_one_of(word, &NOWHERE) || is_one_of(word, more));
    found.map(|word| format!("{}: the name says `{word}`", file.path)).collect()
}

/// The forbidden words in the names that a file uses.
fn in_names(file: &File) -> Vec<String> {
    let code = if file.is_rust() { Source::of(&file.text) } else { sql(&file.text) };
    let ours = code.names().filter(|(_, name)| !THEIRS.contains(name));
    let found = ours.flat_map(|(line, name)| {
        let word = words(name).into_iter().find(|word| is_one_of(word, &NOWHERE))?;
        Some(format!("{}:{line}: `{name}` says `{word}`", file.path))
    });
    found.collect()
}

/// SQL has its own comments and quotes.
fn sql(text: &str) -> Source {
    let line = |line: &str| {
        let code = line.split("--").next().unwrap_or_default();
        code.split('\'').step_by(2).collect::<Vec<_>>().join(" ")
    };
    Source { code: text.lines().map(line).collect::<Vec<_>>().join("\n"), ..Source::default() }
}

fn is_one_of(word: &str, forbidden: &[&str]) -> bool {
    forbidden.iter().any(|one| word == *one || word.strip_suffix('s') == Some(one))
}

/// The words of a name, whether `snake_case`, `kebab-case` or `CamelCase`.
fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    for c in name.chars() {
        if c.is_uppercase() && spaced.ends_with(char::is_lowercase) {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() { c } else { ' ' });
    }
    spaced.split_whitespace().map(str::to_lowercase).collect()
}

#[test]
fn file_names_say_what_is_in_the_file() {
    let found = HOUSE.iter().flat_map(in_path).collect();
    holds(found, "name the file after what it is: registry, runner, codec, inbox");
}

#[test]
fn names_use_the_words_of_the_glossary() {
    let ours = HOUSE.iter().filter(|file| file.is_rust() || file.path.ends_with(".sql"));
    let found = ours.flat_map(in_names).collect();
    holds(found, "say version, position, actor, stream; `ARCHITECTURE.md` has the glossary");
}

#[test]
fn a_forbidden_word_in_a_path_is_found() {
    assert_eq!(in_path(&File::of("src/utils/a.rs", "")).len(), 1);
    assert_eq!(in_path(&File::of("src/task_manager.rs", "")).len(), 1);
    assert_eq!(in_path(&File::of("src/service.rs", "")).len(), 1);
    assert!(in_path(&File::of("deploy/annals.service", "")).is_empty());
}

#[test]
fn a_forbidden_word_in_a_name_is_found() {
    let file =
        File::of("a.rs", "struct LogOffset; // offset\nlet x = \"offset\";\nfn offsets() {}");
    assert_eq!(
        in_names(&file),
        ["a.rs:1: `LogOffset` says `offset`", "a.rs:3: `offsets` says `offsets`"]
    );
}

#[test]
fn a_forbidden_word_in_a_table_is_found() {
    let file = File::of("a.sql", "-- the offset\nCHECK (x <> 'offset')\nevent_sequence BLOB");
    assert_eq!(in_names(&file), ["a.sql:3: `event_sequence` says `sequence`"]);
}

#[test]
fn a_longer_word_is_another_word() {
    assert!(in_names(&File::of("a.rs", "fn utility() { consequence }")).is_empty());
}
