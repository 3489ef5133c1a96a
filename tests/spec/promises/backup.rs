//! Backups of a log that another process appends to as fast as it can: each holds everything that was
//! acknowledged before it began, and nothing but a beginning of the log; each can be restored.

mod broken;
mod busy;
mod disks;
mod scene;

use std::io::Write;
use std::time::{Duration, Instant};

use super::chance::Chance;
use super::hashes::Hashes;
use busy::Busy;

/// How many backups are made of each log, and of how many logs: a log that grows for long takes ever
/// longer to be compared.
const BACKUPS: u64 = 5;
const LOGS: u64 = 20;
/// How many backups are killed at moments nobody chose.
const KILLS: u64 = 30;
/// How many of them must strike a backup that has begun and is not done.
const MIDWAY: u64 = 10;

#[test]
fn a_hundred_backups_under_load_hold_all_that_was_acknowledged_and_can_be_restored() {
    let began = Instant::now();
    let mut grown = 0;
    for _ in 0..LOGS {
        let mut busy = Busy::start();
        let mut held = Hashes::default();
        for _ in 0..BACKUPS {
            let before = busy.acknowledged();
            let position = busy.is_backed_up().field("position");
            grown += busy.acknowledged() - before;
            let restored = busy.gives_back();
            let last = restored.len();
            assert!(
                before <= last,
                "{before} was acknowledged before the backup, which has {last}"
            );
            assert_eq!(position, last, "it has what it says");
            assert!(restored.begins_with(&held), "a later backup holds another history");
            held = restored;
        }
        assert!(busy.ends().begins_with(&held), "a backup holds another history");
        busy.agrees_with_its_ledger();
    }
    let (backups, seconds) = (LOGS * BACKUPS, began.elapsed().as_secs_f64());
    let mut out = std::io::stderr();
    writeln!(out, "{backups} backups and restores, {grown} facts meanwhile, {seconds:.0} s")
        .expect("standard error is open");
    assert!(grown > backups, "the log grows while it is backed up: {grown}");
}

#[test]
fn thirty_kills_of_a_backup_leave_all_of_it_or_nothing() {
    let (mut chance, seed) = Chance::seeded();
    let mut out = std::io::stderr();
    writeln!(out, "kills of backups: ANNALS_SEED={seed}").expect("standard error is open");
    let mut busy = Busy::start();
    let began = Instant::now();
    busy.is_backed_up();
    let takes = began.elapsed().as_micros() as u64;
    let mut held = busy.gives_back();
    let (mut midway, mut done) = (0, 0);
    for _ in 0..KILLS {
        busy.kills_a_backup(Duration::from_micros(chance.below(2 * takes)));
        midway += u64::from(busy.has("b.log.part"));
        if busy.has("b.log") {
            held = busy.gives_back();
            done += 1;
        }
    }
    writeln!(out, "{KILLS} kills, {midway} of them midway; {done} backups were there all the same")
        .expect("standard error is open");
    assert!(midway >= MIDWAY, "too few kills strike a backup at work: {midway}");
    busy.is_backed_up();
    assert!(!busy.has("b.log.part"), "the next one removes what was left");
    assert!(busy.gives_back().begins_with(&held));
    assert!(busy.ends().begins_with(&held), "a backup holds another history");
    busy.agrees_with_its_ledger();
}
