//! `annals migrate`: brings a log's schema up to date, or says how it stands.

use std::process::ExitCode;

use events::store::Error;
use events::store::{postgres, sqlite};

use super::output::Lines;
use super::problem::Problem;
use super::threads::block_on;
use super::{Context, Done};
use crate::app::{App, file};
use crate::place::Place;

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
        let place = context.store()?;
        block_on(async {
            if self.check { check(&place, context).await } else { migrate(&place, context).await }
        })
    }
}

async fn check(place: &Place, context: &Context) -> Done {
    let state = look(place).await?;
    if state.found > state.known {
        return Err(newer(place, state));
    }
    let due = state.found < state.known;
    let text = if due {
        format!("the log has schema {}, this program has {}", state.found, state.known)
    } else {
        format!("the log is up to date: schema {}", state.found)
    };
    tell(context, place, state, due, &text).await?;
    Ok(if due { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn migrate(place: &Place, context: &Context) -> Done {
    let before = match look(place).await {
        Ok(state) if state.found > state.known => return Err(newer(place, state)),
        Ok(state) => Some(state.found),
        // A log whose making was interrupted is not one yet: opening it makes the rest, or refuses.
        Err(Problem::Store(Error::Missing(_) | Error::NotALog { .. } | Error::Unsafe(_))) => None,
        Err(problem) => return Err(problem),
    };
    let app = Box::pin(App::open(place)).await?;
    app.close().await?;
    let state = look(place).await?;
    let known = state.known;
    let text = match before {
        None => format!("made a log with schema {known} at {place}"),
        Some(before) if before == known => format!("the log is up to date: schema {known}"),
        Some(before) => format!("the log went from schema {before} to {known}"),
    };
    tell(context, place, state, false, &text).await?;
    Ok(ExitCode::SUCCESS)
}

/// How the schema of a log compares with this program's.
#[derive(Clone, Copy)]
struct State {
    found: i64,
    known: i64,
}

async fn look(place: &Place) -> Result<State, Problem> {
    match place {
        Place::File(path) => {
            file::is_log_file(path)?;
            let sqlite::SchemaState { found, known } = sqlite::schema_state(path)?;
            Ok(State { found, known })
        }
        Place::Database(url) => match postgres::schema_state(url).await? {
            postgres::SchemaState { found: 0, .. } => {
                Err(Error::Missing(place.to_string().into()).into())
            }
            postgres::SchemaState { found, known } => Ok(State { found, known }),
        },
    }
}

fn newer(place: &Place, State { found, known }: State) -> Problem {
    Problem::Store(Error::NewerSchema { path: place.to_string().into(), found, known })
}

async fn tell(
    context: &Context,
    place: &Place,
    State { found, known }: State,
    due: bool,
    text: &str,
) -> Result<(), Problem> {
    let mut lines = Lines::new();
    if context.json {
        lines.json(&serde_json::json!({
            "store": place.to_string(), "schema": found, "known": known, "due": due,
        }));
    } else if !context.quiet {
        lines.text(text);
    }
    lines.flush().await
}
