//! What a task does, sentence by sentence.

use events::codec::decode;
use events::content::Json;
use proptest::prelude::*;

use super::*;
use crate::spec::given;

fn text(json: &str) -> Content {
    Content::Inline(Json::parse(json).expect("JSON"))
}

fn agent(name: &str) -> AgentId {
    name.parse().expect("a token")
}

fn submit_words() -> Submitted {
    Submitted { kind: "resize".into(), input: text("{}"), priority: Priority::Normal }
}

fn submit() -> TaskCommand {
    let Submitted { kind, input, priority } = submit_words();
    TaskCommand::Submit { kind, input, priority }
}

fn submit_of_kind(kind: &str) -> TaskCommand {
    TaskCommand::Submit { kind: kind.into(), input: text("{}"), priority: Priority::Normal }
}

fn assign_to(name: &str) -> TaskCommand {
    TaskCommand::Assign { agent: agent(name) }
}

fn complete(attempt: u32) -> TaskCommand {
    TaskCommand::Complete { attempt, result: text("1") }
}

fn cancel() -> TaskCommand {
    TaskCommand::Cancel { reason: "no longer needed".into() }
}

fn submitted() -> TaskEvent {
    TaskEvent::Submitted(submit_words())
}

fn assigned_to(name: &str) -> TaskEvent {
    assigned_as(name, 1)
}

fn assigned_as(name: &str, attempt: u32) -> TaskEvent {
    TaskEvent::Assigned(Assigned { agent: agent(name), attempt })
}

fn completed(attempt: u32) -> TaskEvent {
    TaskEvent::Completed(Completed { attempt, result: text("1") })
}

fn cancelled() -> TaskEvent {
    TaskEvent::Cancelled(Cancelled { reason: "no longer needed".into() })
}

#[test]
fn a_task_is_submitted() {
    given::<Task>([]).when(submit()).then([submitted()]);
}

#[test]
fn submitting_the_same_task_again_changes_nothing() {
    given::<Task>([submitted(), assigned_to("ada")]).when(submit()).then_nothing();
}

#[test]
fn another_task_under_the_same_id_is_refused() {
    given::<Task>([submitted()])
        .when(submit_of_kind("crop"))
        .then_rejected(TaskRejection::AlreadySubmitted);
}

#[test]
fn a_finished_task_still_knows_what_was_submitted() {
    given::<Task>([submitted(), assigned_to("ada"), completed(1)]).when(submit()).then_nothing();
}

#[test]
fn a_task_of_no_kind_is_refused() {
    given::<Task>([]).when(submit_of_kind("")).then_rejected(TaskRejection::InvalidKind);
}

#[test]
fn a_kind_with_a_dot_is_refused() {
    given::<Task>([]).when(submit_of_kind("a.b")).then_rejected(TaskRejection::InvalidKind);
}

#[test]
fn a_kind_without_an_end_is_refused() {
    given::<Task>([])
        .when(submit_of_kind(&"x".repeat(1 << 20)))
        .then_rejected(TaskRejection::InvalidKind);
}

#[test]
fn a_waiting_task_is_assigned() {
    given::<Task>([submitted()]).when(assign_to("ada")).then([assigned_to("ada")]);
}

#[test]
fn assigning_to_the_same_agent_again_changes_nothing() {
    given::<Task>([submitted(), assigned_to("ada")]).when(assign_to("ada")).then_nothing();
}

#[test]
fn a_running_task_is_not_taken_from_its_agent() {
    given::<Task>([submitted(), assigned_to("ada")])
        .when(assign_to("bob"))
        .then_rejected(TaskRejection::AlreadyAssigned { agent: agent("ada") });
}

#[test]
fn a_finished_task_cannot_be_assigned() {
    given::<Task>([submitted(), assigned_to("ada"), completed(1)])
        .when(assign_to("bob"))
        .then_rejected(TaskRejection::AlreadyFinished);
}

#[test]
fn a_running_task_is_completed() {
    given::<Task>([submitted(), assigned_to("ada")]).when(complete(1)).then([completed(1)]);
}

#[test]
fn bringing_the_result_again_changes_nothing() {
    given::<Task>([submitted(), assigned_to("ada"), completed(1)]).when(complete(1)).then_nothing();
}

#[test]
fn the_result_of_another_attempt_is_refused() {
    given::<Task>([submitted(), assigned_as("ada", 2)])
        .when(complete(1))
        .then_rejected(TaskRejection::OtherAttempt { given: 1, current: 2 });
}

