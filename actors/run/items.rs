//! The items of a stage: which of them began, which ended well, and what they brought. What counts an
//! end once is that the part was open; here is only how it went.

use std::sync::Arc;

use events::content::Content;
use serde::{Deserialize, Serialize};

use super::bits::Bits;
use super::cached::Cached;
use super::going::List;
use super::held::Held;
use super::shared::Shared;
use crate::pipeline::bounds::ITEMS_MAX;

/// How many outputs are copied together when one of them is written to a copy.
const CHUNK: usize = 64;

type Chunk = Shared<Vec<Option<Held>>>;

/// The items of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Items {
    /// How many there are.
    pub(super) count: u32,
    /// The first of those that may begin; one that was done in an earlier turn is passed over.
    next: u32,
    /// How many have neither begun nor been done in an earlier turn.
    pub(super) left: u32,
    /// How many are under way.
    pub(super) running: u32,
    /// How many of this turn failed.
    pub(super) failed: u32,
    /// Those that were done.
    pub(super) completed: Bits,
    /// Those of which something was undone, or should have been.
    pub(super) undone: Bits,
    outputs: Vec<Chunk>,
    /// The list that they come from. What it is made of does not change as long as it is kept, so copies
    /// of the run share it, also where it is worked out in one of them: a decision is made on a copy.
    #[serde(skip)]
    list: Arc<Cached<List>>,
}

impl Items {
    pub(super) fn new(count: u32) -> Self {
        let count = held_to(count);
        Self { count, left: count, ..Self::default() }
    }

    /// The same, begun again: what was done stays so.
    pub(super) fn again(&mut self) {
        let done = u32::try_from(self.completed.count()).unwrap_or(u32::MAX);
        (self.next, self.running, self.failed) = (0, 0, 0);
        self.left = self.count.saturating_sub(done);
        self.forget_list();
    }

    /// The list that they come from, worked out if it is not there.
    pub(super) fn list(&self, work_out: impl FnOnce() -> List) -> List {
        self.list.get_or(work_out).clone()
    }

    /// What the list is made of may change.
    pub(super) fn forget_list(&mut self) {
        self.list = Arc::default();
    }

    /// The items that begin next, in order.
    pub(super) fn following(&self) -> impl Iterator<Item = u32> {
        (self.next..self.count).filter(|item| !self.completed.contains(*item as usize))
    }

    /// How many may begin now.
    pub(super) fn room(&self, at_once: u32) -> u32 {
        room(at_once, self.running, self.left)
    }

    /// The same, when one more has ended.
    pub(super) fn room_behind(&self, at_once: u32) -> u32 {
        let running = self.running.saturating_sub(1);
        room(at_once, running, self.left)
    }

    /// Whether some were called off: all others have an end of their own.
    pub(super) fn is_any_called_off(&self) -> bool {
        let done = self.completed.count() + self.failed as usize + self.left as usize;
        done + (self.running as usize) < self.count as usize
    }

    pub(super) fn is_all_done(&self) -> bool {
        self.completed.count() >= self.count as usize
    }

    pub(super) fn began(&mut self, item: u32) {
        self.passed(item);
        self.running += 1;
    }

    /// One that could not begin, or was under way.
    pub(super) fn ended(&mut self, item: u32, was_open: bool) {
        if was_open {
            self.running = self.running.saturating_sub(1);
        } else {
            self.passed(item);
        }
    }

    fn passed(&mut self, item: u32) {
        if item >= self.next {
            self.next = item.saturating_add(1);
            self.left = self.left.saturating_sub(1);
        }
    }

    pub(super) fn completed(&mut self, item: u32, output: Option<&Content>) {
        self.completed.insert(item as usize);
        if let Some(output) = output {
            self.hold(item, Held::of(output));
        }
    }

    pub(super) fn hold(&mut self, item: u32, output: Held) {
        if !is_item(item) {
            return;
        }
        let (chunk, place) = (item as usize / CHUNK, item as usize % CHUNK);
        if self.outputs.len() <= chunk {
            self.outputs.resize_with(chunk + 1, Chunk::default);
        }
        let chunk = self.outputs[chunk].own();
        if chunk.len() <= place {
            chunk.resize(place + 1, None);
        }
        chunk[place] = Some(output);
    }

    pub(super) fn output(&self, item: u32) -> Option<&Held> {
        self.outputs.get(item as usize / CHUNK)?.get(item as usize % CHUNK)?.as_ref()
    }

    pub(super) fn outputs(&self) -> impl Iterator<Item = &Held> {
        self.outputs.iter().flat_map(|chunk| chunk.iter().flatten())
    }
}

/// Whether a stage may have an item of this number: a history that came from elsewhere may say anything.
pub(super) fn is_item(item: u32) -> bool {
    (item as usize) < ITEMS_MAX
}

/// As many items as a stage may have.
pub(super) fn held_to(count: u32) -> u32 {
    if count as usize <= ITEMS_MAX { count } else { ITEMS_MAX as u32 }
}

/// How many may begin where so many are under way and so many are left. They begin some at a time: not
/// each that ends lets another one begin.
pub(super) fn room(at_once: u32, running: u32, left: u32) -> u32 {
    let room = at_once.saturating_sub(running).min(left);
    let step = (at_once / 4).clamp(1, 64).min(left);
    if running == 0 || room >= step { room } else { 0 }
}
