//! Subjects as NATS has them: tokens between dots. A [`Name`] is what a message is sent to; a
//! [`Pattern`] is what is listened to, where `*` stands for one token and a last `>` for the rest.
//! The subjects of Annals itself are built in [`crate::subject`].

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use crate::planted::{Bug, planted};

/// The longest subject: it must fit into a control line with everything beside it.
pub const SUBJECT_BYTES_MAX: usize = 1024;

/// Why a text is no subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a subject: {rule}")]
pub struct InvalidSubject {
    text: String,
    rule: &'static str,
}

impl InvalidSubject {
    fn new(text: &[u8], rule: &'static str) -> Self {
        Self { text: String::from_utf8_lossy(text).chars().take(80).collect(), rule }
    }
}

/// A subject without wildcards.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Bytes);

/// A subject that may have wildcards.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(Bytes);

/// The tokens of a subject.
pub fn tokens(subject: &[u8]) -> impl Iterator<Item = &[u8]> {
    subject.split(|byte| *byte == b'.')
}

/// What every subject keeps to, whoever speaks it.
fn check(subject: &[u8]) -> Result<(), &'static str> {
    if subject.len() > SUBJECT_BYTES_MAX {
        return Err("it is longer than 1024 bytes");
    }
    if subject.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
        return Err("it has spaces or control characters");
    }
    if tokens(subject).any(<[u8]>::is_empty) {
        return Err("a token is empty");
    }
    Ok(())
}

fn is_wildcard(token: &[u8]) -> bool {
    matches!(token, b"*" | b">")
}

impl Name {
    /// Takes a subject that keeps to the rules.
    pub fn new(subject: impl Into<Bytes>) -> Result<Self, InvalidSubject> {
        let subject = subject.into();
        check(&subject).map_err(|rule| InvalidSubject::new(&subject, rule))?;
        if tokens(&subject).any(is_wildcard) && !planted(Bug::WildcardPublished) {
            return Err(InvalidSubject::new(&subject, "a message is not sent to a wildcard"));
        }
        Ok(Self(subject))
    }

    /// Takes what a client has sent as it is; the listener has applied the rules of the protocol.
    pub(crate) fn as_received(subject: Bytes) -> Self {
        Self(subject)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl Pattern {
    /// Takes a pattern that keeps to the rules.
    pub fn new(subject: impl Into<Bytes>) -> Result<Self, InvalidSubject> {
        let subject = subject.into();
        check(&subject).map_err(|rule| InvalidSubject::new(&subject, rule))?;
        let open = tokens(&subject).position(|token| token == b">");
        if open.is_some_and(|open| tokens(&subject).nth(open + 1).is_some()) {
            return Err(InvalidSubject::new(&subject, "`>` stands at the end alone"));
        }
        Ok(Self(subject))
    }

    /// Takes what a client wants to listen to by the rules of the protocol alone, which asks less.
    #[cfg(feature = "listener")]
    pub(crate) fn as_received(subject: &[u8]) -> Option<Self> {
        let mut behind = tokens(subject).skip_while(|token| !matches!(*token, b"" | b">"));
        match (behind.next(), behind.next()) {
            (None, _) | (Some(b">"), None) => Some(Self(Bytes::copy_from_slice(subject))),
            _ => None,
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Whether there may be a message that is for both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (mut ours, mut theirs) = (tokens(&self.0), tokens(&other.0));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(b">"), Some(_)) | (Some(_), Some(b">")) => return true,
                (Some(b"*"), Some(_)) | (Some(_), Some(b"*")) => {}
                (Some(one), Some(two)) if one == two => {}
                _ => return false,
            }
        }
    }

    /// Whether a message to this name is for who listens here. Simple, and slower than the trie.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        let mut names = tokens(name);
        for token in tokens(&self.0) {
            match (token, names.next()) {
                (b">", rest) => return rest.is_some(),
                (b"*", Some(_)) => {}
                (token, Some(name)) if token == name => {}
                _ => return false,
            }
        }
        names.next().is_none()
    }
}

impl From<Name> for Pattern {
    fn from(name: Name) -> Self {
        Self(name.0)
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl FromStr for $name {
            type Err = InvalidSubject;
            fn from_str(text: &str) -> Result<Self, InvalidSubject> {
                Self::new(Bytes::copy_from_slice(text.as_bytes()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&String::from_utf8_lossy(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", String::from_utf8_lossy(&self.0))
            }
        }
    };
}

as_text!(Name);
as_text!(Pattern);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_tokens_and_no_wildcards() {
        for name in ["a", "a.b", "a.b*c.d>", "$SRV.PING", "ü"] {
            assert_eq!(name.parse::<Name>().expect(name).to_string(), name);
        }
        for name in ["", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\r\nb", "a\0", "*", "a.*", "a.>"]
        {
            assert!(name.parse::<Name>().is_err(), "{name:?} is taken for a name");
        }
        assert!("x".repeat(SUBJECT_BYTES_MAX).parse::<Name>().is_ok());
        assert!("x".repeat(SUBJECT_BYTES_MAX + 1).parse::<Name>().is_err());
    }

    #[test]
    fn a_pattern_has_its_rest_at_the_end() {
        for pattern in ["*", ">", "a.*.c", "a.>", "a.b", "a>"] {
            assert_eq!(pattern.parse::<Pattern>().expect(pattern).to_string(), pattern);
        }
        for pattern in ["", "a.>.b", ">.>", "a..>", " "] {
            assert!(pattern.parse::<Pattern>().is_err(), "{pattern:?}");
        }
    }

    #[test]
    fn two_patterns_overlap_where_one_message_is_for_both() {
        let overlap = |one: &str, two: &str| {
            let pattern = |text: &str| text.parse::<Pattern>().expect("a pattern");
            let (one, two) = (pattern(one), pattern(two));
            assert_eq!(one.overlaps(&two), two.overlaps(&one));
            one.overlaps(&two)
        };
        for (one, two) in [("a.*", "*.b"), (">", "a.b"), ("a.>", "a.*.c"), ("a.b", "a.b")] {
            assert!(overlap(one, two), "{one} {two}");
        }
        for (one, two) in [("a.*", "b.*"), ("a", "a.b"), ("a.>", "a"), ("a.*.c", "a.b.d")] {
            assert!(!overlap(one, two), "{one} {two}");
        }
    }

    #[test]
    fn a_star_is_one_token_and_the_rest_at_least_one() {
        let matches = |pattern: &str, name: &str| {
            pattern.parse::<Pattern>().expect(pattern).matches(name.as_bytes())
        };
        assert!(matches("a.b", "a.b") && matches("*.b", "a.b") && matches("a.>", "a.b.c"));
        assert!(!matches("a.b", "a.c") && !matches("a", "a.b") && !matches("a.b", "a"));
        assert!(!matches("a.*", "a") && !matches("a.*", "a.b.c") && !matches("a.>", "a"));
    }
}
