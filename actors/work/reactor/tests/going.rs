//! How a reaction goes on: what is answered, what is not, and what is read at all.

use std::sync::Arc;
use std::time::Duration;

use events::id::{Consumer, LogId};
use events::known::Known;
use events::store::conformance::another::{ALL, moves};
use events::store::memory::Memory;
use events::store::{Error, EventStore, LogReader, Parked};
use events::stream::Position;
use events::task::{Class, Parent};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::world::{PassOn, World, new_log, nobody_asks, on_stage, passes};
use crate::agent::AgentCommand;
use crate::reaction::{ToDo, command_id};
use crate::reactions::{self, Listed};
use crate::runtime::tests::faulty::Fault::{BrokenAfter, BrokenBefore, Full, Unavailable};
use crate::runtime::tests::faulty::Faulty;
use crate::runtime::{Limits, Refused};
use crate::story::{agent, assign, complete, fail, order, submit, task, tenant};
use crate::task::{Order, TaskCommand};
use crate::work::Ended;
use crate::work::reactor::answers::TRIES_MAX;

/// More than may wait for one actor.
const CROWD: usize = 1_000;

/// Where it stands, as the log keeps it.
pub(super) async fn kept(world: &World) -> (Position, Vec<Parked>) {
    let consumer = Consumer::new("react/pass_on").expect("a name");
    let standing = world.log.standing(&consumer).await.expect("read").unwrap_or_default();
    (standing.position, standing.parked)
}

