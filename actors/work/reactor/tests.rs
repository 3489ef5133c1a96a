//! What reactions promise, on a real log in memory, with real actors, in virtual time.

mod bounds;
mod crashes;
mod going;
mod order;
mod parking;
mod remembering;
pub(super) mod world;
