//! Restores through the real program: a backup becomes the log, or nothing does.

use super::run::{Place, Running, fact, facts, find};

/// A folder without a log, and with a backup of one.
fn lost(count: usize) -> Place {
    let place = Place::with(&facts(count));
    place.run(&["log", "backup", "b.log"]).succeeded();
    for name in place.names().iter().filter(|name| name.starts_with("a.log")) {
        std::fs::remove_file(place.file(name)).expect("it is there");
    }
    place
}

/// What stands where the log was to be, beside the lock that any writer leaves.
fn made(place: &Place) -> Vec<String> {
    let ours = |name: &String| name.starts_with("a.log") && name != "a.log.lock";
    place.names().into_iter().filter(ours).collect()
}

#[test]
fn a_restored_log_goes_on_where_its_backup_ended() {
    let place = lost(10);
    let backup = place.run(&["log", "read", "--json", "--store", "b.log"]).succeeded().out;
    let done = &place.run(&["log", "restore", "b.log", "--json"]).succeeded().json()[0];
    assert_eq!((&done["events"], &done["file"]), (&10.into(), &"b.log".into()));
    assert_eq!(done["keys"], format!("{}.keys", place.log().display()));
    assert_eq!(place.run(&["log", "read", "--json"]).succeeded().out, backup);
    let again = place.fed(&["log", "append", "--json"], facts(12)).succeeded();
    let known = again.each("outcome").iter().filter(|outcome| **outcome == "known").count();
    assert_eq!(known, 10, "its keys know what was recorded before");
    place.run(&["log", "verify"]).succeeded();
    assert_eq!(place.run(&["doctor"]).succeeded().code, 0);
}

#[test]
fn a_restore_says_what_to_do_next() {
    let place = lost(10);
    let said = place.run(&["log", "restore", "b.log"]).succeeded().out;
    assert!(said.starts_with("10 events, ") && said.contains("\nnext: "), "{said}");
}

#[test]
fn a_backup_can_be_restored_elsewhere_and_stays_as_it_is() {
    let place = Place::with(&facts(10));
    place.run(&["log", "backup", "b.log"]).succeeded();
    let before = std::fs::read(place.file("b.log")).expect("it is there");
    place.run(&["log", "restore", "b.log", "--store", "new/folder/c.log"]).succeeded();
    place.run(&["log", "verify", "--store", "new/folder/c.log"]).succeeded();
    assert_eq!(std::fs::read(place.file("b.log")).expect("it is there"), before);
}

#[test]
fn what_was_appended_to_a_backup_is_restored_with_it() {
    let place = lost(3);
    let mut writer =
        Running::start(place.command(&["log", "append", "--json", "--store", "b.log"]));
    writer.feed(&fact("shop", "later"));
    writer.line();
    writer.signal("-KILL");
    drop(writer);
    let done = place.run(&["log", "restore", "b.log", "--json"]).succeeded();
    assert_eq!(done.each("events"), [4], "its journal was not forgotten");
}

#[test]
fn a_log_is_never_restored_over() {
    let place = Place::with(&facts(3));
    place.run(&["log", "backup", "b.log"]).succeeded();
    place.fed(&["log", "append"], facts(5)).succeeded();
    let ended = place.run(&["log", "restore", "b.log"]).failed(73, "file_exists");
    assert!(ended.err.contains("a.log is there already\n"), "{ended:?}");
    assert_eq!(place.run(&["log", "read", "--json"]).succeeded().json().len(), 5);
}

#[test]
fn the_remains_of_another_log_are_in_the_way() {
    let place = lost(3);
    for name in ["a.log-wal", "a.log-shm", "a.log-journal", "a.log.keys"] {
        std::fs::write(place.file(name), "mine").expect("there is room for it");
        let ended = place.run(&["log", "restore", "b.log"]).failed(73, "file_exists");
        assert!(ended.err.contains(&format!("{name} is there already\n")), "{ended:?}");
        assert_eq!(std::fs::read(place.file(name)).expect("it is there"), b"mine");
        std::fs::remove_file(place.file(name)).expect("it is there");
        assert_eq!(made(&place), Vec::<String>::new());
    }
    place.run(&["log", "restore", "b.log"]).succeeded();
}

#[test]
fn nothing_is_restored_under_a_writer() {
    let place = Place::new();
    let mut writer = Running::start(place.command(&["log", "append", "--json"]));
    writer.feed(&fact("shop", 1));
    writer.line();
    place.run(&["log", "backup", "b.log"]).succeeded();
    for name in made(&place) {
        std::fs::remove_file(place.file(&name)).expect("it is there");
    }
    let ended = place.run(&["log", "restore", "b.log"]).failed(75, "store_locked");
    assert!(ended.err.contains(&format!("by process {}\n", writer.id())), "{ended:?}");
    assert_eq!(made(&place), Vec::<String>::new());
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let place = lost(10);
    let at = find(&place.file("b.log"), b"\"id\":\"6\"");
    let file = std::fs::File::options().write(true).open(place.file("b.log")).expect("it is ours");
    std::os::unix::fs::FileExt::write_at(&file, b"I", at as u64 + 1).expect("it is changed");
    let ended = place.run(&["log", "restore", "b.log"]).failed(1, "copy_damaged");
    assert!(ended.err.contains("event at position 7"), "{ended:?}");
    assert_eq!(made(&place), Vec::<String>::new());
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let place = lost(1);
    place.run(&["log", "restore", "nowhere.log"]).failed(66, "not_a_backup");
    place.run(&["log", "restore", "."]).failed(66, "not_a_backup");
    std::fs::write(place.file("diary"), "dear diary").expect("there is room for it");
    place.run(&["log", "restore", "diary"]).failed(66, "not_a_backup");
    assert_eq!(made(&place), Vec::<String>::new());
}

#[test]
fn a_backup_is_not_restored_without_its_keys() {
    let place = lost(1);
    std::fs::remove_file(place.file("b.log.keys")).expect("it is there");
    let ended = place.run(&["log", "restore", "b.log"]).failed(78, "keys_missing");
    assert!(ended.err.contains("b.log.keys\n"), "{ended:?}");
    assert_eq!(made(&place), Vec::<String>::new());
}
