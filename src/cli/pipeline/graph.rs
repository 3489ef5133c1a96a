//! `annals pipeline graph`: what comes before what, drawn.

use std::path::PathBuf;
use std::process::ExitCode;

use actors::pipeline::graph::{As, draw};
use clap::ValueEnum;

use super::document::right;
use crate::cli::{Done, output};

/// Draw the stages of a definition, and what has to be over before each of them
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  annals pipeline graph nightly.yaml
  annals pipeline graph nightly.yaml --as dot | dot -Tsvg > nightly.svg")]
pub(in crate::cli) struct Graph {
    /// The definition; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// In which language
    #[arg(long = "as", value_name = "LANGUAGE", default_value = "text")]
    language: Language,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    /// Words: layer by layer
    Text,
    /// A flowchart of Mermaid
    Mermaid,
    /// A graph of Graphviz
    Dot,
}

impl Graph {
    pub(super) fn run(&self) -> Done {
        let definition = right(&self.file)?;
        let language = match self.language {
            Language::Text => As::Text,
            Language::Mermaid => As::Mermaid,
            Language::Dot => As::Dot,
        };
        output::write_whole(draw(definition.document(), language).as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
