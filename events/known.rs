//! A stored event, read once for all who listen to the log: by its category, with what they need
//! to know beside what happened.

use crate::agent::AgentEvent;
use crate::codec::{self, Words};
use crate::fact::FactEvent;
use crate::id::EventId;
use crate::pipeline::PipelineEvent;
use crate::recorded::{Recorded, Stored};
use crate::run::RunEvent;
use crate::schedule::ScheduleEvent;
use crate::stream::{Position, StreamId};
use crate::task::TaskEvent;
use crate::trigger::TriggerEvent;

/// An event of any category.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// Of a task.
    Task(Recorded<TaskEvent>),
    /// Of an agent.
    Agent(Recorded<AgentEvent>),
    /// Of a source of facts.
    Fact(Recorded<FactEvent>),
    /// Of a pipeline.
    Pipeline(Recorded<PipelineEvent>),
    /// Of a run.
    Run(Recorded<RunEvent>),
    /// Of a schedule.
    Schedule(Recorded<ScheduleEvent>),
    /// Of a trigger.
    Trigger(Recorded<TriggerEvent>),
    /// Of a category that this program does not know. It is nobody's business here, but it has its
    /// place, and listeners count it.
    Other(Recorded<()>),
}

impl Known {
    /// Reads a stored event. A category that is not known is no mistake; a type or a schema that is
    /// not known in a category that is, or a payload that is damaged, is one.
    pub fn read(stored: &Stored) -> Result<Self, codec::Error> {
        let header = stored.header();
        Ok(match header.category {
            TaskEvent::CATEGORY => Self::Task(Recorded::read_behind(&header, stored)?),
            AgentEvent::CATEGORY => Self::Agent(Recorded::read_behind(&header, stored)?),
            FactEvent::CATEGORY => Self::Fact(Recorded::read_behind(&header, stored)?),
            PipelineEvent::CATEGORY => Self::Pipeline(Recorded::read_behind(&header, stored)?),
            RunEvent::CATEGORY => Self::Run(Recorded::read_behind(&header, stored)?),
            ScheduleEvent::CATEGORY => Self::Schedule(Recorded::read_behind(&header, stored)?),
            TriggerEvent::CATEGORY => Self::Trigger(Recorded::read_behind(&header, stored)?),
            _ => Self::Other(Recorded::told(&header, stored.position(), ())?),
        })
    }

    /// Its own id.
    #[must_use]
    pub fn id(&self) -> EventId {
        match self {
            Self::Task(event) => event.id,
            Self::Agent(event) => event.id,
            Self::Fact(event) => event.id,
            Self::Pipeline(event) => event.id,
            Self::Run(event) => event.id,
            Self::Schedule(event) => event.id,
            Self::Trigger(event) => event.id,
            Self::Other(event) => event.id,
        }
    }

    /// The stream it belongs to.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        match self {
            Self::Task(event) => &event.stream,
            Self::Agent(event) => &event.stream,
            Self::Fact(event) => &event.stream,
            Self::Pipeline(event) => &event.stream,
            Self::Run(event) => &event.stream,
            Self::Schedule(event) => &event.stream,
            Self::Trigger(event) => &event.stream,
            Self::Other(event) => &event.stream,
        }
    }

    /// Its place in the log.
    #[must_use]
    pub fn position(&self) -> Position {
        match self {
            Self::Task(event) => event.position,
            Self::Agent(event) => event.position,
            Self::Fact(event) => event.position,
            Self::Pipeline(event) => event.position,
            Self::Run(event) => event.position,
            Self::Schedule(event) => event.position,
            Self::Trigger(event) => event.position,
            Self::Other(event) => event.position,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::chain::EventHash;
    use crate::header::{Codec, Header};
    use crate::id::{CommandId, LogId};
    use crate::stream::Version;
    use crate::time::Timestamp;

    /// An event with this wire type and payload, of a stream of its category.
    fn stored(wire_type: &str, payload: &str) -> Stored {
        let (category, _) = wire_type.split_once('.').expect("a wire type");
        let header = Header {
            event_id: EventId(Uuid::from_u128(1)),
            log_id: LogId(Uuid::from_u128(2)),
            tenant: "main",
            category,
            stream_key: "ada",
            version: Version(3),
            wire_type,
            schema: 1,
            recorded_at: Timestamp(5),
            effective_at: None,
            principal: "operator",
            on_behalf_of: None,
            command_id: CommandId::publisher("pause"),
            correlation: None,
            causation: None,
            traceparent: None,
            codec: Codec::Json,
        };
        let header = header.encode();
        Stored::new(Position(7), EventHash::NONE, &header, payload.as_bytes()).expect("readable")
    }

    #[test]
    fn an_event_is_read_by_its_category() {
        let known = Known::read(&stored("agent.paused", r#"{"reason":"lunch"}"#)).expect("known");
        assert!(matches!(&known, Known::Agent(event) if event.position == Position(7)));
        assert_eq!(known.stream().category.as_str(), "agent");
    }

    #[test]
    fn a_category_of_another_program_has_its_place() {
        let known = Known::read(&stored("invoice.paid", "{}")).expect("it is no mistake");
        assert!(matches!(known, Known::Other(_)));
        assert_eq!((known.position(), known.stream().category.as_str()), (Position(7), "invoice"));
    }

    #[test]
    fn a_type_of_a_newer_program_is_a_mistake() {
        let read = Known::read(&stored("agent.promoted", "{}"));
        assert!(matches!(read, Err(codec::Error::UnknownType(name)) if name == "agent.promoted"));
    }
}
