//! How tasks are kept while nobody asks them anything.

use events::task::{LateResult, Retry, TimedOut, Timeout};

use super::*;
use crate::spec::{have_their_shape, survives_being_kept};

/// One of every sort, with all that a task can hold.
fn sorts() -> Vec<Task> {
    let full = Order {
        needs: ["gpu".parse().expect("a token")].into(),
        retry: Retry { tries_max: 7, ..Retry::default() },
        timeouts: limits(Some(1), None),
        deadline: Some(later(9)),
        not_before: Some(NOON),
        labels: [("album".into(), "summer".into())].into(),
        ..order()
    };
    let came = events::task::Came::Completed { result: text_of("1") };
    let late = TaskEvent::LateResult(LateResult { attempt: 1, came });
    let timed_out = TaskEvent::TimedOut(TimedOut { which: Timeout::Queue, attempt: 0 });
    let histories = [
        vec![],
        vec![submitted_as(full), noted("a")],
        running(),
        [running(), vec![started(1), progressed(1, 40)]].concat(),
        [running_again(), vec![late]].concat(),
        [running(), vec![completed(1)]].concat(),
        [running(), vec![failed(1, Class::Critical)]].concat(),
        vec![submitted(), timed_out],
        vec![submitted(), cancelled()],
        vec![submitted(), withdrawn()],
    ];
    histories.iter().map(Task::replay).collect()
}

#[test]
fn the_shape_of_a_task_is_known() {
    have_their_shape(&sorts());
}

#[test]
fn a_task_of_any_sort_comes_back_as_it_was() {
    sorts().iter().for_each(survives_being_kept);
}
