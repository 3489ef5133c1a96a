//! Every code that a door can answer with, kept as a file, and told to publishers. `UPDATE=1`
//! rewrites the file.

use std::collections::BTreeSet;
use std::path::Path;

use actors::agent::AgentRejection;
use actors::pipeline::PipelineRejection;
use actors::run::RunRejection;
use actors::schedule::ScheduleRejection;
use actors::task::TaskRejection;
use actors::trigger::TriggerRejection;
use annals::app::refusal::{Code, rejection_codes, status_of_rejection};

/// A code with its class, and whether the same may lead to something else later.
type Row = (u16, String, bool);

/// Everything that there is.
fn codes() -> BTreeSet<Row> {
    let refused = Code::ALL
        .iter()
        .map(|code| (code.status(), code.name().to_owned(), code.again().is_some()));
    let rejected =
        rejection_codes().map(|code| (status_of_rejection(code), code.to_owned(), false));
    refused.chain(rejected).collect()
}

fn house(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_default()
}

fn again(may: bool) -> &'static str {
    if may { "yes" } else { "no" }
}

/// The rows of the table in the document for publishers.
fn told(document: &str) -> BTreeSet<Row> {
    let rows = document.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, class, may, codes, ..] = cells[..] else { return None };
        Some((class.parse::<u16>().ok()?, may == again(true), codes))
    });
    rows.flat_map(|(class, may, codes)| {
        codes.split('`').skip(1).step_by(2).map(move |code| (class, code.to_owned(), may))
    })
    .collect()
}

#[test]
fn every_code_of_a_door_stays_what_it_is() {
    let row = |(class, code, may): &Row| format!("{class} {code}, again: {}\n", again(*may));
    let now: String = codes().iter().map(row).collect();
    #[expect(clippy::disallowed_methods, reason = "whoever runs the tests says so in this way")]
    let update = std::env::var_os("UPDATE").is_some();
    let name = "tests/snapshots/door-codes.txt";
    if update {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::write(path, &now).expect("it can be written");
    }
    assert!(house(name) == now, "{name} has changed; `UPDATE=1` keeps what is so now:\n{now}");
}

#[test]
fn publishers_are_told_every_code_and_no_other() {
    let (there, told) = (codes(), told(&house("docs/publishing.md")));
    let untold: Vec<_> = there.difference(&told).collect();
    let wrong: Vec<_> = told.difference(&there).collect();
    assert!(untold.is_empty() && wrong.is_empty(), "not told: {untold:?}, wrong: {wrong:?}");
}

#[test]
fn every_code_of_an_actor_is_among_those_that_there_are() {
    for (path, codes) in [
        ("actors/task/rejection.rs", TaskRejection::CODES),
        ("actors/agent/rejection.rs", AgentRejection::CODES),
        ("actors/pipeline/rejection.rs", PipelineRejection::CODES),
        ("actors/run/rejection.rs", RunRejection::CODES),
        ("actors/schedule/rejection.rs", ScheduleRejection::CODES),
        ("actors/trigger/rejection.rs", TriggerRejection::CODES),
    ] {
        let source = house(path);
        let given = source.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next());
        let given: BTreeSet<&str> = given.collect();
        assert_eq!(given, codes.iter().copied().collect(), "{path}");
    }
}
