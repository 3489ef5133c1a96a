//! `annals doctor`: the first things to look at when something does not work. It changes nothing.

mod checks;
mod database;
mod journal;

use std::process::ExitCode;

use serde::Serialize;

use super::output::Lines;
use super::problem::Problem;
use super::show::visible;
use super::threads::block_on;
use super::{Context, Done};
use crate::place::Place;

/// Check what the log stands on, and say how to mend it
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code 1 means that at least one check found a problem.")]
pub(super) struct Doctor {}

/// What one check found.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Warning,
    Problem,
}

impl Check {
    fn ok(name: &'static str, message: String) -> Self {
        Self { name, state: State::Ok, message, remedy: None }
    }

    fn warning(name: &'static str, message: String, remedy: &'static str) -> Self {
        Self { name, state: State::Warning, message, remedy: Some(remedy) }
    }

    fn problem(name: &'static str, message: String, remedy: &'static str) -> Self {
        Self { name, state: State::Problem, message, remedy: Some(remedy) }
    }

    fn of(name: &'static str, checked: Result<String, Problem>) -> Self {
        match checked {
            Ok(message) => Self::ok(name, message),
            Err(problem) => Self::problem(name, problem.to_string(), problem.remedy()),
        }
    }

    fn lines(&self) -> String {
        let state = match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Problem => "problem",
        };
        let line = format!("{state:<8} {:<8} {}", self.name, visible(&self.message));
        match self.remedy {
            Some(remedy) => format!("{line}\n{:>18}remedy: {remedy}", ""),
            None => line,
        }
    }
}

impl Doctor {
    pub(super) fn run(self, context: &Context) -> Done {
        block_on(async {
            let checks = match context.store()? {
                Place::File(path) => checks::all(&path).await,
                Place::Database(url) => database::all(&url).await,
            };
            let healthy = checks.iter().all(|check| check.state != State::Problem);
            let mut lines = Lines::new();
            if context.json {
                lines.json(&serde_json::json!({ "healthy": healthy, "checks": checks }));
            } else {
                let said = |check: &&Check| !context.quiet || check.state != State::Ok;
                checks.iter().filter(said).for_each(|check| lines.text(&check.lines()));
            }
            lines.flush().await?;
            Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }
}
