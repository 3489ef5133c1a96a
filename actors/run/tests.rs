//! What a run does, told as it goes: each sentence says what is asked of it and what happens then, an
//! event a line.

mod again;
mod approving;
mod costly;
pub(crate) mod dice;
mod ending;
mod golden;
pub(crate) mod graphs;
mod items;
mod keeping;
mod large;
pub(crate) mod random;
mod signals;
mod stages;
mod starting;
mod table;
mod tale;
mod world;

use events::content::{Content, Json};
use events::id::{RunId, StageName};
use events::run::{By, PartHow};
use serde_json::{Value, json};
use uuid::Uuid;

use self::tale::{NOON, Tale};
use super::*;

fn content(value: &Value) -> Content {
    Content::Inline(Json::parse(&value.to_string()).expect("JSON"))
}

fn stage(name: &str) -> StageName {
    name.parse().expect("a token")
}

/// The run that all sentences are about.
fn the_run() -> RunId {
    RunId(Uuid::from_u128(7))
}

/// A definition, as it is found.
fn plan(document: &Value) -> Json {
    let text = Json::parse(&document.to_string()).expect("JSON");
    match crate::pipeline::Definition::read(&text) {
        Ok(definition) => definition.canonical(),
        Err(wrongs) => {
            panic!("{}", wrongs.iter().map(|wrong| format!("{wrong}\n")).collect::<String>())
        }
    }
}

/// How a publisher begins a run by a definition.
fn begin(document: &Value, input: &Value) -> Begin {
    Begin {
        wanted: Wanted { pipeline: "nightly".parse().expect("a token"), edition: None },
        found: Some(Resolved::Found { edition: 3, plan: plan(document), is_deprecated: false }),
        input: Given::Content(content(input)),
        by: By::Publisher,
        parent: None,
        depth: 0,
        begins_at: None,
        labels: [].into(),
    }
}

fn moment(now: Timestamp) -> Moment {
    let id = events::id::StreamKey::of_uuid(the_run().0);
    Moment { now, tenant: events::id::main_tenant(), id }
}

fn start(begin: Begin) -> RunCommand {
    RunCommand::Start(Box::new(begin))
}

/// A pipeline of these stages.
fn of(stages: Value) -> Value {
    json!({ "stages": stages })
}

fn failure(code: &str) -> Failure {
    Failure { code: code.into(), message: "no memory left".into() }
}
