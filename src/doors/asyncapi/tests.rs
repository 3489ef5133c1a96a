//! The document holds together, and says of each thing what is so.

use std::collections::BTreeSet;

use actors::agent::AgentCommand;
use actors::command::Spoken as _;
use actors::pipeline::PipelineCommand;
use actors::run::RunCommand;
use actors::schedule::ScheduleCommand;
use actors::task::TaskCommand;
use actors::trigger::TriggerCommand;
use events::agent::AgentEvent;
use events::codec::Words as _;
use events::fact::FactEvent;
use events::node::NodeEvent;
use events::pipeline::PipelineEvent;
use events::run::RunEvent;
use events::schedule::ScheduleEvent;
use events::task::TaskEvent;
use events::trigger::TriggerEvent;
use serde_json::Value;

use super::document;
use crate::app::dispatch::seals;
use crate::app::read::QUESTIONS;
use crate::doors::nats::listened_to;

/// Every reference in a document.
fn references<'d>(value: &'d Value, found: &mut Vec<&'d str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 300, "there are many: {}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("it is in this document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_part_is_used() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    let used: BTreeSet<&str> = found.into_iter().collect();
    for kind in ["messages", "schemas", "parameters"] {
        for name in keys(&document["components"][kind]) {
            assert!(used.contains(&*format!("#/components/{kind}/{name}")), "{kind}: {name}");
        }
    }
    let operated: BTreeSet<&str> = document["operations"]
        .as_object()
        .expect("an object")
        .values()
        .map(|operation| operation["channel"]["$ref"].as_str().expect("text"))
        .collect();
    for channel in keys(&document["channels"]) {
        let is_used = operated.contains(&*format!("#/channels/{channel}"));
        assert!(is_used || channel == "answers", "{channel}");
    }
}

#[test]
fn every_parameter_of_an_address_is_one_and_no_other() {
    for (name, channel) in document()["channels"].as_object().expect("an object") {
        let Some(address) = channel["address"].as_str() else { continue };
        let inside: BTreeSet<&str> =
            address.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
        assert_eq!(inside, keys(&channel["parameters"]), "{name}: {address}");
        assert!(address.starts_with("annals.{tenant}."), "{name}: {address}");
    }
}

#[test]
fn it_tells_of_everything_that_the_door_listens_to() {
    let document = document();
    let received: Vec<String> = document["operations"]
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(_, operation)| operation["action"] == "receive")
        .map(|(name, _)| document["channels"][name]["address"].as_str().expect("text").to_owned())
        .collect();
    let fits = |pattern: &str, address: &str| {
        let (pattern, address) = (pattern.split('.'), address.split('.'));
        pattern.clone().count() == address.clone().count()
            && pattern.zip(address).all(|(one, other)| one == "*" || one == other)
    };
    for pattern in listened_to() {
        assert!(received.iter().any(|address| fits(pattern, address)), "{pattern}");
    }
    for address in &received {
        assert!(listened_to().iter().any(|pattern| fits(pattern, address)), "{address}");
    }
    for question in QUESTIONS {
        assert!(received.contains(&format!("annals.{{tenant}}.query.{question}")), "{question}");
    }
}

/// The headers that a message may have.
fn headers<'d>(document: &'d Value, message: &str) -> BTreeSet<&'d str> {
    let reference = &document["components"]["messages"][message]["headers"]["$ref"];
    let pointer = reference.as_str().and_then(|text| text.strip_prefix('#'));
    let shape = pointer.and_then(|pointer| document.pointer(pointer));
    keys(&shape.unwrap_or_else(|| panic!("{message} has headers"))["properties"])
}

#[test]
fn it_offers_a_person_only_where_something_can_be_sealed_and_an_id_only_where_it_counts() {
    let document = document();
    let verbs = |category: &str, verbs: &[&str]| -> Vec<(String, bool)> {
        verbs
            .iter()
            .map(|verb| (format!("command.{category}.{verb}"), seals(category, verb)))
            .collect()
    };
    let all = [
        verbs("task", TaskCommand::VERBS),
        verbs("agent", AgentCommand::VERBS),
        verbs("pipeline", PipelineCommand::VERBS),
        verbs("run", RunCommand::VERBS),
        verbs("schedule", ScheduleCommand::VERBS),
        verbs("trigger", TriggerCommand::VERBS),
    ]
    .concat();
    assert!(all.iter().any(|(_, seals)| *seals) && all.iter().any(|(_, seals)| !seals));
    for (message, seals) in all {
        let headers = headers(&document, &message);
        assert_eq!(headers.contains("Annals-Data-Subject"), seals, "{message}");
        assert!(headers.contains("Annals-Command-Id"), "{message}");
    }
    let progress = &document["channels"]["progress"]["messages"];
    for message in keys(progress) {
        let ids = ["Annals-Command-Id", "Nats-Msg-Id", "Annals-Data-Subject"];
        assert!(ids.iter().all(|id| !headers(&document, message).contains(id)), "{message}");
    }
}

#[test]
fn it_tells_of_everything_that_is_recorded() {
    let document = document();
    let all = [
        TaskEvent::TYPES,
        AgentEvent::TYPES,
        PipelineEvent::TYPES,
        RunEvent::TYPES,
        ScheduleEvent::TYPES,
        TriggerEvent::TYPES,
        FactEvent::TYPES,
        NodeEvent::TYPES,
    ]
    .concat();
    for wire_type in all {
        let name = format!("event.{}", wire_type.name);
        assert!(document["channels"].get(&name).is_some(), "{name}");
    }
}
