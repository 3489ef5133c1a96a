//! In which order commands are given, and how many at once.

use std::sync::Arc;

use events::store::{Filter, LogReader, PAGE_EVENTS_MAX};
use events::stream::Position;

use super::world::{PassOn, World, on_stage};
use crate::reactions::Listed;
use crate::work::reactor::Desk;
use crate::work::reactor::window::COMMANDS_MAX;

const SOURCES: u64 = 4;
const TARGETS: u64 = 3;

/// Notes that every source passes on to every target; what each target is to be told.
pub(super) async fn notes(world: &World, count: u64) -> Vec<(u64, Vec<String>)> {
    world.submits(1..=SOURCES).await;
    let mut told: Vec<_> = (101..=100 + TARGETS).map(|target| (target, Vec::new())).collect();
    world.submits(told.iter().map(|(target, _)| *target)).await;
    for n in 0..count {
        let (target, texts) = &mut told[(n % TARGETS) as usize];
        world.notes(1 + n % SOURCES, &format!("{target} word-{n}")).await;
        texts.push(format!("word-{n}"));
    }
    told
}

#[tokio::test(start_paused = true)]
async fn everyone_is_told_in_the_order_of_the_log() {
    on_stage(async {
        let world = World::new().await;
        let told = notes(&world, 600).await;
        let reactor = world.passes_on::<0>();
        world.settles(&reactor).await;
        for (target, texts) in told {
            assert_eq!(world.said_of(target).await, texts, "task {target}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_one_event_several_may_be_told() {
    on_stage(async {
        let world = World::new().await;
        let reactor = world.passes_on::<0>();
        world.submits(1..=3).await;
        let at = world.notes(1, "2 a;3 b;2 c").await;
        world.reaches(&reactor, at).await;
        assert_eq!(world.said_of(2).await, ["a", "c"]);
        assert_eq!(world.said_of(3).await, ["b"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn no_more_is_under_way_than_there_is_room_for_and_nothing_of_it_counts_as_done() {
    on_stage(async {
        let world = World::new().await;
        notes(&world, 600).await;
        let listed = Listed::of::<PassOn<0>>();
        let means = Arc::clone(&world.means);
        let (mut desk, mut ears, ..) = Desk::new(listed, means, Box::new(|_, _| {}));
        let all = world.log.read_all(Position::FIRST, &Filter::default(), PAGE_EVENTS_MAX).await;
        desk.waiting.extend(all.expect("read").events.into_iter().map(Arc::new));
        let first = Position(SOURCES + TARGETS);
        desk.take_in().await.expect("taken in");
        assert_eq!(desk.window.fresh(), COMMANDS_MAX);
        assert_eq!(desk.read, Position(first.0 + COMMANDS_MAX as u64));
        desk.send();
        let mut cursor = desk.window.done(desk.read);
        assert_eq!(cursor, first, "an unanswered command counts as given");
        while desk.window.fresh() > 0 {
            let note = ears.notes.recv().await.expect("an answer");
            desk.note(note);
            desk.send();
            let lowest = desk.window.lowest().unwrap_or_else(|| desk.read.next());
            let done = desk.window.done(desk.read);
            assert!(cursor <= done && done < lowest, "{cursor} {done} {lowest}");
            cursor = done;
        }
        assert_eq!(cursor, desk.read);
    })
    .await;
}
