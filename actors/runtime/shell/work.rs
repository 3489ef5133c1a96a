//! A shift: from the ring of the bell until nothing waits.

use std::sync::Arc;

use super::core::Core;
use crate::runtime::Hosted;
use crate::runtime::inbox::{Inbox, Rest};

/// Works until the inbox is empty; says whether the actor stays.
pub(super) async fn shift<D: Hosted>(core: &mut Core<D>, inbox: &Arc<Inbox<D::Command>>) -> bool {
    let end = End(inbox);
    loop {
        let waiting = inbox.take();
        if !waiting.is_empty() {
            core.answer_all(waiting).await;
            continue;
        }
        let leave = inbox.leave();
        let goes = core.goes(leave);
        match inbox.rest(goes) {
            Rest::More => {}
            Rest::Asleep => {
                std::mem::forget(end);
                return true;
            }
            Rest::Gone => {
                core.keep(leave).await;
                return false;
            }
        }
    }
}

/// However a shift ends, nobody is left waiting: an actor that does not go to sleep in good order
/// closes its inbox.
struct End<'a, C>(&'a Arc<Inbox<C>>);

impl<C> Drop for End<'_, C> {
    fn drop(&mut self) {
        self.0.close();
    }
}
