//! What a trigger does, sentence by sentence.

use events::content::Json;
use events::time::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;

use super::terms::INPUT_BYTES_MAX;
use super::*;
use crate::bounds::{OutOfBounds, VALUE_BYTES_MAX};
use crate::spec::{Given, given, have_their_shape, moment, survives_being_kept};

const NOON: Timestamp = Timestamp(1_770_000_000_000_000);

fn terms() -> Terms {
    Terms {
        kind: "order.paid".into(),
        source: Some("shop".parse().expect("a token")),
        filter: Some("${ fact.data.total > 100 }".into()),
        pipeline: "thank".parse().expect("a token"),
        edition: Some(2),
        input: r#"{"order":"${ fact.id }"}"#.into(),
    }
}

fn others() -> Terms {
    Terms { filter: None, ..terms() }
}

fn set(terms: Terms) -> TriggerCommand {
    TriggerCommand::Set(terms)
}

fn pause() -> TriggerCommand {
    TriggerCommand::Pause { reason: "too many".into() }
}

fn resume() -> TriggerCommand {
    TriggerCommand::Resume { reason: "fewer".into() }
}

fn remove() -> TriggerCommand {
    TriggerCommand::Remove { reason: "no longer needed".into() }
}

fn was_set(terms: Terms) -> TriggerEvent {
    TriggerEvent::Set(terms.recorded(NOON))
}

fn paused() -> TriggerEvent {
    TriggerEvent::Paused(Paused { reason: "too many".into() })
}

fn resumed() -> TriggerEvent {
    TriggerEvent::Resumed(Resumed { reason: "fewer".into() })
}

fn removed() -> TriggerEvent {
    TriggerEvent::Removed(Removed { reason: "no longer needed".into() })
}

fn trigger(history: impl IntoIterator<Item = TriggerEvent>) -> Given<Trigger> {
    given(history).at(NOON)
}

#[test]
fn a_trigger_is_set_and_set_anew() {
    trigger([]).when(set(terms())).then([was_set(terms())]);
    trigger([was_set(terms())]).when(set(others())).then([was_set(others())]);
    trigger([was_set(terms())]).when(set(terms())).then_nothing();
    trigger([was_set(terms()), removed()]).when(set(terms())).then([was_set(terms())]);
}

#[test]
fn a_trigger_that_is_set_anew_stays_paused() {
    let history = [was_set(terms()), paused(), was_set(others())];
    assert_eq!(Trigger::replay(&history).at_work(), None);
    trigger(history).when(resume()).then([resumed()]);
    assert_eq!(Trigger::replay(&[was_set(terms()), paused(), resumed()]).at_work(), Some(&terms()));
}

#[test]
fn a_trigger_is_paused_and_resumed() {
    trigger([was_set(terms())]).when(pause()).then([paused()]);
    trigger([was_set(terms()), paused()]).when(pause()).then_nothing();
    trigger([was_set(terms()), paused()]).when(resume()).then([resumed()]);
    trigger([was_set(terms())]).when(resume()).then_nothing();
}

#[test]
fn a_trigger_is_removed() {
    trigger([was_set(terms())]).when(remove()).then([removed()]);
    trigger([was_set(terms()), removed()]).when(remove()).then_nothing();
    for command in [pause(), resume()] {
        let gone = [was_set(terms()), removed()];
        trigger(gone).when(command).then_rejected(TriggerRejection::Removed);
    }
}

#[test]
fn what_is_not_there_does_nothing() {
    for command in [pause(), resume(), remove()] {
        trigger([]).when(command).then_rejected(TriggerRejection::NotFound);
    }
}

/// What a trigger says of terms that are none.
fn refusal(terms: Terms) -> String {
    let decided = Trigger::default().decide(set(terms), &moment(NOON));
    let Err(TriggerRejection::Invalid(told)) = decided else { panic!("{decided:?}") };
    told
}

#[test]
fn what_can_never_be_filled_in_is_refused_with_its_place() {
    let filter = |text: &str| refusal(Terms { filter: Some(text.into()), ..terms() });
    let input = |text: &str| refusal(Terms { input: text.into(), ..terms() });
    assert!(filter("fact.data.total > 100").starts_with("when: column 1: "));
    assert!(filter("${ fact.data.total > }").starts_with("when: column "));
    assert!(filter("${ input.total > 100 }").contains("`input.total` is not known"));
    assert!(
        input(r#"{"a":["${ stages.x.output }"]}"#).starts_with("input.a[0]: `stages.x.output`")
    );
    assert!(input(r#"{"a":"${ fact.nothing }"}"#).starts_with("input "));
    assert!(refusal(Terms { kind: String::new(), ..terms() }).starts_with("on.type: "));
    assert!(refusal(Terms { edition: Some(0), ..terms() }).starts_with("edition: "));
}

#[test]
fn terms_have_their_bounds() {
    let kind = "x".repeat(VALUE_BYTES_MAX + 1);
    let no = OutOfBounds::TooLong { what: "the type of a fact", max: VALUE_BYTES_MAX };
    trigger([]).when(set(Terms { kind, ..terms() })).then_rejected(no.into());
    let input = format!("\"{}\"", "x".repeat(INPUT_BYTES_MAX));
    let no = OutOfBounds::TooLong { what: "an input", max: INPUT_BYTES_MAX };
    trigger([]).when(set(Terms { input, ..terms() })).then_rejected(no.into());
}

fn sorts() -> [Trigger; 4] {
    let history = [was_set(terms()), paused(), removed()];
    [0, 1, 2, 3].map(|n| Trigger::replay(&history[..n]))
}

#[test]
fn triggers_of_all_sorts_have_their_shape() {
    have_their_shape(&sorts());
}

#[test]
fn a_trigger_of_any_sort_comes_back_as_it_was() {
    sorts().iter().for_each(survives_being_kept);
}

#[test]
fn what_was_recorded_is_what_it_goes_by() {
    let input = Json::parse(&terms().input).expect("JSON");
    assert!(matches!(was_set(terms()), TriggerEvent::Set(set) if set.input == input));
}

fn any_command() -> impl Strategy<Value = TriggerCommand> {
    prop_oneof![
        Just(set(terms())),
        Just(set(others())),
        Just(pause()),
        Just(resume()),
        Just(remove()),
    ]
}

proptest! {
    #[test]
    fn what_was_done_is_not_done_again(commands in vec(any_command(), 0..16)) {
        let mut trigger = Trigger::default();
        for command in commands {
            let Ok(happened) = trigger.decide(command.clone(), &moment(NOON)) else { continue };
            trigger = happened.iter().fold(trigger, Trigger::evolve);
            prop_assert_eq!(trigger.decide(command, &moment(NOON)), Ok(vec![]));
        }
    }
}
