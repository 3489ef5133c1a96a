//! What follows from the events of runs and schedules.

use events::content::Json;
use events::run::{Item, ItemsBegan, PartHow, Paused, Resumed, StageBegan, StageEnded, UndoBegan};
use events::schedule::{Fires, Skipped};

use super::*;
use crate::story::{NOON, Story, run, task};

fn content(text: &str) -> Content {
    Content::Inline(Json::parse(text).expect("JSON"))
}

fn stage(name: &str) -> StageName {
    name.parse().expect("a token")
}

fn terms() -> Terms {
    Terms {
        kind: "resize".into(),
        needs: ["gpu".parse().expect("a token")].into(),
        priority: events::task::Priority::new(7).expect("in range"),
        retry: events::task::Retry { tries_max: 9, ..<_>::default() },
        timeouts: events::task::Timeouts { queue_ms: Some(5), ..<_>::default() },
    }
}

fn sub_run() -> Does {
    Does::Run { pipeline: "clean".parse().expect("a token"), edition: 3, depth: 2 }
}

/// What follows from an event of the first run.
fn follows(event: RunEvent) -> Vec<ToDo> {
    CarryOut::react(&Story::new().of_run("main", run(1), event), None)
}

fn began(does: Does) -> RunEvent {
    let work = Work::One { does, input: content("[1]") };
    RunEvent::StageBegan(StageBegan {
        stage: stage("a"),
        turn: 4,
        work,
        ends_by: Some(NOON.plus_ms(9)),
        at: NOON,
    })
}

fn part(stage: &StageName, turn: u16, item: u32, sort: Sort) -> Part<'_> {
    Part { run: run(1), stage, turn, item, sort, at: NOON }
}

#[test]
fn a_stage_becomes_a_task_on_the_terms_that_the_event_says() {
    let order = Order {
        kind: "resize".into(),
        input: content("[1]"),
        needs: terms().needs,
        priority: terms().priority,
        retry: terms().retry,
        timeouts: terms().timeouts,
        deadline: None,
        not_before: None,
        labels: Labels::new(),
        parent: Some(Parent::Run(run(1))),
    };
    let id = part(&stage("a"), 4, 0, Sort::Work).task();
    let submit = ToDo::Task(id, TaskCommand::Submit(Box::new(order)));
    assert_eq!(follows(began(Does::Task(terms()))), [submit]);
}

#[test]
fn a_stage_that_is_a_pipeline_becomes_a_run_inside_of_it() {
    let wanted = Wanted { pipeline: "clean".parse().expect("a token"), edition: Some(3) };
    let slot = Slot { run: run(1), stage: stage("a"), turn: 4, item: 0 };
    let expected =
        Begin { parent: Some(slot), depth: 2, ..begin(wanted, &content("[1]"), By::Run) };
    let id = part(&stage("a"), 4, 0, Sort::Work).within();
    let start = to_run(id, RunCommand::Start(Box::new(expected)));
    assert_eq!(follows(began(sub_run())), [start]);
}

#[test]
fn of_many_items_each_is_begun_and_undone_under_an_id_of_its_own() {
    let items = || [7, 9].map(|item| Item { item, input: content("{}") }).to_vec();
    let (stage, at) = (stage("a"), NOON);
    let does = Does::Task(terms());
    let began =
        ItemsBegan { stage: stage.clone(), turn: 1, does: does.clone(), items: items(), at };
    let undo = UndoBegan { stage: stage.clone(), turn: 1, does, items: items(), at };
    let ids = |event| {
        let tasks = follows(event).into_iter().map(|to_do| match to_do {
            ToDo::Task(task, TaskCommand::Submit(_)) => task,
            other @ (ToDo::Task(..) | ToDo::Agent(..) | ToDo::Run(..) | ToDo::Schedule(..)) => {
                panic!("{other:?}")
            }
        });
        tasks.collect::<Vec<_>>()
    };
    let of = |sort| [7, 9].map(|item| part(&stage, 1, item, sort).task());
    assert_eq!(ids(RunEvent::ItemsBegan(began)), of(Sort::Work));
    assert_eq!(ids(RunEvent::UndoBegan(undo)), of(Sort::Undo));
}

