//! The command line, through the real program: what it says, how it ends, what it leaves behind.

mod append;
mod beside;
mod damage;
mod follow;
mod golden;
mod operate;
mod problems;
mod read;
mod run;
