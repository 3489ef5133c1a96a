//! The log on a bad day: what an actor believes is what is on record, whatever went wrong before.

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::runtime::Builder;

use super::faulty::Fault;
use super::till::TillCommand::{self, Look, Open, Put, Rob, Take};
use super::world::{World, asked, on_stage, said, told};
use crate::runtime::Refused;

#[tokio::test(start_paused = true)]
async fn what_the_log_did_not_take_has_not_happened() {
    on_stage(async {
        let world = World::new();
        world.asks("a", 1, Open(5)).await.expect("done");
        for (n, fault) in [(2, Fault::Unavailable), (3, Fault::Full), (4, Fault::BrokenBefore)] {
            world.store.befalls([fault]);
            let refused = world.asks("a", n, Put(1)).await.expect_err("refused");
            assert!(matches!(refused, Refused::Log(_)), "{refused:?}");
            let believed = world.tells("a", 10 + n).await;
            assert_eq!(believed, "5 after 1", "memory is not what is on record, {fault:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_and_not_said_is_known_when_it_is_asked_again() {
    on_stage(async {
        let world = World::new();
        world.store.befalls([Fault::BrokenAfter]);
        world.asks("a", 1, Open(5)).await.expect_err("nobody knows");
        assert_eq!(world.tells("a", 2).await, "5 after 1");
        assert!(world.asks("a", 1, Open(5)).await.expect("done").known);
    })
    .await;
}

fn any_command() -> impl Strategy<Value = TillCommand> {
    prop_oneof![
        1 => Just(Open(3)),
        4 => (1i64..9).prop_map(Put),
        4 => (1i64..9).prop_map(Take),
        1 => Just(Look),
        1 => Just(Rob),
    ]
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::Sound),
        1 => Just(Fault::Unavailable),
        1 => Just(Fault::Full),
        1 => Just(Fault::BrokenBefore),
        1 => Just(Fault::BrokenAfter),
    ]
}

/// Commands that are sent at once, and what someone else puts in, before them or among them.
type Burst = (Option<(i64, bool)>, Vec<TillCommand>);

async fn story(bursts: Vec<Burst>, faults: Vec<Fault>) {
    let world = World::new();
    let mut n = 0;
    for (other, commands) in bursts {
        n += 1;
        if let Some((by, false)) = other {
            world.changes_behind_its_back("a", n, by).await;
        }
        for (command, at) in commands.into_iter().zip(1..) {
            // Its answer is heard by nobody: the next question waits for it all the same.
            world.sends("a", asked(n + at, command), Box::new(drop));
        }
        if let Some((by, true)) = other {
            world.changes_behind_its_back("a", n, by).await;
        }
        world.store.befalls(faults.iter().copied());
        n += 100;
        if let Ok(done) = world.asks("a", n, TillCommand::Tell).await {
            assert_eq!(
                said(&done),
                told(&world.truth("a").await),
                "memory is not what is on record"
            );
        }
        world.store.befalls([]);
    }
    let believed = world.tells("a", n + 1).await;
    assert_eq!(believed, told(&world.truth("a").await), "memory is not what is on record");
}

fn any_burst() -> impl Strategy<Value = Burst> {
    let other = proptest::option::weighted(0.3, (1i64..9, any::<bool>()));
    (other, vec(any_command(), 0..12))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn what_an_actor_believes_is_what_is_on_record(
        bursts in vec(any_burst(), 1..12),
        faults in vec(any_fault(), 0..12),
    ) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(on_stage(story(bursts, faults)));
    }
}
