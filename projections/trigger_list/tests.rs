//! What the list says, sentence by sentence.

use events::content::Json;
use events::trigger::{Paused, Removed, Resumed};

use super::*;
use crate::spec::{Happened, given, second};

fn set(kind: &str) -> Set {
    Set {
        kind: kind.into(),
        source: None,
        filter: None,
        pipeline: "thank".parse().expect("a token"),
        edition: None,
        input: Json::parse("1").expect("JSON"),
        at: second(0),
    }
}

fn reason() -> String {
    "too many".into()
}

/// After it was set and this has happened, the row is this one.
fn told(history: impl IntoIterator<Item = TriggerEvent>, expected: TriggerRow) {
    let history = [TriggerEvent::Set(set("order.paid"))].into_iter().chain(history);
    let history: Vec<Happened<'_, _>> = history.map(|event| ("main", "paid", event)).collect();
    given::<TriggerList>(history).then_rows([("main", "paid", expected)]);
}

fn row(mode: Mode, changed: i64) -> TriggerRow {
    TriggerRow { set: set("order.paid"), mode, changed_at: second(changed) }
}

fn paused() -> TriggerEvent {
    TriggerEvent::Paused(Paused { reason: reason() })
}

#[test]
fn a_trigger_is_there_once_it_is_set() {
    told([], row(Mode::Active, 1));
}

#[test]
fn it_is_paused_and_resumed() {
    let mode = Mode::Paused { reason: reason() };
    told([paused()], row(mode.clone(), 2));
    told([paused(), TriggerEvent::Resumed(Resumed { reason: reason() })], row(Mode::Active, 3));
    let anew = TriggerRow { set: set("order.sent"), ..row(mode, 3) };
    told([paused(), TriggerEvent::Set(set("order.sent"))], anew);
}

#[test]
fn it_is_removed_and_set_again() {
    let removed = || TriggerEvent::Removed(Removed { reason: reason() });
    told([removed()], row(Mode::Removed { reason: reason() }, 2));
    told([removed(), TriggerEvent::Set(set("order.paid"))], row(Mode::Active, 3));
}
