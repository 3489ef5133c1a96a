//! Bugs on purpose, compiled in only with the feature `planted` and picked by an environment
//! variable, so that every fault test can be shown to turn red. `tests/planted` names the test
//! that must catch each of them.

#[cfg(feature = "planted")]
pub mod steps;

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
    /// The outcome of an append is committed before its events.
    AppendCommittedInHalves,
    /// The journal is moved as far as readers allow, and never begins anew while there are any.
    JournalNeverRestarted,
    /// The writing connection does not sync at every commit, and nobody reads that back.
    SynchronousNormal,
    /// A read goes on until there is nothing more to read.
    ReadWithoutEnd,
    /// A backup copies the file of the log, and not what is in its journal.
    BackupCopiesTheFile,
    /// In a database, positions are taken before the lock on the log is.
    PositionOutsideLock,
    /// However much waits for a client, it is kept.
    WaitingBytesUnbounded,
    /// A message to a group reaches two of its members.
    GroupDeliveredTwice,
    /// A message may be sent to a wildcard as if it were a name.
    WildcardPublished,
    /// An answer is said wherever it is wanted.
    AnswerSaidAnywhere,
    /// What is kept of a consumer may go back.
    CursorGoesBack,
    /// Whoever lost a partition goes on in it.
    EpochNotChecked,
    /// A command over which its actor panicked keeps its place in the inbox.
    PermitLeakedOnPanic,
    /// A command over which its actor panicked is never answered.
    PanicNotAnswered,
    /// A state is moved on although the log did not take what it was moved by.
    AppliedBeforeAppend,
    /// What appends nothing is answered on whatever state there is.
    RejectionOnStaleState,
    /// An actor goes to sleep a moment after it has looked for the last time.
    WakeUpLost,
    /// A slot that was kept for a task stays kept although nothing came of the task.
    SeatNotGivenUp,
    /// A task is handed to a worker before that is on record.
    HandedOverBeforeCommit,
    /// A result counts whatever attempt it comes from.
    AttemptNotChecked,
    /// A timer is another command each time it rings.
    TimerFiredTwice,
    /// A timer of a run is another command each time it rings.
    TimerOfRunRingsTwice,
    /// An event counts as dealt with when what follows from it is sent.
    CursorBeforeAnswer,
    /// The later events of a stream do not wait behind one that is parked.
    ParkedStreamOvertaken,
    /// What came from another log is dealt with as if it had happened here.
    ImportsNotPassedOver,
    /// Of what comes from other logs a system knows only what was there when it began.
    ImportsReadOnce,
    /// What a server keeps for us is settled with it when it comes.
    SettledAtReceipt,
    /// What was sent to a server to be copied counts as copied.
    CopyNotAwaited,
    /// The end of an item counts each time that it is told.
    FanInCountsTwice,
    /// What a run did stays as it is when the run is called off.
    CompensationSkippedOnCancel,
    /// Whoever agrees agrees to whatever a stage does.
    ApprovalNotBound,
    /// What a trigger starts has another id each time it is looked at.
    TriggerFiresAgain,
}

