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
/// How many listeners that are pressed are remembered.
const PRESSED_MAX: usize = 8;

/// Someone who sends messages, one after the other.
#[derive(Default)]
pub struct Sender {
    generation: u64,
    routes: HashMap<Bytes, Routes>,
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
            self.routes.clear();
            self.generation = generation;
        }
        if let Some(routes) = self.routes.get(name) {
            return Arc::clone(routes);
        }
        let found = shared.listeners.read().expect("nobody panics here").matches(name);
        let routes = Arc::new(found);
        self.routes.insert(Bytes::copy_from_slice(name), Arc::clone(&routes));
        routes
    }
}
