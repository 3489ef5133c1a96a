//! Why something is not done before an actor decides about it: the same code at every door. Nothing
//! of this is recorded, so the same may be asked again under the same id.

mod code;

use std::time::Duration;

use actors::agent::AgentRejection;
use actors::command::Malformed;
use actors::pipeline::PipelineRejection;
use actors::run::RunRejection;
use actors::runtime::Refused;
use actors::schedule::ScheduleRejection;
use actors::task::TaskRejection;
use actors::trigger::TriggerRejection;
use actors::work::reactor::parked::NotDone;
use events::content::DEPTH_MAX;
use events::store;

use super::who::Denied;
use crate::fact::NotAFact;
pub use code::Code;

/// Why something is not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// Nothing like that is asked here.
    #[error("{0}")]
    Unknown(String),
    /// What is said does not fit.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is no fact.
    #[error(transparent)]
    NotAFact(#[from] NotAFact),
    /// It is not what it should be.
    #[error("{0}")]
    Unreadable(String),
    /// There is more in each other than any reader should have to descend into.
    #[error("it has {0} lists and objects inside each other, the limit is {DEPTH_MAX}")]
    TooDeep(usize),
    /// They may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Nobody knows who asks.
    #[error("nobody knows who asks this")]
    Nameless,
    /// Its id was used for something else.
    #[error("another request was made under this id")]
    Reused,
    /// There is too much to do.
    #[error("there is too much to do; ask again in {} ms", .0.as_millis())]
    Busy(Duration),
    /// The actor has failed again and again.
    #[error("it failed again and again, and is left alone for a while")]
    Parked,
    /// Its turn did not come in time.
    #[error("its turn did not come in time; nothing was done")]
    Late,
    /// Another process has taken over.
    #[error("another process has taken over")]
    Moved,
    /// Something is wrong with this program.
    #[error("this program failed; what became of it is known to who asks again under the same id")]
    Broken,
    /// The system is about to end.
    #[error("the system is about to end")]
    Stopping,
    /// What is looked for is not there.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// What was found does not fit into one answer.
    #[error("the answer has {bytes} bytes, more than the {limit} that a message has; ask for less")]
    AnswerTooLarge {
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// Nothing was done about a parked event.
    #[error(transparent)]
    NotMended(#[from] NotDone),
    /// The log did not do what it was asked.
    #[error(transparent)]
    Log(#[from] store::Error),
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.known().name()
    }

    /// The class of it, as HTTP has them.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.known().status()
    }

    /// When the same may lead to something else; never, if it is not said.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Busy(soon) = self { Some(*soon) } else { self.known().again() }
    }

    fn known(&self) -> Code {
        match self {
            Self::Unknown(_) => Code::UnknownRequest,
            Self::Malformed(Malformed::UnknownVerb { .. }) => Code::UnknownVerb,
            Self::Malformed(_) | Self::NotAFact(NotAFact::Malformed(_)) | Self::Unreadable(_) => {
                Code::Malformed
            }
            Self::NotAFact(NotAFact::WithoutId) => Code::FactWithoutId,
            Self::NotAFact(NotAFact::WithoutSource) => Code::FactWithoutSource,
            Self::NotAFact(NotAFact::TooLarge(_)) | Self::AnswerTooLarge { .. } => Code::TooLarge,
            Self::TooDeep(_) | Self::NotAFact(NotAFact::TooDeep(_)) => Code::TooDeep,
            Self::Denied(_) => Code::NotAllowed,
            Self::Nameless => Code::NotAuthenticated,
            Self::Reused => Code::CommandReused,
            Self::Busy(_) => Code::Busy,
            Self::Parked => Code::Parked,
            Self::Late => Code::Late,
            Self::Moved => Code::Moved,
            Self::Broken => Code::Broken,
            Self::Stopping => Code::Stopping,
            Self::NotFound(_) => Code::NotFound,
            Self::NotMended(NotDone::NotParked) => Code::NotParked,
            Self::NotMended(NotDone::Behind(_)) => Code::ParkedBehind,
            Self::NotMended(NotDone::NotKept(_)) => Code::StoreUnavailable,
            Self::NotMended(NotDone::Ended) => Code::ReactionEnded,
            Self::Log(error) => of_log(error),
        }
    }
}

fn of_log(error: &store::Error) -> Code {
    use store::Error;
    match error {
        Error::CommandReused(_) => Code::CommandReused,
        Error::TooLarge { .. } | Error::Empty => Code::TooLarge,
        Error::Busy => Code::Busy,
        Error::StaleEpoch { .. } => Code::Moved,
        Error::Full => Code::StoreFull,
        Error::JournalFull { .. } => Code::JournalFull,
        Error::Unknown(_) => Code::OutcomeUnknown,
        Error::Damaged(_) => Code::StoreDamaged,
        _ => Code::StoreUnavailable,
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Reused => Self::Reused,
            Refused::Busy { retry } => Self::Busy(retry),
            Refused::Parked => Self::Parked,
            Refused::Late => Self::Late,
            Refused::Moved => Self::Moved,
            Refused::Broken => Self::Broken,
            Refused::Log(error) => Self::Log(error),
        }
    }
}

/// The class of what an actor says no to, by its code.
#[must_use]
pub fn status_of_rejection(code: &str) -> u16 {
    match code.split_once('.').map_or(code, |(_, reason)| reason) {
        "not_yours_to_approve" => 403,
        "not_found" | "no_such_stage" => 404,
        "edition_not_found" | "pipeline_not_found" | "fork_not_found" => 404,
        "too_many" | "too_long" | "out_of_range" | "too_deep" | "invalid" => 422,
        "invalid_name" | "invalid_kind" | "invalid_pattern" | "unknown_zone" | "never_fires" => 422,
        "input_invalid" | "input_sealed" | "input_too_large" => 422,
        _ => 409,
    }
}

/// Every code that an actor says no with.
pub fn rejection_codes() -> impl Iterator<Item = &'static str> {
    let codes = [
        TaskRejection::CODES,
        AgentRejection::CODES,
        PipelineRejection::CODES,
        RunRejection::CODES,
        ScheduleRejection::CODES,
        TriggerRejection::CODES,
    ];
    codes.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told_that_there_is_too_much_to_do_is_told_when_to_come_back() {
        let soon = Duration::from_millis(7);
        assert_eq!(Refusal::Busy(soon).retry_after(), Some(soon));
        assert!(Refusal::Log(store::Error::Busy).retry_after().is_some());
        assert_eq!(Refusal::Reused.retry_after(), None);
    }
}
