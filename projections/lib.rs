//! What we can answer: each projection turns facts into the rows of one question. Pure, all of it.
//!
//! | room | what is in it |
//! |---|---|
//! | [`projection`] | the trait: which rows an event touches, and what it makes of each |
//! | [`agent_list`] | every agent with what it offers, and whether it may get work |
//! | [`pipeline_list`] | every pipeline with its newest edition |
//! | [`run_list`] | every run with its present phase |
//! | [`run_tree`] | one run with its stages |
//! | [`task_list`] | every task with its present phase |
//!
//! A projection never reads an actor's state, and never another projection. Rows can be thrown
//! away at any time: the same events give the same rows.
#![warn(missing_docs)]

pub mod agent_list;
pub mod pipeline_list;
pub mod projection;
pub mod run_list;
pub mod run_tree;
pub mod task_list;

#[cfg(test)]
mod spec;
