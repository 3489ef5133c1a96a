//! Those who work outside: three processes in Python, and two in JavaScript. They are killed and
//! frozen, and others come.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::bus::program::Running;
use crate::serve::documents::{cut_out, worker};
use crate::serve::system::{System, house};

/// Their programs, and how many processes each of them has.
const PROGRAMS: [(&str, usize); 2] = [("counter.py", 3), ("greeter.mjs", 2)];
/// The agent of those in Python.
pub(super) const COUNTER: &str = "counter";

/// A kind of worker.
#[derive(Debug, Clone, Copy)]
pub(super) enum Language {
    Python,
    JavaScript,
}

/// All who work.
pub(super) struct Workers {
    folder: TempDir,
    url: String,
    ledger: PathBuf,
    all: Vec<Vec<Running>>,
}

impl Workers {
    /// They come to work.
    pub(super) fn come(system: &System) -> Self {
        let folder = cut_out();
        for (name, _) in PROGRAMS {
            let from = house().join("tests/live/serve/day").join(name);
            std::fs::copy(from, folder.path().join(name)).expect("it is copied");
        }
        let ledger = system.file("ledger");
        let mut workers = Self { folder, url: system.url(), ledger, all: Vec::new() };
        let start = |(name, count)| (0..count).map(|_| workers.start(name)).collect();
        workers.all = PROGRAMS.map(start).into();
        workers
    }

    fn start(&self, name: &str) -> Running {
        let ledger = self.ledger.to_str().expect("text");
        worker(self.folder.path(), name, &[&self.url, ledger])
    }

    /// The oldest process ends at once.
    pub(super) fn lose_one(&mut self, language: Language) {
        drop(self.of(language).remove(0));
    }

    /// Another one comes.
    pub(super) fn get_one(&mut self, language: Language) {
        let another = self.start(PROGRAMS[language as usize].0);
        self.of(language).push(another);
    }

    /// The oldest process does nothing more, until it goes on.
    pub(super) fn oldest(&mut self, language: Language) -> &Running {
        &self.of(language)[0]
    }

    fn of(&mut self, language: Language) -> &mut Vec<Running> {
        &mut self.all[language as usize]
    }

    /// Nobody writes any more; gives what was written.
    pub(super) fn leave(mut self) -> String {
        self.all.clear();
        std::fs::read_to_string(&self.ledger).expect("it is there")
    }
}
