//! What keeps the tables from being changed: the triggers are there and on, and the functions that
//! write are this program's.

use sqlx::postgres::PgPool;

use crate::store::postgres::{failure, schema};
use crate::store::{Damage, Error, Report};

const TRIGGERS: [&str; 8] = [
    "blobs_cannot_change",
    "cursors_cannot_be_deleted",
    "cursors_never_go_back",
    "events_cannot_change",
    "imports_cannot_be_deleted",
    "imports_only_grow",
    "outcomes_cannot_change",
    "streams_cannot_change",
];
/// Those that fire for everyone: `O` is on, `A` is always on.
const ON: &str = "SELECT t.tgname FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'annals' AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') ORDER BY 1";
const FUNCTIONS: &str = "SELECT p.proname, p.prosrc FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'annals' ORDER BY 1";

/// Compares what is there with what this program made.
pub(super) async fn check(pool: &PgPool, report: &mut Report) -> Result<(), Error> {
    let on: Vec<String> = sqlx::query_scalar(ON).fetch_all(pool).await.map_err(failure::of)?;
    for trigger in TRIGGERS.iter().filter(|wanted| !on.iter().any(|found| found == *wanted)) {
        report.note(Damage::of(format!("what protects the tables is off: the trigger {trigger}")));
    }
    let functions: Vec<(String, String)> =
        sqlx::query_as(FUNCTIONS).fetch_all(pool).await.map_err(failure::of)?;
    for (name, _) in functions.iter().filter(|(_, source)| !schema::made(source)) {
        report.note(Damage::of(format!("the function {name} is not this program's")));
    }
    Ok(())
}
