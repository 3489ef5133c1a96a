//! What the log promises when the plug is pulled, driven through the real program: kills, errors of
//! the disk, a full disk, a second writer. What a test claims is checked by [`ledger`] alone.

mod answers;
mod audit;
mod backup;
mod boundaries;
mod boundary;
mod chance;
mod crowd;
mod fact;
mod fate;
mod full_disk;
mod hashes;
mod index;
mod io_errors;
mod kill;
mod ledger;
mod memory;
mod moving;
mod power_loss;
mod program;
mod recovery;
mod room;
mod script;
mod slow_disk;
// Only a program with planted bugs can be killed at a chosen statement.
#[cfg(feature = "planted")]
mod steps;
mod trace;
mod two_writers;
