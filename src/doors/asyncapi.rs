//! Everything that is said over NATS, as a document of AsyncAPI 3: made of the types that read and write
//! it, the verbs, the subjects and the codes, so that it cannot say anything else than they do.
//!
//! It describes the system itself: what it receives, others send.

mod asked;
mod building;
mod headers;
mod told;

use actors::agent::AgentCommand;
use actors::pipeline::PipelineCommand;
use actors::run::RunCommand;
use actors::schedule::ScheduleCommand;
use actors::task::TaskCommand;
use actors::trigger::TriggerCommand;
use events::agent::AgentEvent;
use events::fact::FactEvent;
use events::node::NodeEvent;
use events::pipeline::PipelineEvent;
use events::run::RunEvent;
use events::schedule::ScheduleEvent;
use events::task::TaskEvent;
use events::trigger::TriggerEvent;
use serde_json::{Value, json};

use crate::app::refusal::{Code, rejection_codes, status_of_rejection};
use building::Document;

/// The version of AsyncAPI.
const VERSION: &str = "3.0.0";

const ABOUT: &str = "What is said to Annals over NATS, and what it says. The document is that of the \
    system: what it receives, publishers and workers send. A request is answered when what came of it is \
    on disk, to the reply subject of the message.";

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut document = Document::default();
    asked::answers(&mut document);
    asked::verbs::<TaskCommand>(&mut document, "task");
    asked::verbs::<AgentCommand>(&mut document, "agent");
    asked::verbs::<PipelineCommand>(&mut document, "pipeline");
    asked::verbs::<RunCommand>(&mut document, "run");
    asked::verbs::<ScheduleCommand>(&mut document, "schedule");
    asked::verbs::<TriggerCommand>(&mut document, "trigger");
    asked::mending(&mut document);
    asked::facts(&mut document);
    asked::questions(&mut document);
    asked::signals(&mut document);
    told::events::<TaskEvent>(&mut document, "task");
    told::events::<AgentEvent>(&mut document, "agent");
    told::events::<PipelineEvent>(&mut document, "pipeline");
    told::events::<RunEvent>(&mut document, "run");
    told::events::<ScheduleEvent>(&mut document, "schedule");
    told::events::<TriggerEvent>(&mut document, "trigger");
    told::events::<FactEvent>(&mut document, "source");
    told::events::<NodeEvent>(&mut document, "node");
    told::work(&mut document);
    let mut whole = json!({
        "asyncapi": VERSION,
        "info": {
            "title": "Annals",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "defaultContentType": "application/json",
        "x-annals-codes": codes(),
    });
    for (name, part) in document.finish() {
        whole[name] = part;
    }
    whole
}

/// Every code that something is refused with.
fn codes() -> Vec<Value> {
    let refused = Code::ALL.iter().map(|code| (code.name(), code.status(), code.again().is_some()));
    let rejected = rejection_codes().map(|code| (code, status_of_rejection(code), false));
    let row = |(code, class, again)| json!({ "code": code, "class": class, "again": again });
    refused.chain(rejected).map(row).collect()
}

#[cfg(test)]
mod tests;
