//! Each step of a transaction, noted for a harness that kills the process right before or after it.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the harness names the file and the step from outside the process"
)]

use std::fs::File;
use std::io::Write;
use std::sync::{LazyLock, Mutex};

use rustix::process::{Signal, getpid, kill_process};

/// The variable that names the file in which each step is noted, a line for each.
pub const FILE: &str = "ANNALS_STEPS_FILE";
/// The variable that says at which step the process kills itself, from 1; never, if it is not set.
pub const KILL_AT: &str = "ANNALS_KILL_AT";

/// What a harness wants of this process.
struct Steps {
    file: Option<File>,
    kill_at: Option<u64>,
    /// How many steps were taken.
    taken: Mutex<u64>,
}

static STEPS: LazyLock<Steps> = LazyLock::new(|| {
    let create = |path| File::create(path).expect("the harness named a file that can be made");
    let number = |text: String| text.parse().expect("the harness named a step by its number");
    Steps {
        file: std::env::var_os(FILE).map(create),
        kill_at: std::env::var(KILL_AT).ok().map(number),
        taken: Mutex::new(0),
    }
});

/// Whether a harness wants to know of steps.
#[must_use]
pub fn are_noted() -> bool {
    STEPS.file.is_some()
}

/// Notes a step, and kills the process if it is the one that the harness named.
pub fn note(step: &str) {
    let Some(mut file) = STEPS.file.as_ref() else { return };
    let mut taken = STEPS.taken.lock().expect("no one panics while noting a step");
    *taken += 1;
    file.write_all(format!("{step}\n").as_bytes()).expect("the harness has room for a line");
    if Some(*taken) == STEPS.kill_at {
        // As the plug is pulled: nothing of this process runs after it.
        kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
    }
}
