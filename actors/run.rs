//! A run of a pipeline: it begins its stages when they may begin, hears how their parts end, and comes
//! to its own end, whatever happens.

mod command;

pub use command::{
    Begin, Fork, Forkable, Given, PartEnd, Past, Resolved, RunCommand, RunTimer, RunTimerKind,
    Verdict, Wanted,
};
