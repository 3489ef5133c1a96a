//! Where a log is: a file, or a database. Written the same way everywhere, and shown without a
//! password.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// In a PostgreSQL database, by its URL.
    Database(String),
}

/// What the URL of a database begins with.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

impl Place {
    /// The file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Database(_) => None,
        }
    }
}

impl From<OsString> for Place {
    fn from(text: OsString) -> Self {
        match text.to_str() {
            Some(url) if SCHEMES.iter().any(|scheme| url.starts_with(scheme)) => {
                Self::Database(url.into())
            }
            _ => Self::File(text.into()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Database(url) => f.write_str(&without_password(url)),
        }
    }
}

/// A URL as it may be shown: `postgres://ada:secret@db/annals` as `postgres://ada@db/annals`.
fn without_password(url: &str) -> String {
    let (url, parameters) = url.split_once('?').unwrap_or((url, ""));
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let (user, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let user = user.split(':').next().unwrap_or_default();
    let at = if user.is_empty() { "" } else { "@" };
    // Parameters may hold a password, too.
    let more = if parameters.is_empty() { "" } else { "?…" };
    format!("{scheme}://{user}{at}{host}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Place::from(OsString::from(text)).to_string()
    }

    #[test]
    fn a_url_is_a_database_and_everything_else_a_file() {
        assert!(matches!(Place::from(OsString::from("postgres://db/a")), Place::Database(_)));
        assert!(matches!(Place::from(OsString::from("postgresql:///a")), Place::Database(_)));
        assert_eq!(Place::from(OsString::from("./a.log")).file(), Some(Path::new("./a.log")));
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(shown("postgres://ada:secret@db:5432/annals"), "postgres://ada@db:5432/annals");
        assert_eq!(shown("postgres://db/annals?password=secret"), "postgres://db/annals?…");
        assert_eq!(shown("postgres://a:p@ss@db/annals"), "postgres://a@db/annals");
        assert_eq!(shown("postgres:///annals"), "postgres:///annals");
    }
}
