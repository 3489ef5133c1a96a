//! The command line, through the real program: what it says, how it ends, what it leaves behind.

mod append;
mod backup;
mod beside;
mod copy;
mod damage;
mod definitions;
mod export;
mod follow;
mod golden;
mod import;
mod operate;
mod problems;
mod read;
mod restore;
mod run;
