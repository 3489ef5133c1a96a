//! A full disk: appends wait, reads go on, nothing acknowledged is lost, and when there is room the
//! same program carries on.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use tempfile::TempDir;

use super::audit::Audit;
use super::ledger::Ledger;
use super::program::{Appender, Heard, annals, append};
use super::room::Room;

/// The whole disk, and the file that is deleted to make room.
const DISK: &str = "8m";
const BALLAST: usize = 4 * 1024 * 1024;
const WINDOW: usize = 8;
/// How many facts must be recorded once there is room again.
const MORE: u64 = 100;

/// A log on a small disk.
struct World {
    room: Room,
    folder: TempDir,
    ledger: Ledger,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let room = Room::open(folder.path(), DISK);
        let ballast = room.outside("ballast");
        std::fs::write(ballast, vec![0; BALLAST]).expect("there is room for it");
        Self { room, folder, ledger: Ledger::default() }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("annals.log")
    }

    fn appender(&mut self) -> Appender {
        self.ledger.begin();
        Appender::start(self.room.inside(&append(&self.store(), WINDOW)))
    }

    /// Runs another command of the program beside the one that appends; it must succeed.
    fn says(&self, arguments: &[&str]) -> String {
        let mut command = annals(&self.store());
        command.args(arguments);
        let done = self.room.inside(&command).output().expect("it runs");
        assert!(done.status.success(), "{arguments:?} does not work on a full disk: {done:?}");
        String::from_utf8(done.stdout).expect("text")
    }

    /// Sends facts until the program says that the disk is full.
    fn fill(&mut self, child: &mut Appender) {
        loop {
            while self.ledger.in_flight() < WINDOW {
                let fact = self.ledger.new_fact();
                child.send(fact);
                self.ledger.sent(fact);
            }
            match child.hear() {
                Heard::Answer(answer) => self.ledger.hear(&answer),
                Heard::Complaint(said) if said.code() == Some("store_full") => return,
                other => child.astonish("the disk was to be full", &other),
            }
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.room.outside("ballast")).expect("it is there");
    }

    /// Writes to another file until there is no room at all.
    fn fill_up(&self) {
        let more = File::create(self.room.outside("more")).expect("made");
        let full = std::iter::repeat_with(|| (&more).write(&[0; 4096])).find_map(Result::err);
        assert_eq!(full.map(|error| error.kind()), Some(ErrorKind::StorageFull));
    }

    /// Compares the log with the ledger, away from the small disk.
    fn check(&mut self) -> u64 {
        let copy = tempfile::tempdir().expect("a folder");
        self.room.copy_to(copy.path());
        Audit::default().check_whole(&copy.path().join("annals.log"), &mut self.ledger)
    }
}

#[test]
fn a_full_disk_halts_appends_until_there_is_room_and_loses_nothing() {
    let mut world = World::new();
    let mut child = world.appender();
    world.fill(&mut child);
    assert!(child.is_running(), "a full disk is no reason to end");
    let acknowledged = world.ledger.answered();
    assert!(acknowledged > 10, "the disk is large enough to begin with");
    let read = world.says(&["log", "read"]).lines().count() as u64;
    assert!(read >= acknowledged, "reading goes on, and shows what was acknowledged: {read}");
    world.says(&["log", "verify"]);
    world.make_room();
    while world.ledger.answered() < acknowledged + MORE {
        let fact = world.ledger.new_fact();
        child.send(fact);
        world.ledger.sent(fact);
        world.ledger.hear(&child.answer());
    }
    while world.ledger.in_flight() > 0 {
        world.ledger.hear(&child.answer());
    }
    let (status, last_words) = child.end();
    assert!(status.success() && last_words.is_empty(), "{status}: {last_words:?}");
    let facts = world.ledger.facts().count() as u64;
    assert_eq!(world.check(), facts, "every fact is recorded, those that waited too");
}

#[test]
fn a_kill_on_a_full_disk_loses_nothing() {
    let mut world = World::new();
    let mut child = world.appender();
    world.fill(&mut child);
    child.kill().iter().for_each(|answer| world.ledger.hear(answer));
    let acknowledged = world.ledger.answered();
    assert!(acknowledged > 10, "the disk is large enough to begin with");
    world.make_room();
    let mut child = world.appender();
    for fact in world.ledger.facts() {
        child.send(fact);
        world.ledger.sent(fact);
        world.ledger.hear(&child.answer());
    }
    let (status, last_words) = child.end();
    assert!(status.success() && last_words.is_empty(), "{status}: {last_words:?}");
    let facts = world.ledger.facts().count() as u64;
    assert_eq!(world.check(), facts, "each fact once");
}

/// A log that was copied here has no index of its journal: it is made when the log is opened, and
/// nothing else has to grow then.
#[test]
fn a_log_that_has_no_room_to_be_opened_says_so() {
    let mut world = World::new();
    let mut child = world.appender();
    child.send(world.ledger.new_fact());
    child.answer();
    assert!(child.end().0.success());
    // It may have been left where it was.
    let _ = std::fs::remove_file(world.room.outside("annals.log-shm"));
    world.fill_up();
    let mut child = world.appender();
    match child.hear() {
        Heard::Complaint(said) if said.code() == Some("store_full") => {}
        other => child.astonish("the disk is full", &other),
    }
    assert_eq!(child.end().0.code(), Some(73));
    world.make_room();
    let mut child = world.appender();
    child.send(world.ledger.new_fact());
    child.answer();
    assert!(child.end().0.success());
}
