//! Files and functions that fit into a head.

use super::source::Source;
use super::{File, HOUSE, holds, rust_files};

const FILE_LINES_MAX: usize = 500;
const MEDIAN_LINES_MAX: usize = 120;
const FUNCTION_LINES_MAX: usize = 70;

/// Files that are too long.
fn long_files(files: &[File]) -> Vec<String> {
    let lines = |file: &File| file.text.lines().count();
    let long = files.iter().filter(|file| lines(file) > FILE_LINES_MAX);
    long.map(|file| format!("{} has {} lines", file.path, lines(file))).collect()
}

/// How long the file in the middle is.
fn median(files: &[File]) -> usize {
    let mut lines: Vec<usize> = files.iter().map(|file| file.text.lines().count()).collect();
    lines.sort_unstable();
    lines.get(lines.len() / 2).copied().unwrap_or(0)
}

/// Functions that are too long.
fn long_functions(file: &File) -> Vec<String> {
    let functions = Source::of(&file.text).functions();
    let long = functions.iter().filter(|function| function.lines > FUNCTION_LINES_MAX);
    long.map(|f| format!("{}:{}: `{}` has {} lines", file.path, f.line, f.name, f.lines)).collect()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let is_written = |file: &&File| {
        let ends = [".rs", ".sql", ".py", ".mjs", ".sh", "/run", ".md"];
        ends.into_iter().any(|end| file.path.ends_with(end)) && file.path != "CHANGELOG.md"
    };
    let written: Vec<_> = HOUSE.iter().filter(is_written).cloned().collect();
    holds(long_files(&written), "split it: `name.rs` keeps the words, `name/` gets the parts");
}

#[test]
fn half_of_all_files_have_at_most_120_lines() {
    let median = median(&rust_files());
    assert!(
        median <= MEDIAN_LINES_MAX,
        "the median file has {median} lines\n\nto mend it: split what was touched last"
    );
}

#[test]
fn no_function_is_longer_than_70_lines() {
    let long = rust_files().iter().flat_map(long_functions).collect();
    holds(long, "leave the control flow, and move what its branches do into functions");
}

#[test]
fn a_long_file_is_found() {
    let (long, short) = ("x\n".repeat(501), "x\n".repeat(500));
    let found = long_files(&[File::of("long.rs", &long), File::of("short.rs", &short)]);
    assert_eq!(found, ["long.rs has 501 lines"]);
}

#[test]
fn the_median_is_the_file_in_the_middle() {
    let files = [1, 200, 130].map(|lines| File::of("a.rs", &"x\n".repeat(lines)));
    assert_eq!(median(&files), 130);
}

#[test]
fn a_long_function_is_found() {
    let body = |lines| format!("fn f() {{\n{}}}\n", "x;\n".repeat(lines));
    assert_eq!(long_functions(&File::of("a.rs", &body(69))), ["a.rs:1: `f` has 71 lines"]);
    assert!(long_functions(&File::of("a.rs", &body(68))).is_empty());
}
