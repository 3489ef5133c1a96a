//! Who waits for which events. A commit wakes only those who hear one of its types: what a wake-up costs,
//! every command pays as often as somebody is woken in vain.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use crate::codec::WireType;
use crate::recorded::Stored;
use crate::stream::Position;

/// How many lists of types are told apart. Whoever comes with one more is woken by everything.
pub(super) const INTERESTS_MAX: usize = 16;

/// Those who wait for events of certain types.
#[derive(Debug, Default)]
pub(super) struct Interests(Mutex<Vec<Interest>>);

#[derive(Debug)]
struct Interest {
    types: &'static [WireType],
    told: watch::Sender<Position>,
}

impl Interests {
    /// What those hear who wait for these types; none, if there are too many lists of them.
    pub(super) fn of(
        &self,
        types: &'static [WireType],
        head: Position,
    ) -> Option<watch::Receiver<Position>> {
        let mut all = self.all();
        if let Some(interest) = all.iter().find(|interest| interest.types == types) {
            return Some(interest.told.subscribe());
        }
        if all.len() == INTERESTS_MAX {
            return None;
        }
        let (told, hears) = watch::channel(head);
        all.push(Interest { types, told });
        Some(hears)
    }

    /// Tells those whom some of these events concern that the log goes up to there now, and those who
    /// were not told of anything in the newer half of the ring: before long what they have not read would
    /// be gone from it.
    pub(super) fn tell(
        &self,
        events: &[Arc<Stored>],
        newer_half: Option<Position>,
        head: Position,
    ) {
        let mut all = self.all();
        all.retain(|interest| interest.told.receiver_count() > 0);
        if all.is_empty() {
            return;
        }
        let mut asleep: Vec<&Interest> = all.iter().collect();
        for event in events {
            let header = event.header();
            asleep.retain(|interest| {
                let concerns = interest.types.iter().any(|it| it.name == header.wire_type);
                if concerns {
                    interest.told.send_replace(head);
                }
                !concerns
            });
            if asleep.is_empty() {
                return;
            }
        }
        for interest in asleep {
            let told = *interest.told.borrow();
            if newer_half.is_some_and(|begins| begins > told) {
                interest.told.send_replace(head);
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Interest>> {
        self.0.lock().expect("no one panics while holding the interests")
    }
}
