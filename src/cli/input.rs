//! What a command carries, as it is given on the command line: JSON, or a file of it.

use std::path::PathBuf;

use events::content::Json;
use events::labels::Labels;
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
    /// The JSON as it was written; nothing, if none was given.
    pub(in crate::cli) async fn read(&self) -> Result<Option<Json>, Problem> {
        let text = match (&self.input, &self.input_file) {
            (Some(text), _) => text.clone(),
            (None, Some(file)) if file.as_os_str() == "-" => {
                let mut text = String::new();
                let input = tokio::io::stdin().take(INPUT_BYTES_MAX + 1);
                { input }.read_to_string(&mut text).await.map_err(Problem::InputFailed)?;
                text
            }
            (None, Some(file)) => crate::cli::remote::read(file)?,
            (None, None) => return Ok(None),
        };
        understood(&text).map(Some)
    }
}

fn understood(text: &str) -> Result<Json, Problem> {
    if text.len() as u64 > INPUT_BYTES_MAX {
        let why = format!("the input has more than {INPUT_BYTES_MAX} bytes");
        return Err(Problem::Usage(why));
    }
    let malformed = |error| Problem::Usage(format!("the input is not JSON: {error}"));
    Json::parse(text).map_err(malformed)
}

/// Words to find it by.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Labelled {
    /// Words to find it by; may be given several times
    #[arg(long, value_name = "NAME=TEXT", value_parser = label)]
    label: Vec<(String, String)>,
}

/// Which words are looked for.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Having {
    /// Those with this label; may be given several times, and then they have all of them
    #[arg(long, value_name = "NAME=TEXT", value_parser = label)]
    label: Vec<(String, String)>,
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, word) = text.split_once('=').ok_or("write NAME=TEXT")?;
    Ok((name.into(), word.into()))
}

impl Labelled {
    /// As they are said; nothing, if there are none.
    pub(in crate::cli) fn said(&self) -> Result<Option<Labels>, Problem> {
        labels(&self.label)
    }
}

impl Having {
    /// As they are said; nothing, if there are none.
    pub(in crate::cli) fn said(&self) -> Result<Option<Labels>, Problem> {
        labels(&self.label)
    }
}

/// A label says one thing: of two, nobody could know which was meant.
fn labels(said: &[(String, String)]) -> Result<Option<Labels>, Problem> {
    let mut labels = Labels::new();
    for (name, word) in said {
        let before = labels.insert(name.clone(), word.clone());
        if before.is_some_and(|before| before != *word) {
            return Err(Problem::Usage(format!("the label {name} is given twice")));
        }
    }
    Ok(Some(labels).filter(|labels| !labels.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_json_and_is_not_written_anew() {
        let text =
            r#"{"z": 9007199254740993, "n": 123456789012345678901234567890, "a": [1.0, 1e2]}"#;
        assert_eq!(understood(text).expect("JSON").as_str(), text);
        for (text, why) in [
            ("{'a': 1}", "the input is not JSON: key must be a string at line 1 column 2"),
            ("", "the input is not JSON: EOF while parsing a value at line 1 column 0"),
            ("1 2", "the input is not JSON: trailing characters at line 1 column 3"),
        ] {
            assert_eq!(understood(text).expect_err(text).to_string(), why);
        }
        let large = "1".repeat(INPUT_BYTES_MAX as usize + 1);
        let why = understood(&large).expect_err("it is too large").to_string();
        assert_eq!(why, "the input has more than 8388608 bytes");
    }

    #[test]
    fn a_label_says_one_thing() {
        let said = |all: &[&str]| {
            let all: Vec<_> = all.iter().map(|one| label(one).expect("a label")).collect();
            labels(&all)
        };
        assert_eq!(said(&[]).expect("labels"), None);
        let two = said(&["a=1", "b=x=y", "a=1"]).expect("labels").expect("there are some");
        assert_eq!(two, [("a".into(), "1".into()), ("b".into(), "x=y".into())].into());
        let why = said(&["a=1", "a=2"]).expect_err("which one?").to_string();
        assert_eq!(why, "the label a is given twice");
        assert!(label("a").is_err());
    }
}
