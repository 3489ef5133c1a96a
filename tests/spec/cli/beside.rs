//! Two processes at one log: one writes, everyone reads.

use super::run::{Place, Running, fact, parsed};

/// A process that writes to the log and waits for more.
fn writing(place: &Place) -> Running {
    let mut running = Running::start(place.command(&["log", "append", "--json"]));
    running.feed(&fact("shop", "held"));
    running.line();
    running
}

#[test]
fn a_second_writer_is_refused_and_told_who_writes() {
    let place = Place::new();
    let first = writing(&place);
    let ended = place.fed(&["log", "append"], fact("shop", 2)).failed(75, "store_locked");
    assert!(ended.err.contains(&format!("by process {}\n", first.id())), "{ended:?}");
    place.run(&["migrate"]).failed(75, "store_locked");
    assert_eq!(first.end(), (vec![], 0));
    place.fed(&["log", "append"], fact("shop", 2)).succeeded();
}

#[test]
fn readers_come_and_go_beside_a_writer() {
    let place = Place::new();
    let mut first = writing(&place);
    assert_eq!(place.run(&["log", "read", "--json"]).succeeded().each("position"), [1]);
    place.run(&["log", "verify"]).succeeded();
    place.run(&["migrate", "--check"]).succeeded();
    let stats = place.run(&["log", "stats", "--json"]).succeeded();
    assert_eq!(stats.json()[0]["writer"], first.id().to_string());
    let doctor = place.run(&["doctor"]).succeeded();
    assert!(
        doctor.out.contains(&format!("process {} writes to the log", first.id())),
        "{doctor:?}"
    );
    first.feed(&fact("shop", 2));
    assert_eq!(parsed(&first.line())["position"], 2);
    assert_eq!(first.end(), (vec![], 0));
}

#[test]
fn a_killed_writer_holds_nobody_up() {
    let place = Place::new();
    let first = writing(&place);
    first.signal("-KILL");
    drop(first);
    assert_eq!(place.run(&["log", "read", "--json"]).succeeded().each("position"), [1]);
    let ended = place.fed(&["log", "append", "--json"], fact("shop", "held")).succeeded();
    assert_eq!(ended.each("outcome"), ["known"]);
    place.run(&["log", "verify"]).succeeded();
}
