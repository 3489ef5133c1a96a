//! A thousand pipelines that nobody would write, each with a day that nobody would want.
#![expect(clippy::wildcard_enum_match_arm, reason = "most events are about something else")]

use std::collections::{BTreeMap, BTreeSet};

use events::run::{Item, Retried};
use proptest::prelude::*;

use super::dice::Dice;
use super::random;
use super::world::World;
use super::*;
use crate::pipeline::{Definition, StagePlan};
use crate::run::draft::{EVENTS_MAX, WORK_MAX};

/// What has to hold of a whole history.
pub(crate) struct Books {
    stages: Vec<StagePlan>,
    places: BTreeMap<String, usize>,
    /// Where each stage stands: how often it began, and whether it is over.
    turns: BTreeMap<usize, u16>,
    is_over: Vec<bool>,
    began: BTreeSet<(usize, u16, u32)>,
    ended: BTreeSet<(usize, u16, u32)>,
    /// What was done, and not begun anew.
    done: BTreeSet<(usize, u32)>,
    undone: Vec<(usize, u32)>,
    undoing: BTreeSet<(usize, u32)>,
    order: Vec<usize>,
    undoes: Option<bool>,
    is_paused: bool,
}

impl Books {
    pub(crate) fn of(document: &Value) -> Self {
        let definition = Definition::read(&plan(document)).expect("it is right");
        let stages = definition.stages().to_vec();
        let places = stages.iter().enumerate().map(|(n, it)| (it.name.clone(), n)).collect();
        let is_over = vec![false; stages.len()];
        Self {
            stages,
            places,
            turns: BTreeMap::new(),
            is_over,
            began: BTreeSet::new(),
            ended: BTreeSet::new(),
            done: BTreeSet::new(),
            undone: Vec::new(),
            undoing: BTreeSet::new(),
            order: Vec::new(),
            undoes: None,
            is_paused: false,
        }
    }

    fn place(&self, stage: &StageName) -> usize {
        self.places[stage.as_str()]
    }

    /// A stage may begin, or be asked about, or be skipped.
    fn may_begin(&self, n: usize) {
        let is_over = |n: &u16| self.is_over[usize::from(*n)];
        assert!(self.stages[n].after.iter().all(is_over), "{} is early", self.stages[n].name);
        assert!(!self.is_over[n] && self.undoes.is_none(), "{} is late", self.stages[n].name);
        assert!(!self.is_paused, "nothing begins in a run that is paused");
    }

    pub(crate) fn enter(&mut self, event: &RunEvent) {
        match event {
            RunEvent::StageBegan(it) => {
                let n = self.place(&it.stage);
                self.may_begin(n);
                let before = self.turns.insert(n, it.turn);
                assert!(before.is_none_or(|before| before < it.turn), "it begins once a turn");
                if let events::run::Work::One { .. } = it.work {
                    self.begins(n, it.turn, 0);
                }
            }
            RunEvent::ItemsBegan(it) => {
                let n = self.place(&it.stage);
                assert!(!self.is_over[n] && self.undoes.is_none() && !self.is_paused);
                it.items.iter().for_each(|item| self.begins(n, it.turn, item.item));
            }
            RunEvent::ItemEnded(it) => {
                let n = self.place(&it.stage);
                self.ends(n, it.turn, it.item, it.how);
            }
            RunEvent::StageEnded(it) => self.stage_ends(it),
            RunEvent::StagesSkipped(it) => {
                for stage in &it.stages {
                    let n = self.place(stage);
                    self.may_begin(n);
                    self.is_over[n] = true;
                }
            }
            RunEvent::StagesKept(it) => {
                for kept in &it.stages {
                    let n = self.place(&kept.stage);
                    self.is_over[n] = true;
                }
            }
            RunEvent::Paused(_) => self.is_paused = true,
            RunEvent::Resumed(_) => self.is_paused = false,
            RunEvent::Ending(it) => (self.undoes, self.is_paused) = (Some(it.undoes), false),
            RunEvent::UndoBegan(it) => {
                let n = self.place(&it.stage);
                it.items.iter().for_each(|Item { item, .. }| self.undoes(n, *item));
            }
            RunEvent::UndoEnded(it) => {
                let n = self.place(&it.stage);
                if !self.undoing.remove(&(n, it.item)) {
                    self.undone.push((n, it.item));
                }
            }
            RunEvent::Retried(it) => self.again(it),
            _ => {}
        }
    }

    fn begins(&mut self, n: usize, turn: u16, item: u32) {
        assert!(self.began.insert((n, turn, item)), "an item begins once");
        assert!(!self.done.contains(&(n, item)), "it was done before");
    }

