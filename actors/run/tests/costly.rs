//! Runs whose templates and conditions are much work: no decision is more than it may be, each of them
//! gets somewhere, and the run comes to its end.

use events::id::EventId;

use super::*;
use crate::run::approving::ASKED_MAX;
use crate::run::draft::{TOOK, WORK_MAX};

/// How many items there are.
const ITEMS: usize = 10_000;
/// How many steps it takes to look at the list, and a little more.
const LOOK: u64 = 90;
/// How many steps the list of items takes.
const LIST: u64 = 200;

/// A run that is asked one thing after the other, with a look at how much work that was.
#[derive(Default)]
struct Life {
    run: Run,
    /// How much work a decision may be, and how much the whole was.
    allowed: u64,
    asking: u64,
    filling: u64,
    has_more: bool,
    begun: usize,
    undone: usize,
}

impl Life {
    /// A run in which a stage has brought a list of 8 KiB, and what comes behind it begins.
    fn of(document: &Value, input: &Value, allowed: u64) -> Self {
        WORK_MAX.set(allowed);
        let mut life = Self { allowed, ..Self::default() };
        life.says(start(begin(document, input)));
        for part in life.run.open_parts(the_run()) {
            life.says(tale::ended(part.id, tale::done(&json!("x".repeat(1024)))));
        }
        life
    }

    fn says(&mut self, command: RunCommand) {
        TOOK.set((0, 0));
        let events = self.run.decide(command, &moment(NOON)).expect("it happens");
        let (asking, filling) = TOOK.get();
        assert!(asking <= self.allowed.saturating_add(LOOK), "{asking} steps for conditions");
        assert!(filling <= self.allowed.saturating_add(LIST + LOOK), "{filling} steps");
        (self.asking, self.filling) = (self.asking + asking, self.filling + filling);
        self.has_more = matches!(events.last(), Some(RunEvent::MoreToBegin(_)));
        for event in &events {
            if let RunEvent::ItemsBegan(began) = event {
                self.begun += began.items.len();
            }
            if let RunEvent::UndoBegan(began) = event {
                self.undone += began.items.len();
            }
        }
        self.run = events.iter().fold(std::mem::take(&mut self.run), Run::evolve);
    }

    /// Rings as long as there is more to begin, and says how often.
    fn goes_on(&mut self) -> usize {
        let mut rung = 0;
        while self.has_more {
            let (cause, at) = (EventId(Uuid::nil()), NOON);
            let what = RunTimerKind::GoOn;
            self.says(RunCommand::Ring(RunTimer { what, stage: None, turn: 0, at, cause }));
            rung += 1;
            assert!(rung <= 20 * ITEMS, "it goes round in circles");
        }
        rung
    }

    /// All that is under way is done, and what follows from that.
    fn is_done(&mut self) {
        loop {
            self.goes_on();
            let parts = self.run.open_parts(the_run());
            if parts.is_empty() {
                return;
            }
            for part in parts {
                self.says(tale::ended(part.id, tale::done(&json!(1))));
            }
        }
    }

    fn is_skipped(&self) -> Vec<bool> {
        let stages = self.run.stages();
        let stages = stages.iter().filter(|stage| stage.name.as_str() != "list");
        stages.map(|stage| stage.stands == StageShown::Skipped).collect()
    }
}

/// A list of 8 KiB, and these stages.
fn behind_a_list(stages: impl IntoIterator<Item = Value>) -> Value {
    let list = json!({ "name": "list", "foreach": [0, 1, 2, 3, 4, 5, 6, 7], "task": "t" });
    of([list].into_iter().chain(stages).collect())
}

/// One that looks at the list for each of its items, to do them and to undo them, so many at once.
fn each(at_once: usize) -> Value {
    let looks = "${ length(stages.list.output) }";
    json!({ "name": "each", "after": ["list"], "foreach": "${ input }", "task": "t", "input": looks,
        "at_once": at_once, "compensate": { "task": "undo", "input": looks } })
}

fn items() -> Value {
    (0..ITEMS).collect()
}

#[test]
fn ten_thousand_items_that_look_at_a_list_begin_in_many_decisions() {
    let document = behind_a_list([each(ITEMS)]);
    let mut at_once = Life::of(&document, &items(), u64::MAX);
    assert_eq!((at_once.goes_on(), at_once.begun), (0, ITEMS + 8));
    assert!(at_once.filling > ITEMS as u64 * LOOK / 2, "{} steps are no test", at_once.filling);
    let mut life = Life::of(&document, &items(), 100 * LOOK);
    let rung = life.goes_on();
    assert!((50..=110).contains(&rung), "{rung} decisions");
    assert_eq!(life.begun, ITEMS + 8);
    // The list of the items is not worked out for each decision.
    assert!(life.filling <= at_once.filling + LIST, "{} steps", life.filling);
    life.is_done();
    assert_eq!(life.run.phase().name(), "completed");
    assert_eq!(life.begun, ITEMS + 8, "each begins once");
}

