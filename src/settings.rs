//! What the environment says. Nothing else in the program reads it, so that every setting can be
//! explained in one place: `ANNALS_STORE`, `XDG_DATA_HOME`, `HOME`, `NO_COLOR`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::place::Place;

/// What the environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The log to use when the command line names none; none if there is no home to keep one in.
    pub store: Option<Place>,
    /// Whether colours are wanted.
    pub color: bool,
}

impl Settings {
    /// Reads the environment.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub fn read() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    /// Reads what `variable` knows; a variable that is empty counts as not set.
    fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let absolute = |name| set(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let data =
            || absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
        Self {
            store: set("ANNALS_STORE")
                .map(Place::from)
                .or_else(|| Some(Place::File(data()?.join("annals/annals.log")))),
            color: set("NO_COLOR").is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(variables: &[(&str, &str)]) -> Option<Place> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Settings::of(|name| find(name).map(|(_, value)| value.into())).store
    }

    fn file(path: &str) -> Option<Place> {
        Some(Place::File(path.into()))
    }

    #[test]
    fn a_named_log_comes_before_the_default_one() {
        let found = store(&[("ANNALS_STORE", "here.log"), ("XDG_DATA_HOME", "/data")]);
        assert_eq!(found, file("here.log"));
    }

    #[test]
    fn the_default_log_is_in_the_users_data_folder() {
        let both = store(&[("XDG_DATA_HOME", "/data"), ("HOME", "/home/ada")]);
        assert_eq!(both, file("/data/annals/annals.log"));
        let home = store(&[("HOME", "/home/ada")]);
        assert_eq!(home, file("/home/ada/.local/share/annals/annals.log"));
    }

    #[test]
    fn an_empty_or_relative_folder_counts_as_none() {
        let variables = [("ANNALS_STORE", ""), ("XDG_DATA_HOME", "data"), ("HOME", "/home/ada")];
        assert_eq!(store(&variables), file("/home/ada/.local/share/annals/annals.log"));
        assert_eq!(store(&[]), None);
    }

    #[test]
    fn colours_are_off_when_asked() {
        let settings = Settings::of(|name| (name == "NO_COLOR").then(|| "1".into()));
        assert!(!settings.color);
        assert!(Settings::of(|_| None).color);
    }
}
