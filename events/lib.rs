//! What happened: the words of Annals, the log that keeps them, and how both are proven.
//!
//! | room | what is in it |
//! |---|---|
//! | [`agent`] [`task`] [`pipeline`] [`run`] [`schedule`] [`trigger`] [`fact`] [`node`] | the events of each category, pure data |
//! | [`id`] [`stream`] [`time`] [`recorded`] [`content`] [`personal`] [`labels`] | the value types every event is made of |
//! | [`known`] | a stored event of any category, read once for all who listen |
//! | [`header`] [`codec`] [`upcast`] [`chain`] | bytes: layout, wire types, old schemas, hashes |
//! | [`subject`] | every subject of the system |
//! | `bus` | the port of the bus, and the buses behind it |
//! | [`store`] | the port of the log, the writer, the tail, and the stores behind them |
//!
//! Without features nothing here can do IO: that is what lets actors and projections be pure.
#![warn(missing_docs)]

pub mod agent;
pub mod chain;
pub mod codec;
pub mod content;
pub mod fact;
pub mod header;
pub mod id;
pub mod known;
pub mod labels;
pub mod node;
pub mod personal;
pub mod pipeline;
pub mod recorded;
pub mod run;
pub mod schedule;
pub mod shape;
pub mod stream;
pub mod subject;
pub mod task;
pub mod time;
pub mod trigger;
pub mod upcast;
mod words;

#[cfg(feature = "bus")]
pub mod bus;
pub mod planted;
#[cfg(feature = "store")]
pub mod store;
