//! An event that cannot be dealt with holds up its own stream, and nothing else, until someone has it
//! tried again or gives it up.

use std::sync::atomic::Ordering;
use std::time::Duration;

use events::node::NodeEvent;
use events::store::{Parked, ParkedState};
use events::stream::Position;

use super::going::kept;
use super::world::{MENDED, World, on_stage, passes, stream};
use crate::runtime::Limits;
use crate::work::errand::annals;
use crate::work::reactor::mending::Which;
use crate::work::reactor::parked::NotDone;

const NOTED: &str = "task.noted";
/// After how long everything is kept.
const SOON: Duration = Duration::from_secs(10);

fn states(parked: &[Parked]) -> Vec<(u64, ParkedState)> {
    parked.iter().map(|row| (row.position.0, row.state)).collect()
}

/// What happened to parked events, and where.
fn told(world: &World) -> Vec<(&'static str, u64)> {
    let word = |event: &NodeEvent| match event {
        NodeEvent::EventParked(it) => ("parked", it.position),
        NodeEvent::ParkedEventRetried(it) => ("retried", it.position),
        NodeEvent::ParkedEventSkipped(it) => ("skipped", it.position),
        NodeEvent::Started(_)
        | NodeEvent::Stopped(_)
        | NodeEvent::ActorPanicked(_)
        | NodeEvent::ActorParked(_) => panic!("{event:?}"),
    };
    world.recorded().iter().map(word).collect()
}

#[tokio::test(start_paused = true)]
async fn a_poisoned_event_holds_up_its_stream_alone_until_it_is_given_up() {
    on_stage(async {
        let world = World::new().await;
        world.submits(1..=3).await;
        let bad = world.writes(1, NOTED, "this is no JSON").await;
        let behind = world.writes(1, NOTED, r#"{"text":"2 behind"}"#).await;
        world.notes(3, "2 beside").await;
        let reactor = world.passes_on::<0>();
        world.settles(&reactor).await;
        assert_eq!(world.said_of(2).await, ["beside"], "a parked stream was overtaken");
        passes(SOON).await;
        let (at, parked) = kept(&world).await;
        assert_eq!(at, world.head().await);
        let blocking = (bad.0, ParkedState::Blocking);
        assert_eq!(states(&parked), [blocking, (behind.0, ParkedState::Behind)]);
        assert_eq!((parked[0].stream.clone(), parked[0].tries), (stream(1), 1));

        let mending = reactor.mending();
        assert_eq!(mending.list().await.expect("read").parked, parked);
        assert_eq!(mending.retry(Which::At(bad), annals()).await, Ok(bad));
        passes(SOON).await;
        assert_eq!(kept(&world).await.1[0].tries, 2, "it is as bad as it was");
        assert_eq!(mending.skip(bad, "nobody needs it".into(), annals()).await, Ok(bad));
        assert_eq!(kept(&world).await.1[0].state, ParkedState::Skipped, "it was said to be kept");
        passes(SOON).await;
        assert_eq!(world.said_of(2).await, ["beside", "behind"]);
        assert_eq!(states(&kept(&world).await.1), [(bad.0, ParkedState::Skipped)]);
        let said = [("parked", bad.0), ("retried", bad.0), ("parked", bad.0), ("skipped", bad.0)];
        assert_eq!(told(&world), said);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_tried_again_comes_before_what_stood_behind_it() {
    on_stage(async {
        let world = World::new().await;
        world.submits(1..=2).await;
        let reactor = world.passes_on::<1>();
        let bad = world.notes(1, "2 bad").await;
        for text in ["2 a", "2 b", "2 c"] {
            world.notes(1, text).await;
        }
        world.settles(&reactor).await;
        assert!(world.said_of(2).await.is_empty(), "a parked stream was overtaken");
        MENDED[1].store(true, Ordering::Relaxed);
        assert_eq!(reactor.mending().retry(Which::Of(stream(1)), annals()).await, Ok(bad));
        world.notes(1, "2 d").await;
        passes(SOON).await;
        assert_eq!(world.said_of(2).await, ["bad", "a", "b", "c", "d"]);
        assert_eq!(kept(&world).await.1, []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_parked_stays_so_over_a_restart_and_keeps_its_order() {
    on_stage(async {
        let world = World::new().await;
        world.submits(1..=2).await;
        let reactor = world.passes_on::<2>();
        let bad = world.notes(1, "2 bad").await;
        world.notes(1, "2 a").await;
        world.settles(&reactor).await;
        passes(SOON).await;
        reactor.stop().await;

        let world = World::over(world.log.clone(), Limits::default()).await;
        let reactor = world.passes_on::<2>();
        world.notes(1, "2 b").await;
        world.settles(&reactor).await;
        passes(SOON).await;
        assert!(world.said_of(2).await.is_empty(), "a parked stream was overtaken");
        assert_eq!(kept(&world).await.1.len(), 3);
        assert_eq!(told(&world), [], "it is parked already");
        MENDED[2].store(true, Ordering::Relaxed);
        reactor.mending().retry(Which::At(bad), annals()).await.expect("tried again");
        passes(SOON).await;
        assert_eq!(world.said_of(2).await, ["bad", "a", "b"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_event_is_parked_when_its_command_has_failed_five_times() {
    on_stage(async {
        let world = World::new().await;
        world.submits(1..=3).await;
        // Nobody can say anything to a task whose history cannot be read.
        world.writes(2, NOTED, "this is no JSON").await;
        let bad = world.notes(1, "3 before;2 hello").await;
        let behind = world.notes(1, "2 again").await;
        let later = world.notes(1, "3 behind").await;
        let reactor = world.passes_on::<0>();
        passes(SOON).await;
        let (_, parked) = kept(&world).await;
        let row = parked.iter().find(|row| row.position == bad).expect("parked");
        assert_eq!((row.state, row.tries), (ParkedState::Blocking, 5), "{}", row.why);
        assert!(parked.iter().any(|row| row.position == behind), "{parked:?}");
        // It was under way already, to someone else.
        assert!(parked.iter().all(|row| row.position != later), "{parked:?}");
        assert_eq!(world.said_of(3).await, ["before", "behind"]);
        reactor.mending().skip(bad, String::new(), annals()).await.expect("given up");
        passes(SOON).await;
        assert_eq!(told(&world).last(), Some(&("parked", behind.0)), "it is as bad");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn only_what_holds_up_a_stream_can_be_mended() {
    on_stage(async {
        let world = World::new().await;
        world.submits(1..=2).await;
        let reactor = world.passes_on::<0>();
        let bad = world.notes(1, "2 bad").await;
        let behind = world.notes(1, "2 a").await;
        world.settles(&reactor).await;
        let mending = reactor.mending();
        let waits = Err(NotDone::Behind(bad));
        assert_eq!(mending.retry(Which::At(behind), annals()).await, waits);
        assert_eq!(mending.skip(behind, String::new(), annals()).await, waits);
        assert_eq!(mending.retry(Which::At(Position(1)), annals()).await, Err(NotDone::NotParked));
        assert_eq!(mending.retry(Which::Of(stream(2)), annals()).await, Err(NotDone::NotParked));
        reactor.stop().await;
        assert_eq!(mending.retry(Which::At(bad), annals()).await, Err(NotDone::Ended));
    })
    .await;
}
