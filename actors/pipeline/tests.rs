//! What a definition is, and what is wrong with others.

mod canonical;
mod drawing;
mod input;
mod living;
mod plan;
mod properties;
mod schema;
mod wrong;

use events::content::Json;
use serde_json::{Value, json};

use super::*;

/// A pipeline with something of everything.
fn everything() -> Value {
    json!({
        "format": 1,
        "about": "Nightly import",
        "parameters": {
            "path": { "type": "text", "required": true, "about": "where" },
            "limit": { "type": "integer", "default": 100 },
        },
        "at_once": 16,
        "timeout_ms": 86_400_000,
        "output": "${ stages.report.output.text }",
        "stages": [
            {
                "name": "ingest", "task": "ingest", "input": { "from": "${ input.path }" },
                "needs": ["gpu"], "priority": 7,
                "retry": { "tries_max": 5, "base_ms": 10, "cap_ms": 100, "lost_lease_counts": false },
                "timeouts": { "start_to_close_ms": 60_000, "heartbeat_ms": 3_000, "queue_ms": 9_000 },
                "timeout_ms": 600_000,
                "output": { "rows": "list", "count": "integer" },
            },
            {
                "name": "process", "after": ["ingest"],
                "when": "${ stages.ingest.output.count > 0 && input.limit >= 1 }",
                "foreach": "${ stages.ingest.output.rows }", "at_once": 50,
                "task": "process", "input": { "row": "${ item }", "number": "${ index }" },
                "on_failure": "compensate",
                "compensate": {
                    "task": "unprocess", "input": { "row": "${ item }", "did": "${ output }" },
                    "needs": ["disk"], "priority": 1, "retry": { "tries_max": 9 },
                    "timeouts": { "queue_ms": 5 },
                },
                "approval": { "who": ["ada", "ben"], "within_ms": 86_400_000 },
            },
            { "name": "hold", "after": ["process"], "wait": { "signal": "go", "within_ms": 3_600_000 } },
            { "name": "night", "after": ["hold"], "wait": { "until": "${ stages.hold.output.at }" } },
            { "name": "rest", "after": ["hold"], "wait": { "for_ms": 1_000 } },
            {
                "name": "sub", "after": ["night", "rest"], "run": { "pipeline": "clean", "edition": 3 },
                "input": { "a": "${ stages.process.output[0].x }" }, "on_failure": "continue",
            },
            { "name": "sign", "after": ["sub"], "approval": { "of": "${ stages.sub.output }" } },
            {
                "name": "report", "after": ["sign"], "task": "report",
                "input": "sub failed: ${ stages.sub.failed }", "output": { "text": "text" },
            },
        ],
    })
}

fn read(document: &Value) -> Result<Definition, Vec<Wrong>> {
    Definition::read(&Json::parse(&document.to_string()).expect("JSON"))
}

fn definition(document: &Value) -> Definition {
    read(document).unwrap_or_else(|wrongs| panic!("{}", shown(&wrongs)))
}

fn shown(wrongs: &[Wrong]) -> String {
    wrongs.iter().map(|wrong| format!("[{}] {wrong}\n", wrong.code)).collect()
}

/// A pipeline of these stages.
fn of(stages: Value) -> Value {
    json!({ "stages": stages })
}
