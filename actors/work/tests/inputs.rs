//! What tasks carry is kept for a while, and takes no more room than that.

use std::sync::Arc;

use events::recorded::Stored;
use events::store::{Filter, LogReader as _};
use events::stream::{Position, Version};

use super::world::{World, on_stage, task};
use crate::work::inputs::Inputs;

#[tokio::test(start_paused = true)]
async fn one_that_waits_for_long_does_not_hold_up_those_that_are_gone() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        life.submits(task(1), "resize").await;
        let page = world.store.log.read_all(Position::FIRST, &Filter::default(), 1).await;
        let first = page.expect("it is read").events.remove(0);
        let at = |position| {
            let (hash, header) = (first.hash(), first.header_bytes());
            let stored = Stored::new(Position(position), hash, header, first.payload());
            Arc::new(stored.expect("it is one"))
        };
        let inputs = Inputs::default();
        // Nobody is there for this one.
        inputs.keep(&at(1));
        for position in 2..20_000 {
            inputs.keep(&at(position));
            inputs.take(Position(position), &world.store.log).await.expect("it is there");
            assert!(inputs.in_line() < 2_000, "{} in line for one", inputs.in_line());
        }
        inputs.take(Position(1), &world.store.log).await.expect("it is there");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn with_one_that_waited_for_long_come_those_that_waited_beside_it() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        for n in 0..40 {
            life.submits(task(n), "resize").await;
        }
        let log = &world.store;
        let page = log.read_all(Position::FIRST, &Filter::default(), 1000).await;
        let submitted = page.expect("it is read").events.into_iter().filter(|stored| {
            let header = stored.header();
            header.category == "task" && header.version == Version::FIRST
        });
        let mut waiting = submitted.map(|stored| stored.position());
        let inputs = Inputs::default();
        let eldest = waiting.next().expect("there are some");
        inputs.take(eldest, log).await.expect("it is read");
        world.store.is_lost();
        let mut beside = 0;
        while inputs.take(waiting.next().expect("not all of them"), log).await.is_ok() {
            beside += 1;
        }
        assert!((8..32).contains(&beside), "{beside} came with it");
    })
    .await;
}
