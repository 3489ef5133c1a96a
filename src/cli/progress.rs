//! Progress bars for people who watch long work; for everyone else they do not exist.

use indicatif::{ProgressBar, ProgressStyle};

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
