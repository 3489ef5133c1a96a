//! `annals schema`: what is said, for programs that write programs.

use std::process::ExitCode;

use clap::Subcommand;

use super::{Done, output};
use crate::doors::asyncapi;

#[derive(Debug, Subcommand)]
pub(super) enum SchemaCommand {
    /// Write everything that is said over NATS, as AsyncAPI 3
    ///
    /// JSON on standard output: subjects, commands, events, questions, signals, headers and codes, with
    /// the JSON Schema of each message. Made of the types that read and write them.
    #[command(after_help = "Example:
  annals schema asyncapi > annals.asyncapi.json")]
    Asyncapi,
}

impl SchemaCommand {
    pub(super) fn run(self) -> Done {
        let Self::Asyncapi = self;
        let mut text = serde_json::to_vec_pretty(&asyncapi::document()).expect("it is JSON");
        text.push(b'\n');
        output::write_whole(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
