//! A run with its stages, as people see it.

use serde_json::Value;

use crate::cli::answers::{plain, rows_of};

/// How many stages are shown; those at which something happens come before those at which nothing does.
pub(super) const STAGES_MAX: usize = 40;
/// How much of an action that waits for approval is shown.
const ACTION_CHARS_MAX: usize = 400;

/// The lines of a run.
pub(super) fn lines(answer: &Value, stages_max: usize) -> Vec<String> {
    let run = &answer["run"];
    let stages = rows_of(answer, "stages");
    let mut lines = vec![head(run, stages)];
    let wide = |name: &str| {
        let cells = stages.iter().map(|stage| plain(&stage[name]).chars().count());
        cells.max().unwrap_or_default()
    };
    let widths = (wide("name"), wide("does"));
    let shown = worth_showing(stages, stages_max);
    lines.extend(shown.iter().map(|stage| line(stage, widths)));
    let left_out = stages.len() - shown.len();
    if left_out > 0 {
        lines.push(format!("    and {left_out} stages more"));
    }
    let asked = stages.iter().filter(|stage| stage["approval"].is_object());
    lines.extend(asked.flat_map(|stage| question(run, stage)));
    lines
}

fn head(run: &Value, stages: &[Value]) -> String {
    let over = stages.iter().filter(|stage| is_over(stage)).count();
    let edition = plain(&run["edition"]);
    let (pipeline, phase) = (plain(&run["pipeline"]), plain(&run["phase"]).replace('_', " "));
    let mut head = format!("run {} of {pipeline} {edition}: {phase}", plain(&run["id"]));
    head.push_str(&format!(", {over} of {} stages over", stages.len()));
    for (name, about) in [("begins_at", "begins at "), ("reason", "")] {
        if run[name].is_string() {
            head.push_str(&format!("; {about}{}", plain(&run[name])));
        }
    }
    if run["error"].is_object() {
        head.push_str(&format!("; {}", failure(&run["error"])));
    }
    head
}

fn is_over(stage: &Value) -> bool {
    !matches!(stage["state"].as_str(), Some("waits" | "asked" | "agreed" | "works"))
}

fn failure(error: &Value) -> String {
    format!("{}: {}", plain(&error["code"]), plain(&error["message"]))
}

/// All of them, if they fit; else first those that are under way or failed, in their order.
fn worth_showing(stages: &[Value], max: usize) -> Vec<&Value> {
    if stages.len() <= max {
        return stages.iter().collect();
    }
    let matters = |stage: &&Value| {
        !matches!(stage["state"].as_str(), Some("waits" | "completed" | "skipped" | "kept"))
    };
    let mut shown: Vec<&Value> = stages.iter().filter(matters).take(max).collect();
    let rest = stages.iter().filter(|stage| !matters(stage));
    shown.extend(rest.take(max - shown.len()));
    shown
}

fn line(stage: &Value, (name_wide, does_wide): (usize, usize)) -> String {
    let state = stage["state"].as_str().unwrap_or_default();
    let (name, does) = (plain(&stage["name"]), plain(&stage["does"]));
    let line = format!("  {} {name:<name_wide$}  {does:<does_wide$}  {}", sign(state), said(stage));
    line.trim_end().to_owned()
}

fn sign(state: &str) -> char {
    match state {
        "waits" => '·',
        "asked" => '?',
        "agreed" | "works" => '▶',
        "completed" | "kept" => '✓',
        "skipped" => '–',
        _ => '✗',
    }
}

/// Where a stage stands, in words.
fn said(stage: &Value) -> String {
    let state = stage["state"].as_str().unwrap_or_default();
    let mut said = vec![match state {
        "waits" if !rows_of(stage, "after").is_empty() => {
            format!("after {}", plain(&stage["after"]))
        }
        state => state.replace('_', " "),
    }];
    let counts = [("items", ""), ("undo", "undone ")];
    said.extend(counts.iter().filter(|(name, _)| stage[*name].is_object()).map(|(name, about)| {
        let counts = &stage[*name];
        let failed = counts["failed"].as_u64().filter(|failed| *failed > 0);
        let failed = failed.map(|failed| format!(", {failed} failed")).unwrap_or_default();
        format!("{about}{}/{}{failed}", plain(&counts["completed"]), plain(&counts["all"]))
    }));
    if stage["turn"].as_u64().is_some_and(|turn| turn > 0) {
        said.push(format!("turn {}", stage["turn"].as_u64().unwrap_or_default() + 1));
    }
    said.extend(at_work(stage));
    if stage["error"].is_object() {
        said.push(failure(&stage["error"]));
    }
    said.join("  ")
}

