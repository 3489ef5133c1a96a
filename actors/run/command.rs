//! What may be asked of a run.

use events::chain::EventHash;
use events::content::{Content, Json};
use events::id::{EventId, PipelineId, Principal, RunId, SignalName, StageName, TaskId};
use events::labels::Labels;
use events::run::{By, Kept, PartHow, Slot};
use events::task::Failure;
use events::time::Timestamp;

/// What may be asked of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunCommand {
    /// Begin.
    Start(Box<Begin>),
    /// Begin where another run failed, or went another way.
    Fork(Box<Fork>),
    /// Let nothing new begin.
    Pause {
        /// Why.
        reason: String,
    },
    /// Go on.
    Resume {
        /// Why.
        reason: String,
    },
    /// Come to an end.
    Cancel {
        /// Why.
        reason: String,
        /// Whether what was done is undone.
        undoes: bool,
    },
    /// Do what was asked about.
    Approve(Verdict),
    /// Do not do it.
    Disapprove(Verdict),
    /// This has happened.
    Signal {
        /// What it is called.
        name: SignalName,
        /// What comes with it.
        payload: Content,
    },
    /// Go on after the end: what did not succeed is done again.
    Retry {
        /// This stage and everything behind it begins anew; what failed, if none is named.
        from: Option<StageName>,
        /// Why.
        reason: String,
    },
    /// Said by a reaction: a task of it has ended.
    TaskEnded {
        /// Which one.
        task: TaskId,
        /// How.
        end: PartEnd,
    },
    /// Said by a reaction: a run inside of it has ended.
    RunEnded {
        /// Which one.
        run: RunId,
        /// How.
        end: PartEnd,
    },
    /// Said by the clock: a time has come.
    Ring(RunTimer),
}

/// How a run is to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begin {
    /// By which definition.
    pub wanted: Wanted,
    /// What was found of it. Nobody has looked, as long as this is nothing: whoever asks a run looks
    /// before that, since a run knows its own history and nothing else.
    pub found: Option<Resolved>,
    /// With what.
    pub input: Given,
    /// Because of whom.
    pub by: By,
    /// As which part of another run.
    pub parent: Option<Slot>,
    /// Inside of how many runs.
    pub depth: u8,
    /// Not before this time.
    pub begins_at: Option<Timestamp>,
    /// Words to find it by.
    pub labels: Labels,
}

/// Which definition is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// Of this pipeline.
    pub pipeline: PipelineId,
    /// This edition; the newest, if none is named.
    pub edition: Option<u32>,
}

/// What was found of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// It is there.
    Found {
        /// Which edition it is.
        edition: u32,
        /// Its canonical text.
        plan: Json,
        /// Whether nothing new shall begin by it.
        is_deprecated: bool,
    },
    /// There is no such pipeline.
    NoPipeline,
    /// The pipeline has no such edition.
    NoEdition,
}

/// What a run is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// This.
    Content(Content),
    /// Nothing: what should have been made for it could not be. It will not begin.
    Wrong(Failure),
}

/// How a run is to go on from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// From that one.
    pub of: RunId,
    /// This stage and everything behind it begins anew.
    pub from: StageName,
    /// With this instead of what the other one was given.
    pub input: Option<Content>,
    /// What was found of the other one. Nobody has looked, as long as this is nothing.
    pub found: Option<Forkable>,
    /// Words to find it by.
    pub labels: Labels,
}

/// What another run says about going on from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forkable {
    /// It can be done.
    Yes(Box<Past>),
    /// There is no such run.
    NoRun,
    /// It has not finished.
    NotFinished,
    /// It has no such stage.
    NoStage,
    /// It never began, or this program cannot read what it went by.
    Unreadable,
}

/// What a run takes over from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Which edition of it.
    pub edition: u32,
    /// The definition.
    pub plan: Json,
    /// What the other one was given.
    pub input: Content,
    /// The stages that are neither the one that begins anew nor behind it, and were over.
    pub kept: Vec<Kept>,
    /// As of which version of its stream.
    pub version: u64,
    /// The time that the other one was meant for.
    pub nominal: Option<Timestamp>,
}

/// What someone says about what a stage is going to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The stage.
    pub stage: StageName,
    /// The hash of what they were shown.
    pub hash: EventHash,
    /// What they say about it.
    pub note: String,
    /// Who they are: the door says so, not they.
    pub by: Option<Principal>,
}

/// How a part of a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartEnd {
    /// How.
    pub how: PartHow,
    /// What came out.
    pub output: Option<Content>,
    /// What went wrong.
    pub error: Option<Failure>,
}

/// A time that a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunTimer {
    /// What for.
    pub what: RunTimerKind,
    /// Of which stage; of the run itself, if none is named.
    pub stage: Option<StageName>,
    /// In which turn of that stage.
    pub turn: u16,
    /// When.
    pub at: Timestamp,
    /// The event that set it.
    pub cause: EventId,
}

/// What a run waits for a time for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunTimerKind {
    /// The run begins.
    Begins,
    /// There is more to begin than one decision does.
    GoOn,
    /// The run must be over.
    Run,
    /// The stage must be over.
    Stage,
    /// The stage waits until then.
    Until,
    /// Nobody has agreed to the stage.
    Approval,
}
