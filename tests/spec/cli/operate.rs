//! What an operator does beside appending and reading: make, look, check, complete.

use std::os::unix::fs::PermissionsExt;

use super::run::{Place, fact, facts};

#[test]
fn migrate_makes_a_log_once() {
    let place = Place::new();
    let made = place.run(&["migrate"]).succeeded();
    assert!(made.out.starts_with("made a log with schema 3 at "), "{made:?}");
    let again = place.run(&["migrate", "--json"]).succeeded();
    let state = &again.json()[0];
    assert_eq!((&state["schema"], &state["due"]), (&3.into(), &false.into()));
    place.run(&["log", "verify"]).succeeded();
}

#[test]
fn stats_tell_the_log_in_numbers() {
    let place = Place::with(&facts(3));
    let stats = &place.run(&["log", "stats", "--json"]).succeeded().json()[0];
    assert_eq!((&stats["position"], &stats["events"]), (&3.into(), &3.into()));
    assert_eq!(stats["outcomes"], 3);
    assert!(stats["last_recorded_at"].is_string() && stats["writer"].is_null(), "{stats}");
    let said = place.run(&["log", "stats"]).succeeded().out;
    assert!(said.contains("ends at position  3\n") && said.contains("nobody"), "{said}");
}

#[test]
fn an_empty_log_has_no_last_event() {
    let place = Place::with("");
    let stats = &place.run(&["log", "stats", "--json"]).succeeded().json()[0];
    assert_eq!((&stats["position"], &stats["last_recorded_at"]), (&0.into(), &().into()));
    assert!(place.run(&["log", "stats"]).succeeded().out.contains("none yet"));
}

#[test]
fn a_healthy_log_has_no_problems() {
    let place = Place::with(&facts(1500));
    let report = &place.run(&["doctor", "--json"]).succeeded().json()[0];
    assert_eq!(report["healthy"], true);
    let checks = report["checks"].as_array().expect("they are listed");
    let names: Vec<&str> = checks.iter().filter_map(|check| check["name"].as_str()).collect();
    assert_eq!(names, ["sqlite", "folder", "room", "log", "writer", "journal", "keys", "events"]);
    assert_eq!(checks[7]["message"], "the newest 1,000 of 1,500 read back");
}

#[test]
fn keys_that_others_may_read_are_a_problem_with_a_remedy() {
    let place = Place::with(&fact("shop", 1));
    let keys = place.folder.path().join("a.log.keys");
    std::fs::set_permissions(&keys, PermissionsExt::from_mode(0o644)).expect("it is ours");
    let ended = place.run(&["doctor"]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("mode 644") && ended.out.contains("remedy: "), "{ended:?}");
    std::fs::remove_file(&keys).expect("it is ours");
    assert_eq!(place.run(&["doctor"]).code, 1);
}

#[test]
fn keys_are_private_from_the_first_day() {
    let place = Place::with(&fact("shop", 1));
    let keys = std::fs::metadata(place.folder.path().join("a.log.keys")).expect("they are there");
    assert_eq!(keys.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_quiet_doctor_says_only_what_is_wrong() {
    let place = Place::with(&fact("shop", 1));
    assert_eq!(place.run(&["doctor", "--quiet"]).succeeded().out, "");
    let elsewhere = place.run(&["doctor", "--quiet", "--store", "nowhere/a.log"]);
    assert!(elsewhere.code == 1 && elsewhere.out.starts_with("problem  folder"), "{elsewhere:?}");
}

#[test]
fn shells_can_complete_commands() {
    let place = Place::new();
    let bash = place.run(&["completions", "bash"]).succeeded().out;
    assert!(bash.contains("_annals()") && bash.contains("--in-flight"));
    assert!(place.run(&["completions", "fish"]).succeeded().out.contains("complete -c annals"));
}
