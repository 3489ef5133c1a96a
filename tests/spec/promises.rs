//! What the log promises when the plug is pulled, driven through the real program: kills, errors of
//! the disk, a full disk, a second writer. What a test claims is checked by [`ledger`] alone.

mod answers;
mod audit;
mod boundaries;
mod boundary;
mod chance;
mod fact;
mod full_disk;
mod io_errors;
mod kill;
mod ledger;
mod program;
mod room;
mod script;
mod trace;
mod two_writers;
