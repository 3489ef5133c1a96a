//! What an agent does, sentence by sentence.

use events::id::{Capability, TaskId};
use events::personal::{KeyId, Personal};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::bounds::OutOfBounds;
use crate::spec::{given, have_their_shape, moment, survives_being_kept};

fn capability(text: &str) -> Capability {
    text.parse().expect("a token")
}

fn offer() -> Offer {
    Offer {
        kind: "worker".into(),
        capabilities: [capability("resize")].into(),
        slots: 4,
        labels: [("room".into(), "north".into())].into(),
        tools: ["imagemagick".into()].into(),
        owner: Some("pictures".into()),
        contact: None,
    }
}

fn larger() -> Offer {
    Offer { slots: 8, ..offer() }
}

/// The same words of the same person, sealed anew each time.
fn contact(person: u8, nonce: u8) -> Option<Personal<String>> {
    Some(Personal::from_parts(key(person), key(nonce).0, [nonce; 12], vec![nonce]))
}

fn key(n: u8) -> KeyId {
    let id: TaskId = format!("00000000-0000-0000-0000-0000000000{n:02}").parse().expect("a uuid");
    KeyId(id.0)
}

fn register(offer: Offer) -> AgentCommand {
    AgentCommand::Register(offer)
}

fn pause() -> AgentCommand {
    AgentCommand::Pause { reason: "the disk is full".into() }
}

fn drain() -> AgentCommand {
    AgentCommand::Drain { reason: "a new version comes".into() }
}

fn retire() -> AgentCommand {
    AgentCommand::Retire { reason: "replaced".into() }
}

fn go_silent() -> AgentCommand {
    AgentCommand::GoSilent { since: Timestamp(7) }
}

fn registered() -> AgentEvent {
    AgentEvent::Registered(offer())
}

fn changed(offer: Offer) -> AgentEvent {
    AgentEvent::OfferChanged(offer)
}

fn paused() -> AgentEvent {
    AgentEvent::Paused(Paused { reason: "the disk is full".into() })
}

fn drained() -> AgentEvent {
    AgentEvent::Drained(Drained { reason: "a new version comes".into() })
}

fn resumed() -> AgentEvent {
    AgentEvent::Resumed(Resumed {})
}

fn retired() -> AgentEvent {
    AgentEvent::Retired(Retired { reason: "replaced".into() })
}

fn went_silent() -> AgentEvent {
    AgentEvent::WentSilent(WentSilent { since: Timestamp(7) })
}

fn returned() -> AgentEvent {
    AgentEvent::Returned(Returned {})
}

/// One of every sort, with all that an agent can hold.
fn sorts() -> Vec<Agent> {
    let full = AgentEvent::Registered(Offer { contact: contact(1, 2), ..offer() });
    let histories = [
        vec![],
        vec![full.clone()],
        vec![full.clone(), paused()],
        vec![full.clone(), drained(), went_silent()],
        vec![full, retired()],
    ];
    histories.iter().map(Agent::replay).collect()
}

#[test]
fn the_shape_of_an_agent_is_known() {
    have_their_shape(&sorts());
}

#[test]
fn an_agent_of_any_sort_comes_back_as_it_was() {
    sorts().iter().for_each(survives_being_kept);
}

fn takes_work(history: &[AgentEvent]) -> bool {
    Agent::replay(history).takes_work()
}

#[test]
fn an_agent_is_registered() {
    given::<Agent>([]).when(register(offer())).then([registered()]);
}

#[test]
fn registering_the_same_again_changes_nothing() {
    given::<Agent>([registered(), paused()]).when(register(offer())).then_nothing();
}

#[test]
fn a_worker_that_starts_again_with_more_to_offer_registers_again() {
    given::<Agent>([registered()]).when(register(larger())).then([changed(larger())]);
}

#[test]
fn a_person_who_is_sealed_anew_is_the_same_person() {
    let (known, again) =
        (Offer { contact: contact(1, 2), ..offer() }, Offer { contact: contact(1, 3), ..offer() });
    given::<Agent>([AgentEvent::Registered(known)]).when(register(again)).then_nothing();
}

