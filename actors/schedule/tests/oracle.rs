//! Patterns held to one who sits before the clock on the wall and looks at it each minute.

use std::collections::BTreeSet;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::collection::btree_set;
use proptest::sample::select;

use super::super::times::Times;
use super::*;

const MINUTE: i64 = 60_000_000;
/// How long they sit there: a day before the clock changes, and three behind it.
const BEFORE: i64 = 24 * 60;
const BEHIND: i64 = 3 * 24 * 60;

/// A field of a pattern, and what fits it.
#[derive(Debug, Clone)]
struct Field {
    text: String,
    fits: BTreeSet<i8>,
}

impl Field {
    fn any(&self) -> bool {
        self.text.starts_with('*')
    }
}

fn named(values: &BTreeSet<i8>) -> Field {
    let words: Vec<_> = values.iter().map(ToString::to_string).collect();
    Field { text: words.join(","), fits: values.clone() }
}

fn any_of(least: i8, most: i8) -> Field {
    Field { text: "*".into(), fits: (least..=most).collect() }
}

fn stepped(begin: &str, least: i8, most: i8, step: i8) -> Field {
    let fits = (least..=most).step_by(usize::try_from(step).expect("it is more than nothing"));
    Field { text: format!("{begin}/{step}"), fits: fits.collect() }
}

/// A field of the hour or of the minute. Hours are mostly those in which clocks change.
fn of_the_day(most: i8, often: i8) -> impl Strategy<Value = Field> {
    prop_oneof![
        4 => btree_set(0..=often, 1..4).prop_map(|values| named(&values)),
        1 => btree_set(0..=most, 1..4).prop_map(|values| named(&values)),
        2 => Just(any_of(0, most)),
        1 => (1..=20_i8).prop_map(move |step| stepped("*", 0, most, step)),
        1 => (0..=often, 0..8_i8, 1..4_i8).prop_map(move |(least, more, step)| {
            let end = (least + more).min(most);
            stepped(&format!("{least}-{end}"), least, end, step)
        }),
    ]
}

/// A field of the date, of which mostly nothing is said.
fn of_the_date(least: i8, most: i8) -> impl Strategy<Value = Field> {
    prop_oneof![
        4 => Just(any_of(least, most)),
        1 => btree_set(least..=most, 1..6).prop_map(|values| named(&values)),
    ]
}

fn pattern() -> impl Strategy<Value = [Field; 5]> {
    let (day, month, weekday) = (of_the_date(1, 31), of_the_date(1, 12), of_the_date(0, 6));
    (of_the_day(59, 59), of_the_day(23, 4), day, month, weekday)
        .prop_map(|(minute, hour, day, month, weekday)| [minute, hour, day, month, weekday])
}

fn fits([minute, hour, day, month, weekday]: &[Field; 5], wall: DateTime) -> bool {
    let is_day = day.fits.contains(&wall.day());
    let is_weekday = weekday.fits.contains(&wall.weekday().since(Weekday::Sunday));
    // Where both are named, one is enough.
    let is_date =
        if day.any() || weekday.any() { is_day && is_weekday } else { is_day || is_weekday };
    let is_time = minute.fits.contains(&wall.minute()) && hour.fits.contains(&wall.hour());
    is_time && is_date && month.fits.contains(&wall.month())
}

/// What whoever looks at the clock each minute calls the times. What they wait for has come when the
/// clock shows it, or more, for the first time; if any hour or minute will do, whenever it shows it.
fn seen(pattern: &[Field; 5], zone: &TimeZone, change: i64) -> Vec<i64> {
    let is_exact = !pattern[0].any() && !pattern[1].any();
    let shown = |at: i64| {
        let at = jiff::Timestamp::from_microsecond(at).expect("a time");
        zone.to_datetime(at)
    };
    let (begin, minutes) = (change - BEFORE * MINUTE, BEFORE + BEHIND);
    let (mut highest, mut times) = (shown(begin), Vec::new());
    for at in (1..=minutes).map(|n| begin + n * MINUTE) {
        let wall = shown(at);
        if !is_exact {
            times.extend(fits(pattern, wall).then_some(at));
            continue;
        }
        let mut has_come = false;
        while highest < wall {
            highest = highest.checked_add(jiff::SignedDuration::from_mins(1)).expect("a time");
            has_come |= fits(pattern, highest);
        }
        times.extend(has_come.then_some(at));
    }
    times
}

/// The `n`-th change of a clock since 2009.
fn change(zone: &TimeZone, n: usize) -> i64 {
    let begin: jiff::Timestamp = "2009-01-01T00:00:00Z".parse().expect("a time");
    let change = zone.following(begin).nth(n).map_or(begin, |change| change.timestamp());
    change.as_microsecond()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_pattern_means_what_whoever_looks_at_the_clock_sees(
        pattern in pattern(),
        name in select(vec![
            "UTC", "Europe/Berlin", "America/New_York", "Africa/Casablanca", "Asia/Kathmandu",
            "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Antarctica/Troll",
        ]),
        n in 0..30_usize,
        odd in 0..MINUTE,
    ) {
        let zone = TimeZoneDatabase::bundled().get(name).expect("a zone");
        let change = change(&zone, n);
        let expected = seen(&pattern, &zone, change);
        let text = pattern.each_ref().map(|field| field.text.as_str()).join(" ");
        let times = Times::read(&When::Cron { pattern: text.clone() }, name).expect(&text);
        let (mut at, mut found) = (change - BEFORE * MINUTE, Vec::new());
        let end = change + BEHIND * MINUTE;
        while let Some(next) = times.after(Timestamp(at)).filter(|next| next.0 <= end) {
            prop_assert!(next.0 > at, "{}: it goes back", text);
            found.push(next.0);
            at = next.0;
        }
        let shown = |at: &i64| jiff::Timestamp::from_microsecond(*at).expect("a time").to_string();
        let [found_there, expected_there] =
            [&found, &expected].map(|times| times.iter().map(shown).collect::<Vec<_>>());
        prop_assert_eq!(found_there, expected_there, "{} in {}", text, name);
        // Between two minutes there is nothing.
        if let [first, second, ..] = found[..] {
            let between = Timestamp(second - 1 - odd % (second - first));
            prop_assert_eq!(times.after(between), Some(Timestamp(second)));
        }
    }
}
