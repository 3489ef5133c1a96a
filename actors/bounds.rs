//! How much of everything there may be. What people send is kept for ever in a log, and for as long
//! as its actor lives in memory: nothing of it is without an end.

use events::labels::Labels;

/// The longest name of something: a label, a tool, an error code.
pub const NAME_BYTES_MAX: usize = 64;
/// The longest word that stands behind a name: what a label says, whom an agent belongs to.
pub const VALUE_BYTES_MAX: usize = 256;
/// The longest text that people write: a reason, a note, an error message.
pub const TEXT_BYTES_MAX: usize = 4096;
/// How many labels an agent or a task has.
pub const LABELS_MAX: usize = 32;
/// How many capabilities an agent offers, or a task needs.
pub const CAPABILITIES_MAX: usize = 64;

/// Something is beyond its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfBounds {
    /// There are too many.
    #[error("there may be {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// A text is too long.
    #[error("{what} may have {max} bytes")]
    TooLong {
        /// Which one.
        what: &'static str,
        /// How long it may be.
        max: usize,
    },
    /// A name is none.
    #[error("{what} is 1 to 64 bytes without control characters")]
    InvalidName {
        /// Of what.
        what: &'static str,
    },
    /// A number is too small or too large.
    #[error("{what} may be from {min} to {max}")]
    OutOfRange {
        /// Which one.
        what: &'static str,
        /// The smallest it may be.
        min: u64,
        /// The largest it may be.
        max: u64,
    },
}

/// There are at most `max` of them.
pub(crate) fn at_most(what: &'static str, count: usize, max: usize) -> Result<(), OutOfBounds> {
    if count <= max { Ok(()) } else { Err(OutOfBounds::TooMany { what, max }) }
}

/// A number is in its range.
pub(crate) fn within(
    what: &'static str,
    number: u64,
    min: u64,
    max: u64,
) -> Result<(), OutOfBounds> {
    if (min..=max).contains(&number) {
        Ok(())
    } else {
        Err(OutOfBounds::OutOfRange { what, min, max })
    }
}

/// A name is one.
pub(crate) fn name(what: &'static str, name: &str) -> Result<(), OutOfBounds> {
    if (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(OutOfBounds::InvalidName { what })
    }
}

/// A text is not too long.
pub(crate) fn text(what: &'static str, text: &str, max: usize) -> Result<(), OutOfBounds> {
    if text.len() <= max { Ok(()) } else { Err(OutOfBounds::TooLong { what, max }) }
}

/// Labels are few, named and short.
pub(crate) fn labels(labels: &Labels) -> Result<(), OutOfBounds> {
    at_most("labels", labels.len(), LABELS_MAX)?;
    for (key, value) in labels {
        name("the name of a label", key)?;
        text("a label", value, VALUE_BYTES_MAX)?;
    }
    Ok(())
}

/// What fits of a text. For what a machine reports once: refused for its length it would be lost,
/// and its beginning says most.
pub(crate) fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        let end = (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_two_characters() {
        assert_eq!(cut("ab".into(), 2), "ab");
        assert_eq!(cut("añb".into(), 2), "a");
        assert_eq!(cut("añb".into(), 3), "añ");
    }

    #[test]
    fn a_label_needs_a_name_and_an_end() {
        let of = |key: &str, value: String| Labels::from([(key.into(), value)]);
        assert_eq!(labels(&of("a", "x".repeat(256))), Ok(()));
        assert_eq!(
            labels(&of("", "x".into())),
            Err(OutOfBounds::InvalidName { what: "the name of a label" })
        );
        assert_eq!(
            labels(&of("a", "x".repeat(257))),
            Err(OutOfBounds::TooLong { what: "a label", max: 256 })
        );
    }

    #[test]
    fn labels_are_counted() {
        let many = (0..33).map(|n: u32| (n.to_string(), String::new())).collect();
        assert_eq!(labels(&many), Err(OutOfBounds::TooMany { what: "labels", max: 32 }));
    }
}
