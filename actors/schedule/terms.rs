//! On which terms a schedule starts runs.

use events::chain::blob_hash;
use events::content::Content;
use events::id::PipelineId;
use events::schedule::{CatchUp, Next, Overlap, Set, When};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::ScheduleRejection;
use super::times::Times;
use crate::bounds::{OutOfBounds, within};
use crate::decider::Moment;
use crate::task::DURATION_MS_MAX;

/// The longest that a schedule may be late on purpose, and the longest that it may be late without
/// having missed its time.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// The shortest lateness that counts as missed: a clock is looked at only so often.
const LATE_MS_MIN: u64 = 1_000;
/// The shortest time between two of its times.
const EVERY_MS_MIN: u64 = 1_000;

/// On which terms a schedule starts runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// At which times.
    pub when: When,
    /// Whose clock is meant.
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
    pub edition: Option<u32>,
    /// With what.
    #[serde(with = "crate::kept")]
    pub input: Content,
}

impl Terms {
    /// Those that were recorded.
    pub(super) fn of(set: &Set) -> Self {
        let set = set.clone();
        Self {
            when: set.when,
            zone: set.zone,
            jitter_ms: set.jitter_ms,
            overlap: set.overlap,
            catch_up: set.catch_up,
            late_ms: set.late_ms,
            pipeline: set.pipeline,
            edition: set.edition,
            input: set.input,
        }
    }

    /// As they are recorded.
    pub(super) fn recorded(self, next: Option<Next>, at: Timestamp) -> Set {
        Set {
            when: self.when,
            zone: self.zone,
            jitter_ms: self.jitter_ms,
            overlap: self.overlap,
            catch_up: self.catch_up,
            late_ms: self.late_ms,
            pipeline: self.pipeline,
            edition: self.edition,
            input: self.input,
            next,
            at,
        }
    }

    /// Whether they can be kept to, and the first time that comes of them. A time that came already, on
    /// whatever terms, has had its run.
    pub(super) fn first(
        &self,
        last: Option<Timestamp>,
        moment: &Moment,
    ) -> Result<Next, ScheduleRejection> {
        within("the lateness on purpose", self.jitter_ms, 0, DAY_MS)?;
        within("the lateness that is none", self.late_ms, LATE_MS_MIN, DAY_MS)?;
        if let When::Every { ms, .. } = self.when {
            within("the time between two", ms, EVERY_MS_MIN, DURATION_MS_MAX)?;
        }
        if self.edition == Some(0) {
            let (what, max) = ("an edition", u64::from(u32::MAX));
            return Err(OutOfBounds::OutOfRange { what, min: 1, max }.into());
        }
        let times = Times::read(&self.when, &self.zone)?;
        let passed = match self.when {
            // Whoever makes up for what has passed makes up for this, too.
            When::Once { at } if at <= moment.now && self.catch_up != CatchUp::None => Some(at),
            When::Once { .. } | When::Cron { .. } | When::Every { .. } => None,
        };
        let from = last.map_or(moment.now, |last| last.max(moment.now));
        let first = passed.filter(|at| Some(*at) > last).or_else(|| times.after(from));
        first.map(|at| self.ring(&times, at, moment)).ok_or(ScheduleRejection::NeverFires)
    }

    /// Its times; none, if what was recorded means nothing to this program.
    pub(super) fn times(&self) -> Option<Times> {
        Times::read(&self.when, &self.zone).ok()
    }

    /// When it rings for a time: later by something that follows from the time, so that schedules of
    /// one time do not all fire at once; not later than the time behind it, which would be missed.
    pub(super) fn ring(&self, times: &Times, nominal: Timestamp, moment: &Moment) -> Next {
        let late_ms = match self.jitter_ms {
            0 => 0,
            most => {
                let room = times.after(nominal).map_or(most, |behind| ms_between(nominal, behind));
                chance(nominal, moment) % most.min(room).saturating_add(1)
            }
        };
        Next { nominal, rings_at: nominal.plus_ms(late_ms) }
    }
}

fn ms_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0) / 1_000
}

/// A number that anyone can work out, and nobody would have guessed.
fn chance(nominal: Timestamp, moment: &Moment) -> u64 {
    let mut words = b"annals.jitter.1\0".to_vec();
    for word in [moment.tenant.as_str(), moment.id.as_str()] {
        words.extend_from_slice(word.as_bytes());
        words.push(0);
    }
    words.extend_from_slice(&nominal.0.to_be_bytes());
    let hash = blob_hash(&words).0;
    u64::from_be_bytes(*hash.first_chunk().expect("a hash is longer"))
}
