//! What holds whatever is asked and whatever happened.

use events::task::{Amendment, Came, LateResult, Retry, TimedOut, Timeout};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::spec::{moment, survives_being_kept};

fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![3 => (0u64..2_000_000).prop_map(later), 1 => any::<i64>().prop_map(Timestamp)]
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
    (any::<bool>(), proptest::option::of(any_time()), 1u32..6).prop_map(
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

/// Something is asked, some time after what was asked before.
#[derive(Debug, Clone)]
struct Step {
    what: u8,
    order: Order,
    amendment: Amendment,
    class: Class,
    why: Loss,
    timer: Timer,
    /// Another attempt than the one that would be right.
    wild: Option<u32>,
    ms: u64,
}

fn any_attempt() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0u32..4, 1 => any::<u32>(), 1 => Just(u32::MAX)]
}

fn any_step() -> impl Strategy<Value = Step> {
    let terms = (any_order(), any_amendment(), any_class(), any_loss());
    let timer = (any_timeout(), any_time(), any_attempt()).prop_map(|(which, at, attempt)| Timer {
        which,
        at,
        attempt,
    });
    let wild = prop_oneof![3 => Just(None), 1 => any_attempt().prop_map(Some)];
    (any::<u8>(), terms, timer, wild, 0u64..90_000).prop_map(
        |(what, (order, amendment, class, why), timer, wild, ms)| Step {
            what,
            order,
            amendment,
            class,
            why,
            timer,
            wild,
            ms,
        },
    )
}

/// What is asked in a step: mostly what makes sense now, so that stories lead somewhere.
fn asked(task: &Task, step: &Step) -> TaskCommand {
    let newest = step.wild.unwrap_or_else(|| task.attempt());
    let next = step.wild.unwrap_or_else(|| task.attempt().saturating_add(1));
    match step.what % 32 {
        0 => submit(order()),
        1 => submit(step.order.clone()),
        2 => TaskCommand::Amend(step.amendment.clone()),
        3..=11 => assign_to("ada", next),
        12 => assign_to("bob", next),
        13 => start(newest),
        14 => progress(newest, step.what % 101),
        15 => note("a"),
        16 => note("b"),
        17 | 18 => complete(newest),
        19..=22 => fail(newest, step.class),
        23 => fail(newest.saturating_sub(1), step.class),
        24 => complete(newest.saturating_sub(1)),
        25..=27 => lose(newest, step.why),
        28 => TaskCommand::TimeOut(step.timer),
        29 => TaskCommand::TimeOut(task.deadlines().last().copied().unwrap_or(step.timer)),
        30 if step.what < 64 => cancel(),
        31 if step.what < 64 => withdraw(),
        _ => assign_to("ada", next),
    }
}

fn any_event() -> impl Strategy<Value = TaskEvent> {
    let attempt = any_attempt;
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
fn story((order, steps): (Order, Vec<Step>)) -> Vec<TaskEvent> {
    let (mut task, mut now) = (Task::default(), NOON);
    let mut history = ask(&mut task, submit(order), now);
    for step in steps {
        now = now.plus_ms(step.ms);
        let command = asked(&task, &step);
        history.extend(ask(&mut task, command, now));
    }
    history
}

fn ask(task: &mut Task, command: TaskCommand, now: Timestamp) -> Vec<TaskEvent> {
    let happened = match task.decide(command, &moment(now)) {
        Ok(happened) => happened,
        Err(rejection) => Task::record(&rejection).into_iter().collect(),
    };
    *task = happened.iter().fold(std::mem::take(task), Task::evolve);
    happened
}

fn steps() -> impl Strategy<Value = (Order, Vec<Step>)> {
    (any_order(), vec(any_step(), 0..48))
}

proptest! {
    #[test]
    fn a_task_ends_at_most_once_and_only_afterwords_follow(steps in steps()) {
        let history = story(steps);
        let end = history.iter().position(ends).unwrap_or(history.len());
        prop_assert!(history.iter().skip(end + 1).all(is_afterword), "{history:?}");
    }

    #[test]
    fn every_hand_over_has_a_larger_number_than_all_before(steps in steps()) {
        let history = story(steps);
        let attempts = history.iter().filter_map(|event| {
            if let TaskEvent::Assigned(assigned) = event { Some(assigned.attempt) } else { None }
        });
        prop_assert!(attempts.eq(1..=Task::replay(&history).attempt()), "{history:?}");
    }

    #[test]
    fn a_task_that_is_kept_comes_back_as_it_was(history in vec(any_event(), 0..16), steps in steps()) {
        survives_being_kept(&Task::replay(&history));
        survives_being_kept(&Task::replay(&story(steps)));
    }

    #[test]
    fn of_each_attempt_one_late_result_is_recorded(steps in steps()) {
        let history = story(steps);
        let late = history.iter().filter_map(|event| {
            if let TaskEvent::LateResult(late) = event { Some(late.attempt) } else { None }
        });
        let late: Vec<u32> = late.collect();
        prop_assert_eq!(late.len(), late.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn a_task_is_tried_no_more_often_than_was_agreed(steps in steps()) {
        let history = story(steps);
        let agreed = history.iter().find_map(|event| {
            if let TaskEvent::Submitted(it) = event { Some(it.retry.tries_max) } else { None }
        });
        let tried_again = history.iter().filter(|event| {
            use TaskEvent as E;
            matches!(event, E::AttemptFailed(_) | E::LeaseLost(LeaseLost { counted: true, .. }))
        });
        prop_assert!(tried_again.count() < agreed.unwrap_or(1) as usize, "{history:?}");
    }

    #[test]
    fn no_history_is_refused_and_what_succeeded_is_nothing_after_it(
        history in vec(any_event(), 0..16), step in any_step(), now in any_time(),
    ) {
        let before = Task::replay(&history);
        let command = asked(&before, &step);
        prop_assert!(before.deadlines().len() <= 3);
        prop_assert_eq!(before.is_ready(Timestamp(i64::MAX)), before.ready_at().is_some());
        if let Ok(happened) = before.decide(command.clone(), &moment(now)) {
            let after = happened.iter().fold(before, Task::evolve);
            prop_assert_eq!(after.decide(command, &moment(now)), Ok(vec![]));
        }
    }
}
