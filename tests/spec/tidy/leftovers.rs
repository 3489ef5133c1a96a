//! What was meant to go before anyone saw it.

use super::source::Source;
use super::{File, HOUSE, holds, rust_files};

/// In the code of no Rust file. `allow` hides for ever; `expect` says when it is no longer needed.
const CODE: [&str; 6] = ["todo!(", "unimplemented!(", "dbg!(", "#[ignore", "#[allow(", "#![allow("];
/// In the code of no test: it waits for what it wants to see, not for a time to pass.
const TEST: [&str; 1] = ["sleep("];
/// In no comment, and in no text.
const COMMENT: [&str; 3] = ["FIXME", "TODO", "XXX"];

/// Leftovers in the code and the comments of a Rust file.
fn in_rust(file: &File) -> Vec<String> {
    let source = Source::of(&file.text);
    let code = find(&file.path, &source.code, &CODE);
    let naps: &[&str] = if file.is_test() { &TEST } else { &[] };
    let naps = find(&file.path, &source.code, naps);
    let comments = find(&file.path, &source.comments, &COMMENT);
    let banners = (1..).zip(source.comments.lines()).filter(|(_, line)| is_banner(line));
    let banners = banners.map(|(line, _)| format!("{}:{line}: a banner", file.path));
    [code, naps, comments].into_iter().flatten().chain(banners).collect()
}

fn find(path: &str, text: &str, leftovers: &[&str]) -> Vec<String> {
    let lines = (1..).zip(text.lines());
    let found = lines.flat_map(|(line, text)| {
        let here = leftovers.iter().filter(move |leftover| text.contains(**leftover));
        here.map(move |leftover| format!("{path}:{line}: `{leftover}`"))
    });
    found.collect()
}

/// A line of the same sign again and again says nothing.
fn is_banner(comment: &str) -> bool {
    let signs = comment.trim().trim_start_matches(['/', '!']).trim();
    let first = signs.chars().next();
    signs.len() >= 4
        && first.is_some_and(|sign| !sign.is_alphanumeric() && signs.chars().all(|c| c == sign))
}

fn is_text(file: &File) -> bool {
    let ends = [".sql", ".toml", ".md", ".service", ".timer", ".py", ".sh"];
    ends.iter().any(|end| file.path.ends_with(end)) || file.name() == "run"
}

#[test]
fn nothing_is_left_over_in_the_code() {
    let found = rust_files().iter().flat_map(in_rust).collect();
    holds(found, "finish it, or delete it; a lint is lifted by `#[expect(…, reason = \"…\")]`");
}

#[test]
fn nothing_is_left_over_in_other_texts() {
    let texts = HOUSE.iter().filter(|file| is_text(file));
    let found = texts.flat_map(|file| find(&file.path, &file.text, &COMMENT)).collect();
    holds(found, "finish it, or delete it");
}

#[test]
fn leftovers_are_found() {
    let text = "todo!();\n// TODO later\n// ------\n#[ignore]\nlet x = \"FIXME\"; // fine\n";
    let found = in_rust(&File::of("a.rs", text));
    assert_eq!(
        found,
        ["a.rs:1: `todo!(`", "a.rs:4: `#[ignore`", "a.rs:2: `TODO`", "a.rs:3: a banner"]
    );
}

#[test]
fn a_test_that_sleeps_is_found() {
    let text = "std::thread::sleep(second);";
    assert_eq!(in_rust(&File::of("events/store/tests.rs", text)).len(), 1);
    assert!(in_rust(&File::of("events/store/lock.rs", text)).is_empty());
}

#[test]
fn a_rule_of_a_table_is_no_banner() {
    assert!(!is_banner("//! |---|---|") && !is_banner("// ") && is_banner("//// ===="));
}
