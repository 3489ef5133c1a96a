//! Backups through the real program: what is copied, what is refused, and what is left behind.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::run::{Place, Running, fact, facts, find, parsed};

/// What a table of a file says, as text.
fn rows(path: &Path, select: &str) -> Vec<String> {
    let log = Connection::open(path).expect("it opens");
    let mut select = log.prepare(select).expect("it is SQL");
    let rows = select.query_map([], |row| row.get(0)).expect("it runs");
    rows.map(|row| row.expect("text")).collect()
}

/// A backup that waits for keys which someone else holds, and who holds them.
fn waiting(place: &Place) -> (Running, Connection) {
    let keys = Connection::open(place.file("a.log.keys")).expect("it opens");
    keys.execute_batch("BEGIN EXCLUSIVE").expect("nobody else has them");
    let running = Running::start(place.command(&["log", "backup", "b.log"]));
    let deadline = Instant::now() + Duration::from_secs(60);
    while !place.file("b.log.part/keys").exists() {
        assert!(Instant::now() < deadline, "it does not come to the keys");
        running.said();
    }
    (running, keys)
}

#[test]
fn a_backup_is_the_log_as_it_stands() {
    let place = Place::with(&facts(10));
    let made = place.run(&["log", "backup", "b.log", "--json"]).succeeded();
    let made = &made.json()[0];
    let read = |store| place.run(&["log", "read", "--json", "--store", store]).succeeded();
    assert_eq!(read("b.log").out, read("a.log").out);
    assert_eq!(made["last_hash"], read("a.log").json()[9]["hash"]);
    assert_eq!(made["log_id"], read("a.log").json()[0]["log_id"]);
    let counts = ["position", "events", "outcomes", "streams"].map(|name| made[name].clone());
    assert_eq!(counts, [10, 10, 10, 2]);
    assert_eq!((&made["file"], &made["keys"]), (&"b.log".into(), &"b.log.keys".into()));
    assert_eq!(made["bytes"], std::fs::metadata(place.file("b.log")).unwrap().len());
    place.run(&["log", "verify", "--store", "b.log"]).succeeded();
}

#[test]
fn a_backup_says_what_it_is_and_a_quiet_one_nothing() {
    let place = Place::with(&facts(10));
    let said = place.run(&["log", "backup", "b.log"]).succeeded().out;
    assert!(said.starts_with("10 events, ") && said.contains("ends at position 10, "), "{said}");
    assert!(said.contains("\nkeys in b.log.keys: "), "{said}");
    assert_eq!(place.run(&["log", "backup", "c.log", "--quiet"]).succeeded().out, "");
}

