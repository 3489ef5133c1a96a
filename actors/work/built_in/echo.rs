//! `echo`: brings back what it is given.

use events::content::Json;

use super::Brought;

pub(super) fn work(input: Json) -> Brought {
    Ok(input)
}
