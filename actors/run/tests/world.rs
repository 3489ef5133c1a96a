//! A run among those that it has to do with: tasks and other runs that take their time, end somehow and
//! are told twice; a clock; people; and a process that is killed, after which everything but the log
//! is gone, and whatever followed from an event follows from it again.
#![expect(clippy::wildcard_enum_match_arm, reason = "most events are about something else")]

use std::collections::{BTreeMap, BTreeSet};

use events::id::{EventId, Principal};
use events::run::{Does, Item, Part, Sort, Work};

use super::dice::Dice;
use super::tale::{Tale, called_off, done, ended, failed};
use super::*;

/// After so many steps something goes round in circles.
const STEPS_MAX: usize = 5_000;

/// A run and its world.
pub(super) struct World {
    pub(super) tale: Tale,
    pub(super) dice: Dice,
    /// What the run has others do, and how that ended.
    pub(super) others: BTreeMap<PartId, Option<PartEnd>>,
    /// Ends that the run has not been told of.
    reports: Vec<PartId>,
    /// Ends that it has been told of. A process that is killed may not know that of all of them.
    heard: BTreeSet<PartId>,
    /// How many events have been reacted to, and of how many that is kept.
    cursor: usize,
    saved: usize,
    /// What has to ring, and what did.
    timers: Vec<RunTimer>,
    rung: BTreeSet<RunTimer>,
    /// How many things go wrong before all goes well.
    pub(super) faults: usize,
    /// Whether the process is killed after every step.
    pub(super) is_killed_always: bool,
    pub(super) is_retried: bool,
}

impl World {
    pub(super) fn new(document: &Value, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut tale = Tale::new();
        let mut beginning = begin(document, &json!({ "yes": true, "list": [1, 2, 3] }));
        if dice.often(20) {
            beginning.begins_at = Some(NOON.plus_ms(500));
        }
        tale.says(start(beginning));
        Self::of(tale, dice)
    }

    /// Of a run that goes on from this one, from any of its stages.
    pub(super) fn forked(&mut self) -> Self {
        let names: Vec<StageName> =
            self.tale.run.stages().iter().map(|stage| stage.name.clone()).collect();
        let from = self.dice.one_of(&names).expect("there is a stage").clone();
        let found = Some(self.tale.run.past(&from, self.tale.history.len() as u64));
        let (of, labels) = (RunId(Uuid::from_u128(1)), [].into());
        let mut tale = Tale::new();
        tale.now = self.tale.now;
        tale.says(RunCommand::Fork(Box::new(Fork { of, from, input: None, found, labels })));
        Self::of(tale, self.dice.clone())
    }

    fn of(tale: Tale, mut dice: Dice) -> Self {
        let (faults, is_retried) = (dice.below(60), dice.often(30));
        Self {
            tale,
            dice,
            others: BTreeMap::new(),
            reports: Vec::new(),
            heard: BTreeSet::new(),
            cursor: 0,
            saved: 0,
            timers: Vec::new(),
            rung: BTreeSet::new(),
            faults,
            is_killed_always: false,
            is_retried,
        }
    }

    /// Until the run is over, and nobody has anything left to tell it.
    pub(super) fn until_the_end(&mut self) {
        for _ in 0..STEPS_MAX {
            if self.is_settled() && !self.retries() {
                return;
            }
            self.step();
            self.look();
            if self.is_killed_always {
                self.kill();
            }
        }
        panic!("it does not end: {:?}\n{}", self.tale.run.waits(), self.tale.told());
    }

    fn is_settled(&self) -> bool {
        let is_heard = self.cursor == self.tale.history.len() && self.reports.is_empty();
        self.tale.run.is_over() && is_heard
    }

    fn retries(&mut self) -> bool {
        if !std::mem::take(&mut self.is_retried) {
            return false;
        }
        self.say(RunCommand::Retry { from: None, reason: "again".into() });
        !self.tale.run.is_over()
    }

    /// Asks the run something; a no is an answer, too.
    fn say(&mut self, command: RunCommand) {
        if let Ok(events) = self.tale.decide(command) {
            self.tale.happened(events);
        }
    }

    fn step(&mut self) {
        self.tale.now = self.tale.now.plus_ms(self.dice.below(40) as u64);
        if self.faults > 0 && self.dice.often(25) {
            self.faults -= 1;
            return self.fault();
        }
        if self.dice.often(5) {
            self.help();
        }
        let working: Vec<PartId> = self.working();
        let choices = [
            (self.cursor < self.tale.history.len()).then_some(Step::React),
            (!working.is_empty()).then_some(Step::End),
            (!self.reports.is_empty()).then_some(Step::Report),
            self.is_rung_now().then_some(Step::Ring),
        ];
        let choices: Vec<Step> = choices.into_iter().flatten().collect();
        match self.dice.one_of(&choices) {
            Some(Step::React) => self.react(),
            Some(Step::End) => {
                let part = *self.dice.one_of(&working).expect("there is one");
                self.end(part);
            }
            Some(Step::Report) => {
                let n = self.dice.below(self.reports.len());
                let part = self.reports.remove(n);
                self.report(part);
            }
            Some(Step::Ring) => self.ring_next(),
            None => self.nothing_goes_on(),
        }
    }

