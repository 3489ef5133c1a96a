//! Start-up is recovery: after an end that was not clean, the program syncs the journal and the file
//! of the log and has both read from the disk again, before SQLite looks at either; and it appends
//! to no log whose end does not hold together.

use std::path::Path;

use rusqlite::Connection;

use super::boundary::{Boundary, failures};
use super::script::every::{Start, killed, recorded, struck};
use super::script::{Ended, Script};
use super::trace::{Call, Fault};

const JOURNAL: &str = "world/home/annals.log-wal";
const LOG: &str = "world/home/annals.log";
/// The exit code of a damaged log.
const DAMAGED: i32 = 1;

#[test]
fn after_a_kill_the_journal_and_the_log_are_read_from_the_disk() {
    let (mut script, _) = struck(Start::Fresh, Fault::Kill(&late_sync()), killed);
    script.look();
    reads_from_the_disk(&script.record(), &script);
    script.recovers();
}

#[test]
fn after_a_failed_sync_the_journal_and_the_log_are_read_from_the_disk() {
    let (mut script, _) = after_a_failed_sync();
    script.look();
    reads_from_the_disk(&script.record(), &script);
    script.recovers();
}

#[test]
fn after_a_clean_end_the_cache_is_kept() {
    let mut script = Script::new();
    let fresh = script.record();
    let again = script.record();
    for call in fresh.iter().chain(&again) {
        assert_ne!(call.syscall, "fadvise64", "nothing was left to recover: {call:?}");
    }
}

#[test]
fn after_a_failed_sync_a_damaged_end_is_not_appended_to() {
    let (mut script, ended) = after_a_failed_sync();
    let last = damage_the_last_event(&script.folder().join(LOG));
    let refused = script.run_with(Fault::None);
    assert!(ended.answers > 0 && refused.answers == 0, "nothing is acknowledged: {refused:?}");
    assert_eq!(refused.status.code(), Some(DAMAGED), "{refused:?}");
    let codes: Vec<_> = refused.complaints.iter().filter_map(|said| said.code()).collect();
    assert_eq!(codes, ["store_damaged"]);
    let said = format!("{:?}", refused.complaints);
    assert!(said.contains(&format!("event at position {last}: its row")), "{said}");
}

/// A sync of the journal, late in the script.
fn late_sync() -> Boundary {
    let syncs = recorded(Start::Fresh, |calls, script| {
        failures(calls, script.folder(), &script.answers(), &["fdatasync", "fsync"])
    });
    Boundary::late(&syncs).clone()
}

fn after_a_failed_sync() -> (Script, Ended) {
    let failed = |ended: &Ended| ended.log.0.contains("(INJECTED)");
    let (script, ended) = struck(Start::Fresh, Fault::Error(&late_sync()), failed);
    assert!(!ended.status.success(), "it stops at the failed sync: {ended:?}");
    (script, ended)
}

/// The first that happens to both files: opened, synced, dropped from the cache.
fn reads_from_the_disk(calls: &[Call], script: &Script) {
    for place in [JOURNAL, LOG] {
        let of_file = calls.iter().filter(|call| script.place(call) == Path::new(place));
        let first: Vec<&str> = of_file.map(|call| &*call.syscall).take(3).collect();
        assert_eq!(first, ["openat", "fdatasync", "fadvise64"], "what comes first for {place}");
    }
}

/// Changes the last event as no program of ours can; returns its position.
fn damage_the_last_event(log: &Path) -> i64 {
    let connection = Connection::open(log).expect("the log opens");
    let damage = "DROP TRIGGER events_cannot_change;
                  UPDATE events SET payload = x'7b7d' WHERE position = (SELECT position FROM log);";
    connection.execute_batch(damage).expect("damaged");
    let select = "SELECT position FROM log";
    connection.query_row(select, [], |row| row.get(0)).expect("the log has a head")
}
