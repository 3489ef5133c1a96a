//! What must be so when the day is over, by the log itself and by what others wrote down.

use std::collections::{BTreeMap, BTreeSet};

use events::time::Timestamp;
use serde_json::Value;

use super::latecomer::NEWS;
use super::plan::{self, Fate};
use super::record::{Entry, Ledger};
use super::workers::COUNTER;

/// How often it was killed, and how many tasks ran each time. What an agent had that gives no signs
/// of life runs no more from then on: whoever it would bring the result to is gone.
pub(super) fn running_when_killed(log: &[Entry]) -> Vec<usize> {
    let (mut running, mut killed) = (BTreeMap::new(), Vec::new());
    let mut has_started = false;
    for entry in log {
        match entry.word.as_str() {
            "node.started" => {
                if std::mem::replace(&mut has_started, true) {
                    killed.push(running.len());
                }
                running.retain(|_, agent| *agent == COUNTER);
            }
            "node.stopped" => has_started = false,
            "task.assigned" => {
                running.insert(&entry.stream, &entry.payload["agent"]);
            }
            "task.lease_lost" | "task.attempt_failed" => drop(running.remove(&entry.stream)),
            _ if entry.is_end() => drop(running.remove(&entry.stream)),
            _ => {}
        }
    }
    killed
}

/// A task went its way, from its beginning to its one end.
pub(super) fn went_its_way(task: &str, history: &[&Entry]) {
    let number = plan::number(task);
    let submitted = history.iter().filter(|entry| entry.word == "task.submitted").count();
    assert_eq!(submitted, 1, "{number} was submitted once: {history:?}");
    let ends: Vec<_> = history.iter().filter(|entry| entry.is_end()).collect();
    assert_eq!(ends.len(), 1, "{number} ends once: {history:?}");
    assert!(plan::may_end(number, &ends[0].word), "{number} ends otherwise: {history:?}");
    attempts_follow_each_other(number, history);
    let noted = history.iter().filter(|entry| entry.word == "task.noted").count();
    assert_eq!(noted, usize::from(plan::fate(number) == Fate::IsNoted), "{number}: {history:?}");
    if plan::fate(number) == Fate::Waits {
        let not_before = history[0].payload["not_before"].as_i64().expect("a time");
        let first = history.iter().find(|entry| entry.word == "task.assigned").expect("it ran");
        let at: Timestamp = first.recorded_at.parse().expect("a time");
        assert!(at.0 >= not_before, "{number} was handed out too early: {history:?}");
    }
}

/// Each attempt has the next number, and nothing counts but what the one says that runs.
fn attempts_follow_each_other(number: usize, history: &[&Entry]) {
    let (mut newest, mut running) = (0, None);
    for entry in history {
        match entry.word.as_str() {
            "task.assigned" => {
                assert_eq!(running, None, "{number} is with two: {history:?}");
                newest += 1;
                running = entry.attempt();
                assert_eq!(running, Some(newest), "{number}: {history:?}");
            }
            "task.completed" | "task.failed" | "task.attempt_failed" | "task.lease_lost" => {
                let counts = running.is_some() && entry.attempt() == running;
                assert!(counts, "a result of a lost attempt counts, {number}: {history:?}");
                running = None;
            }
            "task.cancelled" => running = None,
            _ => {}
        }
        if entry.word == "task.completed" {
            let result = &entry.payload["result"]["inline"];
            assert_ne!(result, NEWS, "a result of a lost attempt counts, {number}: {history:?}");
            assert_eq!(*result, plan::result(number, newest), "{number}: {history:?}");
        }
    }
}

/// What was acknowledged is there.
pub(super) fn nothing_is_missing<'a>(
    log: &[Entry],
    told: impl Iterator<Item = &'a Value>,
) -> usize {
    let place = |entry: &'_ Entry| (entry.stream.clone(), entry.version);
    let there: BTreeMap<_, &Entry> = log.iter().map(|entry| (place(entry), entry)).collect();
    let mut commands = BTreeSet::new();
    for told in told.filter(|told| told["outcome"] == "accepted") {
        let stream = told["stream"].as_str().expect("text").to_owned();
        let version = told["version"].as_u64().expect("a number");
        let found = there.get(&(stream, version));
        let is_there = found.is_some_and(|entry| {
            let command = told["command_id"].as_str().expect("text");
            entry.command_id.ends_with(command) && told["position"] == entry.position
        });
        assert!(is_there, "{told} was acknowledged and is lost: there is {found:?}");
        commands.insert(told["command_id"].as_str());
    }
    commands.len()
}

/// Nobody got what the log does not know, and nothing is completed that nobody did.
pub(super) fn ledger_fits(log: &[Entry], ledger: &Ledger) {
    let pair = |entry: &Entry| Some((entry.task()?.to_owned(), entry.attempt()?));
    let of_type = |word: &'static str| {
        let found = log.iter().filter(move |entry| entry.word == word);
        found.filter_map(pair).collect::<BTreeSet<_>>()
    };
    let unknown: Vec<_> = ledger.got.difference(&of_type("task.assigned")).cloned().collect();
    assert_eq!(unknown, [], "what was handed over is not on record");
    for (task, attempt) in of_type("task.completed") {
        if plan::is_outside(plan::number(&task)) {
            let did = |step| ledger.did.contains(&(task.clone(), attempt, step));
            assert!(did(1) && did(2), "{task} {attempt} is completed, and was not done");
        }
    }
}

/// How often a lease was lost, by the reason.
pub(super) fn losses(log: &[Entry]) -> BTreeMap<&str, usize> {
    let mut losses = BTreeMap::new();
    for entry in log.iter().filter(|entry| entry.word == "task.lease_lost") {
        *losses.entry(entry.payload["why"].as_str().expect("text")).or_default() += 1;
    }
    losses
}
