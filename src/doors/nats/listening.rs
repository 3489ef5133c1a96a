//! The door on the bus of this process.

use std::sync::Arc;

use bytes::Bytes;
use events::bus::message::View;
use events::bus::router::{Listener, Taken};
use events::bus::{Bus as _, Message, Pattern, Router};
use events::subject::patterns;

use super::offered::GROUP;
use super::{NatsDoor, Outlet};

/// What is sent to the door.
pub(super) const SUBJECTS: [&str; 7] = [
    patterns::COMMANDS,
    patterns::FACTS,
    patterns::ENQUEUED,
    patterns::DEPOSITED,
    patterns::QUERIES,
    patterns::HEARTBEATS,
    patterns::PROGRESS,
];

impl Outlet for Router {
    fn send(&self, message: Message) {
        self.hand_over(&message);
    }

    fn bytes_max(&self) -> usize {
        self.message_bytes_max()
    }
}

impl Listener for NatsDoor {
    fn take(&self, _: u64, message: &View<'_>) -> Taken {
        Self::take(self, message);
        Taken::Yes
    }
}

/// Lets the door hear what is sent to it, until the bus ends.
pub fn serve_router(door: &Arc<NatsDoor>, router: &Router) {
    let group = Bytes::from_static(GROUP.as_bytes());
    for subjects in SUBJECTS {
        let pattern: Pattern = subjects.parse().expect("it is a pattern");
        let listener: Arc<dyn Listener> = Arc::clone(door) as _;
        router.listen(&pattern, Some(&group), router.new_id(), listener);
    }
}
