//! Decisions as sentences: given what happened, when a command comes, then this follows.

use std::fmt::Debug;

use crate::decider::{Decider, Rejection};

/// An actor with a past.
pub(crate) struct Given<D>(D);

/// A decision that is about to be looked at.
pub(crate) struct Decided<D: Decider> {
    state: D,
    command: D::Command,
    decision: Result<Vec<D::Event>, D::Rejection>,
}

/// An actor to which this has happened.
pub(crate) fn given<D: Decider>(history: impl IntoIterator<Item = D::Event>) -> Given<D> {
    let history: Vec<_> = history.into_iter().collect();
    Given(D::replay(&history))
}

impl<D: Decider> Given<D>
where
    D::Command: Clone,
{
    /// Asks it.
    pub(crate) fn when(self, command: D::Command) -> Decided<D> {
        let decision = self.0.decide(command.clone());
        Decided { state: self.0, command, decision }
    }
}

impl<D: Decider> Decided<D>
where
    D::Event: PartialEq + Debug,
    D::Rejection: PartialEq,
{
    /// These events follow, and the same command finds nothing to do after them.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = D::Event>) {
        let expected: Vec<_> = expected.into_iter().collect();
        assert!(!expected.is_empty(), "say `then_nothing`");
        assert_eq!(self.decision, Ok(expected));
        let happened = self.decision.expect("it was compared above");
        let after = happened.iter().fold(self.state, D::evolve);
        let again = after.decide(self.command);
        assert_eq!(again, Ok(Vec::new()), "the same command again is nothing");
    }

    /// There is nothing to do.
    #[track_caller]
    pub(crate) fn then_nothing(self) {
        assert_eq!(self.decision, Ok(Vec::new()));
    }

    /// The actor says no, under a code that names its category.
    #[track_caller]
    pub(crate) fn then_rejected(self, expected: D::Rejection) {
        let category = <D::Event as events::codec::Words>::CATEGORY;
        let (owner, _) = expected.code().split_once('.').expect("a code is `category.reason`");
        assert_eq!(owner, category, "a rejection's code begins with its category");
        assert_eq!(self.decision, Err(expected));
    }
}
