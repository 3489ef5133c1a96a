//! One fact that many triggers look through.

use events::task::Failure;

use super::super::budget::FACT_STEPS_MAX;
use super::super::scope::Fact;
use super::*;
use crate::expression::{Expression, STEP_BYTES, STEPS_MAX, WHOLE_STEPS_MAX, holds_within};

/// How often a costly trigger looks through all of the fact.
const LOOKS: usize = 60;

/// A fact so long that a costly trigger takes about half of what one may take.
fn long_fact() -> CloudEvent {
    let bytes = STEPS_MAX as usize / 2 / LOOKS * STEP_BYTES;
    said("order.paid", &format!(r#"{{"total":7,"text":"{}"}}"#, "x".repeat(bytes)))
}

fn costly() -> String {
    vec!["has(fact.data.total)"; LOOKS].join(" && ")
}

fn world(costly: &Terms, cheap: &[&str]) -> World {
    let mut world = World::default();
    // The order in which they are set is not the one in which they come.
    for n in (0..50).rev() {
        world.sets(&format!("costly-{n:02}"), costly.clone());
    }
    for name in cheap {
        world.sets(name, terms());
    }
    world
}

/// What became of a fact: who started what, and who could not for want of steps.
fn became(mind: &StartByFact, fact: &Known) -> (Vec<String>, Vec<String>) {
    let (mut begun, mut too_costly) = (vec![], vec![]);
    for Led { because, to_do } in led(mind, fact) {
        let ToDo::Run(_, command) = to_do else { panic!("{to_do:?}") };
        let RunCommand::Start(begin) = *command else { panic!("{command:?}") };
        match begin.input {
            Given::Wrong(Failure { code, .. }) if code == "template_too_costly" => {
                too_costly.push(because);
            }
            Given::Content(_) => begun.push(because),
            other => panic!("{other:?}"),
        }
    }
    (begun, too_costly)
}

fn holds_to_the_budget(costly: &Terms) {
    let mut world = world(costly, &["a-cheap", "z-cheap"]);
    let fact = world.fact(long_fact());
    let (begun, too_costly) = became(&world.mind, &fact);
    let costly_begun = begun.len() - 2;
    let at_most = ((FACT_STEPS_MAX + 52 * WHOLE_STEPS_MAX) / (STEPS_MAX / 2)) as usize;
    assert!((1..=at_most).contains(&costly_begun), "{costly_begun} costly ones began: {begun:?}");
    let mut expected: Vec<_> = (0..costly_begun).map(|n| format!("costly-{n:02}")).collect();
    expected.insert(0, "a-cheap".into());
    expected.push("z-cheap".into());
    assert_eq!(begun, expected);
    assert_eq!(begun.len() + too_costly.len(), 52, "what did not begin is on record");
    let mut again = StartByFact::default();
    assert!(again.recall(&world.mind.keep()));
    assert_eq!(became(&again, &fact), (begun, too_costly));
}

#[test]
fn costly_filters_end_by_the_budget_of_their_fact_and_cheap_triggers_start() {
    holds_to_the_budget(&Terms { filter: Some(format!("${{ {} }}", costly())), ..terms() });
}

#[test]
fn costly_inputs_end_by_the_budget_of_their_fact_and_cheap_triggers_start() {
    holds_to_the_budget(&Terms { input: format!(r#"["${{ {} }}"]"#, costly()), ..terms() });
}

#[test]
fn a_filter_that_is_too_costly_by_itself_starts_nothing() {
    let mut world = World::default();
    let filter = vec![costly(); 3].join(" && ");
    world.sets("paid", Terms { filter: Some(format!("${{ {filter} }}")), ..terms() });
    assert_eq!(world.starts(long_fact()), Vec::<String>::new());
}

/// Filters that take nearly all that there is, and inputs that are all of the fact: both together are
/// more.
#[test]
fn what_is_passed_on_whole_holds_no_trigger_back() {
    let fact = long_fact();
    let filter = format!("${{ {} }}", vec!["has(fact.data.total)"; LOOKS / 3].join(" && "));
    let mut left = STEPS_MAX;
    let read = Expression::parse_quoted(&filter).expect("a condition");
    assert_eq!(holds_within(&read, &Fact(&fact), &mut left), Ok(true));
    let takes = STEPS_MAX - left;
    let triggers = FACT_STEPS_MAX / takes;
    let whole = fact.data.as_ref().expect("it says something").as_str().len() / STEP_BYTES;
    let in_all = triggers * (takes + u32::try_from(whole).expect("few"));
    assert!(in_all > FACT_STEPS_MAX, "all of it is {in_all} steps, which is no test");
    let mut world = World::default();
    let terms = Terms { filter: Some(filter), input: r#""${ fact.data }""#.into(), ..terms() };
    (0..triggers).for_each(|n| world.sets(&format!("t{n}"), terms.clone()));
    let fact = world.fact(fact);
    let (begun, too_costly) = became(&world.mind, &fact);
    assert_eq!((begun.len(), too_costly.len()), (triggers as usize, 0));
}
