//! The checks themselves, from the ground up: what comes later needs what came before.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use events::store::sqlite::{SQLITE_OLDEST, SqliteReader, holder, schema_state};
use events::store::{Filter, LogReader};
use events::stream::Position;
use indicatif::{HumanBytes, HumanCount};
use rustix::fs::Access;

use super::{Check, journal};
use crate::app::file;
use crate::cli::problem::{Code, Problem};

/// Below this much free space it is time to make room.
const FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;
/// How many of the newest events are read back.
const EVENTS_READ: u64 = 1000;

/// Makes every check that can be made.
pub(super) async fn all(path: &Path) -> Vec<Check> {
    let mut checks = vec![sqlite(), folder(path)];
    checks.extend(room(path));
    let reader = match log(path) {
        Ok((reader, message)) => {
            checks.push(Check::ok("log", message));
            reader
        }
        Err(problem) => {
            checks.push(Check::of("log", Err(problem)));
            return checks;
        }
    };
    checks.push(writer(path));
    checks.push(journal::check(path));
    checks.push(keys(path, &reader).await);
    checks.push(Check::of("events", newest(&reader).await));
    checks
}

fn sqlite() -> Check {
    let message = format!("SQLite {}", rusqlite::version());
    if rusqlite::version_number() >= SQLITE_OLDEST {
        return Check::ok("sqlite", message);
    }
    let remedy = "build the program with the SQLite that comes with it, 3.51.3 or newer";
    Check::problem("sqlite", format!("{message} can lose committed writes"), remedy)
}

fn folder(path: &Path) -> Check {
    let folder = file::folder_of(path);
    let shown = folder.display();
    let remedy = "`annals migrate` makes the folder and the log; or name another with --store";
    match std::fs::metadata(folder) {
        Err(error) => Check::problem("folder", format!("{shown}: {error}"), remedy),
        Ok(found) if !found.is_dir() => {
            Check::problem("folder", format!("{shown} is not a folder"), remedy)
        }
        Ok(_) => match rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) => Check::ok("folder", format!("{shown} can be written to")),
            Err(error) => {
                let remedy = "let this user write to the folder, or name another with --store";
                Check::problem("folder", format!("{shown}: {error}"), remedy)
            }
        },
    }
}

/// Nothing is said where the file system does not tell.
fn room(path: &Path) -> Option<Check> {
    let found = rustix::fs::statvfs(file::folder_of(path)).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let message = format!("{} free", HumanBytes(free));
    Some(if free < FREE_BYTES_MIN {
        Check::warning("room", message, "make room on the disk before it is full")
    } else {
        Check::ok("room", message)
    })
}

fn log(path: &Path) -> Result<(SqliteReader, String), Problem> {
    file::is_log_file(path)?;
    let schema = schema_state(path)?;
    let reader = file::reader(path)?;
    let message = format!("{}: schema {}, id {}", path.display(), schema.found, reader.log_id());
    Ok((reader, message))
}

fn writer(path: &Path) -> Check {
    let message = match holder(path) {
        Some(pid) => format!("process {pid} writes to the log"),
        None => "no process writes to the log".into(),
    };
    Check::ok("writer", message)
}

async fn keys(path: &Path, reader: &SqliteReader) -> Check {
    let keys = file::keys_path(path);
    let shown = keys.display();
    let unused = reader.head().await.is_ok_and(|head| head.outcomes == 0);
    let missing = Code::KeysMissing.remedy();
    match std::fs::metadata(&keys) {
        Err(_) if unused => Check::ok("keys", "none yet: the first append makes them".into()),
        Err(error) => Check::problem("keys", format!("{shown}: {error}"), missing),
        // Opening an empty file would write to it.
        Ok(found) if found.len() == 0 => {
            Check::problem("keys", format!("{shown} is empty"), missing)
        }
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            let mode = found.permissions().mode() & 0o777;
            let message = format!("{shown} has mode {mode:o}: others may use it");
            Check::problem("keys", message, "make it yours alone: chmod 600")
        }
        Ok(_) => {
            let opened = file::open_keys_at(&keys).map_err(Problem::from);
            Check::of("keys", opened.map(|_| format!("{shown} is private")))
        }
    }
}

/// Reads the newest events back, as every reader does: checked against damage.
pub(super) async fn newest(reader: &dyn LogReader) -> Result<String, Problem> {
    let head = reader.head().await?.position;
    let mut next = Position(head.0.saturating_sub(EVENTS_READ) + 1);
    let mut events = 0;
    while next <= head {
        let page = reader.read_all(next, &Filter::default(), EVENTS_READ as usize).await?;
        events += page.events.len() as u64;
        next = page.next;
    }
    Ok(format!("the newest {} of {} read back", HumanCount(events), HumanCount(head.0)))
}
