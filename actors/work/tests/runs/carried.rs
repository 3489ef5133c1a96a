//! What runs carry whole: what is sealed for a person, and what is too large for an event.

use events::content::{Content, Json};
use events::id::main_tenant;
use events::run::How;
use events::store::keys::{KeyStore as _, open};
use events::task::TaskEvent;
use serde_json::json;

use super::world::{Running, begins, echo, end_of, how_it_ended, run, tasks_of};
use crate::command::Carrying as _;
use crate::work::carrying::{CARRIED_BYTES_MAX, Carrier};
use crate::work::tests::world::{World, on_stage};

/// Two stages, of which the second is given what the first has brought.
async fn passes_on(system: &Running, sealed: bool) {
    let mut document = json!({
        "output": "${ stages.b.output }",
        "stages": [
            { "name": "a", "task": "work", "input": "${ input }" },
            { "name": "b", "after": ["a"], "task": "work", "input": "${ stages.a.output }" },
        ],
    });
    if sealed {
        document["parameters"] = json!("sealed");
        document["stages"][0]["output"] = json!("sealed");
        document["stages"][1]["output"] = json!("sealed");
    }
    system.defines("pass", &document).await;
}

/// What the tasks of the first run were given and brought.
async fn carried(world: &World) -> Vec<Content> {
    let tasks = tasks_of(world, run(1)).await;
    let carried = tasks.into_values().flatten().filter_map(|event| {
        if let TaskEvent::Submitted(submitted) = event {
            return Some(submitted.input);
        }
        if let TaskEvent::Completed(completed) = event { Some(completed.result) } else { None }
    });
    carried.collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_sealed_for_a_person_goes_through_a_run_and_only_workers_see_it() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let seen = system.employs("work", echo).await;
        passes_on(&system, true).await;
        let tenant = main_tenant();
        let key = world.keys.subject(&tenant, "person-7").await.expect("a key");
        let secret = Json::parse(r#"{"name":"Ada"}"#).expect("JSON");
        let input = Carrier::new(&tenant, Some(&key)).content(secret);
        system.starts_with(run(1), "pass", input).await;
        let end = end_of(&world, run(1)).await;
        assert_eq!(end.how, How::Completed, "{end:?}");
        let Some(Content::Sealed(result)) = &end.result else { panic!("{end:?}") };
        let opened = open(&tenant, &key, result).expect("it is the same key");
        assert_eq!(&opened[..], br#"{"name":"Ada"}"#);
        let carried = carried(&world).await;
        assert_eq!(carried.len(), 4);
        assert!(carried.iter().all(|it| matches!(it, Content::Sealed(_))), "{carried:?}");
        assert_eq!(
            seen.lock().expect("held")["work"],
            [json!({ "name": "Ada" }), json!({ "name": "Ada" })]
        );
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_was_erased_ends_its_run() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        passes_on(&system, true).await;
        let tenant = main_tenant();
        let key = world.keys.subject(&tenant, "person-7").await.expect("a key");
        let secret = Json::parse("7").expect("JSON");
        let input = Carrier::new(&tenant, Some(&key)).content(secret);
        system.starts_with(run(1), "pass", input).await;
        world.keys.destroy(&tenant, "person-7").await.expect("it is erased");
        system.employs("work", echo).await;
        let end = end_of(&world, run(1)).await;
        assert_eq!(end.how, How::Failed);
        assert_eq!(end.error.map(|error| error.code).as_deref(), Some("input_missing"));
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_for_an_event_goes_through_a_run_beside_the_log() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let seen = system.employs("work", echo).await;
        passes_on(&system, false).await;
        let large = json!("x".repeat(CARRIED_BYTES_MAX + 1));
        system.starts_large(run(1), "pass", &large).await;
        let end = end_of(&world, run(1)).await;
        assert!(matches!(end.result, Some(Content::Blob(_))), "{end:?}");
        let carried = carried(&world).await;
        assert_eq!(carried.len(), 4);
        assert!(
            carried.iter().all(|it| matches!(it, Content::Blob(_))),
            "it was not carried whole"
        );
        assert_eq!(seen.lock().expect("held")["work"], [large.clone(), large]);
        let tasks = tasks_of(&world, run(1)).await;
        assert!(tasks.values().all(|it| how_it_ended(it) == Some("task.completed")));
        system.ends().await;
    })
    .await;
}
