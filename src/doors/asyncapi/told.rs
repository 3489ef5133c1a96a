//! What the system says.

use actors::leases::Pair;
use actors::work::{SAID, WORK};
use events::shape::Shaped;
use events::subject::{Target, What};
use schemars::JsonSchema as _;

use super::building::{Channel, Document, ID, Way};
use super::headers::{BROUGHT, NONE, RECORDED};

/// What happens in a category.
pub(super) fn events<E: Shaped>(document: &mut Document, id: &str) {
    for wire_type in E::TYPES {
        let shape = E::shape(wire_type.name).expect("every event has a shape");
        document.message(wire_type.name, Way::Out, shape, RECORDED);
        let (category, word) = wire_type.name.split_once('.').expect("it has two words");
        let target = Target {
            category: category.parse().expect("it is a word"),
            id: ID.parse().expect("it is a token"),
            word: word.parse().expect("it is a word"),
        };
        document.channel(&Channel {
            name: &format!("event.{}", wire_type.name),
            what: What::Event(target),
            id: Some(id),
            way: Way::Out,
            messages: &[wire_type.name],
            replies: &[],
            about: &format!("`{}` was recorded, schema {}.", wire_type.name, wire_type.schema),
        });
    }
}

/// What agents are told.
pub(super) fn work(document: &mut Document) {
    document.message("assignment", Way::Out, WORK, NONE);
    document.message("brought", Way::In, SAID, BROUGHT);
    document.message("stop", Way::Out, Pair::json_schema, NONE);
    document.answer("brought");
    let agent = || ID.parse().expect("it is a token");
    document.channel(&Channel {
        name: "assignment",
        what: What::Work(agent()),
        id: Some("agent"),
        way: Way::Out,
        messages: &["assignment"],
        replies: &["brought"],
        about: "A task for an agent, to be answered within 2 seconds.",
    });
    document.channel(&Channel {
        name: "stop",
        what: What::Stop(agent()),
        id: Some("agent"),
        way: Way::Out,
        messages: &["stop"],
        replies: &[],
        about: "An attempt is over, for all processes of the agent.",
    });
}
