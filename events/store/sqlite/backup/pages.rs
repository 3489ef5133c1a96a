//! A database copied page by page.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::store::sqlite::{connect, failure};
use crate::store::{Error, Progress};

/// How many pages are copied between two looks at the progress.
const PAGES_STEP: i32 = 1024;

/// Copies a database page by page. `from` must be inside a read transaction that has begun to read.
pub(super) fn copy(from: &Connection, to: &Path, progress: &Progress) -> Result<(), Error> {
    let copied = || {
        let mut copy = open(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // After a crash nobody needs what is there of it, so it is synced once, when it is done.
        copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
        let backup = Backup::new(from, &mut copy)?;
        let (mut step, mut before) = (StepResult::More, 0);
        while step == StepResult::More {
            step = backup.step(PAGES_STEP)?;
            let pages = backup.progress();
            let done = pages.pagecount - pages.remaining;
            progress.add(u64::try_from(done - before).unwrap_or(0));
            before = done;
        }
        drop(backup);
        copy.close().map_err(|(_, error)| error)?;
        Ok(step == StepResult::Done)
    };
    match copied().map_err(failure::of_rusqlite)? {
        true => Ok(()),
        false => Err(Error::Unavailable("another program holds the copy locked".into())),
    }
}

/// Opens a database that is copied, or is a copy.
pub(super) fn open(path: &Path, how: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(connect::BUSY)?;
    Ok(connection)
}
