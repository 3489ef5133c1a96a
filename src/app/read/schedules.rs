//! What is known about schedules.

use events::content::Content;
use events::id::{PipelineId, ScheduleId};
use events::run::How;
use events::schedule::{CatchUp, Fires, Overlap, Set, When};
use events::shape::ShapeOf;
use events::stream::Position;
use projections::schedule_list::{End, Last, Mode, ScheduleList, ScheduleRow};
use schemars::JsonSchema;
use serde::Serialize;

use super::ScheduleFilter;
use super::by_name;
use super::nothing;
use super::shown::{AnswerOf, Happened, write};
use crate::app::refusal::Refusal;

/// Whether a schedule starts anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Active,
    Paused,
    Removed,
}

/// A schedule, as answers show it.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Schedule")]
struct Shown<'a> {
    id: &'a str,
    phase: Phase,
    /// Why, if it is paused or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// At the times of this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    cron: Option<&'a str>,
    /// Again and again, after so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    every_ms: Option<u64>,
    /// Once, at this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    zone: &'a str,
    pipeline: &'a PipelineId,
    /// The newest, if none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<u32>,
    /// The time that comes next; none, while it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// When a run is started for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    rings_at: Option<String>,
    /// The run that it started last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastShown>,
    /// How many times wait for a run to end.
    waiting: usize,
    fired: u64,
    skipped: u64,
    missed: u64,
    /// The newest of the times that were missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    missed_last: Option<String>,
    overlap: Overlap,
    catch_up: CatchUp,
    jitter_ms: u64,
    late_ms: u64,
    changed_at: String,
}

/// A run that a schedule started.
#[derive(JsonSchema, Serialize)]
struct LastShown {
    run: String,
    /// The time that was meant.
    nominal: String,
    /// Why it was started when it was.
    how: Fires,
    fired_at: String,
    end: EndShown,
}

/// What became of a run.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum EndShown {
    UnderWay,
    NotStarted,
    Completed,
    Failed,
    Cancelled,
    TimedOut,
}

#[derive(JsonSchema, Serialize)]
struct One<'a> {
    schedule: Shown<'a>,
    /// What runs are given.
    input: &'a Content,
    /// The newest of what happened to it.
    history: Vec<Happened<'a>>,
}

#[derive(JsonSchema, Serialize)]
struct List<'a> {
    schedules: Vec<Shown<'a>>,
    /// How many were not looked at.
    left_out: u64,
}

/// The shapes of both.
pub(super) const ONE: ShapeOf = AnswerOf::<One<'static>>::json_schema;
pub(super) const LIST: ShapeOf = AnswerOf::<List<'static>>::json_schema;

impl<'a> Shown<'a> {
    fn of(id: &'a str, row: &'a ScheduleRow) -> Self {
        let (phase, reason) = match &row.mode {
            Mode::Active => (Phase::Active, None),
            Mode::Paused { reason } => (Phase::Paused, Some(reason.as_str())),
            Mode::Removed { reason } => (Phase::Removed, Some(reason.as_str())),
        };
        let next = row.next.filter(|_| phase == Phase::Active);
        let set = &row.set;
        let (cron, every_ms, at) = match &set.when {
            When::Cron { pattern } => (Some(pattern.as_str()), None, None),
            When::Every { ms, .. } => (None, Some(*ms), None),
            When::Once { at } => (None, None, Some(at.to_string())),
        };
        Self {
            id,
            phase,
            reason: reason.filter(|reason| !reason.is_empty()),
            cron,
            every_ms,
            at,
            zone: &set.zone,
            pipeline: &set.pipeline,
            edition: set.edition,
            next: next.map(|next| next.nominal.to_string()),
            rings_at: next.map(|next| next.rings_at.to_string()),
            last: row.last.as_ref().map(LastShown::of),
            waiting: row.waiting.len(),
            fired: row.fired,
            skipped: row.skipped,
            missed: row.missed,
            missed_last: row.missed_last.map(|time| time.to_string()),
            overlap: set.overlap,
            catch_up: set.catch_up,
            jitter_ms: set.jitter_ms,
            late_ms: set.late_ms,
            changed_at: row.changed_at.to_string(),
        }
    }
}

impl LastShown {
    fn of(last: &Last) -> Self {
        Self {
            run: last.run.to_string(),
            nominal: last.nominal.to_string(),
            how: last.how,
            fired_at: last.fired_at.to_string(),
            end: match last.end {
                End::UnderWay => EndShown::UnderWay,
                End::NotStarted => EndShown::NotStarted,
                End::Ended(How::Completed) => EndShown::Completed,
                End::Ended(How::Failed) => EndShown::Failed,
                End::Ended(How::Cancelled) => EndShown::Cancelled,
                End::Ended(How::TimedOut) => EndShown::TimedOut,
            },
        }
    }
}

/// What a list shows of a row: not what the runs are given, which may be large.
pub(super) fn slim(row: ScheduleRow) -> ScheduleRow {
    let input = Content::Inline(nothing());
    ScheduleRow { set: Set { input, ..row.set }, ..row }
}

/// All schedules.
pub(super) type All = by_name::ByName<ScheduleList>;
/// One of them.
pub(super) type Looking = by_name::Looking<ScheduleList>;

/// One schedule with the newest of its history.
pub(super) fn one(id: &ScheduleId, found: &Looking) -> Result<Vec<u8>, Refusal> {
    let row = found.row().ok_or(Refusal::NotFound("schedule"))?;
    let schedule = Shown::of(id.as_str(), row);
    let one = One { schedule, input: &row.set.input, history: found.history() };
    Ok(write(found.position(), one))
}

/// Those that are there, by name.
pub(super) fn list(all: &All, filter: &ScheduleFilter, position: Position) -> Vec<u8> {
    let living = all.rows().filter(|(_, row)| !matches!(row.mode, Mode::Removed { .. }));
    let schedules = living.take(filter.limit).map(|(id, row)| Shown::of(id, row)).collect();
    write(position.0, List { schedules, left_out: all.left_out() })
}
