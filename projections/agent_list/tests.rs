//! What the list says, sentence by sentence.

use std::collections::BTreeSet;

use events::agent::{Drained, Paused, Resumed, Retired, Returned, WentSilent};
use events::labels::Labels;

use super::*;
use crate::spec::{Happened, given, second};

fn offer(slots: u32) -> Offer {
    Offer {
        kind: "resizer".into(),
        capabilities: BTreeSet::from(["resize".parse().expect("a token")]),
        slots,
        labels: Labels::new(),
        tools: BTreeSet::new(),
        owner: None,
        contact: None,
    }
}

fn ada(event: AgentEvent) -> Happened<'static, AgentEvent> {
    ("main", "ada", event)
}

fn row(mode: Mode, changed: i64) -> AgentRow {
    AgentRow { mode, changed_at: second(changed), ..registered(offer(1), second(1)) }
}

fn told(history: impl IntoIterator<Item = AgentEvent>, expected: AgentRow) {
    let registered = AgentEvent::Registered(offer(1));
    let history: Vec<_> = [registered].into_iter().chain(history).map(ada).collect();
    given::<AgentList>(history).then_rows([("main", "ada", expected)]);
}

#[test]
fn an_agent_is_there_once_it_is_registered() {
    told([], row(Mode::Active, 1));
}

#[test]
fn what_it_offers_is_what_it_said_last() {
    told(
        [AgentEvent::OfferChanged(offer(7))],
        AgentRow { offer: offer(7), ..row(Mode::Active, 2) },
    );
}

#[test]
fn what_it_was_told_last_counts() {
    let reason = || "because".to_owned();
    told([AgentEvent::Paused(Paused { reason: reason() })], row(Mode::Paused, 2));
    told([AgentEvent::Drained(Drained { reason: reason() })], row(Mode::Draining, 2));
    let paused = AgentEvent::Paused(Paused { reason: reason() });
    told([paused, AgentEvent::Resumed(Resumed {})], row(Mode::Active, 3));
}

#[test]
fn a_silent_agent_is_heard_again() {
    let silent = AgentEvent::WentSilent(WentSilent { since: second(1) });
    told([silent.clone()], AgentRow { silent_since: Some(second(1)), ..row(Mode::Active, 2) });
    told([silent, AgentEvent::Returned(Returned {})], row(Mode::Active, 3));
}

#[test]
fn who_is_gone_is_no_longer_silent() {
    let silent = AgentEvent::WentSilent(WentSilent { since: second(1) });
    let retired = AgentEvent::Retired(Retired { reason: "old".into() });
    told([silent, retired], row(Mode::Retired, 3));
}
