//! What those who hand out work promise: on a real log in memory, over a real bus, in virtual time, and
//! through restarts.

mod handing;
mod imported;
mod lives;
mod world;
