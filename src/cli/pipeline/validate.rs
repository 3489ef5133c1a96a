//! `annals pipeline validate`: everything that is wrong with definitions, each with its place.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::document::{Mistake, read};
use crate::cli::{Context, Done, output, show};

/// Say what is wrong with definitions of pipelines, without running or defining anything
///
/// YAML or JSON. Every mistake is a line with its place in the file, its place in the definition, what
/// is wrong and what to do about it. Ends with 1 if there is any.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  annals pipeline validate nightly.yaml
  annals pipeline validate --json pipelines/*.yaml")]
pub(in crate::cli) struct Validate {
    /// The definitions; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Validate {
    pub(super) fn run(&self, context: &Context) -> Done {
        let (mut out, mut is_right) = (String::new(), true);
        for file in &self.files {
            match read(file)? {
                Ok(definition) => {
                    let stages = definition.stages().len();
                    context.note(&format!("{}: right; stages: {stages}", file.display()));
                }
                Err(mistakes) => {
                    is_right = false;
                    mistakes.iter().for_each(|mistake| tell(file, mistake, context, &mut out));
                }
            }
        }
        output::write_whole(out.as_bytes())?;
        Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn tell(file: &Path, mistake: &Mistake, context: &Context, out: &mut String) {
    let Mistake { place, wrong } = mistake;
    let file = file.display().to_string();
    let line = if context.json {
        let (path, code) = (wrong.path.to_string(), wrong.code);
        json!({
            "file": file, "line": place.map(|place| place.0), "column": place.map(|place| place.1),
            "path": path, "code": code, "what": wrong.what, "remedy": wrong.remedy,
        })
        .to_string()
    } else {
        let place = place.map(|(line, column)| format!("{line}:{column}: ")).unwrap_or_default();
        show::visible(&format!("{file}:{place}{wrong} [{}]", wrong.code))
    };
    out.push_str(&line);
    out.push('\n');
}
