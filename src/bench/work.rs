//! `annals bench commands`, `annals bench tasks` and `annals bench runs`: what clients of NATS in another process get done
//! by a system that runs, everything on disk before it is answered.

pub(super) mod client;
mod commands;
mod runs;
mod tasks;

use super::{Common, Measure};

/// Measures commands.
pub(super) fn commands(common: &Common) -> anyhow::Result<Vec<Measure>> {
    commands::run(common)
}

/// Measures tasks.
pub(super) fn tasks(common: &Common) -> anyhow::Result<Vec<Measure>> {
    tasks::run(common)
}

/// Measures runs.
pub(super) fn runs(common: &Common) -> anyhow::Result<Vec<Measure>> {
    runs::run(common)
}
