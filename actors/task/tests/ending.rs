//! A task is called off or taken back, and can be spoken about for ever.

use super::*;

#[test]
fn a_waiting_task_is_cancelled() {
    given::<Task>([submitted()]).when(cancel()).then([cancelled()]);
}

#[test]
fn a_running_task_is_cancelled() {
    given::<Task>(running()).when(cancel()).then([cancelled()]);
}

#[test]
fn cancelling_again_changes_nothing() {
    given::<Task>([submitted(), cancelled()]).when(cancel()).then_nothing();
}

#[test]
fn a_finished_task_cannot_be_cancelled() {
    given::<Task>([running(), vec![completed(1)]].concat())
        .when(cancel())
        .then_rejected(TaskRejection::AlreadyFinished);
}

#[test]
fn a_reason_has_an_end() {
    given::<Task>([submitted()])
        .when(TaskCommand::Cancel { reason: "x".repeat(4097) })
        .then_rejected(OutOfBounds::TooLong { what: "a reason", max: 4096 }.into());
}

#[test]
fn a_waiting_task_is_withdrawn() {
    given::<Task>([submitted()]).when(withdraw()).then([withdrawn()]);
}

#[test]
fn a_task_that_waits_for_its_next_try_is_withdrawn() {
    given::<Task>([running(), vec![attempt_failed(1, NOON)]].concat())
        .when(withdraw())
        .then([withdrawn()]);
}

#[test]
fn a_task_that_someone_has_is_not_withdrawn() {
    given::<Task>(running())
        .when(withdraw())
        .then_rejected(TaskRejection::AlreadyAssigned { agent: agent("ada") });
}

#[test]
fn withdrawing_again_changes_nothing() {
    given::<Task>([submitted(), withdrawn()]).when(withdraw()).then_nothing();
}

#[test]
fn a_cancelled_task_cannot_be_withdrawn() {
    given::<Task>([submitted(), cancelled()])
        .when(withdraw())
        .then_rejected(TaskRejection::AlreadyFinished);
}

#[test]
fn a_note_is_kept() {
    given::<Task>(running()).when(note("call the customer")).then([noted("call the customer")]);
}

#[test]
fn a_note_about_a_finished_task_is_kept() {
    given::<Task>([submitted(), cancelled()]).when(note("why?")).then([noted("why?")]);
}

#[test]
fn the_same_note_after_another_one_is_kept() {
    given::<Task>([submitted(), noted("a"), noted("b")]).when(note("a")).then([noted("a")]);
}

#[test]
fn notes_have_an_end() {
    let notes = (0..NOTES_MAX).map(|n| noted(&n.to_string()));
    given::<Task>([submitted()].into_iter().chain(notes))
        .when(note("one more"))
        .then_rejected(OutOfBounds::TooMany { what: "notes", max: 1000 }.into());
}
