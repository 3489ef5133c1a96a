//! How commands fail: the code, the remedy, the exit code, and what they leave as it was.

use rusqlite::Connection;

use super::run::{Place, ended, fact, parsed};

/// Makes the log look as if another version of the program had made it.
fn set_schema(place: &Place, change: &str) {
    let log = Connection::open(place.log()).expect("it opens");
    log.execute_batch(change).expect("it can be changed");
}

#[test]
fn without_a_log_every_reader_says_so_and_makes_none() {
    let place = Place::new();
    let ended = place.run(&["log", "read"]).failed(66, "store_missing");
    assert!(ended.err.contains("there is no log at ") && ended.err.contains("a.log"), "{ended:?}");
    place.run(&["log", "follow"]).failed(66, "store_missing");
    place.run(&["log", "verify"]).failed(66, "store_missing");
    place.run(&["log", "stats"]).failed(66, "store_missing");
    place.run(&["migrate", "--check"]).failed(66, "store_missing");
    assert_eq!(place.run(&["doctor"]).code, 1);
    assert_eq!(place.names(), Vec::<String>::new());
}

#[test]
fn failures_are_objects_for_programs() {
    let place = Place::new();
    let ended = place.run(&["log", "read", "--json"]);
    assert_eq!((ended.code, ended.out.as_str()), (66, ""));
    let error = &parsed(&ended.err)["error"];
    assert_eq!(error["code"], "store_missing");
    assert!(error["message"].as_str().unwrap().contains("a.log"));
    assert!(error["remedy"].as_str().unwrap().contains("--store"));
}

#[test]
fn a_wrong_command_line_is_told_in_both_forms() {
    let place = Place::new();
    let text = place.run(&["log", "reed"]);
    assert!(text.code == 2 && text.err.contains("'reed'"), "{text:?}");
    let json = place.run(&["--json", "log", "reed"]);
    assert_eq!(json.code, 2);
    assert_eq!(parsed(&json.err)["error"]["code"], "usage");
}

#[test]
fn a_file_that_is_no_log_is_left_as_it_was() {
    let place = Place::new();
    std::fs::write(place.log(), "dear diary").expect("there is room for it");
    place.run(&["log", "read"]).failed(66, "not_a_log");
    place.fed(&["log", "append"], fact("shop", 1)).failed(66, "not_a_log");
    place.run(&["migrate"]).failed(66, "not_a_log");
    assert_eq!(std::fs::read(place.log()).expect("it is there"), b"dear diary");
}

#[test]
fn a_folder_is_no_log() {
    let place = Place::new();
    std::fs::create_dir(place.log()).expect("there is room for it");
    place.run(&["log", "read"]).failed(66, "not_a_log");
    place.fed(&["log", "append"], fact("shop", 1)).failed(66, "not_a_log");
    assert!(!place.names().contains(&"a.log.lock".into()));
}

#[test]
fn a_log_of_a_newer_program_is_left_alone() {
    let place = Place::with(&fact("shop", 1));
    let newer =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (99, 'later', 1, x'00', 0)";
    set_schema(&place, newer);
    let ended = place.run(&["log", "read"]).failed(78, "store_newer");
    assert!(ended.err.contains("schema 99"), "{ended:?}");
    place.fed(&["log", "append"], fact("shop", 2)).failed(78, "store_newer");
    place.run(&["migrate"]).failed(78, "store_newer");
    place.run(&["migrate", "--check"]).failed(78, "store_newer");
    assert_eq!(place.run(&["doctor"]).code, 1);
}

#[test]
fn a_log_of_an_older_program_is_brought_up_to_date_when_asked() {
    let place = Place::new();
    let older = "PRAGMA journal_mode = WAL; CREATE TABLE _sqlx_migrations (
        version BIGINT PRIMARY KEY, description TEXT NOT NULL,
        installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL,
        checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)";
    set_schema(&place, older);
    place.run(&["log", "read"]).failed(78, "store_older");
    let check = place.run(&["migrate", "--check"]);
    assert_eq!((check.code, check.out.as_str()), (1, "the log has schema 0, this program has 3\n"));
    let migrated = place.run(&["migrate"]).succeeded();
    assert_eq!(migrated.out, "the log went from schema 0 to 3\n");
    place.run(&["log", "read"]).succeeded();
    place.run(&["migrate", "--check"]).succeeded();
}

#[test]
fn a_log_with_a_history_does_not_get_new_keys_by_accident() {
    let place = Place::with(&fact("shop", 1));
    let keys = place.folder.path().join("a.log.keys");
    std::fs::remove_file(&keys).expect("it is there");
    place.fed(&["log", "append"], fact("shop", 1)).failed(78, "keys_missing");
    assert!(!keys.exists());
    place.run(&["log", "read"]).succeeded();
    std::fs::write(&keys, "no keys at all").expect("there is room for it");
    place.fed(&["log", "append"], fact("shop", 1)).failed(78, "keys_unusable");
}

#[test]
fn without_a_home_a_log_must_be_named() {
    let place = Place::new();
    ended(&mut place.bare(&["log", "read"])).failed(78, "store_unnamed");
}

#[test]
fn the_log_is_in_the_users_data_folder_unless_it_is_named() {
    let place = Place::with(&fact("named", 1));
    let data = place.folder.path().join("data");
    ended(place.bare(&["migrate"]).env("XDG_DATA_HOME", &data)).succeeded();
    assert!(data.join("annals/annals.log").is_file());
    let log = place.log();
    let named = ["--store", log.to_str().unwrap(), "log", "read", "--json"];
    let read = ended(place.bare(&named).env("ANNALS_STORE", data.join("annals/annals.log")));
    assert_eq!(read.succeeded().each("stream"), ["main/fact-named"]);
}

#[cfg(feature = "planted")]
#[test]
fn a_program_with_planted_bugs_serves_only_its_harness() {
    let place = Place::new();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_annals"));
    command.env_clear().env("ANNALS_STORE", place.log()).args(["log", "append"]);
    ended(&mut command).failed(2, "harness_only");
    assert_eq!(place.names(), Vec::<String>::new());
}

#[cfg(not(feature = "planted"))]
#[test]
fn a_program_without_planted_bugs_knows_no_harness() {
    let place = Place::new();
    let ended = place.run(&["--harness", "log", "read"]);
    assert!(ended.code == 2 && ended.err.contains("--harness"), "{ended:?}");
}
