//! `annals bench`: how fast it is, as a ratio to something measured in the same run on the same
//! machine. Every figure is made of several runs; nothing here asserts, it reports.

mod actors;
mod bus;
pub mod log;
mod measure;
mod peer;
mod serve;
mod table;
mod work;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use measure::{Better, Measure};

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// The log in one file: appending, reading, verifying, and the memory that takes.
    Log(Common),
    /// The bus: messages through the listener beside nats-server, requests inside the process, and
    /// the memory that listening takes.
    Bus(Common),
    /// Actors: the memory of those that do nothing, the time to wake one, commands in a second.
    Actors(Common),
    /// Keeps actors and says the memory of each; part of the bench of actors.
    #[command(hide = true)]
    ActorsIdle {
        /// Where.
        path: PathBuf,
    },
    /// Commands from clients of NATS in another process: on disk before they are answered.
    Commands(Common),
    /// Tasks: submitted, placed, done by workers in another process, on record.
    Tasks(Common),
    /// Runs of pipelines: started by clients of NATS, their tasks done by workers in another process.
    Runs(Common),
    /// A system: how long it takes to start on a log with a history, and what it costs at rest.
    Serve(Common),
    /// Appends and says the peak memory of this process; part of the bench of the log.
    #[command(hide = true)]
    LogPeak {
        /// How many events.
        #[arg(long)]
        events: u64,
        /// Whether on all threads of the machine, or on one.
        #[arg(long)]
        threads: bool,
        /// Where.
        path: PathBuf,
    },
}

/// What every bench lets one choose.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// How often each figure is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub runs: u32,
    /// How many events one run appends.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(10_000..=100_000_000))]
    pub events: u64,
    /// Where the logs are made, and removed again; a folder on the disk that is to be measured.
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Only the figures whose name begins with this.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub only: String,
}

impl Common {
    /// Whether any figure of this group is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        name.starts_with(&self.only) || self.only.starts_with(name)
    }
}

/// Runs a bench, and prints a table, or JSON.
pub fn run(bench: &Bench, json: bool) -> anyhow::Result<()> {
    let measures = match bench {
        Bench::Log(common) => log::run(common)?,
        Bench::Bus(common) => bus::run(common)?,
        Bench::Actors(common) => actors::run(common)?,
        Bench::ActorsIdle { path } => return actors::idle(path),
        Bench::Commands(common) => work::commands(common)?,
        Bench::Tasks(common) => work::tasks(common)?,
        Bench::Runs(common) => work::runs(common)?,
        Bench::Serve(common) => serve::run(common)?,
        Bench::LogPeak { events, threads, path } => return log::peak(path, *events, *threads),
    };
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, &measures)?;
        writeln!(out)?;
    } else {
        out.write_all(table::table(&measures).as_bytes())?;
    }
    Ok(())
}
