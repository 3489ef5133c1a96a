//! Timers over stories of all kinds, with restarts anywhere: each is the one that its task wants,
//! and has one id for ever.

use std::collections::BTreeMap;

use events::task::Loss;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

type Dice = (u8, u8, u8);

/// What a store would give back.
fn kept(timing: &Timing) -> Timing {
    let config = bincode::config::standard();
    let through_a_store = |number| {
        let bytes = bincode::serde::encode_to_vec(timing.chunk(number), config).expect("bytes");
        bincode::serde::decode_from_slice(&bytes, config).expect("a chunk").0
    };
    Timing::restore((0..CHUNKS).map(through_a_store).collect()).expect("it is whole")
}

fn asked(world: &World, (what, which, how): Dice) -> (TaskId, TaskCommand) {
    let id = task(u64::from(which) % 4);
    let attempt = world.story.tasks.get(&(tenant("main"), id)).map_or(0, |task| task.attempt());
    let ms = |die: u8| die.is_multiple_of(2).then(|| u64::from(die) * 50 + 1);
    let timeouts = limits(ms(how), ms(how / 2));
    let at = ms(how / 4).map(|ms| world.story.now.plus_ms(ms));
    let command = match what % 12 {
        0..=2 => submit(Order { timeouts, deadline: at, ..order("resize") }),
        3 => submit(order("resize")),
        4 | 5 => assign(&agent("ada"), attempt.saturating_add(1)),
        6 => fail(attempt, Class::Temporary),
        7 => TaskCommand::LoseLease { attempt, why: Loss::NobodyThere },
        8 => TaskCommand::Start { attempt },
        9 if how < 50 => complete(attempt),
        10 => TaskCommand::Amend(Amendment { not_before: at, ..Amendment::default() }),
        _ => TaskCommand::Amend(Amendment {
            timeouts: (how % 3 > 0).then_some(timeouts),
            deadline: at,
            ..Amendment::default()
        }),
    };
    (id, command)
}

/// The timers that are set, and those that tasks want.
fn set_and_wanted(world: &World) -> [Vec<(TaskId, Timer)>; 2] {
    let set = world.timing.tasks.iter().flat_map(|((_, id), timed)| {
        let timers = timed.set.iter();
        timers.map(|(which, Set { at, attempt, .. })| {
            (*id, Timer { which: *which, at: *at, attempt: *attempt })
        })
    });
    let wanted = world.story.tasks.iter();
    let wanted =
        wanted.flat_map(|((_, id), task)| task.deadlines().into_iter().map(|it| (*id, it)));
    let by_name = |it: &(TaskId, Timer)| (it.0, it.1.which);
    let (mut set, mut wanted): (Vec<_>, Vec<_>) = (set.collect(), wanted.collect());
    set.sort_by_key(by_name);
    wanted.sort_by_key(by_name);
    [set, wanted]
}

proptest! {
    #[test]
    fn each_timer_that_a_task_wants_is_set_and_rings_under_one_id(
        story in vec(any::<Dice>(), 1..120), tells: bool,
    ) {
        let (mut world, mut ids) = (World::new(), BTreeMap::new());
        for dice in story {
            let (id, command) = asked(&world, dice);
            let events = world.story.task("main", id, command);
            events.iter().for_each(|event| world.hear(event));
            let [set, wanted] = set_and_wanted(&world);
            prop_assert_eq!(set, wanted);
            if dice.0.is_multiple_of(5) {
                world.timing = kept(&world.timing);
            }
            world.story.later(u64::from(dice.2 % 16) * 100);
            let mut told = BTreeSet::new();
            for due in world.due() {
                let timer = (due.task, due.timer.which, due.timer.at, due.timer.attempt);
                let known = *ids.entry(due.command_id()).or_insert(timer);
                prop_assert_eq!(known, timer, "no two timers have the same id");
                if tells && told.insert(due.task) {
                    prop_assert_eq!(world.tell(&due).len(), 1, "what rings in time is handled");
                }
            }
        }
    }

    #[test]
    fn what_is_due_is_due_in_every_life(story in vec(any::<Dice>(), 1..80), ends in 0usize..80) {
        let mut world = World::new();
        let mut other = Timing::default();
        for (n, dice) in story.into_iter().enumerate() {
            let (id, command) = asked(&world, dice);
            for event in world.story.task("main", id, command) {
                world.hear(&event);
                other.fold(&event, &world.placing);
            }
            if n == ends {
                other.due(world.story.now.plus_ms(100_000), 1000);
                other = kept(&other);
            }
        }
        world.story.later(100_000);
        let due = world.due();
        prop_assert_eq!(&other.due(world.story.now, 1000), &due);
        let ids = |due: &[Due]| due.iter().map(Due::command_id).collect::<Vec<_>>();
        let again = kept(&world.timing).due(world.story.now, 1000);
        prop_assert_eq!(ids(&again), ids(&due), "a timer rings as another command in another life");
        prop_assert_eq!(again, due);
    }
}
