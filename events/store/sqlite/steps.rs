//! Tells a harness of each statement of the writing connection that begins a transaction, changes
//! something or ends it: right before it runs, and right after.

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::planted::steps;

/// What the statements begin with that are steps.
const STEPS: [&str; 4] = ["BEGIN IMMEDIATE", "INSERT", "UPDATE", "COMMIT"];

/// Notes each of them from now on, if a harness wants to know.
pub(super) fn note_each(connection: &Connection) {
    if steps::are_noted() {
        let both = TraceEventCodes::SQLITE_TRACE_STMT | TraceEventCodes::SQLITE_TRACE_PROFILE;
        connection.trace_v2(both, Some(note));
    }
}

fn note(event: TraceEvent<'_>) {
    match event {
        TraceEvent::Stmt(_, text) => note_step("before", text),
        TraceEvent::Profile(statement, _) => note_step("after", &statement.sql()),
        _ => {}
    }
}

fn note_step(when: &str, text: &str) {
    if STEPS.iter().any(|step| text.starts_with(step)) {
        let words: Vec<&str> = text.split_whitespace().take(3).collect();
        steps::note(&format!("{when} {}", words.join(" ")));
    }
}
