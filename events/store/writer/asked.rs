//! What waits for the writer: appends that were sent alone, and groups of them.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::group::{Answers, Caller, Pending};
use crate::store::Append;

/// What has a place in the queue.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one append is the common case, and is not boxed")]
pub(super) enum Asked {
    One(Waiting),
    Group(Vec<Append>, oneshot::Sender<Answers>),
}

/// An append and who waits for it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) append: Append,
    pub(super) caller: Caller,
}

impl Asked {
    /// How many appends it is.
    pub(super) fn appends(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Group(group, _) => group.len(),
        }
    }

    /// How many bytes it brings.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::One(waiting) => waiting.append.bytes(),
            Self::Group(group, _) => group.iter().map(Append::bytes).sum(),
        }
    }

    /// Adds its appends to those of a batch, one behind the other.
    pub(super) fn board(self, batch: &mut Vec<Waiting>) {
        match self {
            Self::One(waiting) => batch.push(waiting),
            Self::Group(mut group, caller) if group.len() == 1 => {
                let only = |append| Waiting { append, caller: Caller::Only(caller) };
                batch.extend(group.pop().map(only));
            }
            Self::Group(group, caller) => {
                let pending = Pending::new(group.len(), caller);
                let member = |n| Caller::Member(Arc::clone(&pending), n);
                let members = group.into_iter().zip(0..);
                batch.extend(members.map(|(append, n)| Waiting { append, caller: member(n) }));
            }
        }
    }
}
