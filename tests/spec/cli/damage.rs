//! Logs that are not what was written: found, named, never shown as if they were right.

use std::os::unix::fs::FileExt;

use rusqlite::Connection;

use super::run::{Place, facts, find};

/// Changes one byte of the fact with this id, behind the program's back.
fn tampered(id: &str) -> Place {
    let place = Place::with(&facts(10));
    let file = std::fs::File::options().write(true).open(place.log()).expect("it can be written");
    let at = find(&place.log(), format!("\"id\":\"{id}\"").as_bytes());
    file.write_at(b"I", at as u64 + 1).expect("it is changed");
    place
}

/// Changes the log as another program would, with its guards taken away.
fn without_guards(place: &Place, change: &str) {
    let log = Connection::open(place.log()).expect("it opens");
    let guards = "SELECT group_concat('DROP TRIGGER ' || name || ';', ' ') FROM sqlite_schema WHERE type = 'trigger'";
    let drop: String = log.query_row(guards, [], |row| row.get(0)).expect("there are guards");
    log.execute_batch(&drop).expect("they can be dropped");
    log.execute_batch(change).expect("it can be changed");
}

#[test]
fn a_whole_log_is_said_to_be_whole() {
    let place = Place::with(&facts(10));
    let said = place.run(&["log", "verify"]).succeeded().out;
    assert!(said.starts_with("10 events in 2 streams, 10 outcomes and 0 blobs in "), "{said}");
    let report = &place.run(&["log", "verify", "--json"]).succeeded().json()[0];
    assert_eq!((&report["whole"], &report["events"]), (&true.into(), &10.into()));
    assert_eq!(report["damages"], serde_json::json!([]));
}

#[test]
fn a_changed_event_is_named() {
    let place = tampered("6");
    let ended = place.run(&["log", "verify"]).failed(1, "store_damaged");
    assert!(ended.err.contains("event at position 7"), "{ended:?}");
    let ended = place.run(&["log", "verify", "--json"]);
    assert_eq!((ended.code, ended.err.as_str()), (1, ""));
    let report = &ended.json()[0];
    assert_eq!(report["whole"], false);
    assert_eq!(report["damages"][0]["position"], 7);
    assert!(report["damaged"].as_u64().unwrap() >= 1);
}

#[test]
fn a_changed_event_is_not_read() {
    let place = tampered("6");
    let ended = place.run(&["log", "read", "--json"]).json();
    assert!(ended.iter().all(|event| event["payload"]["id"] != "6"));
    place.run(&["log", "read"]).failed(1, "store_damaged");
    place.run(&["log", "read", "--stream", "fact-shop"]).failed(1, "store_damaged");
    place.run(&["log", "follow"]).failed(1, "store_damaged");
    let doctor = place.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("problem  events"), "{doctor:?}");
}

#[test]
fn an_event_that_was_cut_off_the_end_is_missed() {
    let place = Place::with(&facts(10));
    without_guards(&place, "DELETE FROM events WHERE position = 10");
    let ended = place.run(&["log", "verify"]).failed(1, "store_damaged");
    assert!(ended.err.contains("position 10"), "{ended:?}");
}

#[test]
fn many_damages_are_all_counted_and_the_first_is_told() {
    let place = Place::with(&facts(300));
    without_guards(&place, "UPDATE events SET payload = x'7b7d'");
    let ended = place.run(&["log", "verify"]).failed(1, "store_damaged");
    assert!(ended.err.contains("event at position 1: "), "{ended:?}");
    assert!(ended.out.lines().count() <= 101, "the list is bounded");
    assert!(ended.out.lines().last().unwrap().starts_with("and "), "{ended:?}");
}

#[test]
fn a_head_that_cannot_be_read_is_damage_and_not_the_end() {
    let place = Place::with(&facts(2));
    without_guards(&place, "UPDATE log SET position = 1");
    place.run(&["log", "verify"]).failed(1, "store_damaged");
    assert_eq!(place.run(&["log", "verify", "--json"]).json()[0]["whole"], false);
    place.fed(&["log", "append"], "").failed(1, "store_damaged");
}
