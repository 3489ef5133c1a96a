//! Why something is not done before an actor decides about it: the same code at every door. Nothing
//! of this is recorded, so the same may be asked again under the same id.

use std::time::Duration;

use actors::command::Malformed;
use actors::runtime::Refused;
use events::content::DEPTH_MAX;
use events::store;

use super::who::Denied;
use crate::fact::NotAFact;

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
    /// The log did not do what it was asked.
    #[error(transparent)]
    Log(#[from] store::Error),
}

/// How long who asks should wait before it asks again.
const SOON: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_secs(5);

impl Refusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.known().0
    }

    /// The class of it, as HTTP has them.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.known().1
    }

    /// When the same may lead to something else; never, if it is not said.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match (self, self.status()) {
            (Self::Busy(soon), _) => Some(*soon),
            (Self::Parked | Self::Moved | Self::Stopping, _) => Some(LATER),
            (_, 503 | 507) => Some(LATER),
            (_, 500 | 504) => Some(SOON),
            _ => None,
        }
    }

    fn known(&self) -> (&'static str, u16) {
        match self {
            Self::Unknown(_) => ("unknown_request", 404),
            Self::Malformed(Malformed::UnknownVerb { .. }) => ("unknown_verb", 404),
            Self::Malformed(_) | Self::NotAFact(NotAFact::Malformed(_)) | Self::Unreadable(_) => {
                ("malformed", 400)
            }
            Self::NotAFact(NotAFact::WithoutId) => ("fact_without_id", 400),
            Self::NotAFact(NotAFact::WithoutSource) => ("fact_without_source", 400),
            Self::NotAFact(NotAFact::TooLarge(_)) => ("too_large", 413),
            Self::TooDeep(_) | Self::NotAFact(NotAFact::TooDeep(_)) => ("too_deep", 400),
            Self::Denied(_) => ("not_allowed", 403),
            Self::Nameless => ("not_authenticated", 401),
            Self::Reused => ("command_reused", 409),
            Self::Busy(_) => ("busy", 429),
            Self::Parked => ("parked", 503),
            Self::Late => ("late", 504),
            Self::Moved => ("moved", 503),
            Self::Broken => ("broken", 500),
            Self::Stopping => ("stopping", 503),
            Self::NotFound(_) => ("not_found", 404),
            Self::Log(error) => of_log(error),
        }
    }
}

fn of_log(error: &store::Error) -> (&'static str, u16) {
    use store::Error;
    match error {
        Error::CommandReused(_) => ("command_reused", 409),
        Error::TooLarge { .. } | Error::Empty => ("too_large", 413),
        Error::Busy => ("busy", 429),
        Error::StaleEpoch { .. } => ("moved", 503),
        Error::Full => ("store_full", 507),
        Error::JournalFull { .. } => ("journal_full", 503),
        Error::Unknown(_) => ("outcome_unknown", 503),
        Error::Damaged(_) => ("store_damaged", 500),
        _ => ("store_unavailable", 503),
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
        "not_found" => 404,
        "too_many" | "too_long" | "out_of_range" | "invalid_name" | "invalid_kind" => 422,
        _ => 409,
    }
}
