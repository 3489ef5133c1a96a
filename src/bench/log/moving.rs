//! Moving a log: out into a file, beside reading alone, and in again, with everything proven, beside
//! the loops that only write.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use events::store::moving::file::Form;
use events::store::postgres::Postgres;
use events::store::sqlite::{Options, Sqlite, SqliteReader};
use events::store::{EventStore, LogReader};
use events::stream::Position;

use super::corpus::{Dice, STREAMS};
use super::postgres::raw::Database;
use super::{Better, Common, Measure, fill, per_second, raw, read, remove, runtime};
use crate::bench::peer;
use crate::moving::coming::Coming;
use crate::moving::{Work, going, into};

/// The batch of the raw loop.
const BATCH: usize = 256;

/// All figures about moving a log.
pub(super) fn all(common: &Common, folder: &Path) -> anyhow::Result<Vec<Measure>> {
    let source = folder.join("source.log");
    let stream = |n| Dice::new(n + 1).below(STREAMS);
    runtime()?.block_on(fill::fill(&source, common.events, stream))?;
    let files = [("", Form::Json), (".binary", Form::Binary)];
    let files = files.map(|(name, form)| (name, form, folder.join(format!("export{name}"))));
    let mut measures = Vec::new();
    for (name, form, file) in &files {
        let (mut ours, mut alone) = (Vec::new(), Vec::new());
        for _ in 0..common.runs {
            alone.push(runtime()?.block_on(read::everything(&source, common.events))?);
            ours.push(runtime()?.block_on(export(&source, *form, file))?);
        }
        measures.push(Measure::of(&format!("log.export{name}"), "events/s", ours).against(alone));
    }
    remove(&source);
    if common.wants("log.import.sqlite") {
        for (name, _, file) in &files {
            measures.push(sqlite(common, folder, file, name)?);
        }
    }
    if common.wants("log.import.postgres") {
        let server = peer::Postgres::start()?;
        for (name, _, file) in &files {
            measures.push(postgres(common, &server.url, file, name)?);
        }
    }
    Ok(measures)
}

fn sqlite(common: &Common, folder: &Path, file: &Path, name: &str) -> anyhow::Result<Measure> {
    let (mut ours, mut raws) = (Vec::new(), Vec::new());
    let target = folder.join("target.log");
    for _ in 0..common.runs {
        raws.push(raw::append(&folder.join("raw.log"), BATCH, common.events)?);
        ours.push(runtime()?.block_on(async {
            let store = Box::pin(Sqlite::open(&target, &Options::default())).await?;
            import(Arc::new(store), file).await
        })?);
        remove(&target);
    }
    Ok(Measure::of(&format!("log.import.sqlite{name}"), "events/s", ours)
        .against(raws)
        .ratio_must_be(Better::Higher, 0.6))
}

fn postgres(common: &Common, server: &str, file: &Path, name: &str) -> anyhow::Result<Measure> {
    let (mut ours, mut function) = (Vec::new(), Vec::new());
    for _ in 0..common.runs {
        runtime()?.block_on(async {
            let database = Database::new(server).await?;
            function.push(database.function(common.events).await?);
            let database = Database::new(server).await?;
            ours.push(import(Arc::new(Postgres::open(&database.url).await?), file).await?);
            anyhow::Ok(())
        })?;
    }
    Ok(Measure::of(&format!("log.import.postgres{name}"), "events/s", ours)
        .against(function)
        .ratio_must_be(Better::Higher, 0.6))
}

/// Events a second on their way into a file.
async fn export(source: &Path, form: Form, file: &Path) -> anyhow::Result<f64> {
    let reader: Arc<dyn LogReader> = Arc::new(SqliteReader::open(source)?);
    let out = File::create(file)?;
    let begun = Instant::now();
    let range = Position::FIRST..=Position(u64::MAX);
    let written = going::write(&reader, range, form, out, &Work::alone()).await?;
    let written = written.ok_or_else(|| anyhow::anyhow!("nobody asked it to stop"))?;
    written.out.sync_all()?;
    Ok(per_second(written.end.totals.events, begun))
}

/// Events a second of an import, as the program does it: all of it checked, then all of it entered.
async fn import(store: Arc<dyn EventStore>, file: &Path) -> anyhow::Result<f64> {
    let (reader, work) = (store.reader(), Work::alone());
    let begun = Instant::now();
    let whole = into::meet(Coming::from_file(File::open(file)?).await?, &reader, &work).await?;
    let coming = Coming::from_file(File::open(file)?).await?;
    let ended = into::take(coming, &store, false, &work).await?;
    anyhow::ensure!(ended.whole == whole, "the file has changed");
    let rate = per_second(ended.taken.events, begun);
    store.close().await?;
    Ok(rate)
}
