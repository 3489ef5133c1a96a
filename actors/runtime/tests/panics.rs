//! Panics of a decider: one command has no outcome, and that is all.

use std::time::Duration;

use tokio::time::{Instant, advance};

use super::till::TillCommand::{Open, Panic, Put};
use super::world::{World, asked, on_stage, passes, told};
use crate::runtime::inbox::INBOX_MAX;
use crate::runtime::tools::{PANICS_MAX, PANICS_WITHIN, PARKED, SWEEP};
use crate::runtime::{Incident, Limits, Refused};

#[tokio::test(start_paused = true)]
async fn a_panic_costs_the_command_it_happens_in_and_no_other() {
    on_stage(async {
        let world = World::new();
        for n in 1..=9 {
            let command = if n == 5 { Panic } else { Put(1) };
            world.sends(
                "a",
                asked(n, command),
                Box::new(move |it| assert_eq!(it.is_err(), n == 5)),
            );
        }
        assert_eq!(world.tells("a", 10).await, "8 after 8");
        let incidents = world.incidents();
        let [Incident::Panicked { what, .. }] = incidents.as_slice() else {
            panic!("{incidents:?}")
        };
        assert_eq!(what, "a planted panic");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn one_of_a_hundred_commands_panics_and_no_actor_is_stuck() {
    on_stage(async {
        let world = World::new();
        let key = |n: u128| format!("till-{}", n % 50);
        let (mut broken, mut parked) = (0, 0);
        for n in 1..=5_000 {
            let command = if n % 101 == 0 { Panic } else { Put(1) };
            match world.asks(&key(n), n, command).await {
                Ok(_) => {}
                Err(Refused::Broken) => broken += 1,
                Err(Refused::Parked) => parked += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!((broken, parked), (49, 0));
        for n in 1..=50 {
            let key = key(n);
            assert_eq!(world.tells(&key, 10_000 + n).await, told(&world.truth(&key).await));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_panics_again_and_again_is_parked_and_comes_back() {
    on_stage(async {
        let world = World::new();
        world.asks("a", 1, Open(5)).await.expect("done");
        for n in 2..2 + u128::from(PANICS_MAX) {
            assert!(matches!(world.asks("a", n, Panic).await, Err(Refused::Broken)));
        }
        assert!(matches!(world.incidents().last(), Some(Incident::Parked { .. })));
        world.asks("b", 30, Open(1)).await.expect("others go on");
        for n in 10..20 {
            assert!(matches!(world.asks("a", n, Put(1)).await, Err(Refused::Parked)));
            advance(PARKED / 10).await;
        }
        world.asks("b", 30, Open(1)).await.expect("others go on");
        advance(PARKED / 11).await;
        assert_eq!(world.tells("a", 31).await, "5 after 1", "it is back");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_parked_actor_does_not_begin_anew_by_leaving() {
    on_stage(async {
        let world = World::new();
        for n in 1..=u128::from(PANICS_MAX) {
            assert!(world.asks("a", n, Panic).await.is_err());
        }
        advance(PARKED / 2).await;
        assert!(matches!(world.asks("a", 9, Put(1)).await, Err(Refused::Parked)));
        passes(PARKED).await;
        assert_eq!(world.registry.live(), 0, "nothing more is held against it");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_gives_its_place_back() {
    on_stage(async {
        let world = World::new();
        world.asks("a", 1, Open(5)).await.expect("done");
        for n in 2..3 + u128::from(INBOX_MAX) {
            // Far enough from each other that it is not parked, and too close for it to leave.
            advance(PANICS_WITHIN / 2 + Duration::from_secs(1)).await;
            let refused = world.asks("a", n, Panic).await.expect_err("it panics");
            assert!(matches!(refused, Refused::Broken), "a place is lost: {refused}");
        }
        assert_eq!(world.tells("a", 999).await, "5 after 1");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_panics_everywhere_keeps_nobody_out() {
    on_stage(async {
        let live_max = 64;
        let world = World::with(Limits { live_max, ..Limits::default() });
        for n in 0..live_max as u128 * u128::from(PANICS_MAX) {
            let key = format!("bad-{}", n % live_max as u128);
            while let Err(Refused::Busy { retry }) = world.asks(&key, 1 + n, Panic).await {
                passes(retry).await;
            }
        }
        let begun = Instant::now();
        while let Err(Refused::Busy { retry }) = world.asks("good", 1_000, Open(5)).await {
            assert!(begun.elapsed() < SWEEP, "there is no room for anyone");
            passes(retry).await;
        }
        assert_eq!(world.tells("good", 1_001).await, "5 after 1");
    })
    .await;
}
