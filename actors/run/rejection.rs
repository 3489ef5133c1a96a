//! Why a run says no.

use crate::bounds::OutOfBounds;
use crate::decider::Rejection;

/// Why a run says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunRejection {
    /// Nobody has started it.
    #[error("there is no such run")]
    NotFound,
    /// Something else was started under the same id.
    #[error("another run was started under this id; take a new one")]
    AlreadyStarted,
    /// Nobody has looked up what it should go by.
    #[error("nobody has looked up what the run should go by; ask again")]
    NotLookedUp,
    /// There is no such pipeline.
    #[error("there is no such pipeline; define it first")]
    PipelineNotFound,
    /// The pipeline has no such edition.
    #[error("the pipeline has no such edition; leave it out for the newest")]
    EditionNotFound,
    /// Nothing new shall begin by this definition.
    #[error("the pipeline is deprecated; define it anew, or name another edition")]
    PipelineDeprecated,
    /// Too many runs would be inside each other.
    #[error("at most {max} runs may be inside each other; let one of the pipelines run no other")]
    TooDeep {
        /// How many there may be.
        max: u8,
    },
    /// What it is given does not fit what the pipeline says of it.
    #[error("{0}")]
    InputInvalid(String),
    /// What it is given cannot be looked at.
    #[error(
        "the pipeline names its parameters, and what is sealed or larger than an event cannot be held \
         to them; give a smaller input without a data subject, or define the pipeline without \
         parameters"
    )]
    InputSealed,
    /// What it is given and what it goes by do not fit into one event.
    #[error("the input and the definition are too large together; give a smaller input")]
    InputTooLarge,
    /// This program cannot read what it goes by.
    #[error("this program cannot read what the run goes by; use the newer one that wrote it")]
    PlanUnreadable,
    /// It has no such stage.
    #[error("the run has no stage `{stage}`; `annals run show` lists them")]
    NoStage {
        /// Which one was meant.
        stage: String,
    },
    /// Nobody is asked about the stage.
    #[error("the stage does not wait for anyone to agree")]
    NothingToApprove,
    /// It is not about what the stage would do now.
    #[error(
        "this is not what the stage waits for; look at the run again, and say the hash it shows"
    )]
    ApprovalStale,
    /// Others are asked.
    #[error("the stage waits for someone else to agree")]
    NotYours,
    /// It comes to its end.
    #[error("the run comes to its end; wait for that")]
    IsEnding,
    /// It never began.
    #[error("the run never began; start another one")]
    NotStarted,
    /// It is over.
    #[error("the run is already finished")]
    AlreadyFinished,
    /// It is not over.
    #[error("the run is not finished; cancel it, or wait")]
    NotFinished,
    /// What it did was undone.
    #[error("what the run did was undone; fork it instead")]
    IsUndone,
    /// Another run goes on without it.
    #[error("the run is a part of another one, which has gone on; retry that one")]
    IsAPart,
    /// Nothing of it failed.
    #[error("no stage of the run failed; name the stage to begin from")]
    NothingToRetry,
    /// A stage began too often.
    #[error("a stage begins at most {max} times in a run; fork the run instead")]
    TooManyTurns {
        /// How often it may begin.
        max: u16,
    },
    /// There is no run to fork.
    #[error("there is no run to fork under this id")]
    ForkNotFound,
    /// The run to fork is not over.
    #[error("the run to fork is not finished; cancel it, or wait")]
    ForkNotFinished,
    /// It has been told too much that nobody asks for.
    #[error("too many signals are kept that no stage has asked for; wait until some are taken")]
    TooManySignals,
    /// There is too much of something.
    #[error(transparent)]
    OutOfBounds(#[from] OutOfBounds),
}

impl RunRejection {
    /// Every code there is.
    pub const CODES: &[&str] = &[
        "run.not_found",
        "run.already_started",
        "run.not_looked_up",
        "run.pipeline_not_found",
        "run.edition_not_found",
        "run.pipeline_deprecated",
        "run.too_deep",
        "run.input_invalid",
        "run.input_sealed",
        "run.input_too_large",
        "run.plan_unreadable",
        "run.no_such_stage",
        "run.nothing_to_approve",
        "run.approval_stale",
        "run.not_yours_to_approve",
        "run.is_ending",
        "run.never_began",
        "run.already_finished",
        "run.not_finished",
        "run.is_undone",
        "run.is_a_part",
        "run.nothing_to_retry",
        "run.too_many_turns",
        "run.fork_not_found",
        "run.fork_not_finished",
        "run.too_many_signals",
        "run.too_many",
        "run.too_long",
        "run.invalid_name",
        "run.out_of_range",
    ];
}

impl Rejection for RunRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "run.not_found",
            Self::AlreadyStarted => "run.already_started",
            Self::NotLookedUp => "run.not_looked_up",
            Self::PipelineNotFound => "run.pipeline_not_found",
            Self::EditionNotFound => "run.edition_not_found",
            Self::PipelineDeprecated => "run.pipeline_deprecated",
            Self::TooDeep { .. } => "run.too_deep",
            Self::InputInvalid(_) => "run.input_invalid",
            Self::InputSealed => "run.input_sealed",
            Self::InputTooLarge => "run.input_too_large",
            Self::PlanUnreadable => "run.plan_unreadable",
            Self::NoStage { .. } => "run.no_such_stage",
            Self::NothingToApprove => "run.nothing_to_approve",
            Self::ApprovalStale => "run.approval_stale",
            Self::NotYours => "run.not_yours_to_approve",
            Self::IsEnding => "run.is_ending",
            Self::NotStarted => "run.never_began",
            Self::AlreadyFinished => "run.already_finished",
            Self::NotFinished => "run.not_finished",
            Self::IsUndone => "run.is_undone",
            Self::IsAPart => "run.is_a_part",
            Self::NothingToRetry => "run.nothing_to_retry",
            Self::TooManyTurns { .. } => "run.too_many_turns",
            Self::ForkNotFound => "run.fork_not_found",
            Self::ForkNotFinished => "run.fork_not_finished",
            Self::TooManySignals => "run.too_many_signals",
            Self::OutOfBounds(OutOfBounds::TooMany { .. }) => "run.too_many",
            Self::OutOfBounds(OutOfBounds::TooLong { .. }) => "run.too_long",
            Self::OutOfBounds(OutOfBounds::InvalidName { .. }) => "run.invalid_name",
            Self::OutOfBounds(OutOfBounds::OutOfRange { .. }) => "run.out_of_range",
        }
    }
}
