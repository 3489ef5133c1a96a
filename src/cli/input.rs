//! What a command carries, as it is given on the command line: JSON, or a file of it.

use std::path::PathBuf;

use serde_json::{Map, Value};
use tokio::io::AsyncReadExt as _;

use crate::cli::problem::Problem;

/// The largest that is read.
const INPUT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// JSON, in place or in a file.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Input {
    /// What to work on: JSON
    #[arg(long, value_name = "JSON", conflicts_with = "input_file")]
    input: Option<String>,
    /// The same from a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    input_file: Option<PathBuf>,
}

impl Input {
    /// The JSON; nothing, if none was given.
    pub(in crate::cli) async fn read(&self) -> Result<Option<Value>, Problem> {
        let text = match (&self.input, &self.input_file) {
            (Some(text), _) => text.clone(),
            (None, Some(file)) if file.as_os_str() == "-" => {
                let mut text = String::new();
                let input = tokio::io::stdin().take(INPUT_BYTES_MAX);
                { input }.read_to_string(&mut text).await.map_err(Problem::InputFailed)?;
                text
            }
            (None, Some(file)) => crate::cli::remote::read(file)?,
            (None, None) => return Ok(None),
        };
        let malformed = |error| Problem::Usage(format!("the input is not JSON: {error}"));
        serde_json::from_str(&text).map(Some).map_err(malformed)
    }
}

/// Words to find it by.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Labelled {
    /// Words to find it by; may be given several times
    #[arg(long, value_name = "NAME=TEXT", value_parser = label)]
    label: Vec<(String, String)>,
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, word) = text.split_once('=').ok_or("write NAME=TEXT")?;
    Ok((name.into(), word.into()))
}

impl Labelled {
    /// As they are said; nothing, if there are none.
    pub(in crate::cli) fn said(&self) -> Option<Value> {
        let labels: Map<_, _> =
            self.label.iter().map(|(name, word)| (name.clone(), word.clone().into())).collect();
        (!labels.is_empty()).then(|| labels.into())
    }
}
