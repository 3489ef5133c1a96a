//! The log in PostgreSQL, each test in a database of its own, or with a server of its own.

mod command_line;
mod conformance;
pub(crate) mod database;
mod dropped;
mod faults;
mod guards;
mod migration;
mod moving;
mod race;
mod server;
mod woken;
mod work;
