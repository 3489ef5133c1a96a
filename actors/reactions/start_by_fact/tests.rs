//! Which facts start what, sentence by sentence.

mod budget;
mod forgetting;
mod model;

use events::content::{Content, Json};
use events::fact::CloudEvent;
use events::header::Codec;
use events::id::{CommandId, EventId, LogId, RunId};
use events::run::{By, run_of_fact};
use events::stream::{StreamId, Version};
use events::time::Timestamp;
use events::trigger::{Paused, Removed, Resumed};
use uuid::Uuid;

use super::*;
use crate::reaction::{Led, ToDo};
use crate::run::{Begin, Given, RunCommand};

/// What happens, each in its place.
#[derive(Default)]
struct World {
    mind: StartByFact,
    position: u64,
}

fn terms() -> Terms {
    Terms {
        kind: "order.paid".into(),
        source: None,
        filter: None,
        pipeline: "thank".parse().expect("a token"),
        edition: None,
        input: r#"{"order":"${ fact.id }","total":"${ fact.data.total }"}"#.into(),
    }
}

fn set(terms: Terms) -> TriggerEvent {
    TriggerEvent::Set(terms.recorded(Timestamp(0)))
}

fn paused() -> TriggerEvent {
    TriggerEvent::Paused(Paused { reason: String::new() })
}

fn resumed() -> TriggerEvent {
    TriggerEvent::Resumed(Resumed { reason: String::new() })
}

fn removed() -> TriggerEvent {
    TriggerEvent::Removed(Removed { reason: String::new() })
}

/// A fact of this type, whose data is this.
fn said(kind: &str, data: &str) -> CloudEvent {
    CloudEvent {
        specversion: "1.0".into(),
        id: "4711".into(),
        source: "shop".into(),
        kind: kind.into(),
        time: None,
        subject: None,
        datacontenttype: None,
        data: Some(Json::parse(data).expect("JSON")),
    }
}

impl World {
    fn recorded<E>(&mut self, tenant: &str, key: &str, event: E) -> Recorded<E>
    where
        E: Words,
    {
        self.position += 1;
        let category = E::CATEGORY.parse().expect("a token");
        let key = key.parse().expect("a token");
        Recorded {
            id: EventId(Uuid::from_u128(
                (1_770_000_000_000_u128 << 80) | u128::from(self.position),
            )),
            stream: StreamId::new(tenant.parse().expect("a token"), category, key),
            version: Version::FIRST,
            position: Position(self.position),
            recorded_at: Timestamp(0),
            command_id: CommandId::publisher(&self.position.to_string()),
            event,
        }
    }

    /// Something happens to a trigger.
    fn happens(&mut self, tenant: &str, name: &str, event: TriggerEvent) -> Result<(), String> {
        let event = Known::Trigger(self.recorded(tenant, name, event));
        self.mind.remember(&event)
    }

    fn sets(&mut self, name: &str, terms: Terms) {
        self.happens("main", name, set(terms)).expect("there is room");
    }

    fn tells(&mut self, name: &str, event: TriggerEvent) {
        self.happens("main", name, event).expect("it is remembered");
    }

    fn fact(&mut self, fact: CloudEvent) -> Known {
        Known::Fact(self.recorded("main", "shop", FactEvent::Recorded(fact)))
    }

    /// A fact is recorded, and starts these.
    fn starts(&mut self, fact: CloudEvent) -> Vec<String> {
        let fact = self.fact(fact);
        self.because(&fact)
    }

    /// The triggers because of which a fact starts something.
    fn because(&self, fact: &Known) -> Vec<String> {
        led(&self.mind, fact).into_iter().map(|led| led.because).collect()
    }

    /// The run that a fact starts, and how it begins.
    fn begins(&self, fact: &Known) -> (RunId, Begin) {
        let mut led = led(&self.mind, fact);
        assert_eq!(led.len(), 1, "one run begins");
        let Led { to_do, .. } = led.remove(0);
        let ToDo::Run(run, command) = to_do else { panic!("{to_do:?}") };
        let RunCommand::Start(begin) = *command else { panic!("{command:?}") };
        (run, *begin)
    }
}

/// What follows from a fact of which all is remembered.
fn led(mind: &StartByFact, fact: &Known) -> Vec<Led> {
    mind.react(fact).expect("it is remembered")
}

