//! Tasks come in, once each, and nothing comes in that has no bounds.

use events::codec::decode;
use events::task::Retry;

use super::*;

#[test]
fn a_task_is_submitted() {
    given::<Task>([]).at(NOON).when(submit(order())).then([submitted()]);
}

#[test]
fn a_task_for_which_nothing_is_said_needs_what_it_is() {
    assert_eq!(Task::replay(&[submitted()]).needs(), &["resize".parse().expect("token")].into());
}

#[test]
fn a_task_needs_what_is_said() {
    let gpu = Order { needs: ["gpu".parse().expect("a token")].into(), ..order() };
    given::<Task>([]).at(NOON).when(submit(gpu.clone())).then([submitted_as(gpu)]);
}

#[test]
fn submitting_the_same_task_again_changes_nothing() {
    given::<Task>(running()).at(later(5)).when(submit(order())).then_nothing();
}

#[test]
fn another_task_under_the_same_id_is_refused() {
    given::<Task>([submitted()])
        .when(submit(Order::new("crop", text_of("{}"))))
        .then_rejected(TaskRejection::AlreadySubmitted);
}

#[test]
fn a_finished_task_still_knows_what_was_submitted() {
    given::<Task>([running(), vec![completed(1)]].concat()).when(submit(order())).then_nothing();
}

#[test]
fn a_task_that_was_amended_still_knows_what_was_submitted() {
    let amended = TaskEvent::Amended(events::task::Amendment {
        priority: Some(Priority::MAX),
        ..Default::default()
    });
    given::<Task>([submitted(), amended]).when(submit(order())).then_nothing();
}

#[test]
fn a_task_of_no_kind_is_refused() {
    given::<Task>([])
        .when(submit(Order::new("", text_of("{}"))))
        .then_rejected(TaskRejection::InvalidKind);
}

#[test]
fn a_kind_with_a_dot_is_refused() {
    given::<Task>([])
        .when(submit(Order::new("a.b", text_of("{}"))))
        .then_rejected(TaskRejection::InvalidKind);
}

#[test]
fn a_kind_without_an_end_is_refused() {
    given::<Task>([])
        .when(submit(Order::new(&"x".repeat(1 << 20), text_of("{}"))))
        .then_rejected(TaskRejection::InvalidKind);
}

#[test]
fn a_task_that_needs_everything_is_refused() {
    let needs = (0..65).map(|n: u32| format!("c{n}").parse().expect("a token")).collect();
    given::<Task>([])
        .when(submit(Order { needs, ..order() }))
        .then_rejected(OutOfBounds::TooMany { what: "needs", max: 64 }.into());
}

#[test]
fn labels_without_an_end_are_refused() {
    let labels = (0..33).map(|n: u32| (n.to_string(), String::new())).collect();
    given::<Task>([])
        .when(submit(Order { labels, ..order() }))
        .then_rejected(OutOfBounds::TooMany { what: "labels", max: 32 }.into());
}

#[test]
fn a_task_is_tried_at_least_once() {
    let retry = Retry { tries_max: 0, ..Retry::default() };
    let refused = OutOfBounds::OutOfRange { what: "the number of tries", min: 1, max: 100 };
    given::<Task>([]).when(submit(Order { retry, ..order() })).then_rejected(refused.into());
}

#[test]
fn a_first_wait_beyond_the_longest_is_refused() {
    let retry = Retry { base_ms: 11, cap_ms: 10, ..Retry::default() };
    given::<Task>([])
        .when(submit(Order { retry, ..order() }))
        .then_rejected(OutOfBounds::OutOfRange { what: "the first wait", min: 1, max: 10 }.into());
}

#[test]
fn a_limit_of_no_time_is_refused() {
    let timeouts = limits(None, Some(0));
    given::<Task>([]).when(submit(Order { timeouts, ..order() })).then_rejected(
        OutOfBounds::OutOfRange { what: "the time in the queue", min: 1, max: DURATION_MS_MAX }
            .into(),
    );
}

#[test]
fn a_task_whose_deadline_has_passed_is_refused() {
    given::<Task>([])
        .at(NOON)
        .when(submit(Order { deadline: Some(NOON), ..order() }))
        .then_rejected(TaskRejection::DeadlinePassed);
}

#[test]
fn a_task_that_may_not_begin_before_its_deadline_is_refused() {
    let (deadline, not_before) = (Some(later(5)), Some(later(5)));
    given::<Task>([])
        .at(NOON)
        .when(submit(Order { deadline, not_before, ..order() }))
        .then_rejected(TaskRejection::DeadlinePassed);
}

#[test]
fn the_same_task_is_known_after_its_deadline() {
    let order = Order { deadline: Some(later(5)), ..order() };
    given::<Task>([submitted_as(order.clone())]).at(later(9)).when(submit(order)).then_nothing();
}

#[test]
fn a_task_of_the_first_schema_is_known_when_it_is_submitted_again() {
    let old = include_bytes!("../../../events/golden/task.submitted.1.json");
    let lifted = decode("task.submitted", 1, old).expect("an old schema is lifted");
    let again = Order::new("resize", text_of(r#"{"width":640}"#));
    given::<Task>([lifted]).at(NOON).when(submit(again)).then_nothing();
}

#[test]
fn nothing_happens_to_a_task_nobody_submitted() {
    given::<Task>([]).when(assign_to("ada", 1)).then_rejected(TaskRejection::NotFound);
    given::<Task>([]).when(complete(1)).then_rejected(TaskRejection::NotFound);
    given::<Task>([]).when(cancel()).then_rejected(TaskRejection::NotFound);
    given::<Task>([]).when(note("a")).then_rejected(TaskRejection::NotFound);
}

fn seat() -> Seat {
    Seat { agent: agent("ada"), lease_ms: 30_000 }
}

fn submit_to(order: Order, seat: Seat) -> TaskCommand {
    TaskCommand::SubmitTo(Box::new(order), seat)
}

#[test]
fn a_task_that_is_submitted_to_an_agent_is_assigned_with_it() {
    given::<Task>([]).at(NOON).when(submit_to(order(), seat())).then(running());
}

#[test]
fn submitting_to_an_agent_what_is_submitted_changes_nothing() {
    given::<Task>([submitted()]).when(submit_to(order(), seat())).then_nothing();
    given::<Task>(running()).when(submit_to(order(), seat())).then_nothing();
    given::<Task>([submitted()])
        .when(submit_to(Order::new("crop", text_of("{}")), seat()))
        .then_rejected(TaskRejection::AlreadySubmitted);
}

#[test]
fn a_task_that_cannot_be_handed_over_yet_waits() {
    let later = Order { not_before: Some(later(5)), ..order() };
    given::<Task>([]).at(NOON).when(submit_to(later.clone(), seat())).then([submitted_as(later)]);
    let for_ever = Seat { lease_ms: u64::MAX, ..seat() };
    given::<Task>([]).at(NOON).when(submit_to(order(), for_ever)).then([submitted()]);
}

#[test]
fn what_cannot_be_submitted_cannot_be_submitted_to_anyone() {
    given::<Task>([])
        .when(submit_to(Order::new("", text_of("{}")), seat()))
        .then_rejected(TaskRejection::InvalidKind);
}
