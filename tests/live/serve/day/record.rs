//! What is on record when the day is over: the log, and what workers wrote down.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::serve::system::System;

/// An event, as the log tells it.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) position: u64,
    pub(super) stream: String,
    pub(super) version: u64,
    #[serde(rename = "type")]
    pub(super) word: String,
    pub(super) command_id: String,
    pub(super) recorded_at: String,
    pub(super) payload: Value,
}

impl Entry {
    /// The task it is about.
    pub(super) fn task(&self) -> Option<&str> {
        self.stream.strip_prefix("main/task-")
    }

    /// The attempt it is about.
    pub(super) fn attempt(&self) -> Option<u64> {
        self.payload["attempt"].as_u64()
    }

    /// Whether a task is over with it.
    pub(super) fn is_end(&self) -> bool {
        let ends = events::task::ENDINGS.map(|end| end.name);
        ends.contains(&self.word.as_str())
    }
}

/// Everything that the log says.
pub(super) fn log(system: &System) -> Vec<Entry> {
    let read = system.command(&["log", "read", "--json", "--store", system.store()]).output();
    let read = read.expect("the program starts");
    assert!(read.status.success(), "{read:?}");
    let said = String::from_utf8(read.stdout).expect("text");
    said.lines().map(|line| serde_json::from_str(line).expect("an event")).collect()
}

/// What happened to each task.
pub(super) fn tasks(log: &[Entry]) -> BTreeMap<&str, Vec<&Entry>> {
    let mut tasks: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in log {
        if let Some(task) = entry.task() {
            tasks.entry(task).or_default().push(entry);
        }
    }
    tasks
}

/// What workers wrote down.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// What was handed to one of them, by task and attempt.
    pub(super) got: BTreeSet<(String, u64)>,
    /// What they did, by task, attempt and step.
    pub(super) did: BTreeSet<(String, u64, u64)>,
    /// What they were told.
    pub(super) told: Vec<Value>,
    /// How often they were refused.
    pub(super) refused: usize,
}

impl Ledger {
    /// Reads it. What they got or did twice has no place in it.
    pub(super) fn read(text: &str) -> Self {
        let mut ledger = Self::default();
        for line in text.lines() {
            let number = |word: &str| word.parse::<u64>().unwrap_or_else(|_| panic!("{line}"));
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            match words[..] {
                ["got", task, attempt] => {
                    let is_new = ledger.got.insert((task.into(), number(attempt)));
                    assert!(is_new, "it was handed over twice: {line}");
                }
                ["did", task, attempt, step] => {
                    let is_new = ledger.did.insert((task.into(), number(attempt), number(step)));
                    assert!(is_new, "it was done twice: {line}");
                }
                ["refused", ..] => ledger.refused += 1,
                _ => {
                    let told = line.strip_prefix("told ").unwrap_or_else(|| panic!("{line}"));
                    ledger.told.push(serde_json::from_str(told).expect("JSON"));
                }
            }
        }
        ledger
    }
}
