//! Who decides: each actor turns a command into events, or says no. Pure, all of it; what runs them
//! is a room of its own, behind the feature `runtime`.
//!
//! | room | what is in it |
//! |---|---|
//! | [`decider`] | the trait: `decide` what a command leads to, `evolve` the state by what happened |
//! | [`command`] | how commands are said in JSON |
//! | [`bounds`] | how much of everything there may be |
//! | [`agent`] | who works: what it offers, and whether it may get work |
//! | [`task`] | one piece of work, from submission to its end |
//! | `runtime` | what runs the actors |
//! | `work` | how tasks come to workers, and results back |
//! | [`placing`] | which task goes to which agent |
//! | [`reaction`] [`reactions`] | what follows from events |
//! | [`expression`] [`tree`] | the language of templates and conditions; JSON as it was written |
//! | [`pipeline`] | many tasks as one graph: its definition, and all that may be wrong with it |
//! | [`run`] | one run of a pipeline, from its start to its end |
//! | [`schedule`] | at which times which pipeline is started |
//! | [`trigger`] | which facts start which pipeline |
//! | [`leases`] | who gives signs of life, and whose lease has run out |
//! | [`timing`] [`run_timing`] [`scheduling`] | which timers of tasks and runs are set, and which have rung; the next times of schedules |
//!
//! No clock, no IO, no randomness: time and ids arrive as data. What is stored, and how,
//! is the log's business; what can be asked is the projections'.
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

pub mod agent;
pub mod bounds;
pub mod command;
pub mod decider;
pub mod expression;
mod kept;
pub mod leases;
pub mod pipeline;
pub mod placing;
pub mod reaction;
pub mod reactions;
pub mod run;
pub mod run_timing;
#[cfg(feature = "runtime")]
pub mod runtime;
pub mod schedule;
pub mod scheduling;
mod suggestions;
pub mod task;
pub mod timing;
pub mod tree;
pub mod trigger;
#[cfg(feature = "runtime")]
pub mod work;

#[cfg(test)]
mod spec;
#[cfg(test)]
mod story;
