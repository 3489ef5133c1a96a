//! Someone who sends messages: remembers who they are for, until anyone begins or ends to listen,
//! and who was pressed by them.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;

use super::{Listener, Routes, Shared, Taken};
use crate::bus::message::View;
use crate::planted::{Bug, planted};

/// How many subjects are remembered. Each costs about 200 bytes for each sender, also for one that
/// sends nothing more, and saves one walk through the tree.
const SUBJECTS_MAX: usize = 64;
/// How many listeners of all these are remembered: who has more is looked up for each message.
const LISTENERS_MAX: usize = 2048;
/// How many listeners that are pressed are remembered.
const PRESSED_MAX: usize = 8;

/// Someone who sends messages, one after the other.
#[derive(Default)]
pub struct Sender {
    generation: u64,
    routes: HashMap<Bytes, Routes>,
    /// How many listeners all these have.
    listeners: usize,
    pressed: Vec<Arc<dyn Listener>>,
}

/// Which of several senders a subject belongs to.
pub(super) fn shard(name: &[u8]) -> usize {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    HASHER.hash_one(name) as usize
}

impl Sender {
    /// Listeners that were pressed by what was sent, some of them.
    pub fn take_pressed(&mut self) -> Vec<Arc<dyn Listener>> {
        std::mem::take(&mut self.pressed)
    }

    /// Hands a message to everyone who listens. Of each group one member gets it: whoever takes it
    /// first, from a place on that chance chooses.
    pub(super) fn deliver(
        &mut self,
        message: &View<'_>,
        shared: &Shared,
        but: Option<u64>,
    ) -> usize {
        let routes = self.routes(message.subject, shared);
        let mut takes = |(id, listener): &(u64, Arc<dyn Listener>)| {
            if but.is_some() && listener.connection() == but {
                return false;
            }
            let taken = listener.take(*id, message);
            if taken == Taken::Pressed && self.pressed.len() < PRESSED_MAX {
                self.pressed.push(Arc::clone(listener));
            }
            taken != Taken::No
        };
        let mut delivered = routes.plain.iter().filter(|entry| takes(entry)).count();
        for (_, members) in &routes.groups {
            let (before, behind) = members.split_at(shared.dice.below(members.len()));
            let mut ring = behind.iter().chain(before);
            delivered += usize::from(ring.any(&mut takes));
            if planted(Bug::GroupDeliveredTwice) {
                ring.any(&mut takes);
            }
        }
        delivered
    }

    fn routes(&mut self, name: &[u8], shared: &Shared) -> Routes {
        let generation = shared.generation.load(Ordering::Acquire);
        if self.generation != generation || self.routes.len() >= SUBJECTS_MAX {
            self.forget();
            self.generation = generation;
        }
        if let Some(routes) = self.routes.get(name) {
            return Arc::clone(routes);
        }
        let found = shared.listeners.read().expect("nobody panics here").matches(name);
        let (listeners, routes) = (found.len(), Arc::new(found));
        if self.listeners + listeners > LISTENERS_MAX {
            self.forget();
        }
        if listeners <= LISTENERS_MAX {
            self.listeners += listeners;
            self.routes.insert(Bytes::copy_from_slice(name), Arc::clone(&routes));
        }
        routes
    }

    fn forget(&mut self) {
        self.routes.clear();
        self.listeners = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::Router;

    struct Anyone;

    impl Listener for Anyone {
        fn take(&self, _: u64, _: &View<'_>) -> Taken {
            Taken::Yes
        }
    }

    #[test]
    fn what_a_sender_remembers_has_a_limit_however_many_listen() {
        for listeners in [10, LISTENERS_MAX / 3, LISTENERS_MAX + 1] {
            let (router, mut sender) = (Router::new(1), Sender::default());
            for id in 0..listeners {
                router.listen(&">".parse().expect("a pattern"), None, id as u64, Arc::new(Anyone));
            }
            for n in 0..2 * SUBJECTS_MAX {
                let name = format!("a.{n}");
                let taken =
                    router.route(&View::of(name.as_bytes(), None, b"", b""), &mut sender, None);
                assert_eq!(taken, listeners);
                let held: usize = sender.routes.values().map(|routes| routes.len()).sum();
                assert!(held <= LISTENERS_MAX && held == sender.listeners, "{held} listeners");
            }
        }
    }
}
