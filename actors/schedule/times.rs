//! The times that a schedule means. Zones and their rules are a part of the program: what a machine has
//! beside it changes nothing here.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use events::schedule::When;
use events::time::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::ScheduleRejection;
use crate::bounds::{VALUE_BYTES_MAX, text};

/// What stands for any hour or any minute.
const ANY: [char; 2] = ['*', '?'];

/// Times, one after the other.
#[derive(Debug)]
pub(super) enum Times {
    Cron(Box<Pattern>),
    Every { ms: u64, from: Timestamp },
    Once(Timestamp),
}

/// A pattern, and the clock on the wall that it goes by.
#[derive(Debug)]
pub(super) struct Pattern {
    cron: Cron,
    zone: TimeZone,
    /// Whether it says at which hours and minutes. If not, it goes by the time that passes.
    is_exact: bool,
}

impl Times {
    /// Reads which times are meant.
    pub(super) fn read(when: &When, zone: &str) -> Result<Self, ScheduleRejection> {
        text("the name of a time zone", zone, VALUE_BYTES_MAX)?;
        let found = TimeZoneDatabase::bundled().get(zone);
        let zone = found.map_err(|_| ScheduleRejection::UnknownZone(zone.to_owned()))?;
        Ok(match when {
            When::Cron { pattern } => Self::Cron(Box::new(Pattern::read(pattern, zone)?)),
            When::Every { ms, from } => Self::Every { ms: *ms, from: *from },
            When::Once { at } => Self::Once(*at),
        })
    }

    /// The first of them that is later.
    pub(super) fn after(&self, time: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Once(at) => (*at > time).then_some(*at),
            Self::Every { ms, from } => every(*ms, *from, time),
            Self::Cron(pattern) => {
                let next = pattern.after(jiff::Timestamp::from_microsecond(time.0).ok()?)?;
                Some(Timestamp(next.as_microsecond()))
            }
        }
    }
}

fn every(ms: u64, from: Timestamp, time: Timestamp) -> Option<Timestamp> {
    let step = i64::try_from(ms).ok()?.checked_mul(1000).filter(|step| *step > 0)?;
    if time < from {
        return Some(from);
    }
    let whole = time.0.checked_sub(from.0)?.div_euclid(step);
    let next = whole.checked_add(1)?.checked_mul(step)?.checked_add(from.0)?;
    Some(Timestamp(next))
}

impl Pattern {
    /// Five fields, and nothing else: what has six means seconds to some and years to others.
    fn read(pattern: &str, zone: TimeZone) -> Result<Self, ScheduleRejection> {
        text("a pattern", pattern, VALUE_BYTES_MAX)?;
        let fields: Vec<&str> = pattern.split_ascii_whitespace().collect();
        let [minute, hour, ..] = fields[..] else { return Err(not_five()) };
        if fields.len() != 5 {
            return Err(not_five());
        }
        let parser =
            CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let wrong = |error: croner::errors::CronError| error.to_string();
        let cron =
            parser.parse(pattern).map_err(wrong).map_err(ScheduleRejection::InvalidPattern)?;
        Ok(Self { cron, zone, is_exact: ![minute, hour].iter().any(|field| field.contains(ANY)) })
    }

    fn after(&self, time: jiff::Timestamp) -> Option<jiff::Timestamp> {
        if self.is_exact { self.by_the_wall(time) } else { self.by_what_passes(time) }
    }

    /// Each time that a clock on the wall shows counts once: one that it leaves out comes when it has
    /// gone forward, and one that it shows twice, when it shows it first.
    fn by_the_wall(&self, time: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let mut wall = self.zone.to_datetime(time);
        loop {
            wall = self.cron.find_next_occurrence(&wall, false).ok()?;
            let first = self.first(wall)?;
            if first > time {
                return Some(first);
            }
        }
    }

    /// When a clock on the wall shows this, or more, for the first time.
    fn first(&self, wall: DateTime) -> Option<jiff::Timestamp> {
        // Of two such times it is the first; of none, one as long before the gap as this is in it.
        let earlier = self.zone.to_ambiguous_timestamp(wall).earlier().ok()?;
        if self.zone.to_datetime(earlier) == wall {
            return Some(earlier);
        }
        self.zone.following(earlier).next().map(|change| change.timestamp())
    }

    /// Each instant at which the clock on the wall shows a time that is meant: what it leaves out is left
    /// out, and what it shows twice counts twice. Between two changes of the clock the one follows from
    /// the other.
    fn by_what_passes(&self, time: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let (mut from, mut is_included) = (time, false);
        loop {
            let shown = self.zone.to_datetime(from);
            let wall = self.cron.find_next_occurrence(&shown, is_included).ok()?;
            let next = from.checked_add(wall.duration_since(shown)).ok()?;
            let change = self.zone.following(from).next().map(|change| change.timestamp());
            match change.filter(|change| *change <= next) {
                Some(change) => (from, is_included) = (change, true),
                None => return Some(next),
            }
        }
    }
}

fn not_five() -> ScheduleRejection {
    let what = "it has five fields: minute, hour, day of the month, month, day of the week";
    ScheduleRejection::InvalidPattern(what.into())
}
