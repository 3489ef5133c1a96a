//! A task is handed over, begun, and brought back with a result.

use super::*;

#[test]
fn a_waiting_task_is_assigned() {
    given::<Task>([submitted()]).at(NOON).when(assign_to("ada", 1)).then([assigned_to("ada", 1)]);
}

#[test]
fn every_hand_over_has_the_next_number() {
    given::<Task>([submitted()])
        .at(NOON)
        .when(assign_to("ada", 2))
        .then_rejected(TaskRejection::OtherAttempt { given: 2, current: 0 });
}

#[test]
fn a_number_is_not_used_twice() {
    given::<Task>([submitted(), assigned_to("ada", 1), attempt_failed(1, NOON)])
        .at(NOON)
        .when(assign_to("ada", 1))
        .then_rejected(TaskRejection::OtherAttempt { given: 1, current: 1 });
}

#[test]
fn a_task_that_must_wait_is_not_assigned() {
    let order = Order { not_before: Some(later(5)), ..order() };
    given::<Task>([submitted_as(order)])
        .at(later(4))
        .when(assign_to("ada", 1))
        .then_rejected(TaskRejection::NotReady { ready_at: later(5) });
}

#[test]
fn a_task_is_ready_from_the_time_that_was_agreed() {
    let task = Task::replay(&[submitted_as(Order { not_before: Some(later(5)), ..order() })]);
    assert_eq!(task.ready_at(), Some(later(5)));
    assert!(!task.is_ready(later(4)) && task.is_ready(later(5)));
}

#[test]
fn a_lease_has_an_end() {
    let assign = TaskCommand::Assign { agent: agent("ada"), attempt: 1, lease_ms: u64::MAX };
    given::<Task>([submitted()]).at(NOON).when(assign).then_rejected(
        OutOfBounds::OutOfRange { what: "a lease", min: 1, max: DURATION_MS_MAX }.into(),
    );
}

#[test]
fn assigning_to_the_same_agent_again_changes_nothing() {
    given::<Task>(running()).when(assign_to("ada", 1)).then_nothing();
}

#[test]
fn a_running_task_is_not_taken_from_its_agent() {
    let refused = TaskRejection::AlreadyAssigned { agent: agent("ada") };
    given::<Task>(running()).when(assign_to("bob", 2)).then_rejected(refused.clone());
    given::<Task>(running()).when(assign_to("bob", 1)).then_rejected(refused);
}

#[test]
fn a_hand_over_of_long_ago_is_another_attempt() {
    given::<Task>(running_again())
        .when(assign_to("ada", 1))
        .then_rejected(TaskRejection::OtherAttempt { given: 1, current: 2 });
}

#[test]
fn a_worker_begins() {
    given::<Task>(running()).at(NOON).when(start(1)).then([started(1)]);
}

#[test]
fn a_worker_that_lost_its_attempt_cannot_begin() {
    given::<Task>(running_again())
        .when(start(1))
        .then_rejected(TaskRejection::OtherAttempt { given: 1, current: 2 });
}

#[test]
fn a_waiting_task_cannot_begin() {
    given::<Task>([submitted()]).when(start(1)).then_rejected(TaskRejection::NotAssigned);
}

#[test]
fn a_worker_says_how_far_it_is() {
    given::<Task>([running(), vec![started(1)]].concat())
        .when(progress(1, 40))
        .then([progressed(1, 40)]);
}

#[test]
fn saying_the_same_again_changes_nothing() {
    given::<Task>([running(), vec![progressed(1, 40)]].concat())
        .when(progress(1, 40))
        .then_nothing();
}

#[test]
fn progress_of_another_attempt_is_refused() {
    given::<Task>(running_again())
        .when(progress(1, 40))
        .then_rejected(TaskRejection::OtherAttempt { given: 1, current: 2 });
}

#[test]
fn a_running_task_is_completed() {
    given::<Task>(running()).when(complete(1)).then([completed(1)]);
}

#[test]
fn bringing_the_result_again_changes_nothing() {
    given::<Task>([running(), vec![completed(1)]].concat()).when(complete(1)).then_nothing();
}

#[test]
fn a_later_attempt_is_completed() {
    given::<Task>(running_again()).when(complete(2)).then([completed(2)]);
}

#[test]
fn a_result_of_an_attempt_to_come_is_refused() {
    given::<Task>(running())
        .when(complete(2))
        .then_rejected(TaskRejection::OtherAttempt { given: 2, current: 1 });
}

#[test]
fn a_task_nobody_had_has_no_result() {
    given::<Task>([submitted()]).when(complete(1)).then_rejected(TaskRejection::NotAssigned);
}

#[test]
fn a_finished_task_cannot_be_assigned() {
    given::<Task>([running(), vec![completed(1)]].concat())
        .when(assign_to("bob", 2))
        .then_rejected(TaskRejection::AlreadyFinished);
}
