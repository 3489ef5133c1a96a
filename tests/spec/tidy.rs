//! The rules of the house that no compiler knows: sizes, words, arrows, and where things stand.
//! Each rule is a function over text that lists what breaks it, a test that holds the house to it,
//! and a test that shows that it can fail. What clippy can say is left to clippy.

mod arrows;
mod bans;
// A program with planted bugs does not run for people.
#[cfg(not(feature = "planted"))]
mod documents;
mod goldens;
mod leftovers;
mod migrations;
mod modules;
mod places;
mod planted;
mod sizes;
mod source;
mod words;

use std::path::Path;
use std::sync::LazyLock;

/// Folders that are not ours.
const FOREIGN: [&str; 2] = ["target", ".git"];

/// A file of the house.
#[derive(Debug, Clone)]
struct File {
    /// Its path from the top, with `/`.
    path: String,
    /// What is in it; empty if it is not text.
    text: String,
}

impl File {
    /// A file that a negative test makes up.
    fn of(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether the whole file is there for tests alone.
    fn is_test(&self) -> bool {
        let parts: Vec<&str> = self.path.split('/').collect();
        parts.iter().any(|part| ["tests", "benches", "conformance"].contains(part))
            || self.path.ends_with("tests.rs")
            || self.path.ends_with("/conformance.rs")
    }
}

/// Every file of the house.
static HOUSE: LazyLock<Vec<File>> = LazyLock::new(|| {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(top, top, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 50, "the house is in {}", top.display());
    files
});

fn collect(top: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the house is readable") {
        let entry = entry.expect("an entry of a folder is readable");
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().expect("an entry has a type").is_dir() {
            if !FOREIGN.iter().any(|foreign| name == *foreign) && name != "__pycache__" {
                collect(top, &path, files);
            }
            continue;
        }
        let place = path.strip_prefix(top).expect("a file of the house is under its top");
        // What another test removes just now is no part of the house.
        let bytes = std::fs::read(&path).unwrap_or_default();
        let text = String::from_utf8(bytes).unwrap_or_default();
        files.push(File { path: place.to_string_lossy().replace('\\', "/"), text });
    }
}

fn rust_files() -> Vec<File> {
    HOUSE.iter().filter(|file| file.is_rust()).cloned().collect()
}

/// One file of the house, by its path.
#[track_caller]
fn file(path: &str) -> &'static File {
    HOUSE.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is not there"))
}

/// Nothing breaks the rule; if something does, says how to mend it.
#[track_caller]
fn holds(broken: Vec<String>, mend: &str) {
    assert!(broken.is_empty(), "{}\n\nto mend it: {mend}", broken.join("\n"));
}