#[test]
fn another_person_is_another_offer() {
    let (known, other) =
        (Offer { contact: contact(1, 2), ..offer() }, Offer { contact: contact(2, 2), ..offer() });
    given::<Agent>([AgentEvent::Registered(known)])
        .when(register(other.clone()))
        .then([changed(other)]);
}

#[test]
fn a_retired_agent_is_not_registered_again() {
    given::<Agent>([registered(), retired()])
        .when(register(offer()))
        .then_rejected(AgentRejection::AlreadyRetired);
}

#[test]
fn an_agent_without_a_kind_is_refused() {
    given::<Agent>([])
        .when(register(Offer { kind: String::new(), ..offer() }))
        .then_rejected(AgentRejection::InvalidKind);
}

#[test]
fn an_agent_without_slots_is_refused() {
    let refused = OutOfBounds::OutOfRange { what: "the slots of an agent", min: 1, max: 1000 };
    given::<Agent>([]).when(register(Offer { slots: 0, ..offer() })).then_rejected(refused.into());
    given::<Agent>([registered()])
        .when(register(Offer { slots: 1001, ..offer() }))
        .then_rejected(refused.into());
}

#[test]
fn an_agent_that_can_do_everything_is_refused() {
    let capabilities = (0..65).map(|n: u32| capability(&format!("c{n}"))).collect();
    given::<Agent>([])
        .when(register(Offer { capabilities, ..offer() }))
        .then_rejected(OutOfBounds::TooMany { what: "capabilities", max: 64 }.into());
}

#[test]
fn tools_without_an_end_are_refused() {
    let tools = (0..65).map(|n: u32| n.to_string()).collect();
    given::<Agent>([])
        .when(register(Offer { tools, ..offer() }))
        .then_rejected(OutOfBounds::TooMany { what: "tools", max: 64 }.into());
}

#[test]
fn a_contact_without_an_end_is_refused() {
    let long = Personal::from_parts(key(1), key(2).0, [0; 12], vec![0; 1025]);
    given::<Agent>([])
        .when(register(Offer { contact: Some(long), ..offer() }))
        .then_rejected(OutOfBounds::TooLong { what: "a contact", max: 1024 }.into());
}

#[test]
fn a_change_leaves_what_it_does_not_name() {
    let change = Change { slots: Some(8), ..Change::default() };
    given::<Agent>([registered()]).when(AgentCommand::Change(change)).then([changed(larger())]);
}

#[test]
fn a_change_to_what_is_so_already_is_nothing() {
    let change = Change { slots: Some(4), ..Change::default() };
    given::<Agent>([registered()]).when(AgentCommand::Change(change)).then_nothing();
}

#[test]
fn a_change_beyond_all_bounds_is_refused() {
    let change = Change { owner: Some("x".repeat(257)), ..Change::default() };
    given::<Agent>([registered()])
        .when(AgentCommand::Change(change))
        .then_rejected(OutOfBounds::TooLong { what: "an owner", max: 256 }.into());
}

#[test]
fn an_agent_is_paused_and_resumed() {
    given::<Agent>([registered()]).when(pause()).then([paused()]);
    given::<Agent>([registered(), paused()]).when(AgentCommand::Resume).then([resumed()]);
}

#[test]
fn an_agent_at_work_has_nothing_to_resume() {
    given::<Agent>([registered()]).when(AgentCommand::Resume).then_nothing();
}

#[test]
fn a_paused_agent_is_drained() {
    given::<Agent>([registered(), paused()]).when(drain()).then([drained()]);
}

#[test]
fn a_draining_agent_is_not_paused() {
    given::<Agent>([registered(), drained()]).when(pause()).then_nothing();
}

#[test]
fn a_reason_has_an_end() {
    given::<Agent>([registered()])
        .when(AgentCommand::Retire { reason: "x".repeat(4097) })
        .then_rejected(OutOfBounds::TooLong { what: "a reason", max: 4096 }.into());
}

#[test]
fn an_agent_is_retired_from_whatever_it_does() {
    given::<Agent>([registered()]).when(retire()).then([retired()]);
    given::<Agent>([registered(), drained(), went_silent()]).when(retire()).then([retired()]);
}