    fn working(&self) -> Vec<PartId> {
        self.others.iter().filter(|(_, end)| end.is_none()).map(|(part, _)| *part).collect()
    }

    /// Nothing happens by itself: people help, or time passes.
    fn nothing_goes_on(&mut self) {
        if !self.timers.is_empty() && self.dice.often(30) {
            return self.ring_next();
        }
        if !self.help() {
            assert!(!self.timers.is_empty(), "nothing will ever happen:\n{}", self.tale.told());
            self.ring_next();
        }
    }

    /// People do what the run waits for; says whether there was something to do.
    fn help(&mut self) -> bool {
        let waits = self.tale.run.waits();
        for waits in &waits {
            match waits {
                Waits::Pause => self.say(RunCommand::Resume { reason: "go on".into() }),
                Waits::Approval(stage) => self.answer(stage, true),
                Waits::Signal(name) => {
                    let payload = content(&json!("now"));
                    self.say(RunCommand::Signal { name: name.clone(), payload });
                }
                Waits::Parts(_) | Waits::Time(_) => {}
            }
        }
        waits.iter().any(|waits| !matches!(waits, Waits::Parts(_) | Waits::Time(_)))
    }

    fn answer(&mut self, stage: &StageName, agrees: bool) {
        let approvals = self.tale.run.approvals(the_run());
        let Some(asked) = approvals.into_iter().find(|it| it.stage == *stage) else { return };
        assert!(asked.action.is_some(), "what was asked about is what would be done");
        let by = Some(Principal::new("ada").expect("a word"));
        let verdict = Verdict { stage: stage.clone(), hash: asked.hash, note: String::new(), by };
        self.say(if agrees {
            RunCommand::Approve(verdict)
        } else {
            RunCommand::Disapprove(verdict)
        });
    }

    fn fault(&mut self) {
        let reason = || "chance".to_owned();
        match self.dice.below(14) {
            0 => self.say(RunCommand::Pause { reason: reason() }),
            1 | 2 => self.say(RunCommand::Resume { reason: reason() }),
            3 => {
                let undoes = self.dice.often(70);
                let was_open = matches!(self.tale.run.phase(), PhaseShown::Open);
                let from = self.tale.history.len();
                self.say(RunCommand::Cancel { reason: reason(), undoes });
                let is_so = |event: &RunEvent| matches!(event, RunEvent::Ending(ending) if ending.undoes == undoes);
                let is_heard = !was_open || self.tale.history[from..].iter().any(is_so);
                assert!(is_heard, "whoever calls a run off says whether it is undone");
            }
            4 => {
                let name = if self.dice.often(50) { "go" } else { "stay" };
                let name = name.parse().expect("a token");
                self.say(RunCommand::Signal { name, payload: content(&json!(1)) });
            }
            5 => {
                let asked = self.tale.run.approvals(the_run());
                let stages: Vec<StageName> = asked.into_iter().map(|it| it.stage).collect();
                let agrees = self.dice.often(60);
                if let Some(stage) = self.dice.one_of(&stages).cloned() {
                    self.answer(&stage, agrees);
                }
            }
            6 | 7 => {
                let all: Vec<PartId> = self.others.keys().copied().collect();
                if let Some(part) = self.dice.one_of(&all).copied() {
                    self.report(part);
                }
            }
            8 => {
                // A timer that rings early, late or again: whoever set it knows.
                let timers = self.all_timers();
                if let Some(timer) = self.dice.one_of(&timers).cloned() {
                    self.tale.now = self.tale.now.max(timer.at);
                    self.say(RunCommand::Ring(timer));
                }
            }
            9 => self.say(tale::stranger()),
            _ => self.kill(),
        }
    }

    /// The process ends. What it knew is gone; what was recorded is dealt with again, from somewhere
    /// before where it had come to.
    pub(super) fn kill(&mut self) {
        self.tale.run = Run::replay(&self.tale.history);
        self.saved += self.dice.below(self.cursor - self.saved + 1);
        self.cursor = self.saved;
        let dice = &mut self.dice;
        let timers = self.tale.history[..self.cursor].iter().flat_map(timers);
        let left = timers.filter(|timer| !self.rung.contains(timer) || dice.often(5));
        self.timers = left.collect();
        let ended = self.others.iter().filter(|(_, end)| end.is_some()).map(|(part, _)| *part);
        let told = ended.filter(|part| !self.heard.contains(part) || dice.often(5));
        self.reports = told.collect();
    }

