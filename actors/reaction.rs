//! What follows from an event: commands to other actors. A reaction is pure and remembers nothing;
//! what it needs beside the event is how the event's stream began, and it says when it does.

use events::codec::WireType;
use events::header::Header;
use events::id::{AgentId, CommandId, StreamKey, TaskId, Tenant};
use events::known::Known;
use events::stream::StreamId;

use crate::agent::AgentCommand;
use crate::task::TaskCommand;

/// Something that follows from events.
pub trait Reaction: Send + 'static {
    /// Its name, which never changes: the ids of its commands are made of it.
    const NAME: &'static str;

    /// The types of the events that it reacts to. Of all others it is not told, and they are not read.
    const HEARS: &'static [WireType];

    /// Whether the first event of a stream will have to be at hand when the stream goes on, told by a
    /// look at its bytes. If not (`Some(false)`), the stream goes on as if nothing was known of how it
    /// began; where nobody says, nobody asks.
    #[must_use]
    fn needs_beginning(_first: &Header<'_>, _payload: &[u8]) -> Option<bool> {
        None
    }

    /// Whether the first event of the stream must be at hand to react to this one. It has to be
    /// looked for where it is not remembered, so this is said of few events.
    #[must_use]
    fn asks_how_it_began(_event: &Known) -> bool {
        false
    }

    /// What is to be done. The same event leads to the same commands in the same order, for ever:
    /// it is reacted to again after every restart that comes before it is said to be done.
    #[must_use]
    fn react(event: &Known, began: Option<&Known>) -> Vec<ToDo>;
}

/// A command to an actor of the same tenant as the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToDo {
    /// To a task.
    Task(TaskId, TaskCommand),
    /// To an agent.
    Agent(AgentId, AgentCommand),
}

impl ToDo {
    /// Whom it is for.
    #[must_use]
    pub fn stream(&self, tenant: &Tenant) -> StreamId {
        let (category, key) = match self {
            Self::Task(task, _) => ("task", StreamKey::of_uuid(task.0)),
            Self::Agent(agent, _) => {
                let key = StreamKey::new(agent.as_str());
                ("agent", key.expect("the id of an agent is a token"))
            }
        };
        let category = category.parse().expect("the name of a category is a token");
        StreamId::new(tenant.clone(), category, key)
    }
}

/// The id of the command that is the `index`-th of those that follow from an event.
#[must_use]
pub fn command_id(reaction: &str, event: &Known, index: u32) -> CommandId {
    let cause = event.id();
    CommandId::derived(cause, cause.millis(), reaction, index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{Story, agent, order, submit, task, tenant};

    #[test]
    fn a_command_goes_to_the_stream_of_its_actor() {
        let to_do = ToDo::Agent(agent("ada"), AgentCommand::Resume);
        assert_eq!(to_do.stream(&tenant("acme")).to_string(), "acme/agent-ada");
        let to_do = ToDo::Task(task(1), TaskCommand::Start { attempt: 1 });
        let stream = to_do.stream(&tenant("main"));
        assert_eq!(stream.to_string(), "main/task-00000000-0000-7000-8000-000000000001");
    }

    #[test]
    fn a_command_has_one_id_for_each_event_reaction_and_place() {
        let events = Story::new().task("main", task(1), submit(order("resize")));
        let id = |reaction, index| command_id(reaction, &events[0], index);
        assert_eq!(id("a", 0), id("a", 0));
        assert!(id("a", 0) != id("a", 1) && id("a", 0) != id("b", 0));
    }
}
