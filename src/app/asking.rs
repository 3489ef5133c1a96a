//! What a door asks for: the same, whatever door it is.

use std::time::Duration;

use actors::runtime::Done;
use bytes::Bytes;
use events::id::{CommandId, Correlation, EventId, Principal, Tenant, Traceparent};
use events::store::Cause;
use events::subject::Target;

use super::refusal::Refusal;
use super::who::Who;

/// How long a command may wait for its turn.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A command, as a door has read it.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Who asks.
    pub who: Who,
    /// Whose stream it is about.
    pub tenant: Tenant,
    /// Which one, and what to do with it.
    pub target: Target,
    /// What makes it idempotent.
    pub id: CommandId,
    /// What it says, as received.
    pub body: Bytes,
    /// Why it is asked.
    pub context: Context,
}

/// Why something is asked, as far as whoever asks says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// For whom.
    pub on_behalf_of: Option<Principal>,
    /// What ties it to other commands.
    pub correlation: Option<Correlation>,
    /// The event that caused it.
    pub causation: Option<EventId>,
    /// The trace it is part of.
    pub traceparent: Option<Traceparent>,
    /// The person whose data it carries: all that it carries is sealed.
    pub data_subject: Option<String>,
}

impl Context {
    /// What is recorded of it.
    #[must_use]
    pub fn cause(&self, who: &Who) -> Cause {
        Cause {
            on_behalf_of: self.on_behalf_of.clone(),
            correlation: self.correlation.clone(),
            causation: self.causation,
            traceparent: self.traceparent.clone(),
            ..Cause::by(who.principal.clone())
        }
    }
}

/// What became of it.
pub type Answered = Result<Done, Refusal>;
/// Who is told. It must not wait for anything.
pub type Tell = Box<dyn FnOnce(Answered) + Send>;
