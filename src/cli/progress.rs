//! Progress bars for people who watch long work; for everyone else they do not exist.

use std::time::Duration;

use events::store::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(100);

/// A bar that moves towards `total`, or a running count if nobody knows the total.
pub(super) fn bar(watched: bool, total: Option<u64>, what: &str) -> ProgressBar {
    if !watched {
        return ProgressBar::hidden();
    }
    let (bar, template) = match total {
        Some(total) => {
            (ProgressBar::new(total), "{bar:40} {human_pos} of {human_len} {msg}, {per_sec}")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {human_pos} {msg}, {per_sec}"),
    };
    let style = ProgressStyle::with_template(template).expect("the template is a valid one");
    bar.with_style(style).with_message(what.to_owned())
}

/// Waits for work while a bar shows what it counts.
pub(super) async fn watch<T>(
    bar: ProgressBar,
    progress: &Progress,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    let mut tick = tokio::time::interval(TICK);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            _ = tick.tick() => bar.set_position(progress.done()),
        }
    };
    bar.finish_and_clear();
    done
}
