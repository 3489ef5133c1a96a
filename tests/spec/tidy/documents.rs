//! What documents say is true: what they name is there, and what they tell people to type works.

use std::path::Path;
use std::process::Command;

use super::{File, HOUSE, file, holds};

/// Folders whose files documents name by their whole path.
const ROOMS: [&str; 11] = [
    ".ci",
    "actors",
    "benches",
    "deploy",
    "docs",
    "events",
    "migrations",
    "projections",
    "src",
    "target",
    "tests",
];

/// Where the links of a document lead to, and the paths that stand in backticks in it.
fn named(document: &File) -> Vec<String> {
    let (folder, _) = document.path.rsplit_once('/').unwrap_or(("", ""));
    let links = document.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
    let links = links.map(|link| link.split('#').next().unwrap_or(link));
    let links = links.map(|link| match folder {
        "" => link.to_owned(),
        _ => format!("{folder}/{link}"),
    });
    let prose: String = document.text.split("```").step_by(2).collect();
    let quoted = prose.split('`').skip(1).step_by(2).filter(|text| is_place(text));
    links.chain(quoted.map(str::to_owned)).collect()
}

fn is_place(text: &str) -> bool {
    let room = text.split_once('/').map(|(room, _)| room);
    let is_name = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    room.is_some_and(|room| ROOMS.contains(&room) && room != "target") && text.chars().all(is_name)
}

/// What a document names that is not there.
fn missing(document: &File, house: &[File]) -> Vec<String> {
    let there = |place: &str| {
        let place = place.trim_end_matches('/');
        let inside = format!("{place}/");
        house.iter().any(|file| file.path == place || file.path.starts_with(&inside))
    };
    let lost = named(document).into_iter().filter(|place| !there(place));
    lost.map(|place| format!("{} names {place}", document.path)).collect()
}

/// Types what stands in the `sh` blocks of a document into a shell, with a home of its own.
fn type_in(document: &str, home: &Path) -> Result<(), String> {
    let blocks = document.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let script = blocks.fold("set -euo pipefail\n".to_owned(), |script, block| script + block);
    let program = Path::new(env!("CARGO_BIN_EXE_annals")).parent().expect("a program has a folder");
    let ended = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", program.display()))
        .env("HOME", home)
        .current_dir(home)
        .output()
        .map_err(|error| format!("bash: {error}"))?;
    let said = String::from_utf8_lossy(&ended.stderr);
    if ended.status.success() { Ok(()) } else { Err(format!("{}\n{said}", ended.status)) }
}

/// The command of a unit, with another program and another log.
fn command_of(unit: &str, log: &Path) -> Option<Vec<String>> {
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart="))?;
    let (_, arguments) = line.split_once(' ')?;
    let there = |word: &str| match word.starts_with("/var/lib/") {
        true => log.display().to_string(),
        false => word.to_owned(),
    };
    Some(arguments.split_whitespace().map(there).collect())
}

#[test]
fn what_documents_name_is_there() {
    let documents = HOUSE.iter().filter(|file| file.path.ends_with(".md"));
    let lost = documents.flat_map(|document| missing(document, &HOUSE)).collect();
    holds(lost, "correct the name, or delete what is no longer true");
}

#[test]
fn a_name_of_nothing_is_found() {
    let text =
        "[a](b.md#c) [d](http://e) `src/f.rs` `src/<g>.rs` `h/i`\n```text\n`src/j.rs`\n```\n";
    let house = [File::of("docs/b.md", ""), File::of("docs/a.md", text)];
    assert_eq!(missing(&house[1], &house), ["docs/a.md names src/f.rs"]);
}

#[test]
fn what_the_readme_tells_people_to_type_works() {
    let home = tempfile::tempdir().expect("a folder");
    assert_eq!(type_in(&file("README.md").text, home.path()), Ok(()));
    assert!(home.path().join(".local/share/annals/annals.log").exists(), "it made a log");
}

#[test]
fn a_command_that_does_not_work_is_found() {
    let home = tempfile::tempdir().expect("a folder");
    assert!(type_in("```sh\nannals log burn\n```", home.path()).is_err());
}

#[test]
fn the_nightly_unit_verifies_a_log() {
    let home = tempfile::tempdir().expect("a folder");
    let log = home.path().join("annals.log");
    let fact = "```sh\necho '{\"id\":\"1\",\"source\":\"a\",\"type\":\"b\"}' | annals log append --store annals.log\n```";
    assert_eq!(type_in(fact, home.path()), Ok(()));
    let verify = command_of(&file("deploy/annals-verify.service").text, &log).expect("a command");
    let verify = format!("```sh\nannals {}\n```", verify.join(" "));
    assert!(verify.contains("annals.log"), "{verify}");
    assert_eq!(type_in(&verify, home.path()), Ok(()));
    std::fs::write(&log, "no log").expect("written");
    assert!(type_in(&verify, home.path()).is_err(), "what is no log passed");
}
