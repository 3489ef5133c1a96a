//! A whole system as a process of its own, seen from outside: by clients in other languages, by
//! workers that come and go, by those who mean it no good, and by `kill -9`.

mod client;
mod crash;
mod crowded;
mod day;
mod documents;
mod ends;
mod far;
mod farewell;
mod forged;
mod hostile;
mod imported;
mod jetstream;
// Only a program with planted bugs panics when it is told to.
#[cfg(feature = "planted")]
mod panics;
mod personal;
mod raw;
mod reactions;
mod runs;
pub(crate) mod system;
mod tenants;
mod unfinished;
mod unheard;
mod workers;

use std::time::Duration;

/// How long something may take that should not take long.
const PATIENCE: Duration = Duration::from_secs(20);
