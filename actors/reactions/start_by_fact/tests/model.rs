//! Triggers and facts in any order, with restarts anywhere: a fact leads to the same whenever it is
//! looked at.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Trigger(u8, TriggerEvent),
    Fact(u8),
    Restart,
}

fn kind(n: u8) -> String {
    format!("k{}", n % 2)
}

fn trigger_event() -> impl Strategy<Value = TriggerEvent> {
    prop_oneof![
        2 => (0..2_u8).prop_map(|n| set(Terms { kind: kind(n), ..terms() })),
        1 => Just(paused()),
        1 => Just(resumed()),
        1 => Just(removed()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_u8, trigger_event()).prop_map(|(name, event)| Step::Trigger(name, event)),
        3 => (0..2_u8).prop_map(Step::Fact),
        1 => Just(Step::Restart),
    ]
}

fn sorted(mut led: Vec<Led>) -> Vec<Led> {
    led.sort_by(|a, b| a.because.cmp(&b.because));
    led
}

proptest! {
    #[test]
    fn a_fact_leads_to_the_same_whenever_it_is_looked_at(steps in vec(step(), 1..80)) {
        let (mut world, mut facts) = (World::default(), Vec::new());
        for step in steps {
            match step {
                Step::Trigger(name, event) => world.tells(&format!("t{name}"), event),
                Step::Fact(n) => {
                    let fact = world.fact(said(&kind(n), r#"{"total": 1}"#));
                    let met = sorted(led(&world.mind, &fact));
                    facts.push((fact, met));
                }
                Step::Restart => {
                    let kept = world.mind.keep();
                    world.mind = StartByFact::default();
                    prop_assert!(world.mind.recall(&kept), "it understands itself");
                }
            }
            for (fact, met) in &facts {
                prop_assert_eq!(&sorted(led(&world.mind, fact)), met);
            }
        }
        let Some((last, met)) = facts.last() else { return Ok(()) };
        world.mind.forget_before(last.position());
        prop_assert_eq!(&sorted(led(&world.mind, last)), met, "too much is forgotten");
    }
}