#[tokio::test(start_paused = true)]
async fn a_task_is_told_how_its_parts_end_and_tasks_that_are_no_parts_end_in_silence() {
    on_stage(async {
        let world = World::new().await;
        let reactor = world.begins(reactions::ALL[0]);
        world.submits([1, 9]).await;
        for n in 2..=4 {
            let parent = Some(Parent::Task(task(1)));
            let order = Order { parent, ..order("resize") };
            world.asks(n, "submit", submit(order)).await.expect("decided");
            world.asks(n, "assign", assign(&agent("ada"), 1)).await.expect("decided");
        }
        world.asks(3, "end", complete(1)).await.expect("decided");
        world.asks(2, "end", fail(1, Class::Permanent)).await.expect("decided");
        let cancel = || TaskCommand::Cancel { reason: String::new() };
        world.asks(9, "end", cancel()).await.expect("decided");
        world.settles(&reactor).await;
        reactor.stop().await;
        // Another life remembers no beginning, and looks for it.
        let reactor = world.begins(reactions::ALL[0]);
        world.asks(4, "end", cancel()).await.expect("decided");
        world.settles(&reactor).await;
        let ends = [(3, "completed"), (2, "failed"), (4, "cancelled")];
        let ends = ends.map(|(n, end)| format!("task {}: {end}", task(n)));
        assert_eq!(world.said_of(1).await, ends);
        assert!(world.said_of(9).await.is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_an_answer() {
    on_stage(async {
        let world = World::new().await;
        let reactor = world.passes_on::<0>();
        world.submits([1, 2]).await;
        world.notes(1, "7 you are not there").await;
        world.notes(1, "2 hello").await;
        world.settles(&reactor).await;
        assert_eq!(world.said_of(2).await, ["hello"]);
        assert!(world.recorded().is_empty(), "{:?}", world.recorded());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn that_there_is_too_much_to_do_is_no_attempt() {
    on_stage(async {
        let world = World::new().await;
        world.submits([1, 2]).await;
        let at = world.notes(1, "2 hello").await;
        // Where nobody may live, everyone is told to come again.
        let limits = Limits { live_max: 0, ..Limits::default() };
        let busy = World::over(world.log.clone(), limits).await;
        let reactor = busy.passes_on::<0>();
        passes(Duration::from_secs(60)).await;
        assert_eq!(*reactor.at().borrow(), Position(at.0 - 1), "nobody answered");
        assert!(busy.recorded().is_empty(), "{:?}", busy.recorded());
        reactor.stop().await;
        let reactor = world.passes_on::<0>();
        world.settles(&reactor).await;
        assert_eq!(world.said_of(2).await, ["hello"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn that_no_more_may_wait_for_an_actor_is_no_attempt() {
    on_stage(async {
        let faulty = Faulty::new(new_log());
        let world = Arc::new(World::on(faulty.clone(), Limits::default()).await);
        world.submits([1, 2]).await;
        let at = world.notes(1, "2 hello").await;
        faulty.holds_back(true);
        let mut crowd = JoinSet::new();
        for n in 0..CROWD {
            let note = TaskCommand::Note { text: format!("crowd {n}") };
            let (world, name) = (Arc::clone(&world), n.to_string());
            crowd.spawn_local(async move { world.asks(2, &name, note).await });
        }
        passes(Duration::from_secs(1)).await;
        let reactor = world.passes_on::<0>();
        passes(Duration::from_secs(60)).await;
        assert_eq!(*reactor.at().borrow(), Position(at.0 - 1), "there was no room");
        faulty.holds_back(false);
        let answers = crowd.join_all().await;
        let is_busy = |answer: &Result<_, _>| matches!(answer, Err(Refused::Busy { .. }));
        let busy = answers.iter().filter(|answer| is_busy(answer)).count();
        assert!((1..CROWD).contains(&busy), "{busy} of {CROWD} found no room");
        world.settles(&reactor).await;
        let said = world.said_of(2).await;
        assert_eq!(said.len(), CROWD - busy + 1);
        assert_eq!(said.last().map(String::as_str), Some("hello"));
        assert!(world.recorded().is_empty(), "{:?}", world.recorded());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn that_the_log_takes_nothing_is_no_attempt_either() {
    on_stage(async {
        let faulty = Faulty::new(new_log());
        let world = World::on(faulty.clone(), Limits::default()).await;
        world.submits([1, 2]).await;
        world.notes(1, "2 hello").await;
        world.notes(1, "2 again").await;
        let faults = [Unavailable, Full, BrokenBefore, BrokenAfter];
        faulty.befalls(faults.repeat(TRIES_MAX as usize));
        let reactor = world.passes_on::<0>();
        world.settles(&reactor).await;
        assert_eq!(world.said_of(2).await, ["hello", "again"]);
        passes(Duration::from_secs(300)).await;
        assert_eq!(kept(&world).await, (world.head().await, vec![]));
        assert!(world.recorded().is_empty(), "{:?}", world.recorded());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_read_for_a_while_is_read_again_and_nothing_is_skipped() {
    on_stage(async {
        for fails in 1..8 {
            let faulty = Faulty::new(new_log());
            let world = World::on(faulty.clone(), Limits::default()).await;
            world.submits([1, 2]).await;
            world.notes(1, "2 before").await;
            // At its beginning, and later in between.
            faulty.fails_reads(fails);
            let reactor = world.passes_on::<0>();
            world.settles(&reactor).await;
            passes(Duration::from_secs(5)).await;
            faulty.fails_reads(fails);
            passes(Duration::from_secs(5)).await;
            world.notes(1, "2 then").await;
            world.settles(&reactor).await;
            assert_eq!(world.said_of(2).await, ["before", "then"], "after {fails}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn that_it_ends_by_itself_is_told() {
    on_stage(async {
        let faulty = Faulty::new(new_log());
        let world = World::on(faulty.clone(), Limits::default()).await;
        let told = || world.ended.lock().expect("held").clone();
        let quiet = world.begins(Listed::of::<PassOn<0>>());
        passes(Duration::from_secs(5)).await;
        quiet.stop().await;
        assert!(told().is_empty(), "that it was told to end is no trouble");
        let _panics = world.begins(Listed {
            needs_beginning: |_, _| panic!("a planted panic"),
            ..Listed::of::<PassOn<0>>()
        });
        world.submits([1]).await;
        passes(Duration::from_secs(5)).await;
        let panicked = told();
        let [Ended::Panicked { part: "reactor", what }] = &panicked[..] else {
            panic!("{panicked:?}")
        };
        assert_eq!(what, "a planted panic");
        let _reads = world.begins(Listed::of::<PassOn<0>>());
        passes(Duration::from_secs(5)).await;
        faulty.is_lost();
        passes(Duration::from_secs(5)).await;
        assert!(
            matches!(told()[..], [_, Ended::Log { error: Error::Failed(_), .. }]),
            "{:?}",
            told()
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_concern_a_reaction_is_not_even_read() {
    on_stage(async {
        let world = World::new().await;
        let reactor = world.begins(Listed {
            hears: &[],
            needs_beginning: nobody_asks,
            react: |_, _| panic!("it was read"),
            ..Listed::of::<PassOn<0>>()
        });
        world.submits([1]).await;
        world.notes(1, "2 hello").await;
        world.writes(1, "task.noted", "this is no JSON").await;
        world.settles(&reactor).await;
        assert!(world.recorded().is_empty(), "{:?}", world.recorded());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_told_as_well() {
    on_stage(async {
        let world = World::new().await;
        let reactor = world.begins(Listed {
            react: |_, _| vec![ToDo::Agent(agent("ada"), AgentCommand::Resume)],
            ..Listed::of::<PassOn<0>>()
        });
        world.submits([1]).await;
        let at = world.notes(1, "hello").await;
        world.settles(&reactor).await;
        let event = Known::read(&world.log.at(&[at]).await.expect("read")[0]).expect("known");
        let id = command_id("pass_on", &event, 0);
        let outcome = world.log.outcome(&tenant("main"), id).await.expect("read");
        assert_eq!(outcome.expect("decided").stream.key.as_str(), "ada");
    })
    .await;
}

/// A log in which a note waits to be passed on, taken into another one beside those who react to that.
async fn taken_in(adopted: bool) -> Vec<String> {
    let there = World::over(Memory::new(LogId(Uuid::from_u128(8))), Limits::default()).await;
    there.submits([1, 2]).await;
    there.notes(1, "2 from there").await;
    let here = World::new().await;
    let reactor = here.passes_on::<0>();
    here.submits([3]).await;
    here.settles(&reactor).await;
    let store: Arc<dyn EventStore> = Arc::new(here.log.clone());
    moves(&there.log.reader(), &store, ALL, adopted).await.expect("it moves");
    here.notes(3, "2 from here").await;
    here.settles(&reactor).await;
    here.said_of(2).await
}

#[tokio::test(start_paused = true)]
async fn what_comes_from_another_log_beside_it_is_passed_over_unless_it_is_adopted() {
    on_stage(async {
        assert_eq!(taken_in(false).await, ["from here"], "what is done elsewhere is done again");
        assert_eq!(taken_in(true).await, ["from there", "from here"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn it_is_kept_how_far_it_came_and_another_life_goes_on_there() {
    on_stage(async {
        let world = World::new().await;
        let reactor = world.passes_on::<0>();
        world.submits([1, 2]).await;
        world.notes(1, "2 hello").await;
        world.settles(&reactor).await;
        passes(Duration::from_secs(10)).await;
        let head = world.head().await;
        assert_eq!(kept(&world).await, (head, vec![]));
        reactor.stop().await;
        let reactor = world.passes_on::<0>();
        world.reaches(&reactor, head).await;
        world.notes(1, "2 again").await;
        world.settles(&reactor).await;
        assert_eq!(world.said_of(2).await, ["hello", "again"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_taken_over_before_is_reacted_to_as_well() {
    on_stage(async {
        let world = World::new().await;
        world.log.claim_all().await.expect("claimed");
        let reactor = world.passes_on::<0>();
        world.submits([1, 2]).await;
        world.notes(1, "2 hello").await;
        world.settles(&reactor).await;
        passes(Duration::from_secs(30)).await;
        assert_eq!(kept(&world).await, (world.head().await, vec![]));
    })
    .await;
}
