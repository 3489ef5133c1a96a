//! One golden file for every type and schema there ever was. `UPDATE=1 cargo test` writes the
//! samples of today; the files of old schemas are never touched again.

#![expect(clippy::disallowed_methods, reason = "goldens are files; UPDATE=1 writes them")]

#[path = "codec_samples.rs"]
mod samples;

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::agent::AgentEvent;
use crate::content::Content;
use crate::id::Capability;
use crate::labels::Labels;
use crate::personal::{KeyId, Personal};
use crate::pipeline::PipelineEvent;
use crate::run::{By, How, RunEvent};
use crate::task::{Cancelled, Completed, Priority, Retry, Submitted, TaskEvent, Timeouts};
use crate::time::Timestamp;
use samples::{agents, facts, json, nodes, pipelines, runs, schedules, tasks, triggers};

fn golden(wire: &WireType, schema: u32) -> PathBuf {
    let name = format!("{}.{schema}.json", wire.name);
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// Every old schema decodes, today's sample equals its file and comes back as it was.
#[track_caller]
fn holds<E: Words + PartialEq + std::fmt::Debug>(samples: &[E]) {
    let sampled: Vec<_> = samples.iter().map(Words::wire_type).collect();
    assert_eq!(sampled, E::TYPES, "one sample for each type, in their order");
    for (sample, wire) in samples.iter().zip(E::TYPES) {
        let today = golden(wire, wire.schema);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&today, sample.payload()).expect("write golden");
        }
        let bytes = fs::read(&today)
            .unwrap_or_else(|e| panic!("{}: {e}; run with UPDATE=1", today.display()));
        assert_eq!(bytes, sample.payload(), "{}", today.display());
        assert_eq!(&decode::<E>(wire.name, wire.schema, &bytes).expect("decodes"), sample);
        for old in 1..wire.schema {
            let bytes = fs::read(golden(wire, old)).expect("the golden of an old schema stays");
            decode::<E>(wire.name, old, &bytes).expect("an old schema decodes");
        }
    }
}

#[test]
fn goldens_of_tasks_hold() {
    holds(&tasks());
}

#[test]
fn goldens_of_agents_hold() {
    holds(&agents());
}

#[test]
fn goldens_of_pipelines_hold() {
    holds(&pipelines());
}

#[test]
fn goldens_of_runs_hold() {
    holds(&runs());
}

#[test]
fn goldens_of_schedules_hold() {
    holds(&schedules());
}

#[test]
fn goldens_of_triggers_hold() {
    holds(&triggers());
}

#[test]
fn goldens_of_nodes_hold() {
    holds(&nodes());
}

#[test]
fn goldens_of_facts_hold() {
    holds(&facts());
}

/// A task as people submitted it when a kind and an input were all there was to say.
fn plain(kind: &str, input: Content) -> Submitted {
    Submitted {
        kind: kind.into(),
        input,
        needs: kind.parse().into_iter().collect(),
        priority: Priority::NORMAL,
        retry: Retry { tries_max: 3, base_ms: 1_000, cap_ms: 300_000, lost_lease_counts: true },
        timeouts: Timeouts::default(),
        deadline: None,
        not_before: None,
        labels: Labels::new(),
        parent: None,
        at: Timestamp(0),
    }
}

