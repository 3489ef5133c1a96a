//! Fills a log through its writer, many streams side by side.

use std::path::Path;

use super::corpus::{Corpus, Dice};
use super::open;

/// How many appends wait at once.
const AT_ONCE: u64 = 512;

/// Appends `events` events, the `n`-th to the stream that `stream` says.
pub(super) async fn fill(
    path: &Path,
    events: u64,
    stream: impl Fn(u64) -> u64,
) -> anyhow::Result<()> {
    let (store, writer, task) = open(path).await?;
    let (corpus, mut dice) = (Corpus::new(), Dice::new(1));
    let mut waiting = std::collections::VecDeque::new();
    for n in 0..events {
        let command = Corpus::command(1_780_000_000_000 + n / 64, &mut dice);
        let append = corpus.append(corpus.stream(stream(n)), command);
        let writer = writer.clone();
        #[expect(clippy::disallowed_methods, reason = "each is waited for below")]
        waiting.push_back(tokio::spawn(async move { writer.append(append).await }));
        if waiting.len() as u64 > AT_ONCE
            && let Some(oldest) = waiting.pop_front()
        {
            oldest.await??;
        }
    }
    for append in waiting {
        append.await??;
    }
    drop(writer);
    task.finished().await?;
    drop(store);
    Ok(())
}
