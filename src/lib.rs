//! How the world reaches Annals: the program, its settings, and the composition of what it is made of.
//! Rules live elsewhere: what happened in `events`, who decides in `actors`, answers in `projections`.
#![warn(missing_docs)]

pub mod app;
pub mod bench;
pub mod cli;
pub mod clock;
pub mod doors;
pub mod fact;
pub mod moving;
pub mod place;
pub mod settings;
