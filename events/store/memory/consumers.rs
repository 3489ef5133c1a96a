//! What a log in memory keeps of its consumers.

use super::Log;
use crate::store::{Parked, Save, Saved};

impl Log {
    /// Keeps what a save says, if the rule allows it.
    pub(super) fn save(&mut self, save: &Save) -> Saved {
        let stands = self.consumers.get(&save.consumer).map(|kept| kept.position);
        let epoch = self.epochs[usize::from(save.owner.partition)];
        let saved = save.judge(stands.unwrap_or_default(), epoch, self.head.position);
        if saved == Saved::Now {
            self.keep(save);
        }
        saved
    }

    fn keep(&mut self, save: &Save) {
        let kept = self.consumers.entry(save.consumer.clone()).or_default();
        kept.position = save.position;
        let stays = |parked: &Parked| {
            !save.settled.contains(&parked.position)
                && !save.parked.iter().any(|again| again.position == parked.position)
        };
        kept.parked.retain(stays);
        let stream = |parked: &Parked| {
            let event = &self.events[parked.position.0 as usize - 1];
            event.stream().expect("the writer wrote this header")
        };
        let more =
            save.parked.iter().map(|parked| Parked { stream: stream(parked), ..parked.clone() });
        kept.parked.extend(more);
        kept.parked.sort_by_key(|parked| parked.position);
    }
}
