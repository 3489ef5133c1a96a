//! A definition in a file: YAML, or JSON if it begins with a brace. The rest of the system knows JSON
//! alone; here it is remembered where in the file everything stands.

mod building;
mod places;
mod scalars;
#[cfg(test)]
mod tests;
mod yaml;

use std::io::Read as _;
use std::path::Path;

use actors::pipeline::bounds::DOCUMENT_BYTES_MAX;
use actors::pipeline::{Definition, Wrong};
use actors::tree;
use events::content::Json;

use crate::cli::problem::Problem;
use places::{Place, Places};

/// Something that is wrong with a definition, and where in its file, if that is known.
#[derive(Debug)]
pub(in crate::cli) struct Mistake {
    pub(super) place: Option<Place>,
    pub(super) wrong: Wrong,
}

/// Reads a file; what is wrong with it is no failure of reading.
pub(super) fn read(file: &Path) -> Result<Result<Definition, Vec<Mistake>>, Problem> {
    let missing = |source| Problem::InputMissing { path: file.to_owned(), source };
    // One byte more tells that there is too much.
    let most = DOCUMENT_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        let input = std::io::stdin().lock();
        input.take(most).read_to_end(&mut bytes).map_err(Problem::InputFailed)?;
    } else {
        let input = std::fs::File::open(file).map_err(missing)?;
        input.take(most).read_to_end(&mut bytes).map_err(missing)?;
    }
    Ok(understand(&bytes))
}

/// Reads a file that has to be right.
pub(super) fn right(file: &Path) -> Result<Definition, Problem> {
    read(file)?.map_err(|mistakes| {
        let first = mistakes.first().map(|mistake| mistake.wrong.to_string());
        let (path, count) = (file.to_owned(), mistakes.len());
        Problem::DefinitionWrong { path, count, first: first.unwrap_or_default() }
    })
}

/// Reads the text of a file.
pub(in crate::cli) fn understand(bytes: &[u8]) -> Result<Definition, Vec<Mistake>> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(vec![unreadable(None, "it is no text in UTF-8", "save it as UTF-8")]);
    };
    if text.len() > DOCUMENT_BYTES_MAX {
        let what = format!("a definition is read from {DOCUMENT_BYTES_MAX} bytes at most");
        return Err(vec![unreadable(None, &what, "split it into pipelines that run others")]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (json, places) = if text.trim_start().starts_with('{') {
        let json = Json::parse(text).map_err(|error| {
            let place = Some((error.line(), error.column()));
            vec![unreadable(place, &error.to_string(), "correct the JSON")]
        })?;
        (json, Places::default())
    } else {
        let (tree, places) = yaml::read(text)
            .map_err(|bad| vec![unreadable(Some(bad.place), &bad.what, &bad.remedy)])?;
        (tree.to_json(), places)
    };
    Definition::read(&json).map_err(|wrongs| {
        let placed = |wrong: Wrong| Mistake { place: places.find(&wrong.path), wrong };
        wrongs.into_iter().map(placed).collect()
    })
}

/// A file in which nothing can be found.
fn unreadable(place: Option<Place>, what: &str, remedy: &str) -> Mistake {
    let (what, remedy) = (what.to_owned(), remedy.to_owned());
    Mistake { place, wrong: Wrong { path: tree::Path::root(), code: "unreadable", what, remedy } }
}
