//! Who leaves: actors that nobody has asked anything for a while, sooner when there are many, and all
//! of them when the program ends. Ages are counted in sweeps, so that being asked costs one store.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

use super::Registry;
use crate::runtime::inbox::{Inbox, Leave};
use crate::runtime::shell::core::RETRY;
use crate::runtime::{Hosted, Place, Tools};

/// How many sweeps an actor stays idle before it leaves where many live.
const SWEEPS_IN_A_CROWD: u8 = 1;

/// From how many on those leave first who have been idle for a shorter time.
pub(super) fn crowded(live_max: usize) -> usize {
    (live_max - live_max / 8).max(1)
}

/// Looks for idle actors, as long as there is a registry; does not wake up while nobody lives.
pub(super) async fn watch<D: Hosted>(registry: Weak<Registry<D>>, wanted: Arc<Notify>) {
    loop {
        let Some(pause) =
            registry.upgrade().map(|it| (it.live() > 0).then_some(it.tools.limits.sweep))
        else {
            return;
        };
        match pause {
            None => wanted.notified().await,
            Some(pause) => {
                // Whoever is turned away comes again after the same time, and finds room.
                let _ = tokio::time::timeout(pause, wanted.notified()).await;
                sleep(RETRY).await;
            }
        }
        if let Some(registry) = registry.upgrade() {
            registry.sweep();
        }
    }
}

impl<D: Hosted> Registry<D> {
    /// Lets all actors go that have been idle for long enough.
    fn sweep(&self) {
        let limits = &self.tools.limits;
        let live = self.live();
        let (leave, patience, mut surplus) = if live >= crowded(limits.live_max) {
            (Leave::InACrowd, SWEEPS_IN_A_CROWD, live - limits.live_max / 2)
        } else {
            (Leave::IfIdle, sweeps_idle(&self.tools), live)
        };
        for at in 0..self.shards.len() {
            for (place, inbox) in self.idle(at, patience, &mut surplus) {
                if inbox.is_gone() {
                    self.vacate(&place, &inbox);
                } else {
                    inbox.dismiss(leave);
                }
            }
        }
    }

    fn idle(
        &self,
        at: usize,
        patience: u8,
        surplus: &mut usize,
    ) -> Vec<(Place, Arc<Inbox<D::Command>>)> {
        let shard = self.shard(at);
        let idle = shard.iter().filter(|(_, inbox)| {
            let is_old = inbox.sweep() >= patience && *surplus > 0;
            *surplus -= usize::from(is_old);
            is_old
        });
        idle.map(|(place, inbox)| (place.clone(), Arc::clone(inbox))).collect()
    }

    /// Takes nothing more, and waits until what was taken is answered and every actor has left; until
    /// this moment at the latest.
    pub async fn drain(&self, until: Instant) {
        self.closes.store(true, Ordering::Release);
        (0..self.shards.len()).for_each(|at| self.dismiss_all(at));
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.live() == 0 || timeout_at(until, left).await.is_err() {
                return;
            }
        }
    }

    /// Whoever is started later was too late: it is looked under the same lock.
    fn dismiss_all(&self, at: usize) {
        let all: Vec<_> = {
            let shard = self.shard(at);
            shard.iter().map(|(place, inbox)| (place.clone(), Arc::clone(inbox))).collect()
        };
        for (place, inbox) in all {
            inbox.dismiss(Leave::Now);
            if inbox.is_gone() {
                self.vacate(&place, &inbox);
            }
        }
    }
}

/// How many sweeps see an actor idle before it leaves.
fn sweeps_idle(tools: &Tools) -> u8 {
    let sweeps = tools.limits.idle.as_secs_f64() / tools.limits.sweep.as_secs_f64();
    sweeps.ceil().clamp(1.0, 200.0) as u8
}