#[test]
fn a_backup_has_every_guard_and_setting_of_a_log() {
    let place = Place::with(&facts(10));
    place.run(&["log", "backup", "b.log"]).succeeded();
    let schema = "SELECT type || name || coalesce(sql, '') FROM sqlite_schema ORDER BY 1";
    let migrations = "SELECT version || hex(checksum) FROM _sqlx_migrations";
    let (log, copy) = (place.log(), place.file("b.log"));
    assert_eq!(rows(&copy, "PRAGMA journal_mode"), ["wal"]);
    assert_eq!(rows(&copy, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(rows(&copy, schema), rows(&log, schema));
    assert_eq!(rows(&copy, migrations), rows(&log, migrations));
    let change = Connection::open(&copy).expect("it opens").execute("DELETE FROM events", []);
    assert!(change.is_err_and(|error| error.to_string() == "events cannot be deleted"));
}

#[test]
fn a_copy_is_no_more_readable_than_what_it_was_made_of() {
    let place = Place::with(&facts(1));
    std::fs::set_permissions(place.log(), PermissionsExt::from_mode(0o640)).expect("it is ours");
    place.run(&["log", "backup", "b.log"]).succeeded();
    let mode = |name| std::fs::metadata(place.file(name)).unwrap().mode() & 0o777;
    assert_eq!((mode("b.log"), mode("b.log.keys")), (0o640, 0o600));
    let keys = "SELECT tenant || hex(hash) || hex(wrap) FROM tenants";
    let (copied, own) = (place.file("b.log.keys"), place.file("a.log.keys"));
    assert_eq!(rows(&copied, keys).len(), 1);
    assert_eq!(rows(&copied, keys), rows(&own, keys));
}

#[test]
fn an_empty_log_can_be_backed_up() {
    let place = Place::with("");
    let made = &place.run(&["log", "backup", "b.log", "--json"]).succeeded().json()[0];
    assert_eq!((&made["events"], &made["last_hash"]), (&0.into(), &().into()));
    place.run(&["log", "verify", "--store", "b.log"]).succeeded();
}

#[test]
fn a_backup_is_taken_beside_a_writer() {
    let place = Place::new();
    let mut writer = Running::start(place.command(&["log", "append", "--json"]));
    writer.feed(&facts(3));
    (0..3).for_each(|_| drop(writer.line()));
    let made = &place.run(&["log", "backup", "b.log", "--json"]).succeeded().json()[0];
    assert_eq!(made["position"], 3);
    writer.feed(&fact("shop", "later"));
    assert_eq!(parsed(&writer.line())["position"], 4);
    assert_eq!(writer.end(), (vec![], 0));
}

#[test]
fn nothing_is_written_over() {
    let place = Place::with(&facts(3));
    for name in ["b.log", "b.log-wal", "b.log-journal", "b.log.keys", "b.log.keys-journal"] {
        std::fs::write(place.file(name), "mine").expect("there is room for it");
        let ended = place.run(&["log", "backup", "b.log"]).failed(73, "file_exists");
        assert!(ended.err.contains(&format!("{name} is there already\n")), "{ended:?}");
        assert_eq!(std::fs::read(place.file(name)).expect("it is there"), b"mine");
        std::fs::remove_file(place.file(name)).expect("it is there");
        assert!(place.names().iter().all(|name| !name.starts_with("b.log")), "{name}");
    }
    place.run(&["log", "backup", "a.log"]).failed(73, "file_exists");
    std::os::unix::fs::symlink("nowhere", place.file("b.log")).expect("there is room for it");
    place.run(&["log", "backup", "b.log"]).failed(73, "file_exists");
}

#[test]
fn what_comes_into_its_place_meanwhile_is_not_written_over() {
    let place = Place::with(&facts(3));
    let (running, keys) = waiting(&place);
    std::fs::write(place.file("b.log"), "mine").expect("there is room for it");
    drop(keys);
    assert_eq!(running.end(), (vec![], 73));
    assert_eq!(std::fs::read(place.file("b.log")).expect("it is there"), b"mine");
    let names = place.names();
    assert_eq!(names.iter().filter(|name| name.starts_with("b.log")).count(), 1, "{names:?}");
}

#[test]
fn a_damaged_log_is_not_backed_up() {
    let place = Place::with(&facts(10));
    let at = find(&place.log(), b"\"id\":\"6\"");
    let file = std::fs::File::options().write(true).open(place.log()).expect("it is ours");
    std::os::unix::fs::FileExt::write_at(&file, b"I", at as u64 + 1).expect("it is changed");
    let ended = place.run(&["log", "backup", "b.log"]).failed(1, "copy_damaged");
    assert!(ended.err.contains("event at position 7"), "{ended:?}");
    assert!(place.names().iter().all(|name| !name.starts_with("b.log")));
}

#[test]
fn a_log_is_not_backed_up_without_its_keys() {
    let place = Place::with(&facts(1));
    std::fs::write(place.file("a.log.keys"), "no keys at all").expect("it is ours");
    place.run(&["log", "backup", "b.log"]).failed(78, "keys_unusable");
    std::fs::remove_file(place.file("a.log.keys")).expect("it is there");
    place.run(&["log", "backup", "b.log"]).failed(78, "keys_missing");
    place.run(&["log", "backup", "b.log", "--store", "c.log"]).failed(66, "store_missing");
    assert!(place.names().iter().all(|name| !name.starts_with("b.log")));
}

#[test]
fn keys_that_someone_was_writing_when_he_was_killed_are_copied_as_they_were_before() {
    let place = Place::with(&facts(1));
    let names = ["a.log.keys", "a.log.keys-journal"];
    let keys = Connection::open(place.file(names[0])).expect("it opens");
    let spills = "PRAGMA cache_size = 1; PRAGMA journal_mode = DELETE; BEGIN;
                  UPDATE tenants SET hash = x'00'; CREATE TABLE junk AS SELECT zeroblob(99999);";
    keys.execute_batch(spills).expect("it is written, and not committed");
    let half = names.map(|name| std::fs::read(place.file(name)).expect("it reads"));
    drop(keys);
    for (name, bytes) in names.iter().zip(half) {
        std::fs::write(place.file(name), bytes).expect("there is room for it");
    }
    place.run(&["log", "backup", "b.log"]).succeeded();
    let copied = place.file("b.log.keys");
    assert_eq!(rows(&copied, "SELECT name FROM sqlite_schema WHERE name = 'junk'").len(), 0);
    assert_eq!(rows(&copied, "SELECT hex(hash) FROM tenants WHERE length(hash) = 32").len(), 1);
}

#[test]
fn a_backup_makes_no_folders() {
    let place = Place::with(&facts(1));
    let ended = place.run(&["log", "backup", "disk/b.log"]).failed(74, "copy_failed");
    assert!(ended.err.contains("disk/b.log was not made: "), "{ended:?}");
    assert!(!place.file("disk").exists());
}

#[test]
fn what_a_killed_backup_left_is_removed() {
    let place = Place::with(&facts(3));
    std::fs::create_dir(place.file("b.log.part")).expect("there is room for it");
    for name in ["log", "log-wal", "keys", "log.lock"] {
        std::fs::write(place.file("b.log.part").join(name), "half").expect("there is room");
    }
    // It was killed after it had put the keys in place, and before the log.
    std::fs::hard_link(place.file("b.log.part/keys"), place.file("b.log.keys")).expect("a link");
    place.run(&["log", "backup", "b.log"]).succeeded();
    place.run(&["log", "verify", "--store", "b.log"]).succeeded();
    assert!(!place.file("b.log.part").exists());
}

#[test]
fn a_folder_of_someone_else_keeps_what_is_in_it() {
    let place = Place::with(&facts(3));
    std::fs::create_dir(place.file("b.log.part")).expect("there is room for it");
    std::fs::write(place.file("b.log.part/thesis"), "mine").expect("there is room for it");
    place.run(&["log", "backup", "b.log"]).succeeded();
    assert_eq!(std::fs::read(place.file("b.log.part/thesis")).expect("it is there"), b"mine");
}

#[test]
fn of_two_backups_to_one_file_one_is_told_of_the_other() {
    let place = Place::with(&facts(3));
    let (first, keys) = waiting(&place);
    let ended = place.run(&["log", "backup", "b.log"]).failed(75, "store_locked");
    assert!(ended.err.contains(&format!("b.log is being written by process {}\n", first.id())));
    drop(keys);
    assert_eq!(first.end().1, 0);
    place.run(&["log", "verify", "--store", "b.log"]).succeeded();
}

#[test]
fn a_signal_ends_a_backup_and_nothing_is_left() {
    let place = Place::with(&facts(3));
    let (running, _keys) = waiting(&place);
    running.signal("-TERM");
    assert_eq!(running.ended(), (vec![], 143));
    assert!(place.names().iter().all(|name| !name.starts_with("b.log")));
}
