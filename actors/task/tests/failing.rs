//! Attempts fail or are lost, and are made again as long as that was agreed.

use events::task::Retry;

use super::*;

/// The waits after the first and the second try of the task in all sentences.
const FIRST_WAIT_MS: u64 = 1_134;
const SECOND_WAIT_MS: u64 = 2_179;

fn lost_for_good(attempt: u32, message: &str) -> TaskEvent {
    TaskEvent::Failed(Failed {
        attempt,
        class: Class::Temporary,
        cause: Cause::LeaseLost,
        error: Failure { code: "lease_lost".into(), message: message.into() },
        alarm: false,
    })
}

fn with_retry(retry: Retry) -> Vec<TaskEvent> {
    vec![submitted_as(Order { retry, ..order() }), assigned_to("ada", 1)]
}

#[test]
fn after_a_temporary_failure_a_task_waits() {
    given::<Task>(running())
        .at(NOON)
        .when(fail(1, Class::Temporary))
        .then([attempt_failed(1, later(FIRST_WAIT_MS))]);
}

#[test]
fn the_second_wait_is_longer() {
    given::<Task>(running_again())
        .at(NOON)
        .when(fail(2, Class::Temporary))
        .then([attempt_failed(2, later(SECOND_WAIT_MS))]);
}

#[test]
fn a_task_that_waits_for_its_next_try_is_not_ready() {
    let task = Task::replay(&[running(), vec![attempt_failed(1, later(5))]].concat());
    assert!(!task.is_ready(later(4)) && task.is_ready(later(5)));
}

#[test]
fn after_the_last_try_a_task_has_failed() {
    let history = [running_again(), vec![attempt_failed(2, NOON), assigned_to("ada", 3)]].concat();
    given::<Task>(history)
        .at(NOON)
        .when(fail(3, Class::Temporary))
        .then([failed(3, Class::Temporary)]);
}

#[test]
fn a_permanent_failure_is_not_tried_again() {
    given::<Task>(running())
        .at(NOON)
        .when(fail(1, Class::Permanent))
        .then([failed(1, Class::Permanent)]);
}

#[test]
fn a_critical_failure_raises_an_alarm() {
    let TaskEvent::Failed(event) = failed(1, Class::Critical) else { panic!("it failed") };
    assert!(event.alarm);
    given::<Task>(running())
        .at(NOON)
        .when(fail(1, Class::Critical))
        .then([TaskEvent::Failed(event)]);
}

#[test]
fn saying_again_that_an_attempt_failed_changes_nothing() {
    given::<Task>(running_again()).when(fail(1, Class::Temporary)).then_nothing();
}

#[test]
fn a_message_without_an_end_is_cut() {
    let long = Failure { code: "a".into(), message: "x".repeat(5000) };
    let short = Failure { code: "a".into(), message: "x".repeat(4096) };
    let (class, cause) = (Class::Permanent, Cause::Reported);
    given::<Task>(running())
        .when(TaskCommand::Fail { attempt: 1, class, error: long })
        .then([TaskEvent::Failed(Failed { attempt: 1, class, cause, error: short, alarm: false })]);
}

#[test]
fn an_error_has_a_code() {
    let error = Failure { code: String::new(), message: "?".into() };
    given::<Task>(running())
        .when(TaskCommand::Fail { attempt: 1, class: Class::Permanent, error })
        .then_rejected(OutOfBounds::InvalidName { what: "the code of an error" }.into());
}

#[test]
fn a_lost_lease_uses_up_a_try() {
    given::<Task>(running()).at(NOON).when(lose(1, Loss::Expired)).then([lease_lost(
        1,
        Loss::Expired,
        true,
        later(FIRST_WAIT_MS),
    )]);
}

#[test]
fn a_task_that_nobody_took_keeps_its_tries() {
    given::<Task>(with_retry(Retry { tries_max: 1, ..Retry::default() }))
        .at(NOON)
        .when(lose(1, Loss::NobodyThere))
        .then([lease_lost(1, Loss::NobodyThere, false, later(FIRST_WAIT_MS))]);
}

#[test]
fn where_it_was_agreed_so_no_lost_lease_uses_up_a_try() {
    given::<Task>(with_retry(Retry { tries_max: 1, lost_lease_counts: false, ..Retry::default() }))
        .at(NOON)
        .when(lose(1, Loss::Expired))
        .then([lease_lost(1, Loss::Expired, false, later(FIRST_WAIT_MS))]);
}

#[test]
fn a_task_that_lost_its_last_lease_has_failed() {
    given::<Task>(with_retry(Retry { tries_max: 1, ..Retry::default() }))
        .at(NOON)
        .when(lose(1, Loss::Expired))
        .then([lost_for_good(1, "the worker gave no sign of life")]);
}

#[test]
fn a_task_is_not_handed_over_for_ever() {
    given::<Task>([submitted(), assigned_to("ada", ATTEMPTS_MAX)])
        .at(NOON)
        .when(lose(ATTEMPTS_MAX, Loss::GivenBack))
        .then([lost_for_good(ATTEMPTS_MAX, "the worker gave it back")]);
}

#[test]
fn a_task_waits_for_someone_however_often_nobody_was_there() {
    // What chance makes of the first wait at that hand-over.
    const WAIT_MS: u64 = 869;
    let lost = |attempt, why| lease_lost(attempt, why, false, later(WAIT_MS));
    let in_vain = |n| [assigned_to("ada", n), lost(n, Loss::NobodyThere)];
    let next = 2 * ATTEMPTS_MAX + 1;
    let mut history = vec![submitted()];
    history.extend((1..next).flat_map(in_vain));
    history.push(assigned_to("ada", next));
    // Nor does what comes then end it, once someone was there.
    for why in [Loss::NobodyThere, Loss::GivenBack] {
        given::<Task>(history.clone()).at(NOON).when(lose(next, why)).then([lost(next, why)]);
    }
}

#[test]
fn a_lease_that_is_over_cannot_be_lost() {
    given::<Task>(running_again()).when(lose(1, Loss::Expired)).then_nothing();
    given::<Task>([running(), vec![completed(1)]].concat())
        .when(lose(1, Loss::Expired))
        .then_nothing();
}

#[test]
fn a_lease_to_come_cannot_be_lost() {
    given::<Task>(running())
        .when(lose(2, Loss::Expired))
        .then_rejected(TaskRejection::OtherAttempt { given: 2, current: 1 });
}
