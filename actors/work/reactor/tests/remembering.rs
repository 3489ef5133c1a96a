//! A reaction that remembers: what it remembers is what the log says, whenever it begins, and a fact
//! starts one run for each trigger.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::codec::Words;
use events::content::Json;
use events::fact::{CloudEvent, FactEvent};
use events::id::{CommandId, LogId, Principal};
use events::known::Known;
use events::run::{By, NotStarted, RunEvent};
use events::store::conformance::another::{ALL, moves};
use events::store::memory::Memory as Log;
use events::store::moving::standing::DoneElsewhere;
use events::store::{
    Append, Cause, Decision, EventStore, Expected, Filter, LogReader, NewEvent, RequestHash,
};
use events::stream::{Position, StreamId};
use events::time::Timestamp;
use events::trigger::{Paused, TriggerEvent};
use uuid::Uuid;

use super::crashes::{is_done_after, process};
use super::world::{World, new_log, on_stage};
use crate::reactions::Listed;
use crate::reactions::start_by_fact::{HEARS, NAME, StartByFact};
use crate::runtime::Limits;
use crate::trigger::Terms;
use crate::work::reactor::memory::Memory;

/// How many facts there are to react to.
const FACTS: u64 = 40;

fn listed() -> Listed {
    Listed::remembering(NAME, HEARS, StartByFact::begin)
}

fn set(kind: &str) -> TriggerEvent {
    let terms = Terms {
        kind: kind.into(),
        source: None,
        filter: None,
        pipeline: "thank".parse().expect("a token"),
        edition: None,
        input: r#""${ fact.data }""#.into(),
    };
    TriggerEvent::Set(terms.recorded(Timestamp(0)))
}

fn fact(n: u64, kind: &str) -> FactEvent {
    FactEvent::Recorded(CloudEvent {
        specversion: "1.0".into(),
        id: n.to_string(),
        source: "shop".into(),
        kind: kind.into(),
        time: None,
        subject: None,
        datacontenttype: None,
        data: Some(Json::parse(&n.to_string()).expect("JSON")),
    })
}

impl World {
    /// This happens to something; where it stands in the log.
    async fn happens<E: Words>(&self, key: &str, event: E) -> Position {
        let category = E::CATEGORY.parse().expect("a token");
        let head = self.head().await;
        let append = Append {
            stream: StreamId::new(
                "main".parse().expect("a token"),
                category,
                key.parse().expect("a token"),
            ),
            expected: Expected::Any,
            command: CommandId::publisher(&format!("{} {head}", E::CATEGORY)),
            request: RequestHash([0; 32]),
            owner: None,
            decision: Decision::Accepted(vec![NewEvent::of(&event)]),
            cause: Cause::by(Principal::new("tester").expect("a label")),
            blobs: Vec::new(),
        };
        self.writer.append(append).await.expect("appended").outcome.position()
    }
}

/// Because of which facts runs were to begin, and how many of each.
async fn started(log: &dyn LogReader) -> BTreeMap<Uuid, usize> {
    let mut started = BTreeMap::new();
    let filter = Filter { category: Some("run".parse().expect("a token")), ..Filter::default() };
    let page = log.read_all(Position::FIRST, &filter, 4096).await.expect("it is read");
    for stored in &page.events {
        let Known::Run(event) = Known::read(stored).expect("known") else { continue };
        let RunEvent::NotStarted(NotStarted { by, .. }) = event.event else {
            panic!("there is no such pipeline: {event:?}");
        };
        let By::Trigger { fact, .. } = by else { panic!("{by:?}") };
        *started.entry(fact.0).or_default() += 1;
    }
    started
}