impl Bug {
    /// Every planted bug.
    pub const ALL: [Self; 38] = [
        Self::AcknowledgeBeforeCommit,
        Self::VersionOutsideTransaction,
        Self::PositionSurvivesRollback,
        Self::ChainNotChecked,
        Self::OutcomeNotLookedUp,
        Self::WriteRetriedAfterError,
        Self::AppendCommittedInHalves,
        Self::JournalNeverRestarted,
        Self::SynchronousNormal,
        Self::ReadWithoutEnd,
        Self::BackupCopiesTheFile,
        Self::PositionOutsideLock,
        Self::WaitingBytesUnbounded,
        Self::GroupDeliveredTwice,
        Self::WildcardPublished,
        Self::AnswerSaidAnywhere,
        Self::CursorGoesBack,
        Self::EpochNotChecked,
        Self::PermitLeakedOnPanic,
        Self::PanicNotAnswered,
        Self::AppliedBeforeAppend,
        Self::RejectionOnStaleState,
        Self::WakeUpLost,
        Self::SeatNotGivenUp,
        Self::HandedOverBeforeCommit,
        Self::AttemptNotChecked,
        Self::TimerFiredTwice,
        Self::TimerOfRunRingsTwice,
        Self::CursorBeforeAnswer,
        Self::ParkedStreamOvertaken,
        Self::ImportsNotPassedOver,
        Self::ImportsReadOnce,
        Self::SettledAtReceipt,
        Self::CopyNotAwaited,
        Self::FanInCountsTwice,
        Self::CompensationSkippedOnCancel,
        Self::ApprovalNotBound,
        Self::TriggerFiresAgain,
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
            Self::AppendCommittedInHalves => "append_committed_in_halves",
            Self::JournalNeverRestarted => "journal_never_restarted",
            Self::SynchronousNormal => "synchronous_normal",
            Self::ReadWithoutEnd => "read_without_end",
            Self::BackupCopiesTheFile => "backup_copies_the_file",
            Self::PositionOutsideLock => "position_outside_lock",
            Self::WaitingBytesUnbounded => "waiting_bytes_unbounded",
            Self::GroupDeliveredTwice => "group_delivered_twice",
            Self::WildcardPublished => "wildcard_published",
            Self::AnswerSaidAnywhere => "answer_said_anywhere",
            Self::CursorGoesBack => "cursor_goes_back",
            Self::EpochNotChecked => "epoch_not_checked",
            Self::PermitLeakedOnPanic => "permit_leaked_on_panic",
            Self::PanicNotAnswered => "panic_not_answered",
            Self::AppliedBeforeAppend => "applied_before_append",
            Self::RejectionOnStaleState => "rejection_on_stale_state",
            Self::WakeUpLost => "wake_up_lost",
            Self::SeatNotGivenUp => "seat_not_given_up",
            Self::HandedOverBeforeCommit => "handed_over_before_commit",
            Self::AttemptNotChecked => "attempt_not_checked",
            Self::TimerFiredTwice => "timer_fired_twice",
            Self::TimerOfRunRingsTwice => "timer_of_run_rings_twice",
            Self::CursorBeforeAnswer => "cursor_before_answer",
            Self::ParkedStreamOvertaken => "parked_stream_overtaken",
            Self::ImportsNotPassedOver => "imports_not_passed_over",
            Self::ImportsReadOnce => "imports_read_once",
            Self::SettledAtReceipt => "settled_at_receipt",
            Self::CopyNotAwaited => "copy_not_awaited",
            Self::FanInCountsTwice => "fan_in_counts_twice",
            Self::CompensationSkippedOnCancel => "compensation_skipped_on_cancel",
            Self::ApprovalNotBound => "approval_not_bound",
            Self::TriggerFiresAgain => "trigger_fires_again",
        }
    }
}

/// What the writer is doing, for a harness that kills the process and wants to know when it struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing waits.
    Waiting = b'w',
    /// Headers and hashes are being made.
    Preparing = b'p',
    /// The transaction is under way.
    Committing = b'c',
    /// Answers are leaving.
    Answering = b'a',
    /// The store settles what was committed.
    Settling = b's',
}

/// The variable that names the file a harness reads the phase from.
pub const PHASE_FILE: &str = "ANNALS_PHASE_FILE";

/// Tells the harness what the writer does now; nothing, unless the feature is on.
#[cfg(feature = "planted")]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the harness names the file from outside the process"
)]
pub fn phase(phase: Phase) {
    use std::os::unix::fs::FileExt;
    static FILE: std::sync::OnceLock<Option<std::fs::File>> = std::sync::OnceLock::new();
    let open = || std::fs::File::create(std::env::var_os(PHASE_FILE)?).ok();
    if let Some(file) = FILE.get_or_init(open) {
        // A phase that could not be told only makes the harness's statistics poorer.
        let _ = file.write_at(&[phase as u8], 0);
    }
}

/// Tells the harness what the writer does now; nothing, unless the feature is on.
#[cfg(not(feature = "planted"))]
pub fn phase(_: Phase) {}

/// The variable that says of how many decisions one panics.
pub const PANICS: &str = "ANNALS_PLANTED_PANICS";

/// Says whether a decision panics, for a harness that wants to see what follows; never, unless the
/// feature is on.
#[cfg(feature = "planted")]
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the harness says from outside the process how many")]
pub fn panics_now() -> bool {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static DECISIONS: AtomicU64 = AtomicU64::new(1);
    static ONE_OF: OnceLock<Option<u64>> = OnceLock::new();
    let one_of = ONE_OF.get_or_init(|| std::env::var(PANICS).ok()?.parse().ok());
    let decisions = DECISIONS.fetch_add(1, Ordering::Relaxed);
    one_of.is_some_and(|one_of| decisions.is_multiple_of(one_of))
}

/// Says whether a decision panics, for a harness that wants to see what follows; never, unless the
/// feature is on.
#[cfg(not(feature = "planted"))]
#[must_use]
pub fn panics_now() -> bool {
    false
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
