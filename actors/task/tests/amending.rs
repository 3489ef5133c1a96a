//! What was agreed about a task is agreed anew.

use events::task::{Amendment, Retry};

use super::*;

fn urgent() -> Amendment {
    Amendment { priority: Some(Priority::MAX), ..Amendment::default() }
}

fn due_at(at: Timestamp) -> Amendment {
    Amendment { deadline: Some(at), ..Amendment::default() }
}

#[test]
fn a_waiting_task_becomes_urgent() {
    given::<Task>([submitted()])
        .when(TaskCommand::Amend(urgent()))
        .then([TaskEvent::Amended(urgent())]);
    let amended = [submitted(), TaskEvent::Amended(urgent())];
    assert_eq!(Task::replay(&amended).priority(), Priority::MAX);
}

#[test]
fn a_running_task_gets_more_time() {
    let order = Order { deadline: Some(later(5)), ..order() };
    given::<Task>([submitted_as(order), assigned_to("ada", 1)])
        .at(later(4))
        .when(TaskCommand::Amend(due_at(later(9))))
        .then([TaskEvent::Amended(due_at(later(9)))]);
}

#[test]
fn an_amendment_that_says_nothing_new_changes_nothing() {
    let same = Amendment { priority: Some(Priority::NORMAL), ..Amendment::default() };
    given::<Task>([submitted()]).when(TaskCommand::Amend(same)).then_nothing();
}

#[test]
fn only_what_is_new_is_recorded() {
    let retry = Some(Retry::default());
    given::<Task>([submitted()])
        .when(TaskCommand::Amend(Amendment { retry, ..urgent() }))
        .then([TaskEvent::Amended(urgent())]);
}

#[test]
fn a_deadline_in_the_past_is_refused() {
    given::<Task>([submitted()])
        .at(later(9))
        .when(TaskCommand::Amend(due_at(later(5))))
        .then_rejected(TaskRejection::DeadlinePassed);
}

#[test]
fn a_task_is_not_put_off_beyond_its_deadline() {
    let order = Order { deadline: Some(later(5)), ..order() };
    let put_off = Amendment { not_before: Some(later(6)), ..Amendment::default() };
    given::<Task>([submitted_as(order)])
        .at(NOON)
        .when(TaskCommand::Amend(put_off))
        .then_rejected(TaskRejection::DeadlinePassed);
}

#[test]
fn an_amendment_has_the_same_bounds_as_an_order() {
    let retry = Some(Retry { tries_max: 101, ..Retry::default() });
    let refused = OutOfBounds::OutOfRange { what: "the number of tries", min: 1, max: 100 };
    given::<Task>([submitted()])
        .when(TaskCommand::Amend(Amendment { retry, ..Amendment::default() }))
        .then_rejected(refused.into());
}

#[test]
fn a_finished_task_is_not_amended() {
    given::<Task>([submitted(), cancelled()])
        .when(TaskCommand::Amend(urgent()))
        .then_rejected(TaskRejection::AlreadyFinished);
}
