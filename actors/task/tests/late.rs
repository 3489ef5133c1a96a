//! Results that come too late are refused, and recorded once for each attempt.

use events::task::{Came, LateResult};

use super::*;

fn late_completion(attempt: u32) -> LateResult {
    LateResult { attempt, came: Came::Completed { result: text_of("1") } }
}

fn late_failure(attempt: u32) -> LateResult {
    LateResult { attempt, came: Came::Failed { class: Class::Permanent, error: failure() } }
}

fn refused(late: &LateResult) -> TaskRejection {
    TaskRejection::LateResult { attempt: late.attempt, record: Some(Box::new(late.clone())) }
}

#[test]
fn the_result_of_a_lost_attempt_is_refused_and_recorded() {
    let late = late_completion(1);
    given::<Task>(running_again())
        .when(complete(1))
        .then_rejected_and_recorded(refused(&late), TaskEvent::LateResult(late));
}

#[test]
fn the_failure_of_a_lost_attempt_is_refused_and_recorded() {
    let late = late_failure(1);
    given::<Task>([running(), vec![lease_lost(1, Loss::Expired, true, NOON)]].concat())
        .when(fail(1, Class::Permanent))
        .then_rejected_and_recorded(refused(&late), TaskEvent::LateResult(late));
}

#[test]
fn a_worker_that_failed_cannot_bring_a_result_after_all() {
    let late = late_completion(1);
    given::<Task>([running(), vec![attempt_failed(1, NOON)]].concat())
        .when(complete(1))
        .then_rejected_and_recorded(refused(&late), TaskEvent::LateResult(late));
}

#[test]
fn a_cancelled_task_takes_no_result() {
    let late = late_completion(1);
    given::<Task>([running(), vec![cancelled()]].concat())
        .when(complete(1))
        .then_rejected_and_recorded(refused(&late), TaskEvent::LateResult(late));
}

#[test]
fn a_completed_task_takes_no_failure() {
    let late = late_failure(1);
    given::<Task>([running(), vec![completed(1)]].concat())
        .when(fail(1, Class::Permanent))
        .then_rejected_and_recorded(refused(&late), TaskEvent::LateResult(late));
}

#[test]
fn of_one_attempt_one_late_result_is_recorded() {
    given::<Task>([running_again(), vec![TaskEvent::LateResult(late_failure(1))]].concat())
        .when(complete(1))
        .then_rejected(TaskRejection::LateResult { attempt: 1, record: None });
}

#[test]
fn of_very_many_late_results_the_first_are_recorded() {
    let late = (1..=LATE_RESULTS_MAX as u32).map(|n| TaskEvent::LateResult(late_completion(n)));
    let history = [submitted(), assigned_to("ada", 100)].into_iter().chain(late);
    given::<Task>(history)
        .when(complete(99))
        .then_rejected(TaskRejection::LateResult { attempt: 99, record: None });
}

#[test]
fn a_task_remembers_no_more_late_results_than_it_records() {
    let late = (1..=1000).map(|n| TaskEvent::LateResult(late_completion(n)));
    let history: Vec<_> = [submitted()].into_iter().chain(late).collect();
    assert_eq!(Task::replay(&history).late.len(), LATE_RESULTS_MAX);
}
