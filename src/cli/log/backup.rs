//! `annals log backup`: a copy of the log and its keys, taken while others append.

use std::path::PathBuf;
use std::time::Instant;

use events::store::sqlite::backup::Draft;

use super::copying::{self, Told};
use crate::app::file;
use crate::cli::{Context, Done};

/// Copy the log and its keys to a file, while others append
///
/// The copy is the log as it stood at one moment, with everything that was acknowledged before. It
/// is compared as `verify` does and synced before it gets its name, and never written over anything.
/// Its keys stand beside it in FILE.keys, readable by you alone. Until then all of it is in the
/// folder FILE.part; what a killed backup left there, the next one removes. Snapshots are no part of
/// it: they are made again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals log backup /backup/monday.log
  annals log backup /backup/monday.log --json | jq -r .last_hash")]
pub(in crate::cli) struct Backup {
    /// The copy; there must be nothing yet
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, context: &Context) -> Done {
        let begun = Instant::now();
        let (store, file) = (context.file()?, self.file);
        let from = file::reader(&store)?;
        let keys = file::keys_path(&file);
        let draft = Draft::of_backup(&file, &keys)?;
        let told = match copying::copy(&from, draft, context).await? {
            Ok(copied) => Told::of(&copied, begun, [&store, &file, &keys]),
            Err(stopped) => return Ok(stopped),
        };
        let more = match &told.keys {
            Some(keys) => format!("\nkeys in {keys}: who has both files can open what is sealed"),
            None => String::new(),
        };
        told.tell(context, &more).await
    }
}
