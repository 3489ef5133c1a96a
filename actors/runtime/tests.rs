//! What the runtime promises, on a real log in memory and in virtual time.

mod answers;
mod crowd;
mod faults;
pub(crate) mod faulty;
mod living;
mod panics;
mod snapshots;
mod sqlite;
mod till;
mod world;
