//! Undoing what was done: stage by stage, the one that ended last first, and of each exactly the items
//! that were done. What cannot be undone is recorded, and the rest goes on.

use std::sync::Arc;

use events::content::Content;
use events::run::{Does, Item, PartHow, RunEvent, UndoBegan, UndoEnded};
use events::task::Failure;

use super::Run;
use super::bounds::{ITEMS_BEGIN_MAX, ITEMS_BYTES_MAX, OPEN_MAX};
use super::draft::Draft;
use super::going::{List, said};
use super::held::{Held, bytes};
use super::scope::View;
use crate::pipeline::Undo;

impl Draft {
    /// Undoes as much as there is room for; says whether all of it is.
    pub(super) fn undo(&mut self) -> bool {
        let stages: Vec<usize> = self.run.ended.iter().rev().map(|n| usize::from(*n)).collect();
        for n in stages {
            let plan = Arc::clone(&self.plan);
            let Some(undo) = &plan.stage(n).compensate else { continue };
            self.undo_stage(n, undo, plan.stage(n).at_once);
            // One stage after the other: what was built last may stand on what was built before.
            let is_under_way = self.run.open.of_stage(n, true).next().is_some();
            let has_left_some = if is_under_way {
                self.room_to_undo(n, plan.stage(n).at_once) > 0
            } else {
                !self.stage(n).to_undo().is_empty()
            };
            if has_left_some {
                self.leave_the_rest();
            }
            if is_under_way || has_left_some {
                return false;
            }
        }
        true
    }

    fn undo_stage(&mut self, n: usize, undo: &Undo, at_once: u32) {
        loop {
            let left = self.stage(n).to_undo();
            let room = self.room_to_undo(n, at_once).min(ITEMS_BEGIN_MAX);
            if room == 0 || self.is_spent() {
                return;
            }
            self.undo_wave(n, undo, &left[..room.min(left.len())]);
        }
    }

    /// How many items of a stage may be undone now, beside those that are.
    fn room_to_undo(&self, n: usize, at_once: u32) -> usize {
        let running = self.run.open.of_stage(n, true).count();
        let in_run = OPEN_MAX.saturating_sub(self.run.open.len());
        self.stage(n).room_to_undo(at_once, running).min(in_run)
    }

    /// Undoes these items, or, if that is much work, the first of them.
    fn undo_wave(&mut self, n: usize, undo: &Undo, wave: &[u32]) {
        let list = self.view().list(n);
        let (stage, turn, at) = (self.name(n), self.stage(n).turn, self.now);
        let (mut items, mut size) = (Vec::new(), 0);
        for item in wave {
            match self.undo_input(n, *item, undo, &list) {
                Ok(input) => {
                    size += bytes(&input);
                    if size > ITEMS_BYTES_MAX && !items.is_empty() {
                        break;
                    }
                    items.push(Item { item: *item, input });
                }
                Err(error) => {
                    let (stage, how, error) = (stage.clone(), PartHow::Failed, Some(error));
                    let ended = UndoEnded { stage, turn, item: *item, how, error };
                    self.say(RunEvent::UndoEnded(ended));
                }
            }
            if self.is_spent() {
                break;
            }
        }
        if !items.is_empty() {
            let does = Does::Task(said(&undo.terms));
            self.say(RunEvent::UndoBegan(UndoBegan { stage, turn, does, items, at }));
        }
    }

    fn undo_input(
        &self,
        n: usize,
        item: u32,
        undo: &Undo,
        list: &List,
    ) -> Result<Content, Failure> {
        let stage = self.stage(n);
        if stage.is_output_lost && refers_to_output(undo) && self.run.output_of(n, item).is_none() {
            return Err(super::scope::too_large());
        }
        let list = list.as_ref().map_err(Clone::clone)?;
        let text = list.as_ref().and_then(|list| list.get(item as usize));
        let output = self.run.output_of(n, item).map(Held::content);
        let item = text.map(|text| (text, item));
        View { item, output, ..self.view() }.fill(undo.input.as_ref())
    }
}

impl Run {
    fn output_of(&self, n: usize, item: u32) -> Option<&Held> {
        let stage = &self.stages[n];
        match &stage.items {
            Some(items) => items.output(item),
            None => stage.output.as_ref(),
        }
    }
}

fn refers_to_output(undo: &Undo) -> bool {
    let mut references = undo.input.iter().flat_map(|input| input.references());
    references.any(|one| one.root == crate::expression::Root::Output)
}