#[test]
fn a_task_of_schema_1_has_the_terms_everyone_had() {
    let old = include_bytes!("golden/task.submitted.1.json");
    let expected = plain("resize", Content::Inline(json(r#"{"width":640}"#)));
    let read = decode::<TaskEvent>("task.submitted", 1, old).expect("decodes");
    assert_eq!(read, TaskEvent::Submitted(expected));
}

#[test]
fn an_agent_of_schema_1_is_capable_of_its_kinds() {
    let old = include_bytes!("golden/agent.registered.1.json");
    let read = decode::<AgentEvent>("agent.registered", 1, old).expect("decodes");
    let AgentEvent::Registered(offer) = read else { panic!("{read:?}") };
    assert!(offer.capabilities.iter().map(Capability::as_str).eq(["resize"]), "{offer:?}");
    assert!(offer.slots == 4 && offer.contact.is_some(), "{offer:?}");
}

#[test]
fn a_pipeline_of_schema_1_has_its_steps_as_stages() {
    let old = include_bytes!("golden/pipeline.defined.1.json");
    let read = decode::<PipelineEvent>("pipeline.defined", 1, old).expect("decodes");
    let PipelineEvent::Defined(defined) = read else { panic!("{read:?}") };
    let stages = r#"{"format":1,"stages":[{"after":[],"name":"fetch","task":"resize"},{"after":["fetch"],"name":"shrink","task":"resize"}]}"#;
    assert_eq!((defined.edition, defined.definition.as_str()), (1, stages));
}

#[test]
fn a_run_of_schema_1_has_no_plan_with_it_and_was_done() {
    let old = include_bytes!("golden/run.started.1.json");
    let read = decode::<RunEvent>("run.started", 1, old).expect("decodes");
    let RunEvent::Started(started) = read else { panic!("{read:?}") };
    assert_eq!((started.edition, started.plan.as_str(), &started.by), (1, "null", &By::Publisher));
    let old = include_bytes!("golden/run.finished.1.json");
    let read = decode::<RunEvent>("run.finished", 1, old).expect("decodes");
    assert!(
        matches!(&read, RunEvent::Finished(end) if end.how == How::Completed && end.result.is_some())
    );
}

#[test]
fn a_newer_schema_is_refused_loudly() {
    let error = decode::<TaskEvent>("task.submitted", 3, b"{}").expect_err("refused");
    assert!(matches!(error, Error::NewerSchema { found: 3, known: 2, .. }));
}

#[test]
fn an_unknown_type_is_refused_loudly() {
    let error = decode::<TaskEvent>("task.paused", 1, b"{}").expect_err("refused");
    assert!(matches!(error, Error::UnknownType(name) if name == "task.paused"));
}

#[test]
fn a_payload_that_breaks_its_promise_is_refused() {
    for (schema, payload) in [(1, "[]"), (1, "{"), (2, "{}"), (2, "null")] {
        let error =
            decode::<TaskEvent>("task.submitted", schema, payload.as_bytes()).expect_err("refused");
        assert!(matches!(error, Error::Malformed { .. }), "{payload}");
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        kind in "\\PC{0,40}", number: u64, text in "\\PC{0,40}", bytes: [u8; 20], attempt: u32,
        priority in 0u8..=9, deadline: Option<i64>,
    ) {
        let inline = serde_json::json!({ "number": number, "text": text }).to_string();
        let sealed = Personal::from_parts(
            KeyId(Uuid::from_u128(number.into())), Uuid::from_u128(7), [9; 12], bytes.to_vec(),
        );
        let submitted = Submitted {
            priority: Priority::new(priority).expect("at most 9"),
            deadline: deadline.map(Timestamp),
            labels: [(kind.clone(), text.clone())].into(),
            ..plain(&kind, Content::Inline(json(&inline)))
        };
        let events = [
            TaskEvent::Submitted(submitted),
            TaskEvent::Completed(Completed { attempt, result: Content::Sealed(sealed) }),
            TaskEvent::Cancelled(Cancelled { reason: text }),
        ];
        for event in events {
            let wire = event.wire_type();
            let read = decode::<TaskEvent>(wire.name, wire.schema, &event.payload());
            prop_assert_eq!(read.expect("reads back"), event);
        }
    }

    #[test]
    fn no_payload_makes_a_reader_panic(schema in 0u32..4, payload: Vec<u8>) {
        for wire in TaskEvent::TYPES {
            let _ = decode::<TaskEvent>(wire.name, schema, &payload);
        }
    }
}
