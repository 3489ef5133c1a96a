//! What the door offers, as the tools of NATS show it, and what was asked of each.

use std::sync::Arc;

use events::bus::discovery::{Counts, Endpoint};
use events::subject::{What, patterns};

/// The group whose members share what is asked.
pub(super) const GROUP: &str = "annals";

/// What is offered, with its counts.
#[derive(Debug, Default, Clone)]
pub struct Offered {
    commands: Arc<Counts>,
    facts: Arc<Counts>,
    enqueued: Arc<Counts>,
    deposited: Arc<Counts>,
    queries: Arc<Counts>,
    heartbeats: Arc<Counts>,
    progress: Arc<Counts>,
}

impl Offered {
    /// Where something is counted.
    pub(super) fn counts(&self, what: Option<&What>) -> &Arc<Counts> {
        match what {
            Some(What::Fact(_)) => &self.facts,
            Some(What::Enqueue(_)) => &self.enqueued,
            Some(What::Deposit(_)) => &self.deposited,
            Some(What::Query(_)) => &self.queries,
            Some(What::Heartbeat(_)) => &self.heartbeats,
            Some(What::Progress(_)) => &self.progress,
            _ => &self.commands,
        }
    }

    /// Everything that is offered.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let all = [
            ("command", patterns::COMMANDS, &self.commands),
            ("fact", patterns::FACTS, &self.facts),
            ("enqueue", patterns::ENQUEUED, &self.enqueued),
            ("deposit", patterns::DEPOSITED, &self.deposited),
            ("query", patterns::QUERIES, &self.queries),
            ("heartbeat", patterns::HEARTBEATS, &self.heartbeats),
            ("progress", patterns::PROGRESS, &self.progress),
        ];
        let endpoint = |(name, subject, counts): (&str, &str, &Arc<Counts>)| Endpoint {
            name: name.into(),
            subject: subject.parse().expect("it is a pattern"),
            group: GROUP.into(),
            metadata: std::collections::BTreeMap::new(),
            counts: Arc::clone(counts),
        };
        all.into_iter().map(endpoint).collect()
    }
}