/// Who works on it.
fn at_work(stage: &Value) -> Option<String> {
    let mut agents: Vec<String> = rows_of(stage, "open")
        .iter()
        .filter(|part| part["agent"].is_string())
        .map(|part| match part["percent"].as_u64() {
            Some(percent) => format!("{} {percent} %", plain(&part["agent"])),
            None => plain(&part["agent"]),
        })
        .collect();
    agents.dedup();
    (!agents.is_empty()).then(|| format!("by {}", agents.join(", ")))
}

/// What somebody has to agree to, and how they do.
fn question(run: &Value, stage: &Value) -> Vec<String> {
    let (approval, name) = (&stage["approval"], plain(&stage["name"]));
    let who = match rows_of(approval, "who") {
        [] => "anyone".to_owned(),
        _ => plain(&approval["who"]),
    };
    let until = match approval["until"].as_str() {
        Some(until) => format!(" until {until}"),
        None => String::new(),
    };
    let action: String = plain(&approval["action"]).chars().take(ACTION_CHARS_MAX).collect();
    let (id, hash) = (plain(&run["id"]), plain(&approval["hash"]));
    vec![
        String::new(),
        format!("  {name} waits for {who} to agree{until}: {action}"),
        format!("    annals run approve {id} {name} --hash {hash}"),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_is_shown_stage_by_stage() {
        let answer = json!({
            "run": { "id": "7", "pipeline": "nightly", "edition": 2, "phase": "running" },
            "stages": [
                { "name": "ingest", "does": "task ingest", "state": "completed", "turn": 0 },
                { "name": "work", "does": "task work for each", "state": "works", "turn": 1,
                  "items": { "all": 9, "open": 2, "completed": 4, "failed": 1 },
                  "open": [{ "agent": "ada", "percent": 40 }, { "agent": "bob" }, { "is": "run" }] },
                { "name": "report", "does": "task report", "after": ["work"], "state": "waits", "turn": 0 },
            ],
        });
        let expected = [
            "run 7 of nightly 2: running, 1 of 3 stages over",
            "  ✓ ingest  task ingest         completed",
            "  ▶ work    task work for each  works  4/9, 1 failed  turn 2  by ada 40 %, bob",
            "  · report  task report         after work",
        ];
        assert_eq!(lines(&answer, STAGES_MAX), expected);
    }

    #[test]
    fn what_waits_for_approval_says_how_to_agree() {
        let answer = json!({
            "run": { "id": "7", "pipeline": "a", "edition": 1, "phase": "running" },
            "stages": [{ "name": "pay", "does": "task pay", "state": "asked", "turn": 0,
                "approval": { "action": "x", "hash": "abc", "who": ["ada"], "until": "noon" } }],
        });
        let lines = lines(&answer, STAGES_MAX);
        assert_eq!(lines[3], "  pay waits for ada to agree until noon: x");
        assert_eq!(lines[4], "    annals run approve 7 pay --hash abc");
    }

    #[test]
    fn of_very_many_stages_those_that_matter_are_shown() {
        let stage = |n: usize| {
            let state = if n == 90 { "failed" } else { "waits" };
            json!({ "name": format!("s{n}"), "does": "task x", "state": state, "turn": 0 })
        };
        let stages: Vec<Value> = (0..100).map(stage).collect();
        let answer = json!({ "run": {}, "stages": stages });
        let lines = lines(&answer, 10);
        assert_eq!(lines.len(), 12);
        assert!(lines[1].contains("s90") && lines[11].contains("90 stages more"), "{lines:?}");
    }

    #[test]
    fn nothing_that_others_wrote_moves_a_cursor() {
        let answer = json!({
            "run": { "id": "7", "pipeline": "a", "phase": "running", "reason": "\u{1b}[2J" },
            "stages": [{ "name": "a\u{7}", "does": "\u{1b}]0;x", "state": "works", "turn": 0 }],
        });
        let shown = lines(&answer, STAGES_MAX).concat();
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }
}
