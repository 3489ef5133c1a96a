//! What an endpoint has done, counted by who serves it.

use std::sync::Mutex;
use std::time::Duration;

/// The longest error that is kept.
const ERROR_CHARS_MAX: usize = 200;

/// What an endpoint has done.
#[derive(Debug, Default)]
pub struct Counts(Mutex<Done>);

/// The same at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Done {
    pub(super) requests: u64,
    pub(super) errors: u64,
    pub(super) last_error: String,
    pub(super) took: Duration,
}

impl Counts {
    /// A request was answered.
    pub fn answered(&self, took: Duration) {
        self.count(took, |_| {});
    }

    /// A request was refused, or something went wrong.
    pub fn refused(&self, took: Duration, code: u16, text: &str) {
        self.count(took, |done| {
            done.errors += 1;
            let text: String = text.chars().take(ERROR_CHARS_MAX).collect();
            done.last_error = format!("{code}:{text}");
        });
    }

    fn count(&self, took: Duration, more: impl FnOnce(&mut Done)) {
        let mut done = self.0.lock().expect("nobody panics here");
        done.requests += 1;
        done.took = done.took.saturating_add(took);
        more(&mut done);
    }

    pub(super) fn so_far(&self) -> Done {
        self.0.lock().expect("nobody panics here").clone()
    }
}