    /// What follows from the next event for others.
    fn react(&mut self) {
        let event = self.tale.history[self.cursor].clone();
        self.timers.extend(timers(&event));
        self.cursor += 1;
        match &event {
            RunEvent::StageBegan(began) => {
                if let Work::One { does, .. } = &began.work {
                    self.begin(does, &began.stage, (began.turn, 0, Sort::Work), began.at);
                }
            }
            RunEvent::ItemsBegan(began) => {
                for Item { item, .. } in &began.items {
                    let slot = (began.turn, *item, Sort::Work);
                    self.begin(&began.does, &began.stage, slot, began.at);
                }
            }
            RunEvent::UndoBegan(began) => {
                for Item { item, .. } in &began.items {
                    let slot = (began.turn, *item, Sort::Undo);
                    self.begin(&began.does, &began.stage, slot, began.at);
                }
            }
            RunEvent::WorkCalledOff(off) => {
                let tasks = off.tasks.iter().map(|task| PartId::Task(*task));
                let runs = off.runs.iter().map(|run| PartId::Run(*run));
                tasks.chain(runs).for_each(|part| self.call_off(part));
            }
            _ => {}
        }
    }

    fn begin(&mut self, does: &Does, stage: &StageName, slot: (u16, u32, Sort), at: Timestamp) {
        let (turn, item, sort) = slot;
        let part = Part { run: the_run(), stage, turn, item, sort, at };
        let id = match does {
            Does::Task(_) => PartId::Task(part.task()),
            Does::Run { .. } => PartId::Run(part.within()),
        };
        self.others.entry(id).or_insert(None);
    }

    /// What is called off and has not ended ends, if it is there by now.
    fn call_off(&mut self, part: PartId) {
        let is_known = self.others.contains_key(&part);
        assert!(is_known, "it is called off, and was never begun");
        if self.others[&part].is_none() {
            self.others.insert(part, Some(called_off()));
            self.reports.push(part);
        }
    }

    fn end(&mut self, part: PartId) {
        let end = match self.dice.below(if self.faults > 0 { 10 } else { 40 }) {
            0 => failed(),
            1 => PartEnd { how: PartHow::TimedOut, output: None, error: None },
            2 if self.faults > 0 => called_off(),
            _ => done(&json!({ "by": "ada" })),
        };
        self.others.insert(part, Some(end));
        self.reports.push(part);
    }

    fn report(&mut self, part: PartId) {
        if let Some(Some(end)) = self.others.get(&part) {
            let end = end.clone();
            self.heard.insert(part);
            self.say(ended(part, end));
        }
    }

    fn is_rung_now(&self) -> bool {
        self.timers.iter().any(|timer| timer.at <= self.tale.now)
    }

    fn ring_next(&mut self) {
        let next = (0..self.timers.len()).min_by_key(|n| self.timers[*n].at);
        if let Some(n) = next {
            let timer = self.timers.remove(n);
            self.rung.insert(timer.clone());
            self.tale.now = self.tale.now.max(timer.at);
            self.say(RunCommand::Ring(timer));
        }
    }

    fn all_timers(&self) -> Vec<RunTimer> {
        self.tale.history[..self.cursor].iter().flat_map(timers).collect()
    }

    /// What has to hold at any time.
    fn look(&self) {
        let run = &self.tale.run;
        assert!(run.is_over() || !run.waits().is_empty(), "it waits for nothing");
        let parts = run.open_parts(the_run());
        assert!(!run.is_over() || parts.is_empty(), "it is over, and something is under way");
        if self.cursor == self.tale.history.len() {
            for part in parts {
                assert!(self.others.contains_key(&part.id), "nobody does {part:?}");
            }
        }
    }
}

/// What may happen by itself.
#[derive(Debug, Clone, Copy)]
enum Step {
    React,
    End,
    Report,
    Ring,
}

/// The timers that an event sets.
fn timers(event: &RunEvent) -> Vec<RunTimer> {
    let cause = EventId(Uuid::nil());
    let of_run = |what, at| RunTimer { what, stage: None, turn: 0, at, cause };
    let of_stage = |what, stage: &StageName, turn, at| {
        let stage = Some(stage.clone());
        RunTimer { what, stage, turn, at, cause }
    };
    match event {
        RunEvent::Started(started) => {
            let begins = started.begins_at.map(|at| of_run(RunTimerKind::Begins, at));
            let ends = started.ends_by.map(|at| of_run(RunTimerKind::Run, at));
            begins.into_iter().chain(ends).collect()
        }
        RunEvent::Retried(it) => {
            it.ends_by.map(|at| of_run(RunTimerKind::Run, at)).into_iter().collect()
        }
        RunEvent::MoreToBegin(it) => vec![of_run(RunTimerKind::GoOn, it.at)],
        RunEvent::StageBegan(it) => {
            let ends = it.ends_by.map(|at| of_stage(RunTimerKind::Stage, &it.stage, it.turn, at));
            let until = match it.work {
                Work::Until { at } => Some(of_stage(RunTimerKind::Until, &it.stage, it.turn, at)),
                _ => None,
            };
            ends.into_iter().chain(until).collect()
        }
        RunEvent::ApprovalAsked(it) => {
            let timer = |at| of_stage(RunTimerKind::Approval, &it.stage, it.turn, at);
            it.until.map(timer).into_iter().collect()
        }
        _ => vec![],
    }
}
