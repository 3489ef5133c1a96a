//! Every Rust file says what it is, and is part of something.

use super::source::Source;
use super::{File, holds, rust_files};

/// Files that crates begin with.
const ROOTS: [&str; 9] = [
    "src/lib.rs",
    "src/main.rs",
    "events/lib.rs",
    "events/tests/nats/main.rs",
    "actors/lib.rs",
    "projections/lib.rs",
    "tests/spec/main.rs",
    "tests/live/main.rs",
    "build.rs",
];

/// Files that do not begin by saying what is in them.
fn without_header(files: &[File]) -> Vec<String> {
    let silent = files.iter().filter(|file| !file.text.starts_with("//! "));
    silent.map(|file| format!("{} does not begin with `//!`", file.path)).collect()
}

/// Files that no other file names as its module.
fn orphans(files: &[File]) -> Vec<String> {
    let is_root = |file: &&File| ROOTS.contains(&file.path.as_str());
    let lost = files
        .iter()
        .filter(|file| !is_root(file) && !files.iter().any(|parent| names(parent, file)));
    lost.map(|file| format!("{} is part of nothing", file.path)).collect()
}

/// Whether a file names another one as its module.
fn names(parent: &File, file: &File) -> bool {
    let ((home, _), (folder, name)) = (split(&parent.path), split(&file.path));
    let is_neighbour = home == folder;
    if is_neighbour && parent.text.contains(&format!("#[path = \"{name}\"]")) {
        return true;
    }
    let is_parent = parent.path == format!("{folder}.rs")
        || (is_neighbour && ROOTS.contains(&parent.path.as_str()));
    let module = format!("mod {};", name.trim_end_matches(".rs"));
    is_parent && Source::of(&parent.text).code.contains(&module)
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[test]
fn every_file_begins_by_saying_what_is_in_it() {
    holds(
        without_header(&rust_files()),
        "two to four lines of `//!`: what lives here, what does not",
    );
}

#[test]
fn every_file_is_part_of_something() {
    let mend = "name it by `mod` in `folder.rs` beside its folder (no `mod.rs`), or delete it";
    holds(orphans(&rust_files()), mend);
}

#[test]
fn a_file_without_a_header_is_found() {
    let files = [File::of("a.rs", "use x;"), File::of("b.rs", "//! Says it.\n")];
    assert_eq!(without_header(&files), ["a.rs does not begin with `//!`"]);
}

#[test]
fn a_file_that_nothing_names_is_found() {
    let lib = File::of("src/lib.rs", "pub mod a; // mod c;\n");
    let a = File::of("src/a.rs", "mod b;\n#[path = \"a_tests.rs\"]\nmod tests;\n");
    let rest =
        ["src/a/b.rs", "src/a_tests.rs", "src/c.rs", "src/d/mod.rs"].map(|p| File::of(p, ""));
    let files: Vec<File> = [lib, a].into_iter().chain(rest).collect();
    assert_eq!(orphans(&files), ["src/c.rs is part of nothing", "src/d/mod.rs is part of nothing"]);
}