    fn ends(&mut self, n: usize, turn: u16, item: u32, how: PartHow) {
        assert!(self.ended.insert((n, turn, item)), "an end counts once");
        if how == PartHow::Completed {
            assert!(self.began.contains(&(n, turn, item)), "what was done was begun");
            self.done.insert((n, item));
        }
    }

    fn stage_ends(&mut self, it: &events::run::StageEnded) {
        let n = self.place(&it.stage);
        assert!(!std::mem::replace(&mut self.is_over[n], true), "a stage ends once");
        let is_single = self.stages[n].foreach.is_none();
        if is_single && self.began.contains(&(n, it.turn, 0)) {
            self.ends(n, it.turn, 0, it.how);
        }
        let open = |(stage, turn, item): &(usize, u16, u32)| {
            *stage == n && *turn == it.turn && !self.ended.contains(&(*stage, *turn, *item))
        };
        assert!(!self.began.iter().any(open), "a stage ends after its items");
        self.order.retain(|before| *before != n);
        self.order.push(n);
    }

    fn undoes(&mut self, n: usize, item: u32) {
        assert_eq!(self.undoes, Some(true), "somebody wants it undone");
        self.undone.push((n, item));
        let others = self.undoing.iter().all(|(stage, _)| *stage == n);
        assert!(others, "one stage is undone after the other");
        self.undoing.insert((n, item));
    }

    fn again(&mut self, retried: &Retried) {
        let again: Vec<usize> = retried.stages.iter().map(|stage| self.place(stage)).collect();
        let mut behind: Vec<usize> = again.clone();
        let mut is_behind = BTreeSet::new();
        while let Some(n) = behind.pop() {
            let next = self.stages[n].behind.iter().map(|n| usize::from(*n));
            behind.extend(next.filter(|n| is_behind.insert(*n)));
        }
        self.done.retain(|(n, _)| !(again.contains(n) && is_behind.contains(n)));
        let is_done = |n: &usize| self.done.iter().any(|(stage, _)| stage == n);
        self.order.retain(|n| !again.contains(n) || is_done(n));
        again.iter().for_each(|n| self.is_over[*n] = false);
        self.undoes = None;
    }

    /// At the end, exactly what was done is undone, the last first.
    pub(crate) fn balance(&self) {
        assert!(self.undoing.is_empty(), "something is still being undone");
        if self.undoes != Some(true) {
            return;
        }
        let has_undo = |n: &usize| self.stages[*n].compensate.is_some();
        let done: BTreeSet<_> = self.done.iter().filter(|(n, _)| has_undo(n)).copied().collect();
        let undone: BTreeSet<_> = self.undone.iter().copied().collect();
        assert_eq!(undone.len(), self.undone.len(), "nothing is undone twice");
        assert_eq!(undone, done, "what was done is undone, and nothing else");
        let mut stages: Vec<usize> = self.undone.iter().map(|(n, _)| *n).collect();
        stages.dedup();
        let is_undone = |n: &&usize| undone.iter().any(|(stage, _)| stage == *n);
        let expected: Vec<usize> = self.order.iter().rev().filter(is_undone).copied().collect();
        assert_eq!(stages, expected, "what ended last is undone first");
    }
}

/// A pipeline, a day, and what has to hold of all that happened.
fn lives_through(seed: u64, is_killed_always: bool) {
    let document = random::pipeline(&mut Dice(seed));
    let mut world = World::new(&document, seed);
    world.is_killed_always = is_killed_always;
    comes_to_its_end(&document, &mut world);
    if !seed.is_multiple_of(4) {
        return;
    }
    let mut other = world.forked();
    other.is_killed_always = is_killed_always;
    comes_to_its_end(&document, &mut other);
}

fn comes_to_its_end(document: &Value, world: &mut World) {
    world.until_the_end();
    let mut books = Books::of(document);
    world.tale.history.iter().for_each(|event| books.enter(event));
    books.balance();
    let all = world.others.values().all(Option::is_some);
    assert!(all, "the run is over, and others work for it");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn every_run_comes_to_its_end_and_does_everything_once(seed: u64) {
        lives_through(seed, false);
    }

    #[test]
    fn so_does_one_that_decides_little_at_once(seed: u64, at_once in 1..8_usize) {
        EVENTS_MAX.set(at_once);
        lives_through(seed, false);
    }

    #[test]
    fn so_does_one_that_does_little_work_at_once(seed: u64, steps in 1..8_u64) {
        WORK_MAX.set(steps);
        lives_through(seed, false);
    }

    #[test]
    fn so_does_one_whose_system_is_killed_after_every_step(seed: u64) {
        lives_through(seed, true);
    }
}
