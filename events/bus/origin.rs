//! Whose message it is: who sent it, and which tenant they belong to, as the listener knows it from
//! the connection. What comes from a real server has none: there the subject and its permissions say.

use std::sync::Arc;

use super::subject::tokens;
use crate::id::{Principal, Tenant, main_tenant};

/// Who sends messages over a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whose data they work with.
    pub tenant: Tenant,
    /// Who they are.
    pub principal: Principal,
}

impl Origin {
    /// Someone who did not have to say who they are.
    #[must_use]
    pub fn anonymous() -> Arc<Self> {
        let principal = Principal::new("anonymous").expect("it is a word");
        Arc::new(Self { tenant: main_tenant(), principal })
    }

    /// Whether a message of theirs may go there: not where only Annals itself speaks, and not to
    /// another tenant.
    #[must_use]
    pub fn may_send_to(&self, subject: &[u8]) -> bool {
        let mut tokens = tokens(subject);
        if tokens.next() != Some(b"annals") {
            return true;
        }
        let is_ours = tokens.next() == Some(self.tenant.as_str().as_bytes());
        let kind = tokens.next();
        let is_told = matches!(kind, Some(b"event" | b"work"));
        let stops = kind == Some(b"signal") && tokens.last() == Some(b"stop");
        is_ours && !is_told && !stops
    }

    /// Whether they may listen to all of that: not to other tenants, and not to what is said to
    /// Annals alone.
    #[must_use]
    pub fn may_listen_to(&self, pattern: &[u8]) -> bool {
        let mut tokens = tokens(pattern);
        match tokens.next() {
            Some(b"annals") => {}
            Some(b"*" | b">") => return false,
            // Answers to others are theirs alone.
            Some(b"_INBOX") => return !matches!(tokens.next(), None | Some(b"*" | b">")),
            _ => return true,
        }
        tokens.next() == Some(self.tenant.as_str().as_bytes())
            && matches!(tokens.next(), Some(b"event" | b"work" | b"signal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_speaks_for_annals_or_for_another_tenant() {
        let origin = Origin::anonymous();
        for subject in [
            "annals.main.command.task.1.submit",
            "annals.main.fact.shop",
            "annals.main.signal.agent.a.heartbeat",
            "annals.main.signal.task.1.progress",
            "_INBOX.a.b",
            "greet.you",
        ] {
            assert!(origin.may_send_to(subject.as_bytes()), "{subject}");
        }
        for subject in [
            "annals.main.event.task.1.submitted",
            "annals.main.work.echo",
            "annals.main.signal.agent.a.stop",
            "annals.other.command.task.1.submit",
            "annals._node.1.forward",
            "annals.*.command.task.1.submit",
            "annals",
        ] {
            assert!(!origin.may_send_to(subject.as_bytes()), "{subject}");
        }
    }

    #[test]
    fn nobody_listens_to_what_is_said_to_annals_or_to_another_tenant() {
        let origin = Origin::anonymous();
        for pattern in ["annals.main.event.>", "annals.main.work.echo", "_INBOX.x.*", "greet.*"] {
            assert!(origin.may_listen_to(pattern.as_bytes()), "{pattern}");
        }
        for pattern in [
            ">",
            "*.main.event.>",
            "annals.>",
            "annals.*.event.>",
            "annals.other.event.>",
            "annals.main.>",
            "annals.main.command.task.*.*",
            "annals.main.*.task.>",
            "_INBOX.>",
            "_INBOX.*.1",
        ] {
            assert!(!origin.may_listen_to(pattern.as_bytes()), "{pattern}");
        }
    }
}
