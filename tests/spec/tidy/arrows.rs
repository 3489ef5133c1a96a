//! Who may know whom: `events` knows no crate of ours, `actors` and `projections` know `events`
//! alone, and so never each other.

use std::collections::BTreeSet;

use super::{file, holds};

/// The crates of ours that a manifest depends on, for whatever purpose.
fn ours(manifest: &str) -> BTreeSet<String> {
    let mut section = "";
    let mut found = BTreeSet::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
            found.extend(
                section
                    .rsplit('.')
                    .next()
                    .filter(|_| is_dependencies(section))
                    .and_then(crate_of_ours),
            );
        } else if is_dependencies(section) {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            found.extend(crate_of_ours(key.split('.').next().unwrap_or_default()));
            found.extend(value.split('"').filter_map(crate_of_ours));
            if value.contains("path") {
                found.extend(value.split('"').nth(1).map(|path| format!("path {path}")));
            }
        }
    }
    found
}

fn is_dependencies(section: &str) -> bool {
    section.split('.').any(|part| part.ends_with("dependencies"))
}

fn crate_of_ours(name: &str) -> Option<String> {
    let name = name.trim().trim_matches('"');
    (name == "annals" || name.starts_with("annals-")).then(|| name.into())
}

/// What a manifest depends on beyond what it may.
fn strangers(package: &str, manifest: &str, allowed: &[&str]) -> Vec<String> {
    let strangers = ours(manifest).into_iter().filter(|name| !allowed.contains(&name.as_str()));
    strangers.map(|name| format!("{package} depends on {name}")).collect()
}

#[test]
fn events_knows_no_crate_of_ours() {
    let found = strangers("events", &file("events/Cargo.toml").text, &[]);
    holds(found, "move what is shared down into `events`, or pass it in as data");
}

#[test]
fn actors_know_events_alone() {
    let found = strangers("actors", &file("actors/Cargo.toml").text, &["annals-events"]);
    holds(found, "a decision gets what it needs inside the command, never from a read model");
}

#[test]
fn projections_know_events_alone() {
    let found = strangers("projections", &file("projections/Cargo.toml").text, &["annals-events"]);
    holds(found, "a projection reads facts; what only an actor knows must become an event");
}

#[test]
fn an_arrow_in_the_wrong_direction_is_found() {
    let written = [
        "[dependencies]\nannals-actors.workspace = true",
        "[dev-dependencies]\nannals-actors = { path = \"../actors\" }",
        "[dependencies.annals-actors]\nworkspace = true",
        "[target.'cfg(unix)'.dependencies]\nx = { package = \"annals-actors\" }",
        "[build-dependencies]\nx = { path = \"../actors\" }",
    ];
    for manifest in written {
        assert!(!strangers("projections", manifest, &["annals-events"]).is_empty(), "{manifest}");
    }
}

#[test]
fn what_may_be_known_is_not_reported() {
    let manifest = "[package]\nname = \"annals-actors\"\n[dependencies]\nannals-events.workspace = true\nserde = \"1\"";
    assert!(strangers("actors", manifest, &["annals-events"]).is_empty());
}
