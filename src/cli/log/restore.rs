//! `annals log restore`: a backup put in place as the log.

use std::path::{Path, PathBuf};
use std::time::Instant;

use events::store::Error;
use events::store::sqlite::SqliteReader;
use events::store::sqlite::backup::{CopyError, Draft};

use super::copying::{self, Told};
use crate::app::file;
use crate::cli::problem::Problem;
use crate::cli::{Context, Done};

/// What to do after it.
const NEXT: &str = "
next: start what appends, and let it send again what was recorded since the backup; what the log has
      is recognised. Keys that were destroyed since the backup are back: destroy them again";

/// Put a backup in place as the log
///
/// There must be no log yet, and nobody who writes to one there. The backup is copied beside the
/// place of the log, with its keys, compared there as `verify` does and synced; what was compared is
/// what becomes the log. The backup stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals log restore /backup/monday.log
  annals log restore /backup/monday.log --store /tmp/monday.log     # to look at it")]
pub(in crate::cli) struct Restore {
    /// The backup; its keys are in FILE.keys
    file: PathBuf,
}

impl Restore {
    pub(super) async fn run(self, context: &Context) -> Done {
        let begun = Instant::now();
        let (store, file) = (context.file()?, self.file);
        let from = open(&file)?;
        let keys = file::keys_path(&store);
        let draft = Draft::of_store(&store, &keys)?;
        match copying::copy(&from, draft, context).await? {
            Ok(copied) => {
                Told::of(&copied, begun, [&store, &file, &keys]).tell(context, NEXT).await
            }
            Err(stopped) => Ok(stopped),
        }
    }
}

/// Opens a backup; what is wrong with it is not wrong with the log that is meant.
fn open(path: &Path) -> Result<SqliteReader, Problem> {
    let not_a_backup = |what| Problem::NotABackup { path: path.into(), what };
    file::backup_reader(path).map_err(|error| match error {
        Error::Missing(_) => not_a_backup("there is nothing, or an empty file".into()),
        Error::NotALog { what, .. } => not_a_backup(what),
        Error::Damaged(damage) => CopyError::Damaged(damage).into(),
        error => error.into(),
    })
}