#[test]
fn ten_thousand_items_are_undone_in_many_decisions() {
    let last = json!({ "name": "last", "after": ["each"], "wait": { "signal": "go" } });
    let mut life = Life::of(&behind_a_list([each(500), last]), &items(), 100 * LOOK);
    life.is_done();
    assert_eq!(life.run.waits().len(), 1);
    let before = life.filling;
    life.says(RunCommand::Cancel { reason: "enough".into(), undoes: true });
    // Some of them are being undone, and there is room for others.
    assert!(life.has_more && (1..500).contains(&life.undone), "{} at once", life.undone);
    life.goes_on();
    assert!((400..=500).contains(&life.undone), "{} at once", life.undone);
    life.is_done();
    assert_eq!(life.undone, ITEMS, "each is undone once");
    assert!(life.filling - before <= ITEMS as u64 * LOOK + LIST, "{} steps", life.filling);
    let PhaseShown::Over { undone, .. } = life.run.phase() else { panic!("it is over") };
    assert_eq!(undone, Undone::All);
}

#[test]
fn items_for_which_nothing_can_be_filled_in_end_in_many_decisions() {
    let mut each = each(ITEMS);
    each["input"] = json!("${ stages.list.output[9] }");
    each["on_failure"] = json!("continue");
    let mut life = Life::of(&behind_a_list([each]), &items(), 100 * LOOK);
    let rung = life.goes_on();
    assert!((50..=110).contains(&rung), "{rung} decisions");
    assert_eq!(life.run.stages()[1].items.expect("it has some").failed, ITEMS as u32);
    assert_eq!(life.run.phase().name(), "completed");
}

/// Stages whose conditions look at the list. They hold where this says so.
fn conditions(count: usize, holds: impl Fn(usize) -> bool) -> impl Iterator<Item = Value> {
    (0..count).map(move |n| {
        let length = if holds(n) { 8 } else { 7 };
        json!({ "name": format!("s{n:03}"), "after": ["list"], "task": "t",
            "when": format!("${{ length(stages.list.output) == {length} }}") })
    })
}

#[test]
fn conditions_that_look_at_a_list_are_asked_in_many_decisions() {
    for every in [1, 2, 3, 1_000] {
        let holds = |n: usize| n % every == every - 1;
        let document = behind_a_list(conditions(200, holds));
        let mut life = Life::of(&document, &json!(1), 5 * LOOK);
        let rung = life.goes_on();
        assert!((20..=45).contains(&rung), "{rung} decisions");
        assert!(life.asking <= 200 * LOOK + 45, "each is asked once: {} steps", life.asking);
        life.is_done();
        assert_eq!(life.is_skipped(), (0..200).map(|n| !holds(n)).collect::<Vec<_>>());
        assert_eq!(life.run.phase().name(), "completed");
    }
}

#[test]
fn conditions_for_which_there_is_no_room_do_not_go_round_in_circles() {
    for every in [1, 2, 3, 7] {
        let holds = |n: usize| n % every == every - 1;
        let mut document = behind_a_list(conditions(60, holds));
        document["at_once"] = json!(1);
        let mut life = Life::of(&document, &json!(1), 5 * LOOK);
        loop {
            let rung = life.goes_on();
            assert!(rung <= 60, "{rung} decisions for nothing");
            if life.run.is_over() {
                break;
            }
            let parts = life.run.open_parts(the_run());
            assert_eq!(parts.len(), 1, "there is room, and someone who wants it");
            life.says(tale::ended(parts[0].id, tale::done(&json!(1))));
        }
        assert_eq!(life.is_skipped(), (0..60).map(|n| !holds(n)).collect::<Vec<_>>());
    }
}

#[test]
fn what_was_agreed_to_begins_although_others_take_all_the_work() {
    let first = json!({ "name": "first", "after": ["list"], "task": "t" });
    let sign = json!({ "name": "sign", "after": ["list"], "task": "t", "approval": {} });
    let others = conditions(60, |_| true).map(|mut stage| {
        stage["after"] = json!(["list", "first"]);
        stage
    });
    let mut document = behind_a_list([first].into_iter().chain(others).chain([sign]));
    document["at_once"] = json!(2);
    let mut life = Life::of(&document, &json!(1), 5 * LOOK);
    let first = life.run.open_parts(the_run())[0].id;
    life.says(tale::ended(first, tale::done(&json!(1))));
    life.goes_on();
    let asked = life.run.approvals(the_run()).pop().expect("someone is asked");
    let by = Some("ada".parse().expect("a principal"));
    let stage = asked.stage;
    let verdict = Verdict { stage: stage.clone(), hash: asked.hash, note: String::new(), by };
    life.says(RunCommand::Approve(verdict));
    let parts = life.run.open_parts(the_run());
    assert!(parts.iter().any(|part| part.stage == stage), "{parts:?}");
}

#[test]
fn nobody_is_asked_about_more_work_than_may_be_asked_about() {
    let mut sign = each(ITEMS);
    sign["approval"] = json!({});
    let document = behind_a_list([sign]);
    let few: Value = (0..20).collect();
    ASKED_MAX.set(10 * LOOK);
    let life = Life::of(&document, &few, u64::MAX);
    let error = life.run.stages()[1].error.map(|error| error.code.clone());
    assert_eq!(error.as_deref(), Some("template_too_costly"));

    // Who was asked before there was such a bound may answer.
    ASKED_MAX.set(u64::MAX);
    let mut life = Life::of(&document, &few, u64::MAX);
    ASKED_MAX.set(10 * LOOK);
    let asked = life.run.approvals(the_run()).pop().expect("someone is asked");
    assert!(asked.action.is_some(), "it is shown");
    let by = Some("ada".parse().expect("a principal"));
    let verdict = Verdict { stage: asked.stage, hash: asked.hash, note: String::new(), by };
    life.says(RunCommand::Approve(verdict));
    assert_eq!(life.begun, 20 + 8);
}
