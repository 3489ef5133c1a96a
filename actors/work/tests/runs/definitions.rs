//! What runs begin by: found, kept at hand, and never older than what was said.

mod beside;
mod watched;

use events::id::{PipelineId, main_tenant};
use serde_json::{Value, json};

use super::world::{Running, begins, json};
use crate::pipeline::PipelineCommand;
use crate::run::{Resolved, Wanted};
use crate::work::tests::world::{World, ask, asked, on_stage, passes};

fn clean() -> PipelineId {
    "clean".parse().expect("a token")
}

fn wanted(edition: Option<u32>) -> Wanted {
    Wanted { pipeline: clean(), edition }
}

/// One that does this kind of work.
fn document(kind: &str) -> Value {
    json!({ "stages": [{ "name": "a", "task": kind }] })
}

async fn found(system: &Running, edition: Option<u32>) -> Resolved {
    let definitions = &system.life.means.definitions;
    let found = definitions.find(&main_tenant(), &wanted(edition)).await.expect("it is read");
    if let Resolved::Found { .. } = &found {
        let at_hand = definitions.at_hand(&main_tenant(), &wanted(edition));
        assert_eq!(at_hand.as_ref(), Some(&found), "what was found is at hand");
    }
    found
}

/// The edition that is found, and the work that it does.
async fn kind(system: &Running, edition: Option<u32>) -> (u32, String, bool) {
    match found(system, edition).await {
        Resolved::Found { edition, plan, is_deprecated } => {
            let plan: Value = serde_json::from_str(plan.as_str()).expect("JSON");
            let kind = plan["stages"][0]["task"].as_str().expect("a word").to_owned();
            (edition, kind, is_deprecated)
        }
        other @ (Resolved::NoPipeline | Resolved::NoEdition) => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_definition_is_found_as_soon_as_it_is_said_to_be_there() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        assert_eq!(found(&system, None).await, Resolved::NoPipeline);
        system.defines("clean", &document("one")).await;
        assert_eq!(kind(&system, None).await, (1, "one".into(), false));
        assert_eq!(found(&system, Some(2)).await, Resolved::NoEdition);
        for n in 2..20 {
            system.defines("clean", &document(&format!("work-{n}"))).await;
            assert_eq!(kind(&system, None).await, (n, format!("work-{n}"), false));
        }
        assert_eq!(kind(&system, Some(1)).await, (1, "one".into(), false));
        assert_eq!(kind(&system, Some(7)).await, (7, "work-7".into(), false));
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_said_elsewhere_is_heard_through_the_log() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.defines("clean", &document("one")).await;
        assert_eq!(kind(&system, None).await.0, 1);
        let pipelines = &system.life.means.pipelines;
        let define = PipelineCommand::Define { document: json(&document("two")) };
        let key = || "clean".parse().expect("a token");
        ask(pipelines, key(), asked(define)).await.expect("it is decided");
        passes(std::time::Duration::from_secs(1)).await;
        assert_eq!(kind(&system, None).await, (2, "two".into(), false));
        let reason = String::new();
        let deprecate = PipelineCommand::Deprecate { edition: Some(1), reason };
        ask(pipelines, key(), asked(deprecate)).await.expect("it is decided");
        passes(std::time::Duration::from_secs(1)).await;
        assert_eq!(kind(&system, Some(1)).await, (1, "one".into(), true));
        assert_eq!(kind(&system, None).await, (2, "two".into(), false));
        // Behind what was said about it, an edition stands later than its number.
        system.defines("clean", &document("three")).await;
        assert_eq!(kind(&system, None).await, (3, "three".into(), false));
        system.ends().await;
    })
    .await;
}
