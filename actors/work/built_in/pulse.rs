//! The signs of life of an agent that is built in, and what it has.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use events::id::{AgentId, Tenant, main_tenant};

use super::{SLOTS, Work};
use crate::leases::{HEARTBEAT_MS, Pair};
use crate::work::foreman::beats::{Heartbeat, Heartbeats};

/// How often it gives one.
pub(super) const PULSE: Duration = Duration::from_millis(HEARTBEAT_MS);

/// What an agent has, and where it says so.
pub(super) struct Pulse {
    agent: AgentId,
    heartbeats: Heartbeats,
    has: Mutex<BTreeSet<(Tenant, Pair)>>,
}

/// Something that it has, until this is dropped.
pub(super) struct Has<'a> {
    pulse: &'a Pulse,
    what: (Tenant, Pair),
}

impl Pulse {
    pub(super) fn of(agent: AgentId, heartbeats: Heartbeats) -> Arc<Self> {
        Arc::new(Self { agent, heartbeats, has: Mutex::default() })
    }

    /// From now on it has this.
    pub(super) fn has(&self, work: &Work) -> Has<'_> {
        let tenant = work.tenant.clone().unwrap_or_else(main_tenant);
        let what = (tenant, Pair { task: work.task, attempt: work.attempt });
        self.has.lock().expect("nobody panics here").insert(what.clone());
        Has { pulse: self, what }
    }

    /// All that it has.
    pub(super) fn all(&self) -> BTreeSet<(Tenant, Pair)> {
        self.has.lock().expect("nobody panics here").clone()
    }

    /// Gives a sign of life, to each tenant it works for.
    pub(super) fn beat(&self) {
        let has = self.has.lock().expect("nobody panics here").clone();
        let tenants: BTreeSet<Tenant> = has.iter().map(|(tenant, _)| tenant.clone()).collect();
        for tenant in tenants.into_iter().chain([main_tenant()]).collect::<BTreeSet<_>>() {
            let of_it = has.iter().filter(|(whose, _)| *whose == tenant);
            let heartbeat = Heartbeat {
                agent: self.agent.clone(),
                process: "built-in".into(),
                slots: SLOTS,
                pairs: of_it.map(|(_, pair)| *pair).collect(),
                // What it has no longer is refused when it brings it.
                tell: Box::new(|_| {}),
                tenant,
            };
            if self.heartbeats.send(heartbeat).is_err() {
                tracing::warn!(agent = %self.agent, "a heartbeat is not heard");
            }
        }
    }
}

impl Drop for Has<'_> {
    fn drop(&mut self) {
        self.pulse.has.lock().expect("nobody panics here").remove(&self.what);
    }
}
