//! Who may come in, and what they may do there.

mod replies;

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::connect::Connect;
use crate::bus::subject::tokens;
use crate::bus::{Origin, Pattern};
pub(super) use replies::Replies;

/// Who may come in.
#[derive(Clone)]
pub enum Access {
    /// Everyone, and they may do everything.
    Open,
    /// Who knows this word; they may do everything.
    Token(Secret),
    /// Who is one of these.
    Users(Vec<User>),
}

/// Someone who may come in.
#[derive(Clone)]
pub struct User {
    /// The name it says.
    pub name: String,
    /// The word it must know.
    pub password: Secret,
    /// What it may do.
    pub permissions: Arc<Permissions>,
    /// Whose data it works with, and who it is there.
    pub origin: Arc<Origin>,
}

/// Who has come in.
#[derive(Clone)]
pub(super) struct Admitted {
    pub(super) permissions: Arc<Permissions>,
    pub(super) origin: Arc<Origin>,
}

impl Admitted {
    fn everything() -> Self {
        Self { permissions: Arc::default(), origin: Origin::anonymous() }
    }
}

/// What someone may do.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    /// Where it may send to.
    pub publish: Rules,
    /// What it may listen to.
    pub subscribe: Rules,
    /// Whether it may answer what it is asked, wherever the answer goes.
    pub allow_responses: Option<AllowResponses>,
}

/// Subjects that are allowed.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// These alone; all, if nothing is said.
    pub allow: Option<Vec<Pattern>>,
    /// But none of these.
    pub deny: Vec<Pattern>,
}

/// How someone may answer.
#[derive(Debug, Clone, Copy)]
pub struct AllowResponses {
    /// How often, to each question.
    pub max: u32,
    /// How long after the question.
    pub expires: Duration,
}

impl Default for AllowResponses {
    fn default() -> Self {
        Self { max: 1, expires: Duration::from_secs(120) }
    }
}

/// A word that only some know. The word itself is not kept, and how long a comparison takes says
/// nothing about it.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Keeps what is needed to know the word again.
    #[must_use]
    pub fn new(word: &str) -> Self {
        Self(Sha256::digest(word).into())
    }

    fn is(&self, word: &str) -> bool {
        let other: [u8; 32] = Sha256::digest(word).into();
        let differs = self.0.iter().zip(other).fold(0, |all, (ours, theirs)| all | (ours ^ theirs));
        std::hint::black_box(differs) == 0
    }
}

impl Access {
    /// Whether a client has to say who it is.
    pub(super) fn is_guarded(&self) -> bool {
        !matches!(self, Self::Open)
    }

    /// What a client may do that says this about itself; nothing, if it may not come in.
    pub(super) fn admit(&self, client: &Connect) -> Option<Admitted> {
        match self {
            // There is one account, and whoever asks for another is refused.
            Self::Open => client.account.is_none().then(Admitted::everything),
            Self::Token(token) => {
                token.is(client.auth_token.as_deref()?).then(Admitted::everything)
            }
            Self::Users(users) => {
                let (name, password) = (client.user.as_deref()?, client.pass.as_deref()?);
                let user = users.iter().find(|user| user.name == name);
                // A name that nobody has takes as long as a wrong password.
                let nobody = Secret([0; 32]);
                let known = user.map_or(&nobody, |user| &user.password).is(password);
                user.filter(|_| known).map(|user| Admitted {
                    permissions: Arc::clone(&user.permissions),
                    origin: Arc::clone(&user.origin),
                })
            }
        }
    }
}

/// Whether a subject falls under a pattern, which one with an empty token never does.
fn covers(pattern: &Pattern, subject: &[u8]) -> bool {
    pattern.matches(subject) && !tokens(subject).any(<[u8]>::is_empty)
}

/// Whether everything that falls under a subject with wildcards falls under the pattern.
fn contains(pattern: &Pattern, subject: &[u8]) -> bool {
    let open = tokens(subject).position(|token| token == b">");
    let ends = tokens(pattern.as_bytes()).position(|token| token == b">");
    let star = |at: usize| tokens(subject).nth(at) == Some(b"*");
    let mut names = tokens(pattern.as_bytes()).enumerate();
    covers(pattern, subject)
        && open.is_none_or(|open| ends.is_some_and(|ends| ends <= open))
        && names.all(|(at, token)| !star(at) || matches!(token, b"*" | b">"))
}

impl Rules {
    /// Whether a message may go there.
    pub(super) fn allow_name(&self, name: &[u8]) -> bool {
        let allowed = |allow: &Vec<Pattern>| allow.iter().any(|pattern| covers(pattern, name));
        self.allow.as_ref().is_none_or(allowed) && !self.denies(name)
    }

    /// Whether someone may listen to all of that.
    pub(super) fn allow_pattern(&self, subject: &[u8]) -> bool {
        let allowed = |allow: &Vec<Pattern>| allow.iter().any(|pattern| contains(pattern, subject));
        self.allow.as_ref().is_none_or(allowed) && !self.denies(subject)
    }

    /// Whether a subject falls under what is denied.
    pub(super) fn denies(&self, subject: &[u8]) -> bool {
        self.deny.iter().any(|pattern| covers(pattern, subject))
    }
}

impl Permissions {
    /// Whether a message may go there without having been asked for.
    pub(super) fn allow_publish(&self, name: &[u8]) -> bool {
        // Who is allowed to answer is allowed nothing else unless it is said.
        let silent = self.allow_responses.is_some() && self.publish.allow.is_none();
        !silent && self.publish.allow_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().expect("a pattern")
    }

    #[test]
    fn who_listens_must_be_allowed_all_of_it() {
        let allows = |allow: &str, subject: &str| {
            let rules = Rules { allow: Some(vec![pattern(allow)]), deny: Vec::new() };
            rules.allow_pattern(subject.as_bytes())
        };
        for (allow, subject) in [
            ("a.*", "a.b"),
            ("a.*", "a.*"),
            ("a.>", "a.*"),
            ("a.>", "a.*.>"),
            (">", ">"),
            ("*.b", "*.b"),
        ] {
            assert!(allows(allow, subject), "{allow} {subject}");
        }
        for (allow, subject) in [
            ("a.*", "a.>"),
            ("a.b", "a.*"),
            ("a.>", ">"),
            ("*", ">"),
            ("a.b", "*.b"),
            (">", "a..b"),
        ] {
            assert!(!allows(allow, subject), "{allow} {subject}");
        }
    }

    #[test]
    fn what_is_denied_is_denied_though_it_is_allowed() {
        let rules = Rules { allow: Some(vec![pattern("a.>")]), deny: vec![pattern("a.no.>")] };
        assert!(rules.allow_name(b"a.b") && rules.allow_pattern(b"a.>"));
        assert!(!rules.allow_name(b"a.no.b") && !rules.allow_pattern(b"a.no.b"));
        assert!(!rules.allow_pattern(b"a.no.>") && !rules.allow_name(b"b"));
    }

    #[test]
    fn a_word_is_known_again_and_no_other() {
        let secret = Secret::new("s3cr3t");
        assert!(secret.is("s3cr3t") && !secret.is("s3cr3") && !secret.is(""));
    }
}
