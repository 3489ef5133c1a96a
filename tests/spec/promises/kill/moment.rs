//! When a kill strikes: chosen by chance beforehand, told from the writer's phase afterwards.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::super::chance::Chance;

/// When to strike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// How many answers to wait for; facts keep coming meanwhile.
    pub(super) answers: u64,
    /// Whether to stop sending, so that it strikes a program that has nothing to do.
    pub(super) idle: bool,
    /// How long after that.
    pub(super) then: Duration,
    /// How many appends the program may have under way.
    pub(super) window: usize,
}

impl Moment {
    /// Three of forty strike while the program starts, one when it is idle.
    pub(super) fn by(chance: &mut Chance) -> Self {
        let micros = Duration::from_micros;
        let window = chance.one_of(&[1, 2, 8, 32]);
        match chance.below(40) {
            0..=2 => Self { answers: 0, idle: false, then: micros(chance.below(60_000)), window },
            3 => Self {
                answers: chance.below(10),
                idle: true,
                then: micros(chance.below(3000)),
                window,
            },
            _ => Self {
                answers: 1 + chance.below(60),
                idle: false,
                then: micros(chance.below(3000)),
                window,
            },
        }
    }
}

/// Where a kill struck.
#[derive(Debug, Clone, Copy)]
pub(super) struct Struck {
    pub(super) phase: &'static str,
    pub(super) in_flight: bool,
}

/// The name of a phase as the writer notes it.
pub(super) fn phase(noted: Option<u8>) -> &'static str {
    match noted {
        None => "starting",
        Some(b'w') => "waiting",
        Some(b'p') => "preparing",
        Some(b'c') => "committing",
        Some(b'a') => "answering",
        Some(b's') => "settling",
        Some(other) => panic!("a phase that nobody knows: {other}"),
    }
}

/// How many kills struck where.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<&'static str, (u64, u64)>);

impl Tally {
    pub(super) fn add(&mut self, struck: Struck) {
        let row = self.0.entry(struck.phase).or_default();
        row.0 += 1;
        row.1 += u64::from(struck.in_flight);
    }

    pub(super) fn kills(&self) -> u64 {
        self.0.values().map(|row| row.0).sum()
    }

    pub(super) fn in_flight(&self) -> u64 {
        self.0.values().map(|row| row.1).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:<20} {:>6} {:>10}", "phase", "kills", "in flight")?;
        for (phase, (kills, in_flight)) in &self.0 {
            writeln!(f, "  {phase:<20} {kills:>6} {in_flight:>10}")?;
        }
        write!(f, "  {:<20} {:>6} {:>10}", "all", self.kills(), self.in_flight())
    }
}

#[test]
fn kills_are_counted_by_phase() {
    let mut tally = Tally::default();
    tally.add(Struck { phase: phase(Some(b'c')), in_flight: true });
    tally.add(Struck { phase: phase(Some(b'c')), in_flight: false });
    tally.add(Struck { phase: phase(None), in_flight: false });
    assert_eq!((tally.kills(), tally.in_flight()), (3, 1));
    assert!(tally.to_string().contains("committing                2          1"));
}
