//! Every code that something is refused with before an actor decides: its class as HTTP has it, and
//! when the same may lead to something else. Publishers depend on the names; they never change.

use std::time::Duration;

/// How long who asks should wait before it asks again.
const SOON: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_secs(5);

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident, $name:literal, $status:literal, $again:expr;)*) => {
        /// The stable name of a refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name, as programs see it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The class of it.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// When the same may lead to something else; never, if it is not said.
            #[must_use]
            pub fn again(self) -> Option<Duration> {
                match self { $(Self::$variant => $again,)* }
            }
        }
    };
}

codes! {
    /// What is said does not fit.
    Malformed, "malformed", 400, None;
    /// More in each other than any reader should descend into.
    TooDeep, "too_deep", 400, None;
    /// A fact without a name.
    FactWithoutId, "fact_without_id", 400, None;
    /// A fact of nobody.
    FactWithoutSource, "fact_without_source", 400, None;
    /// Nobody knows who asks.
    NotAuthenticated, "not_authenticated", 401, None;
    /// They may not.
    NotAllowed, "not_allowed", 403, None;
    /// Nothing like that is asked here.
    UnknownRequest, "unknown_request", 404, None;
    /// Nothing like that is said to it.
    UnknownVerb, "unknown_verb", 404, None;
    /// What is looked for is not there.
    NotFound, "not_found", 404, None;
    /// No such event is parked.
    NotParked, "not_parked", 404, None;
    /// Another event of its stream comes first.
    ParkedBehind, "parked_behind", 409, None;
    /// The id was used for something else.
    CommandReused, "command_reused", 409, None;
    /// More than is taken.
    TooLarge, "too_large", 413, None;
    /// Too much to do.
    Busy, "busy", 429, Some(SOON);
    /// This program failed.
    Broken, "broken", 500, Some(SOON);
    /// What is on disk is not what was written.
    StoreDamaged, "store_damaged", 500, None;
    /// The actor has failed again and again.
    Parked, "parked", 503, Some(LATER);
    /// The reaction is not at work any more.
    ReactionEnded, "reaction_ended", 503, Some(LATER);
    /// Another process has taken over.
    Moved, "moved", 503, Some(LATER);
    /// The system is about to end.
    Stopping, "stopping", 503, Some(LATER);
    /// The log cannot be reached.
    StoreUnavailable, "store_unavailable", 503, Some(LATER);
    /// The log's journal has no room.
    JournalFull, "journal_full", 503, Some(LATER);
    /// Nobody knows whether it was recorded.
    OutcomeUnknown, "outcome_unknown", 503, Some(LATER);
    /// Its turn did not come in time.
    Late, "late", 504, Some(SOON);
    /// The disk has no room.
    StoreFull, "store_full", 507, Some(LATER);
}