#[test]
fn wherever_the_process_ends_a_fact_starts_one_run() {
    let (mut steps, mut is_done) = (0, false);
    while !is_done {
        steps += 1;
        let log = new_log();
        process(async {
            let world = World::over(log.clone(), Limits::default()).await;
            world.happens("paid", set("order.paid")).await;
            for n in 0..FACTS {
                world.happens("shop", fact(n, "order.paid")).await;
            }
        });
        is_done = process(is_done_after(&log, listed(), steps));
        // What becomes of the trigger later is nothing to the facts before.
        process(async {
            let world = World::over(log.clone(), Limits::default()).await;
            let paused = TriggerEvent::Paused(Paused { reason: String::new() });
            world.happens("paid", paused).await;
            world.happens("shop", fact(FACTS, "order.paid")).await;
        });
        assert!(process(is_done_after(&log, listed(), usize::MAX)), "it ended by itself");
        let started = process(async { started(&*log.reader()).await });
        let all: usize = started.values().sum();
        assert!(all as u64 <= FACTS, "a trigger fires again: {all} runs, after {steps} steps");
        assert_eq!(started.len() as u64, FACTS, "a fact is forgotten, after {steps} steps");
    }
    assert!(steps > 10, "it waited {steps} times, which is no test");
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_of_a_memory_counts_where_it_fits_the_log() {
    on_stage(async {
        let world = World::new().await;
        world.happens("paid", set("order.paid")).await;
        let head = world.happens("shop", fact(1, "order.paid")).await;
        let (tools, elsewhere) = (&world.means.tools, DoneElsewhere::default());
        let mut memory = Memory::new(NAME, StartByFact::begin());
        memory.recall(tools, &elsewhere, head).await.expect("it is read");
        memory.keep(tools).await.expect("it is kept");
        // It remembers without the log being read, which is at its beginning here.
        let mut again = Memory::new(NAME, StartByFact::begin());
        again.recall(tools, &elsewhere, Position::ZERO).await.expect("it is read");
        assert_eq!(again.at(), head);
        let stored = world.log.at(&[head]).await.expect("it is there").remove(0);
        let event = Known::read(&stored).expect("known");
        assert_eq!(again.react(&event), memory.react(&event));
        assert_eq!(again.react(&event).expect("it is remembered").len(), 1);
        // Beside another log it is nothing.
        let other = World::over(Log::new(LogId(Uuid::from_u128(8))), Limits::default()).await;
        other.happens("shop", fact(1, "order.paid")).await;
        other.happens("shop", fact(2, "order.paid")).await;
        let name = Memory::new(NAME, StartByFact::begin()).name().clone();
        let kept = tools.snapshots.load(&name).expect("it was kept");
        other.means.tools.snapshots.save(&name, &kept).expect("it is kept");
        let mut misled = Memory::new(NAME, StartByFact::begin());
        misled.recall(&other.means.tools, &elsewhere, Position(2)).await.expect("it is read");
        assert_eq!(misled.react(&event), Ok(vec![]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_reaction_keeps_what_it_remembers_when_it_stops() {
    on_stage(async {
        let world = World::new().await;
        world.happens("paid", set("order.paid")).await;
        for n in 0..200 {
            world.happens("shop", fact(n, "order.sent")).await;
        }
        let reactor = world.begins(listed());
        world.settles(&reactor).await;
        reactor.stop().await;
        let name = Memory::new(NAME, StartByFact::begin()).name().clone();
        let kept = world.means.tools.snapshots.load(&name).expect("it is kept");
        assert_eq!(kept.version.0, world.head().await.0);
        assert!(started(&*world.log.reader()).await.is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_trigger_of_another_log_starts_nothing_here_unless_it_is_adopted() {
    for is_adopted in [false, true] {
        on_stage(async {
            let there = World::over(Log::new(LogId(Uuid::from_u128(9))), Limits::default()).await;
            there.happens("paid", set("order.paid")).await;
            there.happens("shop", fact(1, "order.paid")).await;
            let world = World::new().await;
            world.happens("bank", fact(2, "order.paid")).await;
            let store: Arc<dyn EventStore> = Arc::new(world.log.clone());
            moves(&there.log.reader(), &store, ALL, is_adopted).await.expect("it moves");
            let reactor = World::over(world.log.clone(), Limits::default()).await;
            let at_work = reactor.begins(listed());
            reactor.happens("bank", fact(3, "order.paid")).await;
            reactor.settles(&at_work).await;
            let runs = started(&*world.log.reader()).await.len();
            assert_eq!(runs, if is_adopted { 2 } else { 0 }, "adopted: {is_adopted}");
        })
        .await;
    }
}