#[test]
fn the_result_of_a_later_attempt_is_completed() {
    given::<Task>([submitted(), assigned_as("ada", 2)]).when(complete(2)).then([completed(2)]);
}

#[test]
fn a_late_result_of_another_attempt_is_refused() {
    given::<Task>([submitted(), assigned_as("ada", 2), completed(2)])
        .when(complete(1))
        .then_rejected(TaskRejection::AlreadyFinished);
}

#[test]
fn a_waiting_task_has_no_result() {
    given::<Task>([submitted()]).when(complete(1)).then_rejected(TaskRejection::NotAssigned);
}

#[test]
fn a_cancelled_task_takes_no_result() {
    given::<Task>([submitted(), assigned_to("ada"), cancelled()])
        .when(complete(1))
        .then_rejected(TaskRejection::AlreadyFinished);
}

#[test]
fn a_waiting_task_is_cancelled() {
    given::<Task>([submitted()]).when(cancel()).then([cancelled()]);
}

#[test]
fn a_running_task_is_cancelled() {
    given::<Task>([submitted(), assigned_to("ada")]).when(cancel()).then([cancelled()]);
}

#[test]
fn cancelling_again_changes_nothing() {
    given::<Task>([submitted(), cancelled()]).when(cancel()).then_nothing();
}

#[test]
fn a_finished_task_cannot_be_cancelled() {
    given::<Task>([submitted(), assigned_to("ada"), completed(1)])
        .when(cancel())
        .then_rejected(TaskRejection::AlreadyFinished);
}

#[test]
fn a_task_nobody_submitted_cannot_be_assigned() {
    given::<Task>([]).when(assign_to("ada")).then_rejected(TaskRejection::NotFound);
}

#[test]
fn a_task_nobody_submitted_cannot_be_completed() {
    given::<Task>([]).when(complete(1)).then_rejected(TaskRejection::NotFound);
}

#[test]
fn a_task_nobody_submitted_cannot_be_cancelled() {
    given::<Task>([]).when(cancel()).then_rejected(TaskRejection::NotFound);
}

#[test]
fn a_task_of_the_first_schema_is_known_when_it_is_submitted_again() {
    let old = include_bytes!("../../events/golden/task.submitted.1.json");
    let lifted = decode("task.submitted", 1, old).expect("an old schema is lifted");
    let again = TaskCommand::Submit {
        kind: "resize".into(),
        input: text(r#"{"width":640}"#),
        priority: Priority::Normal,
    };
    given::<Task>([lifted]).when(again).then_nothing();
}

fn any_command() -> impl Strategy<Value = TaskCommand> {
    prop_oneof![
        Just(submit()),
        Just(submit_of_kind("crop")),
        Just(assign_to("ada")),
        Just(assign_to("bob")),
        (0u32..3).prop_map(complete),
        Just(cancel()),
    ]
}

fn any_event() -> impl Strategy<Value = TaskEvent> {
    prop_oneof![
        Just(submitted()),
        any::<u32>().prop_map(|attempt| assigned_as("ada", attempt)),
        any::<u32>().prop_map(completed),
        Just(cancelled()),
    ]
}

fn ends(event: &TaskEvent) -> bool {
    matches!(event, TaskEvent::Completed(_) | TaskEvent::Cancelled(_))
}

proptest! {
    #[test]
    fn a_task_ends_at_most_once_whatever_is_asked(
        commands in proptest::collection::vec(any_command(), 0..24),
    ) {
        let mut history: Vec<TaskEvent> = Vec::new();
        for command in commands {
            history.extend(Task::replay(&history).decide(command).unwrap_or_default());
        }
        let endings = history.iter().filter(|event| ends(event)).count();
        prop_assert!(endings <= 1, "{history:?}");
        prop_assert!(endings == 0 || history.last().is_some_and(ends), "{history:?}");
    }

    #[test]
    fn no_history_is_refused_and_what_succeeded_is_nothing_after_it(
        history in proptest::collection::vec(any_event(), 0..12), command in any_command(),
    ) {
        let before = Task::replay(&history);
        if let Ok(happened) = before.decide(command.clone()) {
            let after = happened.iter().fold(before, Task::evolve);
            prop_assert_eq!(after.decide(command), Ok(vec![]));
        }
    }
}
