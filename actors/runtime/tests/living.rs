//! Who lives, and how many: as many as are asked something, and never more than there is room for.

use std::time::Duration;

use tokio::time::Instant;

use super::till::TillCommand::{Look, Open, Put};
use super::world::{World, asked, on_stage, passes};
use crate::runtime::tools::{IDLE, SWEEP};
use crate::runtime::{Limits, Refused};

#[tokio::test(start_paused = true)]
async fn who_is_asked_nothing_leaves_and_answers_the_same_when_it_is_back() {
    on_stage(async {
        let world = World::new();
        world.asks("a", 1, Open(5)).await.expect("done");
        passes(IDLE / 2).await;
        assert_eq!(world.registry.live(), 1);
        let before = world.tells("a", 2).await;
        passes(IDLE + 2 * SWEEP).await;
        assert_eq!(world.registry.live(), 0, "nobody asked it anything");
        assert_eq!(world.tells("a", 3).await, before);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_has_nothing_on_record_does_not_stay() {
    on_stage(async {
        let world = World::new();
        for n in 0..100 {
            world.asks(&format!("nobody-{n}"), n, Look).await.expect("done");
        }
        tokio::task::yield_now().await;
        assert_eq!(world.registry.live(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_are_asked_and_no_more_live_than_may() {
    const ALL: u128 = 100_000;
    on_stage(async {
        let limits = Limits { live_max: 1_000, ..Limits::default() };
        let world = World::with(limits);
        let (mut most, mut refused) = (0, 0);
        for n in 0..=ALL {
            // The first one once more, when it has long left.
            let key = format!("till-{}", n % ALL);
            while let Err(Refused::Busy { retry }) = world.asks(&key, n, Open(1)).await {
                refused += 1;
                assert!(refused < ALL, "nobody leaves");
                passes(retry).await;
            }
            most = most.max(world.registry.live());
        }
        assert!(most <= limits.live_max, "{most} lived at once");
        assert_eq!(world.tells("till-0", ALL + 1).await, "1 after 1");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn when_all_leave_what_was_asked_is_answered_and_nothing_more_is_taken() {
    on_stage(async {
        let world = World::new();
        for n in 1..=500 {
            let key = format!("till-{}", n % 100);
            world.sends(&key, asked(n, Put(1)), Box::new(|it| assert!(it.is_ok())));
        }
        world.registry.drain(Instant::now() + Duration::from_secs(10)).await;
        assert_eq!(world.registry.live(), 0);
        assert!(matches!(world.asks("a", 999, Put(1)).await, Err(Refused::Busy { .. })));
        let sum = world.restarted().await.tells("till-1", 1_000).await;
        assert_eq!(sum, "5 after 5");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_told_when_the_registry_goes() {
    on_stage(async {
        let world = World::new();
        let (reply, answer) = tokio::sync::oneshot::channel();
        world.sends("a", asked(1, Put(1)), Box::new(move |it| drop(reply.send(it))));
        drop(world);
        let refused = answer.await.expect("every command is answered");
        assert!(matches!(refused, Err(Refused::Broken)), "{refused:?}");
    })
    .await;
}
