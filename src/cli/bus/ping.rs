//! `annals bus ping`: whether a server is there, and how far away.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use events::bus::Bus as _;
use serde::Serialize;

use super::Connect;
use crate::cli::output::Lines;
use crate::cli::{Context, Done};

/// See whether a server is there, and how far away
///
/// Each ping is a message that goes there and comes back. The server says its version, and whether it
/// keeps streams (JetStream).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals bus ping
  annals bus ping --server nats://bus.example.org:4222 --count 10")]
pub(in crate::cli) struct Ping {
    #[command(flatten)]
    connect: Connect,
    /// How many pings
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
}

/// What the pings told.
#[derive(Serialize)]
struct Told {
    server: String,
    version: String,
    jetstream: bool,
    pings: usize,
    min_ms: f64,
    median_ms: f64,
    max_ms: f64,
}

impl Ping {
    pub(super) async fn run(self, context: &Context) -> Done {
        let bus = self.connect.open().await?;
        let mut times = Vec::new();
        for _ in 0..self.count {
            let begun = Instant::now();
            bus.flush().await?;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let told = Told {
            server: self.connect.shown(),
            version: bus.server_version(),
            jetstream: bus.has_jetstream(),
            pings: times.len(),
            min_ms: ms(times[0]),
            median_ms: ms(times[times.len() / 2]),
            max_ms: ms(times[times.len() - 1]),
        };
        bus.drain().await?;
        told.tell(context).await
    }
}

impl Told {
    async fn tell(&self, context: &Context) -> Done {
        let mut lines = Lines::new();
        match context.json {
            true => lines.json(self),
            false if context.quiet => {}
            false => lines.text(&format!(
                "{}: version {}, {}; {} pings, {:.2} to {:.2} ms, median {:.2}",
                self.server,
                self.version,
                if self.jetstream { "with JetStream" } else { "without JetStream" },
                self.pings,
                self.min_ms,
                self.max_ms,
                self.median_ms,
            )),
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}
