//! `annals migrate`: brings a log's schema up to date, or says how it stands.

use std::path::Path;
use std::process::ExitCode;

use events::store::Error;
use events::store::sqlite::{KNOWN_SCHEMA, SchemaState, schema_state};

use super::output::Lines;
use super::problem::Problem;
use super::{Context, Done, block_on};
use crate::app::{self, App};

/// Bring the log up to date with this program; make it if there is none
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals migrate
  annals migrate --check     # exit code 1 if there is something to do")]
pub(super) struct Migrate {
    /// Only say how the log stands
    #[arg(long)]
    check: bool,
}

impl Migrate {
    pub(super) fn run(self, context: &Context) -> Done {
        let path = context.store()?;
        block_on(async {
            if self.check { check(&path, context).await } else { migrate(&path, context).await }
        })
    }
}

async fn check(path: &Path, context: &Context) -> Done {
    let state = look(path)?;
    if state.found > state.known {
        return Err(newer(path, state));
    }
    let due = state.found < state.known;
    let text = if due {
        format!("the log has schema {}, this program has {}", state.found, state.known)
    } else {
        format!("the log is up to date: schema {}", state.found)
    };
    tell(context, path, state.found, due, &text).await?;
    Ok(if due { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn migrate(path: &Path, context: &Context) -> Done {
    let before = match look(path) {
        Ok(state) if state.found > state.known => return Err(newer(path, state)),
        Ok(state) => Some(state.found),
        // A log whose making was interrupted is not one yet: opening it makes the rest, or refuses.
        Err(Problem::Store(Error::Missing(_) | Error::NotALog { .. } | Error::Unsafe(_))) => None,
        Err(problem) => return Err(problem),
    };
    let app = Box::pin(App::open(path)).await?;
    app.close().await?;
    let text = match before {
        None => format!("made a log with schema {KNOWN_SCHEMA} at {}", path.display()),
        Some(KNOWN_SCHEMA) => format!("the log is up to date: schema {KNOWN_SCHEMA}"),
        Some(before) => format!("the log went from schema {before} to {KNOWN_SCHEMA}"),
    };
    tell(context, path, KNOWN_SCHEMA, false, &text).await?;
    Ok(ExitCode::SUCCESS)
}

fn look(path: &Path) -> Result<SchemaState, Problem> {
    app::is_log_file(path)?;
    Ok(schema_state(path)?)
}

fn newer(path: &Path, SchemaState { found, known }: SchemaState) -> Problem {
    Problem::Store(Error::NewerSchema { path: path.into(), found, known })
}

async fn tell(
    context: &Context,
    path: &Path,
    schema: i64,
    due: bool,
    text: &str,
) -> Result<(), Problem> {
    let mut lines = Lines::new();
    if context.json {
        lines.json(&serde_json::json!({
            "store": path.display().to_string(), "schema": schema, "known": KNOWN_SCHEMA, "due": due,
        }));
    } else if !context.quiet {
        lines.text(text);
    }
    lines.flush().await
}
