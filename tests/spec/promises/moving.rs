//! An import that is killed at any moment: what it left is a beginning of the log that came, whole
//! to every command, and the same command goes on to the same bytes.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::chance::Chance;
use super::fact::Fact;
use super::hashes::Hashes;
use super::program::{annals, fill, spawn};

/// How many facts come: many parts of the export, and large ones among them.
const FACTS: u64 = 12_000;
/// How many imports are killed when they have come this far or that, and into how many logs: each
/// takes what the ones before it have left.
const KILLS: u64 = 20;
const LOGS: u64 = 5;
/// How many of them must strike an import that has entered something and not everything.
const MIDWAY: u64 = 5;

/// A log, its export, and a place for another log.
struct Scene {
    folder: TempDir,
    from: Hashes,
}

impl Scene {
    fn new(format: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut scene = Self { folder, from: Hashes::default() };
        let lines: String = (0..FACTS).map(|n| Fact(n).line()).collect();
        fill(&scene.path("from.log"), &lines);
        let mut export = annals(&scene.path("from.log"));
        export.args(["log", "export", "--format", format]).arg(scene.path("export"));
        succeeds(&mut export);
        scene.from = Hashes::of(&scene.path("from.log"));
        assert_eq!(scene.from.len(), FACTS);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn import(&self) -> Command {
        let mut command = annals(&self.path("to/annals.log"));
        command.args(["log", "import"]).arg(self.path("export"));
        command
    }

    /// How many bytes the log and its journal have.
    fn written(&self) -> u64 {
        let size = |name| std::fs::metadata(self.path(name)).map_or(0, |found| found.len());
        size("to/annals.log") + size("to/annals.log-wal")
    }

    /// Kills an import that has come so far; says how many events are there then.
    fn kills_an_import(&self, written: u64) -> u64 {
        let mut child = spawn(self.import().stdout(Stdio::piped()).stderr(Stdio::piped()));
        while self.written() < written && child.try_wait().expect("it can be asked").is_none() {
            std::thread::yield_now();
        }
        child.kill().expect("a child can be killed");
        child.wait().expect("a child can be waited for");
        if !self.path("to/annals.log").exists() {
            return 0;
        }
        let left = annals(&self.path("to/annals.log")).args(["log", "verify"]).output();
        let left = left.expect("it runs");
        // A kill may come before the file is a log.
        if String::from_utf8_lossy(&left.stderr).contains("store_missing") {
            return 0;
        }
        assert!(left.status.success(), "what a kill left is not whole: {left:?}");
        let entered = Hashes::of(&self.path("to/annals.log"));
        assert!(self.from.begins_with(&entered), "what a kill left is no beginning of the log");
        entered.len()
    }

    /// The same command enters what is missing, and then both logs are the same, byte for byte.
    fn is_completed(&self) {
        succeeds(&mut self.import());
        let mut export = annals(&self.path("to/annals.log"));
        let format = if self.is_json() { "json" } else { "binary" };
        let bytes = succeeds(export.args(["log", "export", "--format", format])).stdout;
        let came = std::fs::read(self.path("export")).expect("it is there");
        assert!(bytes == came, "what came out is not what went in");
        std::fs::remove_dir_all(self.path("to")).expect("it is there");
    }

    fn is_json(&self) -> bool {
        std::fs::read(self.path("export")).expect("it is there").starts_with(b"{")
    }
}

#[track_caller]
fn succeeds(command: &mut Command) -> Output {
    let ended = command.output().expect("it runs");
    assert!(ended.status.success(), "{ended:?}");
    ended
}

fn kills(format: &str) {
    let (mut chance, seed) = Chance::seeded();
    let mut out = std::io::stderr();
    writeln!(out, "kills of imports: ANNALS_SEED={seed}").expect("standard error is open");
    let scene = Scene::new(format);
    succeeds(&mut scene.import());
    let all = scene.written();
    scene.is_completed();
    let mut midway = 0;
    for _ in 0..LOGS {
        let mut before = 0;
        for _ in 0..KILLS / LOGS {
            let entered = scene.kills_an_import(scene.written() + chance.below(all / 2));
            assert!(entered >= before, "a kill took back what was entered");
            midway += u64::from(before < entered && entered < FACTS);
            before = entered;
        }
        scene.is_completed();
    }
    writeln!(out, "{KILLS} kills of imports, {midway} of them midway").expect("it is open");
    assert!(midway >= MIDWAY, "too few kills strike an import at work: {midway}");
}

#[test]
fn an_import_that_is_killed_goes_on_to_the_same_bytes() {
    kills("json");
}

#[test]
fn an_import_of_bytes_that_is_killed_goes_on_to_the_same_bytes() {
    kills("binary");
}
