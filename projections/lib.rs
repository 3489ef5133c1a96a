//! What we can answer: each projection turns facts into the rows of one question. Pure, all of it.
//!
//! | room | what is in it |
//! |---|---|
//! | [`projection`] | the trait: which rows an event touches, and what it makes of each |
//! | [`agent_list`] | every agent with what it offers, and whether it may get work |
//! | [`pipeline_list`] | every pipeline with its newest edition |
//! | [`run_list`] | every run with its present phase |
//! | [`run_tree`] | one run with its stages |
//! | [`schedule_list`] | every schedule with its next time, and what became of the last one |
//! | [`task_list`] | every task with its present phase |
//! | [`trigger_list`] | every trigger with its terms |
//!
//! A projection never reads an actor's state, and never another projection. Rows can be thrown
//! away at any time: the same events give the same rows.
#![warn(missing_docs)]

pub mod agent_list;
pub mod pipeline_list;
pub mod projection;
pub mod run_list;
pub mod run_tree;
pub mod schedule_list;
pub mod task_list;
pub mod trigger_list;

#[cfg(test)]
mod spec;
