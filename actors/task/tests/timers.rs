//! Timers are wanted, and ring in time, too early, or for something that is long over.

use events::task::{Amendment, TimedOut, Timeout};

use super::*;

fn with_limits(timeouts: Timeouts) -> TaskEvent {
    submitted_as(Order { timeouts, ..order() })
}

fn timer(which: Timeout, at: Timestamp, attempt: u32) -> Timer {
    Timer { which, at, attempt }
}

fn timed_out(which: Timeout, attempt: u32) -> TaskEvent {
    TaskEvent::TimedOut(TimedOut { which, attempt })
}

fn time_out(which: Timeout, at: Timestamp, attempt: u32) -> TaskCommand {
    TaskCommand::TimeOut(timer(which, at, attempt))
}

fn with_deadline() -> TaskEvent {
    submitted_as(Order { deadline: Some(later(9)), ..order() })
}

#[test]
fn a_task_without_limits_wants_no_timer() {
    assert_eq!(Task::replay(&running()).deadlines(), []);
}

#[test]
fn a_waiting_task_wants_timers_for_its_wait_and_its_deadline() {
    let timeouts = limits(Some(100), Some(50));
    let order = Order { timeouts, deadline: Some(later(900)), ..order() };
    let task = Task::replay(&[submitted_as(Order { not_before: Some(later(7)), ..order })]);
    let wanted = [timer(Timeout::Deadline, later(900), 0), timer(Timeout::Queue, later(57), 0)];
    assert_eq!(task.deadlines(), wanted);
}

#[test]
fn a_running_task_wants_a_timer_for_its_attempt() {
    let task = Task::replay(&[with_limits(limits(Some(100), Some(50))), assigned_to("ada", 1)]);
    assert_eq!(task.deadlines(), [timer(Timeout::StartToClose, later(100), 1)]);
}

#[test]
fn the_time_of_an_attempt_begins_when_its_worker_does() {
    let late = TaskEvent::Started(Started { attempt: 1, at: later(5) });
    let task = Task::replay(&[with_limits(limits(Some(100), None)), assigned_to("ada", 1), late]);
    assert_eq!(task.deadlines(), [timer(Timeout::StartToClose, later(105), 1)]);
}

#[test]
fn a_finished_task_wants_no_timer() {
    assert_eq!(Task::replay(&[with_deadline(), cancelled()]).deadlines(), []);
}

#[test]
fn a_task_that_nobody_takes_in_time_is_over() {
    given::<Task>([with_limits(limits(None, Some(50)))])
        .when(time_out(Timeout::Queue, later(50), 0))
        .then([timed_out(Timeout::Queue, 0)]);
}

#[test]
fn a_task_that_somebody_took_did_not_wait_too_long() {
    given::<Task>([with_limits(limits(None, Some(50))), assigned_to("ada", 1)])
        .when(time_out(Timeout::Queue, later(50), 0))
        .then_nothing();
}

#[test]
fn each_wait_has_its_own_time() {
    let again = attempt_failed(1, later(40));
    given::<Task>([with_limits(limits(None, Some(50))), assigned_to("ada", 1), again])
        .when(time_out(Timeout::Queue, later(50), 0))
        .then_nothing();
}

#[test]
fn a_task_is_over_at_its_deadline_whoever_has_it() {
    given::<Task>([with_deadline(), assigned_to("ada", 1)])
        .when(time_out(Timeout::Deadline, later(9), 0))
        .then([timed_out(Timeout::Deadline, 1)]);
}

#[test]
fn a_deadline_that_was_put_off_has_not_come() {
    let put_off = Amendment { deadline: Some(later(20)), ..Amendment::default() };
    given::<Task>([with_deadline(), TaskEvent::Amended(put_off)])
        .when(time_out(Timeout::Deadline, later(9), 0))
        .then_nothing();
}

#[test]
fn a_deadline_that_was_brought_forward_has_come() {
    let sooner = Amendment { deadline: Some(later(5)), ..Amendment::default() };
    given::<Task>([with_deadline(), TaskEvent::Amended(sooner)])
        .when(time_out(Timeout::Deadline, later(9), 0))
        .then([timed_out(Timeout::Deadline, 0)]);
}

#[test]
fn an_attempt_that_takes_too_long_is_made_again() {
    let slow = Failure { code: "timed_out".into(), message: "the attempt took too long".into() };
    let again = AttemptFailed {
        attempt: 1,
        class: Class::Temporary,
        cause: Cause::TimedOut,
        error: slow,
        again_at: later(1_134),
    };
    given::<Task>([with_limits(limits(Some(100), None)), assigned_to("ada", 1)])
        .at(NOON)
        .when(time_out(Timeout::StartToClose, later(100), 1))
        .then([TaskEvent::AttemptFailed(again)]);
}

#[test]
fn a_timer_of_another_attempt_is_nothing() {
    let again = [attempt_failed(1, NOON), assigned_to("bob", 2)];
    let first = [with_limits(limits(Some(100), None)), assigned_to("ada", 1)];
    given::<Task>([first, again].concat())
        .when(time_out(Timeout::StartToClose, later(100), 1))
        .then_nothing();
}

#[test]
fn a_timer_after_the_end_is_nothing() {
    given::<Task>([with_deadline(), cancelled()])
        .when(time_out(Timeout::Deadline, later(9), 0))
        .then_nothing();
}

#[test]
fn the_worker_of_an_attempt_that_took_too_long_comes_too_late() {
    let slow = AttemptFailed {
        attempt: 1,
        class: Class::Temporary,
        cause: Cause::TimedOut,
        error: failure(),
        again_at: NOON,
    };
    let task = Task::replay(&[running(), vec![TaskEvent::AttemptFailed(slow)]].concat());
    let refused = task.decide(fail(1, Class::Permanent), &crate::spec::moment(NOON));
    assert!(refused.expect_err("it is refused").record().is_some());
}
