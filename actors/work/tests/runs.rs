//! Runs from their start to their end, through everything that works on them.

mod cancelled;
mod carried;
mod definitions;
mod editions;
mod forked;
mod graphs;
mod kills;
mod many;
mod missed;
mod moved;
mod scheduled;
mod triggered;
mod whole;
mod within;
mod world;
