//! What follows from an event: commands to other actors. A reaction is pure. Most remember nothing:
//! what they need beside the event is how the event's stream began, and they say when they do. Others
//! have a mind, which remembers what was agreed on before.

mod mind;

use events::codec::WireType;
use events::header::Header;
use events::id::{AgentId, CommandId, RunId, ScheduleId, StreamKey, TaskId, Tenant};
use events::known::Known;
use events::stream::StreamId;

use crate::agent::AgentCommand;
use crate::run::RunCommand;
use crate::schedule::ScheduleCommand;
use crate::task::TaskCommand;
pub use mind::{Led, Mind};

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
    /// To a run.
    Run(RunId, Box<RunCommand>),
    /// To a schedule.
    Schedule(ScheduleId, Box<ScheduleCommand>),
}

impl ToDo {
    /// Whom it is for.
    #[must_use]
    pub fn stream(&self, tenant: &Tenant) -> StreamId {
        let (category, key) = match self {
            Self::Task(task, _) => ("task", StreamKey::of_uuid(task.0)),
            Self::Agent(agent, _) => ("agent", token(agent.as_str())),
            Self::Run(run, _) => ("run", StreamKey::of_uuid(run.0)),
            Self::Schedule(schedule, _) => ("schedule", token(schedule.as_str())),
        };
        let category = category.parse().expect("the name of a category is a token");
        StreamId::new(tenant.clone(), category, key)
    }

    /// Whether it comes to the same before or after any other of which this is said, too: then both may
    /// be under way at once. The parts of a run end in any order as it is.
    #[must_use]
    pub fn commutes(&self) -> bool {
        match self {
            Self::Run(_, command) => {
                matches!(**command, RunCommand::TaskEnded { .. } | RunCommand::RunEnded { .. })
            }
            Self::Task(..) | Self::Agent(..) | Self::Schedule(..) => false,
        }
    }
}

fn token(id: &str) -> StreamKey {
    StreamKey::new(id).expect("such an id is a token")
}

/// The id of the command that is the `index`-th of those that follow from an event.
#[must_use]
pub fn command_id(reaction: &str, event: &Known, index: u32) -> CommandId {
    let cause = event.id();
    CommandId::derived(cause, cause.millis(), reaction, index)
}

/// The id of the command that follows from an event because of something that is remembered.
#[must_use]
pub fn led_id(reaction: &str, event: &Known, because: &str) -> CommandId {
    let cause = event.id();
    CommandId::derived(cause, cause.millis(), &format!("{reaction}/{because}"), 0)
}

#[cfg(test)]
mod tests {
    use events::run::PartHow;

    use super::*;
    use crate::run::PartEnd;
    use crate::story::{Story, agent, order, submit, task, tenant};

    #[test]
    fn a_command_goes_to_the_stream_of_its_actor() {
        let to_do = ToDo::Agent(agent("ada"), AgentCommand::Resume);
        assert_eq!(to_do.stream(&tenant("acme")).to_string(), "acme/agent-ada");
        let to_do = ToDo::Task(task(1), TaskCommand::Start { attempt: 1 });
        let stream = to_do.stream(&tenant("main"));
        assert_eq!(stream.to_string(), "main/task-00000000-0000-7000-8000-000000000001");
        let to_do = ToDo::Run(RunId(task(2).0), Box::new(pause()));
        let stream = to_do.stream(&tenant("main"));
        assert_eq!(stream.to_string(), "main/run-00000000-0000-7000-8000-000000000002");
        let nightly = "nightly".parse().expect("a token");
        let to_do = ToDo::Schedule(nightly, Box::new(ScheduleCommand::FireNow));
        assert_eq!(to_do.stream(&tenant("main")).to_string(), "main/schedule-nightly");
    }

    fn pause() -> RunCommand {
        RunCommand::Pause { reason: String::new() }
    }

    #[test]
    fn only_the_ends_of_parts_may_come_in_any_order() {
        let end = PartEnd { how: PartHow::Completed, output: None, error: None };
        let run = |command| ToDo::Run(RunId(task(9).0), Box::new(command));
        assert!(run(RunCommand::TaskEnded { task: task(1), end: end.clone() }).commutes());
        assert!(run(RunCommand::RunEnded { run: RunId(task(1).0), end }).commutes());
        assert!(!run(pause()).commutes());
        assert!(!ToDo::Task(task(1), TaskCommand::Start { attempt: 1 }).commutes());
    }

    #[test]
    fn a_command_has_one_id_for_each_event_reaction_and_place() {
        let events = Story::new().task("main", task(1), submit(order("resize")));
        let id = |reaction, index| command_id(reaction, &events[0], index);
        assert_eq!(id("a", 0), id("a", 0));
        assert!(id("a", 0) != id("a", 1) && id("a", 0) != id("b", 0));
    }
}