#[test]
fn a_retired_agent_does_not_go_on() {
    given::<Agent>([registered(), retired()])
        .when(AgentCommand::Resume)
        .then_rejected(AgentRejection::AlreadyRetired);
}

#[test]
fn an_agent_goes_silent_and_returns() {
    given::<Agent>([registered()]).when(go_silent()).then([went_silent()]);
    given::<Agent>([registered(), went_silent()]).when(AgentCommand::Return).then([returned()]);
}

#[test]
fn an_agent_that_is_heard_has_not_returned() {
    given::<Agent>([registered()]).when(AgentCommand::Return).then_nothing();
}

#[test]
fn the_watch_over_a_retired_agent_is_told_nothing() {
    given::<Agent>([registered(), retired()]).when(go_silent()).then_nothing();
}

#[test]
fn nothing_happens_to_an_agent_nobody_registered() {
    given::<Agent>([]).when(pause()).then_rejected(AgentRejection::NotFound);
    given::<Agent>([]).when(go_silent()).then_rejected(AgentRejection::NotFound);
    given::<Agent>([]).when(retire()).then_rejected(AgentRejection::NotFound);
}

#[test]
fn work_goes_to_agents_that_are_there_and_want_it() {
    assert!(takes_work(&[registered()]));
    assert!(takes_work(&[registered(), paused(), resumed()]));
    assert!(takes_work(&[registered(), went_silent(), returned()]));
    assert!(!takes_work(&[]));
    assert!(!takes_work(&[registered(), paused()]));
    assert!(!takes_work(&[registered(), drained()]));
    assert!(!takes_work(&[registered(), retired()]));
    assert!(!takes_work(&[registered(), went_silent()]));
    assert!(!takes_work(&[registered(), paused(), went_silent(), returned()]));
}

#[test]
fn an_agent_is_capable_of_what_it_offers_and_of_nothing_else() {
    let agent = Agent::replay(&[registered(), changed(larger())]);
    assert!(agent.is_capable_of(&[capability("resize")].into()));
    assert!(!agent.is_capable_of(&[capability("resize"), capability("gpu")].into()));
    assert_eq!(agent.slots(), 8);
}

fn any_command() -> impl Strategy<Value = AgentCommand> {
    let change = Change { slots: Some(2), ..Change::default() };
    proptest::sample::select(vec![
        register(offer()),
        register(larger()),
        register(Offer { slots: 0, ..offer() }),
        AgentCommand::Change(change),
        pause(),
        drain(),
        AgentCommand::Resume,
        retire(),
        go_silent(),
        AgentCommand::Return,
    ])
}

fn any_event() -> impl Strategy<Value = AgentEvent> {
    proptest::sample::select(vec![
        registered(),
        changed(larger()),
        paused(),
        drained(),
        resumed(),
        retired(),
        went_silent(),
        returned(),
    ])
}

proptest! {
    #[test]
    fn no_history_is_refused_and_what_succeeded_is_nothing_after_it(
        history in vec(any_event(), 0..12), command in any_command(),
    ) {
        let (before, now) = (Agent::replay(&history), moment(Timestamp(9)));
        survives_being_kept(&before);
        if let Ok(happened) = before.decide(command.clone(), &now) {
            let after = happened.iter().fold(before, Agent::evolve);
            prop_assert_eq!(after.decide(command, &now), Ok(vec![]));
        }
    }

    #[test]
    fn an_agent_is_registered_first_and_retired_last(commands in vec(any_command(), 0..24)) {
        let (mut agent, mut history) = (Agent::default(), Vec::new());
        for command in commands {
            let happened = agent.decide(command, &moment(Timestamp(9))).unwrap_or_default();
            agent = happened.iter().fold(agent, Agent::evolve);
            history.extend(happened);
        }
        let registered = |event: &AgentEvent| matches!(event, AgentEvent::Registered(_));
        let retired = |event: &AgentEvent| matches!(event, AgentEvent::Retired(_));
        prop_assert!(history.iter().skip(1).all(|event| !registered(event)), "{history:?}");
        prop_assert!(history.iter().rev().skip(1).all(|event| !retired(event)), "{history:?}");
        prop_assert!(history.first().is_none_or(registered), "{history:?}");
    }
}
