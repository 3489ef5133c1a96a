//! One copy of a small log, made where it can be watched and broken off.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::super::answers::Complaint;
use super::super::boundary::Boundary;
use super::super::fact::Fact;
use super::super::program::{annals, fill};
use super::super::trace::{Call, Fault, calls, strace};

/// How many facts the log has.
const FACTS: u64 = 20;
/// Which way a copy goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    Backup,
    Restore,
}

/// A log and nothing else, and a folder, `world`, where its copy is to be.
pub(super) struct Scene {
    way: Way,
    folder: TempDir,
}

/// What is left of a copy that broke off.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    Parts,
    All,
}

impl Scene {
    /// A new log.
    pub(super) fn new(way: Way) -> Self {
        let scene = Self::empty(way);
        let lines: String = (0..FACTS).map(|n| Fact(n).line()).collect();
        fill(&scene.path("from.log"), &lines);
        scene
    }

    /// The same log byte for byte, so that a copy of it makes the same calls.
    pub(super) fn again(&self) -> Self {
        let scene = Self::empty(self.way);
        for name in ["from.log", "from.log.keys"] {
            std::fs::copy(self.path(name), scene.path(name)).expect("copied");
        }
        scene
    }

    fn empty(way: Way) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("world")).expect("a folder");
        Self { way, folder }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self) -> Command {
        let (from, copy) = (self.path("from.log"), self.path("world/copy.log"));
        let (store, arguments, file) = match self.way {
            Way::Backup => (from, ["log", "backup"], copy),
            Way::Restore => (copy, ["log", "restore"], from),
        };
        let mut command = annals(&store);
        command.args(arguments).arg(file);
        command
    }

    /// Runs it under strace; what it said, and what strace saw.
    pub(super) fn run(&self, fault: Fault<'_>) -> (Output, String) {
        let log = self.path("strace");
        let mut command = strace(fault, self.folder.path(), &log, &self.program());
        let output = command.output().expect("strace is installed");
        (output, std::fs::read_to_string(&log).expect("strace wrote its log"))
    }

    /// What one run shows, to be found again in others.
    pub(super) fn found(
        &self,
        find: impl FnOnce(&[Call], &Path) -> Vec<Boundary>,
    ) -> Vec<Boundary> {
        let scene = self.again();
        let (output, log) = scene.run(Fault::None);
        assert!(output.status.success(), "it does not run under strace: {output:?}");
        assert_eq!(scene.left(), Left::All);
        find(&calls(&log), scene.folder.path())
    }

    /// What there is of the copy: where a log stands it must be whole, and have its keys.
    pub(super) fn left(&self) -> Left {
        let is_there = |name: &str| self.path(name).exists();
        let parts = is_there("world/copy.log.part") || is_there("world/copy.log.keys");
        if !is_there("world/copy.log") {
            return if parts { Left::Parts } else { Left::Nothing };
        }
        let seen = self.path("seen/annals.log");
        let restored =
            annals(&seen).args(["log", "restore"]).arg(self.path("world/copy.log")).output();
        let restored = restored.expect("it runs");
        assert!(restored.status.success(), "a copy with its name is not whole: {restored:?}");
        let said: serde_json::Value = serde_json::from_slice(&restored.stdout).expect("JSON");
        assert_eq!((&said["events"], said["keys"].is_string()), (&FACTS.into(), true));
        std::fs::remove_dir_all(self.path("seen")).expect("it is there");
        for name in ["world/copy.log-wal", "world/copy.log-shm"] {
            let _ = std::fs::remove_file(self.path(name));
        }
        Left::All
    }

    /// The next one makes the copy, if it was not made, and removes what was left in any case.
    pub(super) fn is_completed(&self, left: &Left) {
        let again = self.program().output().expect("it runs");
        match left {
            Left::All => assert_eq!(complaint(&again).code(), Some("file_exists"), "{again:?}"),
            _ => assert!(again.status.success(), "the next one fails: {again:?}"),
        }
        assert_eq!(self.left(), Left::All);
        assert!(!self.path("world/copy.log.part").exists(), "the next one leaves what was left");
        let whole = annals(&self.path("from.log")).args(["log", "verify"]).output();
        assert!(whole.expect("it runs").status.success(), "the log was touched");
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backup => "backup",
            Self::Restore => "restore",
        })
    }
}

/// The one failure that a command told of.
pub(super) fn complaint(output: &Output) -> Complaint {
    Complaint::parse(&String::from_utf8_lossy(&output.stderr))
}
