//! The checks of a log in a database.

use events::store::LogReader as _;
use events::store::keys::KeyStore as _;
use events::store::postgres::{PostgresKeys, PostgresReader, schema_state};

use super::{Check, checks};
use crate::cli::problem::{Code, Problem};
use crate::place::Place;

/// Makes every check that can be made.
pub(super) async fn all(url: &str) -> Vec<Check> {
    let (reader, message) = match log(url).await {
        Ok(found) => found,
        Err(problem) => return vec![Check::of("log", Err(problem))],
    };
    vec![
        Check::ok("log", message),
        server(&reader).await,
        keys(url, &reader).await,
        Check::of("events", checks::newest(&reader).await),
    ]
}

async fn log(url: &str) -> Result<(PostgresReader, String), Problem> {
    let reader = PostgresReader::open(url).await?;
    let schema = schema_state(url).await?;
    let place = Place::Database(url.into());
    let message = format!("{place}: schema {}, id {}", schema.found, reader.log_id());
    Ok((reader, message))
}

async fn server(reader: &PostgresReader) -> Check {
    match reader.server().await {
        Ok((version, false)) => Check::ok("server", format!("PostgreSQL {version}")),
        Ok((version, true)) => {
            let message =
                format!("PostgreSQL {version}: only triggers keep this user from changing events");
            let remedy = "let the program connect as a user of its own, after: GRANT annals_app TO that_user";
            Check::warning("server", message, remedy)
        }
        Err(error) => Check::of("server", Err(error.into())),
    }
}

async fn keys(url: &str, reader: &PostgresReader) -> Check {
    if !reader.has_keys().await.unwrap_or(false) {
        let unused = reader.head().await.is_ok_and(|head| head.outcomes == 0);
        return match unused {
            true => Check::ok("keys", "none yet: the first append makes them".into()),
            false => {
                let message = "the log has a history, and its keys are not there".into();
                Check::problem("keys", message, Code::KeysMissing.remedy())
            }
        };
    }
    let opened = async {
        PostgresKeys::open(url).await?.tenant(&events::id::main_tenant()).await?;
        Ok("in a schema of their own".into())
    };
    Check::of("keys", opened.await)
}
