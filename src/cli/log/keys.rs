//! The keys of a log on their way: what `export --keys` writes, and `import --keys` takes in. Whoever
//! has such a file can open what is sealed.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use events::store::keys::{KeyRing, ring};
use serde_json::json;

use crate::app::{self, file};
use crate::cli::Context;
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::moving::new_file::{self, NewFile};
use crate::place::Place;

/// Writes the keys of a log to a file.
pub(super) async fn export(place: &Place, to: &Path, context: &Context) -> Result<(), Problem> {
    app::reader(place).await?;
    let keys = app::keys(place).await?.ring().await?;
    let bytes = ring::file::write(&keys);
    let mut new = NewFile::create(to)?;
    new.write_all(&bytes).map_err(|error| new_file::not_made(to, &error))?;
    new.place()?;
    let object = json!({
        "keys": to, "tenants": keys.tenants.len(), "subjects": keys.subjects.len(),
    });
    tell(&keys, &object, "written: keep them apart from the log", context).await
}

/// Takes keys into a log.
pub(super) async fn import(place: &Place, from: &Path, context: &Context) -> Result<(), Problem> {
    let missing = |source| Problem::InputMissing { path: from.into(), source };
    let input = File::open(from).map_err(missing)?;
    let bytes = input.metadata().map_err(missing)?.len();
    let keys = ring::file::read_from(input, bytes)
        .map_err(|error| Problem::Export { path: from.into(), error })?;
    if let Some(path) = place.file() {
        // As a log makes it.
        std::fs::create_dir_all(file::folder_of(path)).map_err(Problem::SystemFailed)?;
    }
    let added = app::new_keys(place).await?.add(&keys).await?.map_err(Problem::KeysDiffer)?;
    let new = added.tenants + added.subjects;
    let object = json!({
        "keys": from, "tenants": keys.tenants.len(), "subjects": keys.subjects.len(), "new": new,
    });
    tell(&keys, &object, &format!("taken in, {new} of them new"), context).await
}

async fn tell(
    keys: &KeyRing,
    object: &serde_json::Value,
    done: &str,
    context: &Context,
) -> Result<(), Problem> {
    let mut lines = Lines::new();
    let (tenants, subjects) = (keys.tenants.len(), keys.subjects.len());
    match context.json {
        true => lines.json(object),
        false if context.quiet => {}
        false => {
            lines.text(&format!("keys of {tenants} tenants and {subjects} data subjects {done}"));
        }
    }
    lines.flush().await
}
