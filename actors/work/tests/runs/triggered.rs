//! Runs that facts start.

use std::time::Duration;

use events::content::Json;
use events::fact::{CloudEvent, FactEvent};
use events::id::{CommandId, Principal, RunId, main_tenant};
use events::run::{By, How, RunEvent, run_of_fact};
use events::store::{Append, Cause, Decision, Expected, LogReader as _, NewEvent, RequestHash};
use events::stream::StreamId;
use serde_json::json;

use super::world::{Running, begins, echo, end_of, events_of, result_of};
use crate::trigger::{Terms, TriggerCommand};
use crate::work::tests::world::{World, ask, asked, on_stage, passes};

/// Thanks whoever has paid.
async fn thanks(system: &Running) {
    let stages = json!([{ "name": "a", "task": "work", "input": "${ input }" }]);
    let output = "${ stages.a.output }";
    system.defines("thank", &json!({ "stages": stages, "output": output })).await;
    let terms = Terms {
        kind: "order.paid".into(),
        source: None,
        filter: Some("${ fact.data.total > 100 }".into()),
        pipeline: "thank".parse().expect("a token"),
        edition: None,
        input: r#"{"order":"${ fact.id }"}"#.into(),
    };
    tells(system, TriggerCommand::Set(terms)).await;
}

async fn tells(system: &Running, command: TriggerCommand) {
    let key = "paid".parse().expect("a token");
    ask(&system.life.means.triggers, key, asked(command)).await.expect("it is recorded");
}

/// A fact is recorded; the run that it starts, if it does.
async fn pays(system: &Running, world: &World, id: &str, total: u32) -> RunId {
    let source = "shop".parse().expect("a token");
    let fact = FactEvent::Recorded(CloudEvent {
        specversion: "1.0".into(),
        id: id.into(),
        source: "shop".into(),
        kind: "order.paid".into(),
        time: None,
        subject: None,
        datacontenttype: None,
        data: Some(Json::parse(&format!(r#"{{"total":{total}}}"#)).expect("JSON")),
    });
    let category = "fact".parse().expect("a token");
    let append = Append {
        stream: StreamId::new(main_tenant(), category, "shop".parse().expect("a token")),
        expected: Expected::Any,
        command: CommandId::fact(&source, id),
        request: RequestHash([0; 32]),
        owner: None,
        decision: Decision::Accepted(vec![NewEvent::of(&fact)]),
        cause: Cause::by(Principal::new("tester").expect("a label")),
        blobs: Vec::new(),
    };
    let done = system.life.means.tools.writer.append(append).await.expect("appended");
    let at = done.outcome.position();
    let stored = world.store.log.at(&[at]).await.expect("it is there").remove(0);
    run_of_fact(&"paid".parse().expect("a token"), stored.header().event_id)
}

#[tokio::test(start_paused = true)]
async fn a_fact_that_fits_starts_a_run_once_also_through_restarts() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let seen = system.employs("work", echo).await;
        thanks(&system).await;
        let small = pays(&system, &world, "1", 100).await;
        let large = pays(&system, &world, "2", 101).await;
        assert_eq!(result_of(&world, large).await, json!({ "order": "2" }));
        let again = pays(&system, &world, "2", 101).await;
        assert_eq!(again, large, "a fact is recorded once");
        system.ends().await;
        let system = begins(&world).await;
        passes(Duration::from_secs(60)).await;
        assert_eq!(seen.lock().expect("held").values().flatten().count(), 1);
        let events = events_of(&world, large).await;
        let Some(RunEvent::Started(started)) = events.first() else { panic!("{events:?}") };
        assert!(matches!(started.by, By::Trigger { .. }), "{started:?}");
        assert!(events_of(&world, small).await.is_empty(), "it does not pass the filter");
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn while_a_trigger_is_paused_facts_start_nothing_and_later_ones_do() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("work", echo).await;
        thanks(&system).await;
        tells(&system, TriggerCommand::Pause { reason: String::new() }).await;
        let in_between = pays(&system, &world, "1", 101).await;
        system.ends().await;
        let system = begins(&world).await;
        system.employs("work", echo).await;
        tells(&system, TriggerCommand::Resume { reason: String::new() }).await;
        let later = pays(&system, &world, "2", 101).await;
        assert_eq!(end_of(&world, later).await.how, How::Completed);
        assert!(events_of(&world, in_between).await.is_empty());
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_cannot_be_given_what_it_needs_says_so_and_is_all_there_is() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        thanks(&system).await;
        let terms = Terms {
            kind: "order.paid".into(),
            source: None,
            filter: None,
            pipeline: "thank".parse().expect("a token"),
            edition: None,
            input: r#""${ fact.data.nobody }""#.into(),
        };
        tells(&system, TriggerCommand::Set(terms)).await;
        let run = pays(&system, &world, "1", 1).await;
        passes(Duration::from_secs(1)).await;
        let events = events_of(&world, run).await;
        let [RunEvent::NotStarted(not_started)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(not_started.error.code, "template_failed");
        system.ends().await;
    })
    .await;
}
