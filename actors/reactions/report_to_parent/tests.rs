//! Who is told of an end, and what.

use events::content::Json;
use events::run::{StagesSkipped, Undone};
use events::task::Class;

use super::*;
use crate::story::{NOON, Story, agent, assign, complete, fail, order, run, submit, task};
use crate::task::Order;

/// What is to be done after each event of a task that is a part of this.
fn reactions(parent: Option<Parent>, commands: Vec<TaskCommand>) -> Vec<ToDo> {
    let mut story = Story::new();
    let began = story.task("main", task(1), submit(Order { parent, ..order("resize") }));
    let mut to_do = ReportToParent::react(&began[0], Some(&began[0]));
    for command in commands {
        for event in story.task("main", task(1), command) {
            let begin = ReportToParent::asks_how_it_began(&event).then_some(&began[0]);
            to_do.extend(ReportToParent::react(&event, begin));
        }
    }
    to_do
}

fn note(end: &str) -> ToDo {
    let text = format!("task {}: {end}", task(1));
    ToDo::Task(task(2), TaskCommand::Note { text })
}

#[test]
fn a_task_is_told_how_its_parts_end_and_nothing_before() {
    let reason = || String::new();
    let ends = [
        (vec![assign(&agent("ada"), 1), complete(1)], "completed"),
        (vec![assign(&agent("ada"), 1), fail(1, Class::Permanent)], "failed"),
        (vec![TaskCommand::Cancel { reason: reason() }], "cancelled"),
        (vec![TaskCommand::Withdraw { reason: reason() }], "withdrawn"),
    ];
    for (commands, end) in ends {
        assert_eq!(reactions(Some(Parent::Task(task(2))), commands), [note(end)]);
    }
}

#[test]
fn a_run_is_told_how_its_tasks_end_and_what_came_out() {
    let reason = || "why".to_owned();
    let told = |commands| {
        let to_do = reactions(Some(Parent::Run(run(7))), commands);
        let [ToDo::Run(to, command)] = &to_do[..] else { panic!("{to_do:?}") };
        assert_eq!(*to, run(7));
        let RunCommand::TaskEnded { task: of, end } = (**command).clone() else {
            panic!("{command:?}")
        };
        assert_eq!(of, task(1));
        (end.how, end.output.is_some(), end.error.map(|error| error.code))
    };
    let code = |text: &str| Some(text.to_owned());
    let completed = told(vec![assign(&agent("ada"), 1), complete(1)]);
    assert_eq!(completed, (PartHow::Completed, true, None));
    let failed = told(vec![assign(&agent("ada"), 1), fail(1, Class::Permanent)]);
    assert_eq!(failed, (PartHow::Failed, false, code("gpu.busy")));
    let cancelled = told(vec![TaskCommand::Cancel { reason: reason() }]);
    assert_eq!(cancelled, (PartHow::CalledOff, false, code("cancelled")));
    let withdrawn = told(vec![TaskCommand::Withdraw { reason: reason() }]);
    assert_eq!(withdrawn, (PartHow::CalledOff, false, code("withdrawn")));
}

#[test]
fn nobody_is_told_of_a_task_that_is_a_part_of_nothing() {
    let cancel = TaskCommand::Cancel { reason: String::new() };
    assert_eq!(reactions(None, vec![cancel]), []);
}

#[test]
fn an_attempt_that_failed_is_no_end() {
    let parent = Some(Parent::Task(task(2)));
    let commands = vec![assign(&agent("ada"), 1), fail(1, Class::Temporary)];
    assert_eq!(reactions(parent, commands), []);
}

fn started(by: By, parent: Option<Slot>) -> RunEvent {
    RunEvent::Started(Started {
        pipeline: "clean".parse().expect("a token"),
        edition: 1,
        plan: Json::parse("null").expect("JSON"),
        input: content("7"),
        by,
        parent,
        forked: None,
        begins_at: None,
        ends_by: None,
        depth: 0,
        labels: [].into(),
        at: NOON,
    })
}

fn content(text: &str) -> events::content::Content {
    events::content::Content::Inline(Json::parse(text).expect("JSON"))
}

fn finished(how: How) -> RunEvent {
    let error = (how != How::Completed).then(|| failure("no", "not this time"));
    let result = (how == How::Completed).then(|| content("8"));
    RunEvent::Finished(Finished { how, result, error, undone: Undone::Nothing, at: NOON })
}

