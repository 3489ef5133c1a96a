//! Disks that a backup comes to and that do not suit it: too small for it, or closed to writing.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::super::answers::Complaint;
use super::super::fact::Fact;
use super::super::program::{annals, fill};
use super::super::room::Room;

/// How many facts the log has; about a megabyte.
const FACTS: u64 = 2000;
/// The exit code of a disk without room.
const FULL: i32 = 73;

/// A log, and a folder that becomes another disk.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("disk")).expect("a folder");
        let scene = Self { folder };
        let lines: String = (0..FACTS).map(|n| Fact(n).line()).collect();
        fill(&scene.log(), &lines);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> PathBuf {
        self.path("annals.log")
    }

    /// A disk of so many bytes.
    fn disk(&self, bytes: u64) -> Room {
        Room::open(&self.path("disk"), &bytes.to_string())
    }

    fn bytes(&self) -> u64 {
        std::fs::metadata(self.log()).expect("it is there").len()
    }
}

/// What the program does where the disk is seen.
fn runs(room: &Room, store: &Path, arguments: &[&str], file: &Path) -> Output {
    let mut command = annals(store);
    command.args(arguments).arg(file);
    room.inside(&command).output().expect("it runs")
}

/// The names of everything on the disk.
fn names(room: &Room) -> Vec<String> {
    let entries = std::fs::read_dir(room.outside("")).expect("the disk reads");
    entries.map(|entry| entry.expect("a file").file_name().into_string().expect("text")).collect()
}

#[track_caller]
fn is_full(ended: &Output) {
    let said = Complaint::parse(&String::from_utf8_lossy(&ended.stderr));
    assert_eq!((ended.status.code(), said.code()), (Some(FULL), Some("copy_full")), "{ended:?}");
}

#[test]
fn a_disk_without_room_for_a_backup_is_left_empty_and_the_log_as_it_was() {
    let scene = Scene::new();
    let before = std::fs::read(scene.log()).expect("it reads");
    let (page, bytes) = (4096, scene.bytes());
    // No room for the log, for its keys, for what comparing takes.
    for room in [page, bytes / 2, bytes + 3 * page, bytes + 9 * page] {
        let disk = scene.disk(room);
        is_full(&runs(&disk, &scene.log(), &["log", "backup"], &scene.path("disk/b.log")));
        assert_eq!(names(&disk), Vec::<String>::new(), "on a disk of {room}");
    }
    assert!(std::fs::read(scene.log()).expect("it reads") == before, "the log was touched");
    let disk = scene.disk(bytes + 32 * page);
    let made = runs(&disk, &scene.log(), &["log", "backup"], &scene.path("disk/b.log"));
    assert!(made.status.success(), "there is room now: {made:?}");
}

#[test]
fn a_disk_without_room_for_a_log_gets_none() {
    let scene = Scene::new();
    let disk = scene.disk(scene.bytes() / 2);
    let (store, backup) = (scene.path("disk/annals.log"), scene.log());
    is_full(&runs(&disk, &store, &["log", "restore"], &backup));
    assert_eq!(names(&disk), ["annals.log.lock"]);
}

#[test]
fn a_backup_on_a_disk_that_is_closed_to_writing_can_be_restored() {
    let scene = Scene::new();
    let disk = scene.disk(2 * scene.bytes());
    let backup = scene.path("disk/b ü?#%.log");
    let made = runs(&disk, &scene.log(), &["log", "backup"], &backup);
    assert!(made.status.success(), "{made:?}");
    let mut close = Command::new("mount");
    close.args(["-o", "remount,ro"]).arg(scene.path("disk"));
    let closed = disk.inside(&close).output().expect("it runs");
    assert!(closed.status.success(), "{closed:?}");
    let restored = runs(&disk, &scene.path("new.log"), &["log", "restore"], &backup);
    assert!(restored.status.success(), "{restored:?}");
    let said: serde_json::Value = serde_json::from_slice(&restored.stdout).expect("JSON");
    assert_eq!((&said["events"], said["keys"].is_string()), (&FACTS.into(), true));
}
