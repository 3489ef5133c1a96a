//! One golden file for every type and schema there ever was. `UPDATE=1 cargo test` writes the
//! samples of today; the files of old schemas are never touched again.

#![expect(clippy::disallowed_methods, reason = "goldens are files; UPDATE=1 writes them")]

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::agent::{AgentEvent, Registered, Retired};
use crate::chain::blob_hash;
use crate::content::{BlobRef, Content, Json};
use crate::fact::{CloudEvent, FactEvent};
use crate::personal::{KeyId, Personal};
use crate::pipeline::{Defined, PipelineEvent, Step};
use crate::run::{Finished, RunEvent, Started};
use crate::task::{Assigned, Cancelled, Completed, Priority, Submitted, TaskEvent};

fn json(text: &str) -> Json {
    Json::parse(text).expect("JSON")
}

fn tasks() -> Vec<TaskEvent> {
    let blob = BlobRef { hash: blob_hash(b"pixels"), bytes: 6, media_type: "image/png".into() };
    vec![
        TaskEvent::Submitted(Submitted {
            kind: "resize".into(),
            input: Content::Inline(json(r#"{"width":18446744073709551615}"#)),
            priority: Priority::High,
        }),
        TaskEvent::Assigned(Assigned { agent: "ada".parse().expect("token"), attempt: 1 }),
        TaskEvent::Completed(Completed { attempt: 1, result: Content::Blob(blob) }),
        TaskEvent::Cancelled(Cancelled { reason: "no longer needed".into() }),
    ]
}

fn agents() -> Vec<AgentEvent> {
    let contact =
        Personal::from_parts(KeyId(Uuid::from_u128(1)), Uuid::from_u128(2), [3; 12], vec![4; 20]);
    vec![
        AgentEvent::Registered(Registered {
            kinds: vec!["resize".into()],
            slots: 4,
            contact: Some(contact),
        }),
        AgentEvent::Retired(Retired { reason: "replaced".into() }),
    ]
}

fn pipelines() -> Vec<PipelineEvent> {
    let step = |name: &str, after: &[&str]| Step {
        name: name.into(),
        kind: "resize".into(),
        after: after.iter().map(|&s| s.into()).collect(),
    };
    vec![PipelineEvent::Defined(Defined {
        steps: vec![step("fetch", &[]), step("shrink", &["fetch"])],
    })]
}

fn runs() -> Vec<RunEvent> {
    let input = Content::Inline(json("{}"));
    vec![
        RunEvent::Started(Started {
            pipeline: "thumbs".parse().expect("token"),
            definition: 1,
            input: input.clone(),
        }),
        RunEvent::Finished(Finished { result: input }),
    ]
}

fn facts() -> Vec<FactEvent> {
    vec![FactEvent::Recorded(CloudEvent {
        specversion: "1.0".into(),
        id: "42".into(),
        source: "shop".into(),
        kind: "order.paid".into(),
        time: Some("2026-01-31T12:00:00Z".into()),
        subject: None,
        datacontenttype: Some("application/json".into()),
        data: Some(json(r#"{"total":1.50}"#)),
    })]
}

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
fn goldens_of_facts_hold() {
    holds(&facts());
}

#[test]
fn a_task_of_schema_1_has_the_priority_everyone_had() {
    let old = include_bytes!("golden/task.submitted.1.json");
    let expected = TaskEvent::Submitted(Submitted {
        kind: "resize".into(),
        input: Content::Inline(json(r#"{"width":640}"#)),
        priority: Priority::Normal,
    });
    assert_eq!(decode::<TaskEvent>("task.submitted", 1, old).expect("decodes"), expected);
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
        priority in prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::High)],
    ) {
        let inline = serde_json::json!({ "number": number, "text": text }).to_string();
        let sealed = Personal::from_parts(
            KeyId(Uuid::from_u128(number.into())), Uuid::from_u128(7), [9; 12], bytes.to_vec(),
        );
        let submitted = Submitted { kind, input: Content::Inline(json(&inline)), priority };
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
