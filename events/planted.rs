//! Bugs on purpose, compiled in only with the feature `planted` and picked by an environment
//! variable, so that every fault test can be shown to turn red. `tests/planted` names the test
//! that must catch each of them.

/// The variable that picks a bug.
pub const VARIABLE: &str = "ANNALS_PLANTED";

/// A rule that can be broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Answers leave before the commit.
    AcknowledgeBeforeCommit,
    /// The expected version is compared with what was true before the batch.
    VersionOutsideTransaction,
    /// Positions come from a counter that a rollback does not take back.
    PositionSurvivesRollback,
    /// Events are read without comparing hashes.
    ChainNotChecked,
    /// A known command is not looked up again after a restart.
    OutcomeNotLookedUp,
    /// A failed write is tried again instead of stopping.
    WriteRetriedAfterError,
}

impl Bug {
    /// Every planted bug.
    pub const ALL: [Self; 6] = [
        Self::AcknowledgeBeforeCommit,
        Self::VersionOutsideTransaction,
        Self::PositionSurvivesRollback,
        Self::ChainNotChecked,
        Self::OutcomeNotLookedUp,
        Self::WriteRetriedAfterError,
    ];

    /// The name that picks it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AcknowledgeBeforeCommit => "acknowledge_before_commit",
            Self::VersionOutsideTransaction => "version_outside_transaction",
            Self::PositionSurvivesRollback => "position_survives_rollback",
            Self::ChainNotChecked => "chain_not_checked",
            Self::OutcomeNotLookedUp => "outcome_not_looked_up",
            Self::WriteRetriedAfterError => "write_retried_after_error",
        }
    }
}

/// Says whether `bug` was picked; never, unless the feature is on.
#[must_use]
pub fn planted(bug: Bug) -> bool {
    picked().is_some_and(|name| name == bug.name())
}

#[cfg(feature = "planted")]
#[expect(clippy::disallowed_methods, reason = "the harness picks a bug from outside the process")]
fn picked() -> Option<&'static str> {
    static PICKED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    PICKED.get_or_init(|| std::env::var(VARIABLE).ok()).as_deref()
}

#[cfg(not(feature = "planted"))]
fn picked() -> Option<&'static str> {
    None
}