/// What is to be done when the first run has begun so and ended so.
fn of_ended(by: By, parent: Option<Slot>, how: How) -> Vec<ToDo> {
    let mut story = Story::new();
    let began = story.of_run("main", run(1), started(by, parent));
    let skipped = RunEvent::StagesSkipped(StagesSkipped { stages: vec![], at: NOON });
    let skipped = story.of_run("main", run(1), skipped);
    assert!(!ReportToParent::asks_how_it_began(&skipped));
    assert_eq!(ReportToParent::react(&skipped, None), []);
    let ended = story.of_run("main", run(1), finished(how));
    assert!(ReportToParent::asks_how_it_began(&ended));
    ReportToParent::react(&ended, Some(&began))
}

fn slot() -> Slot {
    Slot { run: run(9), stage: "a".parse().expect("a token"), turn: 1, item: 4 }
}

fn nightly() -> By {
    By::Schedule { schedule: "nightly".parse().expect("a token"), nominal: NOON }
}

#[test]
fn a_run_is_told_how_the_runs_inside_of_it_end() {
    let hows = [
        (How::Completed, PartHow::Completed),
        (How::Failed, PartHow::Failed),
        (How::Cancelled, PartHow::CalledOff),
        (How::TimedOut, PartHow::TimedOut),
    ];
    for (ended, how) in hows {
        let output = (how == PartHow::Completed).then(|| content("8"));
        let error = (how != PartHow::Completed).then(|| failure("no", "not this time"));
        let end = PartEnd { how, output, error };
        let told = to_run(run(9), RunCommand::RunEnded { run: run(1), end });
        assert_eq!(of_ended(By::Run, Some(slot()), ended), [told]);
    }
}

#[test]
fn a_schedule_is_told_how_its_runs_end_and_nobody_else_wants_to_know() {
    let told = |how| {
        let ended = ScheduleCommand::RunEnded { run: run(1), how };
        ToDo::Schedule("nightly".parse().expect("a token"), Box::new(ended))
    };
    assert_eq!(of_ended(nightly(), None, How::Failed), [told(Some(How::Failed))]);
    assert_eq!(of_ended(By::Publisher, None, How::Failed), []);
    let no = NotStarted {
        pipeline: "clean".parse().expect("a token"),
        edition: None,
        by: nightly(),
        parent: None,
        error: failure("no", "not this time"),
        at: NOON,
    };
    let event = Story::new().of_run("main", run(1), RunEvent::NotStarted(no.clone()));
    assert!(!ReportToParent::asks_how_it_began(&event));
    assert_eq!(ReportToParent::react(&event, None), [told(None)]);
    let part = RunEvent::NotStarted(NotStarted { by: By::Run, parent: Some(slot()), ..no });
    let event = Story::new().of_run("main", run(1), part);
    let error = Some(failure("no", "not this time"));
    let end = PartEnd { how: PartHow::Failed, output: None, error };
    let failed = to_run(run(9), RunCommand::RunEnded { run: run(1), end });
    assert_eq!(ReportToParent::react(&event, None), [failed]);
}

#[test]
fn of_those_that_nobody_waits_for_the_beginning_is_not_kept() {
    let keeps = |event: RunEvent| {
        let wire_type = event.wire_type();
        let header = Header {
            event_id: events::id::EventId(task(1).0),
            log_id: events::id::LogId(task(2).0),
            tenant: "main",
            category: RunEvent::CATEGORY,
            stream_key: "one",
            version: events::stream::Version::FIRST,
            wire_type: wire_type.name,
            schema: wire_type.schema,
            recorded_at: NOON,
            effective_at: None,
            principal: "tester",
            on_behalf_of: None,
            command_id: events::id::CommandId::publisher("start"),
            correlation: None,
            causation: None,
            traceparent: None,
            codec: events::header::Codec::Json,
        };
        ReportToParent::needs_beginning(&header, &event.payload())
    };
    assert_eq!(keeps(started(By::Run, Some(slot()))), Some(true));
    assert_eq!(keeps(started(nightly(), None)), Some(true));
    assert_eq!(keeps(started(By::Publisher, None)), Some(false));
}
