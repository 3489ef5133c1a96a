//! Panics of deciders: bugs, which cost the one actor they happen in and no other. An actor that
//! does nothing else is given a rest, so that it does not eat the time of all.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::time::Instant;

use crate::bounds::cut;
use crate::runtime::tools::{PANICS_MAX, PANICS_WITHIN};

/// How much is remembered of what a panic says.
const WORDS_BYTES_MAX: usize = 1024;

/// Runs what may panic; says what it said if it did. What it worked on must be thrown away then.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| in_words(&*panic))
}

/// What it said goes on record, and may have in it what others have sent.
fn in_words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    cut(text.unwrap_or("it did not say why").to_owned(), WORDS_BYTES_MAX)
}

/// The panics of one actor. Costs nothing until there is one.
#[derive(Debug, Default)]
pub(crate) struct Crashes(Option<Box<Story>>);

#[derive(Debug, Default)]
struct Story {
    newest: VecDeque<Instant>,
    parked_until: Option<Instant>,
}

impl Crashes {
    /// Notes a panic; says whether it was one too many.
    pub(crate) fn note(&mut self, now: Instant, rest: Duration) -> bool {
        let story = self.0.get_or_insert_default();
        story.newest.push_back(now);
        story.newest.retain(|at| now.duration_since(*at) <= PANICS_WITHIN);
        let is_loop = story.newest.len() >= PANICS_MAX as usize;
        if is_loop {
            story.newest.clear();
            story.parked_until = Some(now + rest);
        }
        is_loop
    }

    /// Whether the actor takes nothing now.
    pub(crate) fn is_parked(&mut self, now: Instant) -> bool {
        let Some(story) = &mut self.0 else { return false };
        story.parked_until = story.parked_until.filter(|until| *until > now);
        story.parked_until.is_some()
    }

    /// Whether there is nothing to remember: an actor with a bad record must not begin anew by
    /// leaving and coming back.
    pub(crate) fn are_forgotten(&mut self, now: Instant) -> bool {
        if self.is_parked(now) {
            return false;
        }
        let Some(story) = &self.0 else { return true };
        story.newest.iter().all(|at| now.duration_since(*at) > PANICS_WITHIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_panic_says_no_more_is_remembered_than_there_is_room_for() {
        let said = caught(|| panic!("{}", "ü".repeat(100_000))).expect_err("it panics");
        assert!(said.len() <= WORDS_BYTES_MAX && said.starts_with('ü'), "{} bytes", said.len());
    }
}
