//! A message that a client sends.

use super::Session;
use crate::bus::listener::parse::Publish;
use crate::bus::listener::quote::quote;
use crate::bus::message::View;
use crate::bus::subject::tokens;
use crate::planted::{Bug, planted};

/// What a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One without wildcards.
    Name,
    /// One with wildcards. A message may go there, and whoever listens to just that gets it.
    Wild,
    /// One with an empty token, to which nobody can listen.
    Broken,
}

impl Kind {
    fn of(subject: &[u8]) -> Self {
        let (mut length, mut wild, mut kind) = (0, false, Self::Name);
        // The dot behind the last token ends it like the others.
        for byte in subject.iter().chain(b".") {
            if *byte == b'.' {
                if length == 0 {
                    return Self::Broken;
                }
                if length == 1 && wild && !planted(Bug::WildcardPublished) {
                    kind = Self::Wild;
                }
                (length, wild) = (0, false);
            } else {
                length += 1;
                wild |= matches!(byte, b'*' | b'>');
            }
        }
        kind
    }
}

impl Session {
    pub(super) fn publish(&mut self, message: Publish<'_>) {
        let Publish { subject, reply, headers, payload } = message;
        let kind = Kind::of(subject);
        if self.client.pedantic && kind != Kind::Name {
            self.connection.complain("Invalid Publish Subject");
        }
        let allowed = self.permissions.allow_publish(subject)
            || self.permissions.allow_responses.is_some()
                && !self.permissions.publish.denies(subject)
                && self.connection.replies.answers(subject);
        if !allowed || self.is_kept(subject) {
            let text = format!("Permissions Violation for Publish to {}", quote(subject));
            return self.connection.complain(&text);
        }
        // Whoever answers speaks in its own name, and would say it where the asker may not.
        let guards = !planted(Bug::AnswerSaidAnywhere);
        let is_ours =
            |reply: &[u8]| self.is_kept(reply) || self.is_answered_for_others(subject, reply);
        if let Some(reply) = reply.filter(|reply| guards && is_ours(reply)) {
            let text = format!("Permissions Violation for Publish with Reply of {}", quote(reply));
            return self.connection.complain(&text);
        }
        self.confirm();
        let view = View::of(subject, reply, headers, payload).from(Some(&self.origin));
        let but = (!self.client.echo).then_some(self.connection.id);
        let delivered = match kind {
            Kind::Broken => 0,
            _ => self.door.router.route(&view, &mut self.sender, but),
        };
        if let Some(reply) = reply
            && delivered == 0
            && self.client.no_responders
        {
            self.nobody_listens(subject, reply);
        }
    }

    /// Whether only others speak there.
    fn is_kept(&self, subject: &[u8]) -> bool {
        self.door.config.keeps_subjects && !self.origin.may_send_to(subject)
    }

    /// Whether Annals would answer this where others answer to Annals.
    fn is_answered_for_others(&self, subject: &[u8], reply: &[u8]) -> bool {
        self.door.config.keeps_subjects
            && matches!(tokens(subject).next(), Some(b"annals" | b"$SRV"))
            && self.door.router.waits_at(reply)
    }

    /// Answers that nobody listens, if the client listens to where its answers go. This is not
    /// counted among the messages after which a subscription ends.
    fn nobody_listens(&self, subject: &[u8], reply: &[u8]) {
        if Kind::of(reply) == Kind::Broken {
            return;
        }
        if let Some(listener) = self.door.router.listener_of(reply, self.connection.id) {
            let headers = [b"NATS/1.0 503\r\nNats-Subject: ", subject, b"\r\n\r\n"].concat();
            listener.notify(&View::of(reply, None, &headers, b""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_wildcard_is_a_token_of_its_own() {
        for (subject, kind) in [
            ("a", Kind::Name),
            ("a.b*", Kind::Name),
            ("a>.b", Kind::Name),
            ("*", Kind::Wild),
            ("a.>", Kind::Wild),
            ("a.*.b", Kind::Wild),
            ("a.", Kind::Broken),
            (".a", Kind::Broken),
            ("a..b", Kind::Broken),
            ("*.", Kind::Broken),
        ] {
            let found = Kind::of(subject.as_bytes());
            assert_eq!(found, kind, "{subject} is a subject of another kind");
        }
    }
}
