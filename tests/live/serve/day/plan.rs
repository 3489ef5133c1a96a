//! What is planned for each task of the day. A task is known by its number, which its id ends with.

use annals::clock::SystemClock;
use events::store::keys::random_id;
use events::time::Clock as _;
use serde_json::{Value, json};

/// How long the lease of a worker outside is.
const LEASE_MS: u64 = 3000;
/// How long those wait that are not to be begun at once.
const LATER_MS: u64 = 2000;

/// What is special about a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing.
    Plain,
    /// Its first attempt fails.
    Stumbles,
    /// It fails for good.
    Fails,
    /// It is not to be begun before its time.
    Waits,
    /// It is cancelled as soon as it is there.
    IsCancelled,
    /// It is cancelled as soon as someone has it.
    IsTakenAway,
    /// Something is noted about it.
    IsNoted,
}

/// What most of them are. Who does these gives signs of life, and goes on with what he has when the
/// system is back.
pub(super) const MOST: &str = "count-words";

/// Whoever can do it.
pub(super) fn kind(number: usize) -> &'static str {
    match number % 8 {
        0..=4 => MOST,
        5 => "greet",
        6 => "echo",
        _ => "sleep",
    }
}

/// Whether it is done by a worker outside.
pub(super) fn is_outside(number: usize) -> bool {
    number % 8 < 6
}

pub(super) fn fate(number: usize) -> Fate {
    match number / 8 % 12 {
        0 if is_outside(number) => Fate::Stumbles,
        1 if is_outside(number) => Fate::Fails,
        2 => Fate::Waits,
        3 => Fate::IsCancelled,
        4 => Fate::IsTakenAway,
        5 => Fate::IsNoted,
        _ => Fate::Plain,
    }
}

/// A new id for the task of this number.
pub(super) fn id(number: usize) -> String {
    let random = random_id().to_string();
    format!("{}{number:04x}", &random[..random.len() - 4])
}

/// The number of the task with this id.
pub(super) fn number(id: &str) -> usize {
    usize::from_str_radix(&id[id.len() - 4..], 16).expect("it ends with a number")
}

/// What is handed in.
pub(super) fn order(number: usize) -> Value {
    let fails = match fate(number) {
        Fate::Stumbles => Some("temporary"),
        Fate::Fails => Some("permanent"),
        _ => None,
    };
    let ms = 300 + number * 7 % 900;
    let mut order = json!({
        "kind": kind(number),
        "input": { "n": number, "ms": ms, "fails": fails },
        "priority": number * 7 % 10,
        "retry": { "base_ms": 50, "cap_ms": 2000, "tries_max": 10, "lost_lease_counts": false },
        "timeouts": { "heartbeat_ms": LEASE_MS },
    });
    if kind(number) == "sleep" {
        order["input"] = json!({ "ms": ms });
    }
    if fate(number) == Fate::Waits {
        order["not_before"] = SystemClock.now().plus_ms(LATER_MS).to_string().into();
    }
    order
}

/// Whether a task may end in this way.
pub(super) fn may_end(number: usize, end: &str) -> bool {
    match fate(number) {
        Fate::Fails => end == "task.failed",
        // Whoever does it may be faster.
        Fate::IsCancelled | Fate::IsTakenAway => {
            ["task.cancelled", "task.completed"].contains(&end)
        }
        _ => end == "task.completed",
    }
}

/// What comes out of it.
pub(super) fn result(number: usize, attempt: u64) -> Value {
    match kind(number) {
        "sleep" => Value::Null,
        "echo" => order(number)["input"].clone(),
        _ => json!({ "of": number, "by": attempt }),
    }
}
