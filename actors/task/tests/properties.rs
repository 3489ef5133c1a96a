//! What holds whatever is asked and whatever happened.

use events::task::{Amendment, Came, LateResult, Retry, TimedOut, Timeout};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::spec::moment;

fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![(0u64..200_000).prop_map(later), any::<i64>().prop_map(Timestamp)]
}

fn any_class() -> impl Strategy<Value = Class> {
    prop_oneof![3 => Just(Class::Temporary), 1 => Just(Class::Permanent), 1 => Just(Class::Critical)]
}

fn any_loss() -> impl Strategy<Value = Loss> {
    proptest::sample::select(vec![Loss::Expired, Loss::NobodyThere, Loss::GivenBack])
}

fn any_timeout() -> impl Strategy<Value = Timeout> {
    proptest::sample::select(vec![Timeout::Queue, Timeout::Deadline, Timeout::StartToClose])
}

fn any_order() -> impl Strategy<Value = Order> {
    (any::<bool>(), proptest::option::of(any_time()), 0u32..5).prop_map(
        |(is_limited, deadline, tries_max)| Order {
            deadline,
            timeouts: limits(is_limited.then_some(50_000), is_limited.then_some(9_000)),
            retry: Retry { tries_max, base_ms: 1, ..Retry::default() },
            ..order()
        },
    )
}

fn any_amendment() -> impl Strategy<Value = Amendment> {
    let time = || proptest::option::of(any_time());
    (time(), time(), proptest::option::of(0u8..=9)).prop_map(|(deadline, not_before, priority)| {
        let priority = priority.and_then(|number| Priority::new(number).ok());
        Amendment { deadline, not_before, priority, ..Amendment::default() }
    })
}

/// Attempts are small, so that many of them are the one that runs.
fn any_command() -> impl Strategy<Value = TaskCommand> {
    let attempt = || prop_oneof![6 => 0u32..6, 1 => any::<u32>()];
    let timer = (any_timeout(), any_time(), attempt())
        .prop_map(|(which, at, attempt)| TaskCommand::TimeOut(Timer { which, at, attempt }));
    prop_oneof![
        1 => Just(submit(order())),
        1 => any_order().prop_map(submit),
        2 => any_amendment().prop_map(TaskCommand::Amend),
        9 => (prop_oneof![Just("ada"), Just("bob")], attempt())
            .prop_map(|(to, n)| assign_to(to, n)),
        1 => attempt().prop_map(start),
        1 => (attempt(), 0u8..=100).prop_map(|(attempt, percent)| progress(attempt, percent)),
        1 => "[ab]".prop_map(|text| note(&text)),
        2 => attempt().prop_map(complete),
        4 => (attempt(), any_class()).prop_map(|(attempt, class)| fail(attempt, class)),
        4 => (attempt(), any_loss()).prop_map(|(attempt, why)| lose(attempt, why)),
        1 => Just(cancel()),
        1 => Just(withdraw()),
        2 => timer,
    ]
}

fn any_event() -> impl Strategy<Value = TaskEvent> {
    let attempt = any::<u32>;
    prop_oneof![
        any_order().prop_map(submitted_without_needs),
        any_amendment().prop_map(TaskEvent::Amended),
        attempt().prop_map(|attempt| assigned_to("ada", attempt)),
        attempt().prop_map(started),
        (attempt(), 0u8..=100).prop_map(|(attempt, percent)| progressed(attempt, percent)),
        attempt().prop_map(completed),
        (attempt(), any_time()).prop_map(|(attempt, at)| attempt_failed(attempt, at)),
        (attempt(), any_loss(), any::<bool>(), any_time())
            .prop_map(|(attempt, why, counted, at)| lease_lost(attempt, why, counted, at)),
        (attempt(), any_class()).prop_map(|(attempt, class)| failed(attempt, class)),
        (any_timeout(), attempt())
            .prop_map(|(which, attempt)| TaskEvent::TimedOut(TimedOut { which, attempt })),
        Just(cancelled()),
        Just(withdrawn()),
        "[ab]".prop_map(|text| noted(&text)),
        attempt().prop_map(|attempt| {
            let came = Came::Completed { result: text_of("1") };
            TaskEvent::LateResult(LateResult { attempt, came })
        }),
    ]
}

