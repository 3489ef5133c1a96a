//! What happens to a schedule: it is set, and fires. Whoever looks at it later sees each time it was
//! meant for, and what became of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::WireType;
use crate::content::Content;
use crate::id::{PipelineId, RunId};
use crate::run::How;
use crate::time::Timestamp;
use crate::words::words;

const SET: WireType = WireType { name: "schedule.set", schema: 1 };
const FIRED: WireType = WireType { name: "schedule.fired", schema: 1 };
const QUEUED: WireType = WireType { name: "schedule.queued", schema: 1 };
const SKIPPED: WireType = WireType { name: "schedule.skipped", schema: 1 };
const MISSED: WireType = WireType { name: "schedule.missed", schema: 1 };
const RUN_ENDED: WireType = WireType { name: "schedule.run_ended", schema: 1 };
const PAUSED: WireType = WireType { name: "schedule.paused", schema: 1 };
const RESUMED: WireType = WireType { name: "schedule.resumed", schema: 1 };
const REMOVED: WireType = WireType { name: "schedule.removed", schema: 1 };

/// The types of what runs are started, or called off, because of.
pub const CARRIED_OUT: [WireType; 2] = [FIRED, QUEUED];

words! {
    /// Something that happened to a schedule.
    ScheduleEvent of "schedule" {
        /// It was set, or set anew.
        Set(Set) = SET,
        /// It started a run.
        Fired(Fired) = FIRED,
        /// Its time came while a run was under way; that one ends first.
        Queued(Queued) = QUEUED,
        /// Its time came, and nothing was started.
        Skipped(Skipped) = SKIPPED,
        /// Its time passed while nobody looked.
        Missed(Missed) = MISSED,
        /// The run that it started ended.
        RunEnded(RunEnded) = RUN_ENDED,
        /// It starts nothing until it is resumed.
        Paused(Paused) = PAUSED,
        /// It starts runs again.
        Resumed(Resumed) = RESUMED,
        /// It starts nothing any more.
        Removed(Removed) = REMOVED,
    }
}

/// A schedule was set, or set anew.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Set {
    /// At which times.
    pub when: When,
    /// Whose clock is meant, by its name in the time zone database.
    pub zone: String,
    /// By how much it may be late on purpose, in milliseconds.
    pub jitter_ms: u64,
    /// What becomes of a time that comes while a run is under way.
    pub overlap: Overlap,
    /// What becomes of times that passed while nobody looked.
    pub catch_up: CatchUp,
    /// How late it may be without that it counts as missed, in milliseconds.
    pub late_ms: u64,
    /// What it starts.
    pub pipeline: PipelineId,
    /// Which definition of it; the newest, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<u32>,
    /// With what.
    pub input: Content,
    /// When it fires next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// When it was decided.
    pub at: Timestamp,
}

/// The times of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// As a pattern of cron says: minute, hour, day of the month, month, day of the week.
    Cron {
        /// The pattern.
        pattern: String,
    },
    /// Again and again.
    Every {
        /// After so many milliseconds.
        ms: u64,
        /// Counted from then.
        from: Timestamp,
    },
    /// Once.
    Once {
        /// Then.
        at: Timestamp,
    },
}

/// What becomes of a time that comes while a run is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Nothing is started.
    Skip,
    /// A run is started when the other one has ended.
    Queue,
    /// The other one is called off, and a run is started when it has ended.
    Replace,
}

/// What becomes of times that passed while nobody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// They are counted.
    None,
    /// The last of them is made up for.
    Last,
    /// All of them are made up for, one after the other.
    All,
}

/// When a schedule fires next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Next {
    /// The time that is meant.
    pub nominal: Timestamp,
    /// The time at which it does.
    pub rings_at: Timestamp,
}

/// Why a run was started when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fires {
    /// Its time had come.
    OnTime,
    /// Its time had passed, or another run was under way.
    CaughtUp,
    /// Someone wanted it at once.
    ByHand,
}

/// A schedule started a run. All that the run needs is said here again.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Fired {
    /// The time that was meant.
    pub nominal: Timestamp,
    /// The run.
    pub run: RunId,
    /// Why then.
    pub how: Fires,
    /// What was started.
    pub pipeline: PipelineId,
    /// Which definition of it; the newest, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<u32>,
    /// With what.
    pub input: Content,
    /// When it fires next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// When it was decided.
    pub at: Timestamp,
}

/// Its time came while a run was under way; that one ends first.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Queued {
    /// The time that was meant.
    pub nominal: Timestamp,
    /// The run that is called off for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RunId>,
    /// When it fires next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// When it was decided.
    pub at: Timestamp,
}

/// Its time came, and nothing was started.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Skipped {
    /// The time that was meant.
    pub nominal: Timestamp,
    /// The run that was under way.
    pub under_way: RunId,
    /// When it fires next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// When it was decided.
    pub at: Timestamp,
}

/// Its time passed while nobody looked.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Missed {
    /// The first time that was.
    pub first: Timestamp,
    /// The last one.
    pub last: Timestamp,
    /// How many there were.
    pub count: u64,
    /// Those that are made up for, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queued: Vec<Timestamp>,
    /// When it fires next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// When it was decided.
    pub at: Timestamp,
}

/// The run that it started ended.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct RunEnded {
    /// The run.
    pub run: RunId,
    /// How; nothing, if it could not begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<How>,
    /// When it was decided.
    pub at: Timestamp,
}

/// It starts nothing until it is resumed.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Paused {
    /// Why, in the words of whoever paused it.
    pub reason: String,
    /// When it was decided.
    pub at: Timestamp,
}

/// It starts runs again.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Resumed {
    /// Why, in the words of whoever resumed it.
    pub reason: String,
    /// When it fires next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// When it was decided.
    pub at: Timestamp,
}

/// It starts nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Removed {
    /// Why, in the words of whoever removed it.
    pub reason: String,
    /// When it was decided.
    pub at: Timestamp,
}
