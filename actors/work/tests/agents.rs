//! What agents say of themselves, and what is made of those who say nothing.

use std::time::Duration;

use events::bus::{Bus as _, Subscribe};
use events::content::{Content, Json};
use events::store::LogReader as _;
use events::task::{Loss, TaskEvent};

use super::world::{Life, World, asked_to, on_stage, passes, task};
use crate::agent::AgentCommand;
use crate::leases::{AGENTS_MAX, Pair};
use crate::runtime::tests::faulty::Fault;
use crate::task::TaskCommand;
use crate::work::foreman::beats::WAITING_MAX;

const BEAT: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_called_silent_while_it_beats_is_called_back() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        passes(Duration::from_secs(1)).await;
        life.beats("resize", vec![]).await;
        // That was decided when a beat was late, and came behind the next one.
        let since = life.means.tools.clock.now();
        life.tells("resize", AgentCommand::GoSilent { since }).await;
        passes(Duration::from_secs(1)).await;
        life.beats("resize", vec![]).await;
        passes(Duration::from_secs(1)).await;
        life.submits(task(1), "resize").await;
        let work = tokio::time::timeout(BEAT, worker.next()).await.expect("it gets work again");
        assert_eq!(asked_to(&work.expect("there is work")), (task(1), 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn agents_that_nobody_registered_are_not_watched() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        life.registers("resize", 1).await;
        passes(Duration::from_secs(1)).await;
        let none = Pair { task: task(7), attempt: 1 };
        for ghosts in 0..=AGENTS_MAX / WAITING_MAX {
            for n in 0..WAITING_MAX {
                let told = life.beats(&format!("ghost-{ghosts}-{n}"), vec![none]).await;
                assert_eq!(told, [none], "it has nothing");
            }
        }
        // There is room for one who is there.
        life.beats("resize", vec![]).await;
        let head = world.store.log.head().await.expect("a head").position;
        passes(BEAT * 3).await;
        let told = world.store.log.head().await.expect("a head").position;
        assert_eq!(told.0, head.0 + 1, "nothing is on record but that one agent fell silent");
    })
    .await;
}

/// How often work was handed out for nobody.
async fn in_vain(world: &World) -> usize {
    let nobody = |event: &&TaskEvent| matches!(event, TaskEvent::LeaseLost(lost) if lost.why == Loss::NobodyThere);
    world.history(task(1)).await.iter().filter(nobody).count()
}

async fn waits_for_a_worker(world: &World) -> Life {
    let life = world.begins().await;
    life.registers("resize", 1).await;
    passes(Duration::from_secs(1)).await;
    life.submits(task(1), "resize").await;
    passes(Duration::from_secs(600)).await;
    life
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_not_there_is_asked_once_and_not_again_before_someone_listens() {
    on_stage(async {
        let world = World::new();
        let life = waits_for_a_worker(&world).await;
        assert_eq!(in_vain(&world).await, 1, "the bus knows that nobody listens");
        let mut worker = life.works("resize").await;
        let work = tokio::time::timeout(BEAT, worker.next()).await.expect("it gets it soon");
        assert_eq!(asked_to(&work.expect("there is work")), (task(1), 2));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_cannot_be_seen_is_asked_less_and_less_often() {
    on_stage(async {
        let world = World::unseeing();
        let _life = waits_for_a_worker(&world).await;
        let asked = in_vain(&world).await;
        assert!((8..=16).contains(&asked), "asked {asked} times in ten minutes");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_gives_a_sign_of_life_gets_work_at_once() {
    on_stage(async {
        let world = World::unseeing();
        let life = waits_for_a_worker(&world).await;
        let pattern: events::bus::Pattern = "annals.main.work.resize".parse().expect("a pattern");
        let mut worker = life.router.subscribe(Subscribe::to(pattern)).await.expect("it listens");
        life.beats("resize", vec![]).await;
        let soon = Duration::from_millis(100);
        tokio::time::timeout(soon, worker.next()).await.expect("at once").expect("there is work");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_silent_though_the_log_did_not_take_that_at_first() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        life.registers("resize", 1).await;
        passes(Duration::from_secs(1)).await;
        life.beats("resize", vec![]).await;
        passes(BEAT).await;
        let head = world.store.log.head().await.expect("a head").position;
        world.store.befalls([Fault::Unavailable, Fault::Full]);
        passes(BEAT * 2).await;
        let told = world.store.log.head().await.expect("a head").position;
        assert_eq!(told.0, head.0 + 1, "it is on record that it is silent");
        life.submits(task(1), "resize").await;
        passes(BEAT).await;
        assert_eq!(world.history(task(1)).await.len(), 1, "it gets nothing");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_watched_is_handed_to_nobody_before_it_can() {
    on_stage(async {
        let world = World::watching(1);
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 2).await;
        life.submits(task(1), "resize").await;
        let first = worker.next().await.expect("there is work");
        life.answers(&first, "taken").await;
        life.submits(task(2), "resize").await;
        let none = tokio::time::timeout(Duration::from_millis(500), worker.next()).await;
        assert!(none.is_err(), "nobody would notice if it were lost");
        let history = world.history(task(2)).await;
        assert!(matches!(&history[2], TaskEvent::LeaseLost(lost) if lost.why == Loss::NobodyThere));
        let done = Content::Inline(Json::parse("8").expect("JSON"));
        let done = TaskCommand::Complete { attempt: 1, result: done };
        life.says(task(1), done).await.expect("it is done");
        let second = worker.next().await.expect("there is room");
        assert_eq!(asked_to(&second).0, task(2));
    })
    .await;
}
