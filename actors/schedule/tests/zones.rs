//! The clock on the wall goes back and forth; patterns go by it.

use super::super::times::Times;
use super::*;

/// The next times of a pattern, as people of that place say them.
fn local(pattern: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
    let times = Times::read(&When::Cron { pattern: pattern.into() }, zone).expect("there are some");
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).expect("a zone");
    let mut time: Timestamp = from.parse().expect("a time");
    let mut all = Vec::new();
    for _ in 0..count {
        time = times.after(time).expect("there is another");
        let there = jiff::Timestamp::from_microsecond(time.0).expect("a time");
        all.push(there.to_zoned(zone.clone()).strftime("%m-%d %H:%M %:z").to_string());
    }
    all
}

#[test]
fn a_time_that_is_left_out_comes_at_the_end_of_the_gap_and_once() {
    let spring = local("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3);
    assert_eq!(spring, ["03-28 02:30 +01:00", "03-29 03:00 +02:00", "03-30 02:30 +02:00"]);
    let howe = local("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2);
    assert_eq!(howe, ["10-04 02:30 +11:00", "10-05 02:15 +11:00"]);
    let two = local("15,45 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3);
    assert_eq!(two, ["03-29 03:00 +02:00", "03-29 03:15 +02:00", "03-29 03:45 +02:00"]);
}

#[test]
fn a_time_that_comes_twice_counts_once() {
    let autumn = local("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
    assert_eq!(autumn, ["10-25 02:30 +02:00", "10-26 02:30 +01:00"]);
    let west = local("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2);
    assert_eq!(west, ["11-01 01:30 -04:00", "11-02 01:30 -05:00"]);
    let two = local("0 2,14 * * *", "Europe/Berlin", "2026-10-24T22:00:00Z", 2);
    assert_eq!(two, ["10-25 02:00 +02:00", "10-25 14:00 +01:00"]);
    // Whoever looks for the next one while it comes again finds none.
    let later = local("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1);
    assert_eq!(later, ["10-26 02:30 +01:00"]);
}

#[test]
fn what_comes_all_the_time_goes_by_time_that_passes() {
    let autumn = local("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 4);
    assert_eq!(
        autumn,
        ["10-25 02:30 +02:00", "10-25 02:00 +01:00", "10-25 02:30 +01:00", "10-25 03:00 +01:00"]
    );
    let spring = local("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", 2);
    assert_eq!(spring, ["03-29 03:00 +02:00", "03-29 03:30 +02:00"]);
}

#[test]
fn a_day_without_midnight_begins_when_it_begins() {
    let day = local("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", 2);
    assert_eq!(day, ["11-04 01:00 -02:00", "11-05 00:00 -02:00"]);
}

#[test]
fn a_day_that_a_place_leaves_out_is_made_up_for_at_its_end() {
    let day = local("0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z", 2);
    assert_eq!(day, ["12-31 00:00 +14:00", "12-30 12:00 +14:00"]);
}

#[test]
fn a_time_that_never_comes_is_none() {
    for pattern in ["0 0 30 2 *", "*/7 * 31 2,4,6,9,11 *", "0 0 31 2 *", "* * 30,31 2 *"] {
        let times = Times::read(&When::Cron { pattern: pattern.into() }, "Europe/Berlin");
        assert_eq!(times.expect("it can be read").after(NOON), None, "{pattern}");
    }
}

proptest! {
    #[test]
    fn equal_steps_are_equal(ms in 1_000_u64..100_000_000, time in 0..4_000_000_000_000_000_i64) {
        let when = When::Every { ms, from: Timestamp(0) };
        let times = Times::read(&when, "UTC").expect("there are some");
        let next = times.after(Timestamp(time)).expect("there is another").0;
        let step = i64::try_from(ms).expect("it is small") * 1_000;
        prop_assert!(next > time && next - time <= step && next % step == 0);
    }
}
