//! What people and programs rely on, kept as files: every help page, every error code with its
//! remedy, everything that is said over NATS. `UPDATE=1` rewrites them.

use std::fmt::Write;
use std::path::Path;

use annals::cli::problem::Code;

use super::run::Place;

#[track_caller]
fn is_as_kept(name: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    #[expect(clippy::disallowed_methods, reason = "whoever runs the tests says so in this way")]
    let update = std::env::var_os("UPDATE").is_some();
    if update {
        std::fs::write(&path, now).expect("it can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "{name} has changed; `UPDATE=1` keeps what is so now:\n{now}");
}

/// The help page of a command, and of everything below it.
fn pages(place: &Place, command: &[&str], all: &mut String) {
    let arguments: Vec<&str> = [command, &["--help"]].concat();
    let page = place.run(&arguments).succeeded().out;
    writeln!(all, "$ annals {}\n{page}", arguments.join(" ")).expect("text can be written");
    let listed = page.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
    let names = listed.lines().take_while(|line| !line.is_empty());
    let names = names.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for name in names.filter(|name| !name.is_empty() && *name != "help") {
        pages(place, &[command, &[name]].concat(), all);
    }
}

#[test]
fn every_help_page_is_as_it_was() {
    let mut all = String::new();
    pages(&Place::new(), &[], &mut all);
    is_as_kept("cli-help.txt", &all);
}

#[test]
fn everything_that_is_said_is_as_it_was() {
    let document = Place::new().run(&["schema", "asyncapi"]).succeeded().out;
    is_as_kept("asyncapi.json", &document);
}

#[test]
fn every_error_has_its_code_and_remedy_for_ever() {
    let row =
        |code: &Code| format!("{}\n  exit {}\n  {}\n", code.name(), code.exit(), code.remedy());
    let all: Vec<String> = Code::ALL.iter().map(row).collect();
    is_as_kept("error-codes.txt", &all.join("\n"));
}
