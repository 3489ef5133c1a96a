//! What those who hand out work promise: on a real log in memory, over a real bus, in virtual time, and
//! through restarts.

mod agents;
mod faults;
mod handing;
mod imported;
mod inputs;
mod lives;
mod runs;
mod seats;
mod world;