/// History may hold what would not be decided today: no need, no try, a deadline long ago.
fn submitted_without_needs(order: Order) -> TaskEvent {
    let TaskEvent::Submitted(submitted) = submitted_as(order) else { panic!("it was submitted") };
    TaskEvent::Submitted(Submitted { needs: BTreeSet::new(), ..submitted })
}

fn ends(event: &TaskEvent) -> bool {
    use TaskEvent as E;
    matches!(
        event,
        E::Completed(_) | E::Failed(_) | E::TimedOut(_) | E::Cancelled(_) | E::Withdrawn(_)
    )
}

fn is_afterword(event: &TaskEvent) -> bool {
    matches!(event, TaskEvent::Noted(_) | TaskEvent::LateResult(_))
}

/// All that happens when these are asked one after the other, with what is recorded of refusals.
fn story(commands: Vec<(TaskCommand, u64)>) -> Vec<TaskEvent> {
    let mut history = Vec::new();
    let mut task = Task::default();
    for (command, ms) in commands {
        let happened = match task.decide(command, &moment(later(ms))) {
            Ok(happened) => happened,
            Err(rejection) => Task::record(&rejection).into_iter().collect(),
        };
        task = happened.iter().fold(task, Task::evolve);
        history.extend(happened);
    }
    history
}

/// Commands in an order that leads somewhere: a task is there, and often handed over.
fn commands() -> impl Strategy<Value = Vec<(TaskCommand, u64)>> {
    vec((any_command(), 0u64..200_000), 0..48).prop_map(|mut commands| {
        commands.insert(0, (submit(order()), 0));
        commands
    })
}

proptest! {
    #[test]
    fn a_task_ends_at_most_once_and_only_afterwords_follow(commands in commands()) {
        let history = story(commands);
        let end = history.iter().position(ends).unwrap_or(history.len());
        prop_assert!(history.iter().skip(end + 1).all(is_afterword), "{history:?}");
    }

    #[test]
    fn every_hand_over_has_a_larger_number_than_all_before(commands in commands()) {
        let history = story(commands);
        let attempts = history.iter().filter_map(|event| {
            if let TaskEvent::Assigned(assigned) = event { Some(assigned.attempt) } else { None }
        });
        prop_assert!(attempts.eq(1..=Task::replay(&history).attempt()), "{history:?}");
    }

    #[test]
    fn of_each_attempt_one_late_result_is_recorded(commands in commands()) {
        let history = story(commands);
        let late = history.iter().filter_map(|event| {
            if let TaskEvent::LateResult(late) = event { Some(late.attempt) } else { None }
        });
        let late: Vec<u32> = late.collect();
        prop_assert_eq!(late.len(), late.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn a_task_is_tried_no_more_often_than_was_agreed(commands in commands()) {
        let history = story(commands);
        let tries = history.iter().filter(|event| {
            matches!(event, TaskEvent::AttemptFailed(_) | TaskEvent::LeaseLost(LeaseLost { counted: true, .. }))
        });
        prop_assert!(tries.count() < Retry::default().tries_max as usize, "{history:?}");
    }

    #[test]
    fn no_history_is_refused_and_what_succeeded_is_nothing_after_it(
        history in vec(any_event(), 0..16), command in any_command(), now in any_time(),
    ) {
        let before = Task::replay(&history);
        prop_assert!(before.deadlines().len() <= 3);
        prop_assert_eq!(before.is_ready(Timestamp(i64::MAX)), before.ready_at().is_some());
        if let Ok(happened) = before.decide(command.clone(), &moment(now)) {
            let after = happened.iter().fold(before, Task::evolve);
            prop_assert_eq!(after.decide(command, &moment(now)), Ok(vec![]));
        }
    }
}
