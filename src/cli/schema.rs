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
    /// Write what a definition of a pipeline may look like, as JSON Schema
    ///
    /// JSON on standard output, for editors and for programs that write definitions. What only a look at
    /// the whole can find, such as stages that wait for each other, `annals pipeline validate` finds.
    #[command(after_help = "Example:
  annals schema pipeline > pipeline.schema.json")]
    Pipeline,
}

impl SchemaCommand {
    pub(super) fn run(self) -> Done {
        let document = match self {
            Self::Asyncapi => asyncapi::document(),
            Self::Pipeline => actors::pipeline::schema().to_value(),
        };
        let mut text = serde_json::to_vec_pretty(&document).expect("it is JSON");
        text.push(b'\n');
        output::write_whole(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
