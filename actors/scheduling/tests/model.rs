//! Times over stories of all kinds, with restarts anywhere: each is the one that its schedule waits
//! for, and has one id for ever.

use std::collections::BTreeMap;

use events::run::How;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

type Dice = (u8, u8, u8);

const NAMES: [(&str, &str); 4] =
    [("main", "nightly"), ("acme", "nightly"), ("main", "hourly"), ("main", "odd")];

fn asked(world: &World, (tenant, name): (&str, &str), (what, _, how): Dice) -> ScheduleCommand {
    let place = (self::tenant(tenant), name.parse().expect("a token"));
    let schedule = world.story.schedules.get(&place);
    match what % 10 {
        0..=2 => {
            let ms = u64::from(how % 3 + 1) * MINUTE;
            let jitter_ms = u64::from(how % 2) * MINUTE;
            let catch_up = if how.is_multiple_of(5) { CatchUp::All } else { CatchUp::Last };
            let when = When::Every { ms, from: NOON };
            ScheduleCommand::Set(Terms { when, jitter_ms, catch_up, ..terms() })
        }
        3 => pause(),
        4 | 5 => resume(),
        6 => ScheduleCommand::FireNow,
        7 => ScheduleCommand::Remove { reason: String::new() },
        _ => {
            let run = schedule.and_then(|schedule| schedule.open());
            let run = run.unwrap_or(events::id::RunId(uuid::Uuid::nil()));
            ScheduleCommand::RunEnded { run, how: Some(How::Completed) }
        }
    }
}

/// What is waited for, and what schedules wait for.
fn set_and_wanted(world: &World) -> [Vec<(Name, Next)>; 2] {
    let set = world.scheduling.schedules.iter();
    let set = set.filter_map(|(name, timed)| Some((name.clone(), timed.set?.next)));
    let wanted = world.story.schedules.iter();
    let wanted = wanted.filter_map(|(name, state)| Some((name.clone(), state.rings_at()?)));
    [set.collect(), wanted.collect()]
}

proptest! {
    #[test]
    fn each_time_that_a_schedule_waits_for_is_set_and_comes_under_one_id(
        story in vec(any::<Dice>(), 1..120), tells: bool,
    ) {
        let (mut world, mut ids) = (World::new(), BTreeMap::new());
        for dice in story {
            let (tenant, name) = NAMES[usize::from(dice.1) % NAMES.len()];
            let command = asked(&world, (tenant, name), dice);
            let events = world.story.schedule(tenant, name, command);
            events.iter().for_each(|event| world.scheduling.fold(event));
            let [set, wanted] = set_and_wanted(&world);
            prop_assert_eq!(set, wanted);
            if dice.0.is_multiple_of(5) {
                world.scheduling = kept(&world.scheduling);
            }
            world.story.later(u64::from(dice.2) * 1_000);
            for due in world.due() {
                let id = (due.tenant.clone(), due.command_id());
                let time = (due.schedule.clone(), due.next);
                let known = ids.entry(id).or_insert_with(|| time.clone());
                prop_assert_eq!(&*known, &time, "no two times have the same id");
                if tells {
                    let name = due.schedule.to_string();
                    let told = world.story.schedule(due.tenant.as_str(), &name, due.command());
                    prop_assert!(!told.is_empty(), "what comes in time is dealt with");
                    told.iter().for_each(|event| world.scheduling.fold(event));
                }
            }
        }
    }

    #[test]
    fn what_is_due_is_due_in_every_life(story in vec(any::<Dice>(), 1..80), ends in 0usize..80) {
        let (mut world, mut other) = (World::new(), Scheduling::default());
        for (n, dice) in story.into_iter().enumerate() {
            let (tenant, name) = NAMES[usize::from(dice.1) % NAMES.len()];
            let command = asked(&world, (tenant, name), dice);
            for event in world.story.schedule(tenant, name, command) {
                world.scheduling.fold(&event);
                other.fold(&event);
            }
            if n == ends {
                other.due(world.story.now.plus_ms(100 * MINUTE), 1000);
                other = kept(&other);
            }
        }
        world.story.later(100 * MINUTE);
        let due = world.due();
        prop_assert_eq!(&other.due(world.story.now, 1000), &due);
        prop_assert_eq!(kept(&world.scheduling).due(world.story.now, 1000), due);
    }
}