#[test]
fn a_fact_that_fits_starts_a_run_with_what_it_says() {
    let mut world = World::default();
    world.sets("paid", terms());
    let fact = world.fact(said("order.paid", r#"{"total": 7}"#));
    let (run, begin) = world.begins(&fact);
    let trigger: TriggerId = "paid".parse().expect("a token");
    assert_eq!(run, run_of_fact(&trigger, fact.id()));
    assert_eq!(begin.by, By::Trigger { trigger, fact: fact.id() });
    let json = Json::parse(r#"{"order":"4711","total":7}"#).expect("JSON");
    assert_eq!(begin.input, Given::Content(Content::Inline(json)));
    assert_eq!((begin.wanted.pipeline.as_str(), begin.found), ("thank", None));
    assert_eq!(world.starts(said("order.sent", "{}")), Vec::<String>::new());
}

#[test]
fn all_of_a_fact_can_be_asked_for() {
    let mut world = World::default();
    let all = ["id", "source", "type", "subject", "time", "data"];
    let all = all.map(|part| format!(r#""{part}":"${{ fact.{part} }}""#)).join(",");
    world.sets("paid", Terms { input: format!("{{{all}}}"), ..terms() });
    let fact = CloudEvent {
        subject: Some("a \"b\"".into()),
        time: Some("2026-01-31T12:00:00Z".into()),
        ..said("order.paid", "[1, {}]")
    };
    let fact = world.fact(fact);
    let expected = r#"{"id":"4711","source":"shop","type":"order.paid","subject":"a \"b\"","time":"2026-01-31T12:00:00Z","data":[1, {}]}"#;
    let Given::Content(Content::Inline(json)) = world.begins(&fact).1.input else {
        panic!("it is")
    };
    assert_eq!(json.as_str(), expected);
}

#[test]
fn a_fact_must_be_of_the_source_and_pass_the_filter() {
    let mut world = World::default();
    let shop = Some("shop".parse().expect("a token"));
    let filter = Some("${ fact.data.total > 100 }".into());
    world.sets("others", Terms { source: Some("bank".parse().expect("a token")), ..terms() });
    world.sets("large", Terms { source: shop, filter, ..terms() });
    assert_eq!(world.starts(said("order.paid", r#"{"total": 101}"#)), ["large"]);
    assert_eq!(world.starts(said("order.paid", r#"{"total": 100}"#)), Vec::<String>::new());
    // What a filter cannot tell does not pass it.
    assert_eq!(world.starts(said("order.paid", r#"{"total": "much"}"#)), Vec::<String>::new());
    assert_eq!(world.starts(said("order.paid", "null")), Vec::<String>::new());
}

#[test]
fn a_run_whose_input_cannot_be_made_says_so() {
    let mut world = World::default();
    world.sets("paid", terms());
    let fact = world.fact(said("order.paid", "{}"));
    let Given::Wrong(failure) = world.begins(&fact).1.input else { panic!("there is no total") };
    assert_eq!(failure.code, "template_failed");
    assert!(failure.message.contains("fact.data.total"), "{}", failure.message);
}

#[test]
fn a_fact_meets_the_triggers_that_there_were() {
    let mut world = World::default();
    let none = Vec::<String>::new();
    let fact = || said("order.paid", r#"{"total": 1}"#);
    let before = world.fact(fact());
    world.sets("paid", terms());
    let first = world.fact(fact());
    world.tells("paid", paused());
    let in_between = world.fact(fact());
    world.tells("paid", resumed());
    let second = world.fact(fact());
    world.sets("paid", Terms { kind: "order.sent".into(), ..terms() });
    let after = world.fact(fact());
    world.tells("paid", removed());
    let sent = world.fact(said("order.sent", r#"{"total": 1}"#));
    for (fact, expected) in
        [(&before, &none), (&in_between, &none), (&after, &none), (&sent, &none)]
    {
        assert_eq!(&world.because(fact), expected);
    }
    assert_eq!(world.because(&first), ["paid"]);
    assert_eq!(world.because(&second), ["paid"]);
    world.mind.forget_before(second.position());
    assert_eq!((world.because(&first), world.because(&second)), (none, vec!["paid".into()]));
    world.mind.forget_before(sent.position());
    assert!(world.mind.spans.is_empty() && world.mind.standing.values().all(BTreeMap::is_empty));
}

#[test]
fn each_trigger_starts_a_run_of_its_own() {
    let mut world = World::default();
    world.sets("a", terms());
    world.sets("b", terms());
    let fact = world.fact(said("order.paid", r#"{"total": 1}"#));
    assert_eq!(world.because(&fact), ["a", "b"]);
    let runs: Vec<_> = led(&world.mind, &fact).into_iter().map(|led| led.to_do).collect();
    assert_ne!(runs[0], runs[1]);
}

#[test]
fn a_trigger_hears_the_facts_of_its_tenant() {
    let mut world = World::default();
    world.happens("acme", "paid", set(terms())).expect("there is room");
    assert_eq!(world.starts(said("order.paid", r#"{"total": 1}"#)), Vec::<String>::new());
    assert!(world.mind.cares(&header("acme")) && !world.mind.cares(&header("main")));
}

fn header(tenant: &str) -> Header<'_> {
    Header {
        event_id: EventId(Uuid::from_u128(1)),
        log_id: LogId(Uuid::from_u128(7)),
        tenant,
        category: FactEvent::CATEGORY,
        stream_key: "shop",
        version: Version::FIRST,
        wire_type: RECORDED.name,
        schema: RECORDED.schema,
        recorded_at: Timestamp(5),
        effective_at: None,
        principal: "tester",
        on_behalf_of: None,
        command_id: CommandId::publisher("record"),
        correlation: None,
        causation: None,
        traceparent: None,
        codec: Codec::Json,
    }
}

#[test]
fn a_tenant_has_so_many_triggers_and_no_more() {
    let mut world = World::default();
    for n in 0..TRIGGERS_MAX {
        world.sets(&format!("t{n}"), terms());
    }
    let error = world.happens("main", "more", set(terms())).expect_err("there is no room");
    assert!(error.contains("remove this one as well, then set it"), "{error}");
    world.sets("t7", Terms { edition: Some(2), ..terms() });
    world.happens("acme", "more", set(terms())).expect("another tenant has room");
    world.tells("t8", removed());
    let fact = world.fact(said("order.paid", r#"{"total": 1}"#));
    assert_eq!(world.because(&fact).len(), TRIGGERS_MAX - 1);
    world.tells("more", removed());
    world.sets("more", terms());
    let fact = world.fact(said("order.paid", r#"{"total": 1}"#));
    let because = world.because(&fact);
    assert_eq!((because.len(), because.contains(&"more".into())), (TRIGGERS_MAX, true));
}

#[test]
fn what_is_kept_by_another_program_is_not_understood() {
    let mut mind = StartByFact::default();
    assert!(!mind.recall(b"") && !mind.recall(br#"{"triggers":[{}],"spans":[],"known":[]}"#));
    // It may have forgotten what it does not say that it has.
    assert!(!mind.recall(br#"{"triggers":[],"spans":[]}"#));
    assert!(mind.recall(br#"{"triggers":[],"spans":[],"known":[]}"#));
}