#[test]
fn what_is_called_off_is_cancelled() {
    let called_off = WorkCalledOff {
        stage: None,
        tasks: vec![task(1), task(2)],
        runs: vec![run(3)],
        why: CalledOff::Ending,
        undoes: true,
        at: NOON,
    };
    let reason = || "its run comes to its end".to_owned();
    let cancel = |n| ToDo::Task(task(n), TaskCommand::Cancel { reason: reason() });
    let inside = to_run(run(3), RunCommand::Cancel { reason: reason(), undoes: true });
    assert_eq!(follows(RunEvent::WorkCalledOff(called_off)), [cancel(1), cancel(2), inside]);
}

#[test]
fn runs_inside_of_one_are_paused_and_resumed_with_it() {
    let (reason, runs) = (|| "lunch".to_owned(), || vec![run(2), run(3)]);
    let paused = Paused { reason: reason(), runs: runs(), at: NOON };
    let pause = |n| to_run(run(n), RunCommand::Pause { reason: reason() });
    assert_eq!(follows(RunEvent::Paused(paused)), [pause(2), pause(3)]);
    let resumed = Resumed { reason: reason(), runs: runs(), at: NOON };
    let resume = |n| to_run(run(n), RunCommand::Resume { reason: reason() });
    assert_eq!(follows(RunEvent::Resumed(resumed)), [resume(2), resume(3)]);
}

#[test]
fn a_stage_that_waits_or_ends_is_nobodys_work() {
    let signal = Work::Signal { name: "go".parse().expect("a token") };
    for work in [Work::Items { count: 3 }, signal, Work::Until { at: NOON }, Work::Nothing] {
        let (stage, at) = (stage("a"), NOON);
        let began = StageBegan { stage, turn: 0, work, ends_by: None, at };
        assert_eq!(follows(RunEvent::StageBegan(began)), []);
    }
    let (stage, how) = (stage("a"), PartHow::Completed);
    let ended = StageEnded { stage, turn: 0, how, output: None, error: None, at: NOON };
    assert_eq!(follows(RunEvent::StageEnded(ended)), []);
}

fn of_nightly(event: ScheduleEvent) -> Vec<ToDo> {
    CarryOut::react(&Story::new().of_schedule("main", "nightly", event), None)
}

#[test]
fn a_schedule_that_fires_starts_the_run_that_it_has_named() {
    let pipeline = || "clean".parse().expect("a token");
    let fired = Fired {
        nominal: NOON,
        run: run(5),
        how: Fires::OnTime,
        pipeline: pipeline(),
        edition: None,
        input: content("[2]"),
        next: None,
        at: NOON,
    };
    let wanted = Wanted { pipeline: pipeline(), edition: None };
    let by = By::Schedule { schedule: "nightly".parse().expect("a token"), nominal: NOON };
    let start = RunCommand::Start(Box::new(begin(wanted, &content("[2]"), by)));
    assert_eq!(of_nightly(ScheduleEvent::Fired(fired)), [to_run(run(5), start)]);
}

#[test]
fn a_run_that_another_one_replaces_is_cancelled() {
    let queued = |replaces| Queued { nominal: NOON, replaces, next: None, at: NOON };
    let reason = "its schedule starts another one in its place".to_owned();
    let cancel = to_run(run(5), RunCommand::Cancel { reason, undoes: true });
    assert_eq!(of_nightly(ScheduleEvent::Queued(queued(Some(run(5))))), [cancel]);
    assert_eq!(of_nightly(ScheduleEvent::Queued(queued(None))), []);
    let skipped = Skipped { nominal: NOON, under_way: run(5), next: None, at: NOON };
    assert_eq!(of_nightly(ScheduleEvent::Skipped(skipped)), []);
}
