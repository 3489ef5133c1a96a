//! Definitions as a process finds them that others define beside it: nobody tells it what they do.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use events::id::main_tenant;
use events::store::snapshot::MemorySnapshots;
use tokio::runtime::Handle;
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::watched::Watched;
use super::{clean, document, wanted};
use crate::pipeline::PipelineCommand;
use crate::run::{Resolved, Wanted};
use crate::runtime::Tools;
use crate::work::definitions::Definitions;
use crate::work::tests::runs::world::{Running, begins};
use crate::work::tests::world::{World, ask, asked, on_stage, passes};

/// How many ask at once.
const MANY: usize = 20;

/// A process beside the system, and the log as that one reads it.
fn beside(world: &World, system: &Running) -> (Rc<Definitions>, Watched) {
    let (log, tools) = (Watched::over(world.store.log.clone()), &system.life.means.tools);
    let (reader, clock) = (Arc::new(log.clone()), Arc::clone(&tools.clock));
    let snapshots = Arc::new(MemorySnapshots::default());
    let tools = Tools::new(tools.writer.clone(), reader, snapshots, clock, Handle::current());
    (Rc::new(Definitions::of(Arc::new(tools))), log)
}

async fn found(definitions: &Definitions, wanted: &Wanted) -> Resolved {
    let tenant = main_tenant();
    let found = timeout(Duration::from_secs(1), definitions.find(&tenant, wanted)).await;
    let found = found.expect("nobody is waited for");
    found.expect("it is read")
}

fn other() -> Wanted {
    Wanted { pipeline: "other".parse().expect("a token"), edition: None }
}

fn edition(resolved: &Resolved) -> u32 {
    let Resolved::Found { edition, .. } = resolved else { panic!("{resolved:?}") };
    *edition
}

/// Many ask at once, and the first of them has to wait for the log.
async fn many_at_once(
    definitions: &Rc<Definitions>,
    log: &Watched,
    wanted: Wanted,
) -> Vec<Resolved> {
    log.shuts(Some("clean"));
    let ask = |_| {
        let (definitions, wanted) = (Rc::clone(definitions), wanted.clone());
        spawn_local(async move { definitions.find(&main_tenant(), &wanted).await })
    };
    let asked: Vec<_> = (0..MANY).map(ask).collect();
    passes(Duration::from_secs(1)).await;
    log.shuts(None);
    let mut found = Vec::new();
    for one in asked {
        found.push(one.await.expect("it goes well").expect("it is read"));
    }
    found
}

#[tokio::test(start_paused = true)]
async fn who_reads_of_one_pipeline_is_not_waited_for_by_those_who_want_another() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.defines("clean", &document("one")).await;
        system.defines("other", &document("two")).await;
        let (definitions, log) = beside(&world, &system);
        log.shuts(Some("clean"));
        let slow = Rc::clone(&definitions);
        let slow = spawn_local(async move { slow.find(&main_tenant(), &wanted(None)).await });
        passes(Duration::from_secs(1)).await;
        assert_eq!(edition(&found(&definitions, &other()).await), 1);
        // What happens to the one changes nothing about the other.
        definitions.heard(&main_tenant(), &other().pipeline);
        log.shuts(None);
        slow.await.expect("it goes well").expect("it is read");
        assert!(definitions.at_hand(&main_tenant(), &wanted(None)).is_some());
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_many_want_at_once_is_read_for_all_of_them() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let (definitions, log) = beside(&world, &system);
        let found = many_at_once(&definitions, &log, wanted(None)).await;
        assert_eq!(found, vec![Resolved::NoPipeline; MANY]);
        assert!(log.reads("clean") <= 2, "nobody reads what was read since they came");
        system.defines("clean", &document("one")).await;
        let found = many_at_once(&definitions, &log, wanted(Some(1))).await;
        assert_eq!(found.iter().map(edition).collect::<Vec<_>>(), [1; MANY]);
        assert!(log.reads("clean") <= 2, "the state, and the text");
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_there_is_not_is_read_once_until_there_is() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let (definitions, log) = beside(&world, &system);
        for n in 1..=3 {
            let missing = if n == 1 { Resolved::NoPipeline } else { Resolved::NoEdition };
            for _ in 0..MANY {
                assert_eq!(found(&definitions, &wanted(Some(n))).await, missing);
            }
            assert_eq!(log.reads("clean"), 1, "before edition {n}");
            system.defines("clean", &document(&format!("work-{n}"))).await;
            assert_eq!(edition(&found(&definitions, &wanted(Some(n))).await), n);
            log.reads("clean");
        }
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_edition_is_found_behind_all_that_was_said_about_those_before_it() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let pipelines = &system.life.means.pipelines;
        for n in 1..=150 {
            system.defines("clean", &document(&format!("work-{n}"))).await;
            let reason = String::new();
            let deprecate = PipelineCommand::Deprecate { edition: None, reason };
            let key = clean().as_str().parse().expect("a token");
            ask(pipelines, key, asked(deprecate)).await.expect("it is decided");
        }
        let (definitions, log) = beside(&world, &system);
        assert_eq!(edition(&found(&definitions, &wanted(Some(150))).await), 150);
        let reads = log.reads("clean");
        assert!(reads <= 8, "{reads} reads of 300 events");
        system.ends().await;
    })
    .await;
}
