//! How much is at hand.

use super::kept::*;
use super::*;

fn name(n: usize) -> Name {
    ("main".parse().expect("a token"), format!("pipeline-{n}").parse().expect("a token"))
}

fn edition(bytes: usize) -> Edition {
    let plan = Json::parse(&format!("\"{}\"", "x".repeat(bytes - 2))).expect("JSON");
    Edition { plan, is_deprecated: false }
}

impl Kept {
    /// Something was read, and found.
    fn holds(&mut self, name: &Name, number: u32, edition: Edition, is_newest: bool) {
        let (began, _) = self.begins(name, None);
        self.keep(name, &began, (number, edition), is_newest);
    }

    /// Something was read, and there was none.
    fn lacks(&mut self, name: &Name, missing: Missing) {
        let (began, _) = self.begins(name, None);
        self.miss(name, &began, missing);
    }
}

#[test]
fn those_are_let_go_that_nobody_asked_for_the_longest_time() {
    let mut kept = Kept::default();
    for n in 0..EDITIONS_MAX {
        kept.holds(&name(n), 1, edition(10), true);
        assert!(kept.find(&name(n), None).is_some());
    }
    assert!(kept.find(&name(0), Some(1)).is_some());
    kept.holds(&name(EDITIONS_MAX), 1, edition(10), true);
    assert_eq!((kept.editions, kept.bytes), (EDITIONS_MAX, 10 * EDITIONS_MAX));
    assert!(kept.find(&name(1), None).is_none() && kept.find(&name(0), None).is_some());
}

#[test]
fn no_more_bytes_are_kept_than_there_is_room_for() {
    let mut kept = Kept::default();
    for n in 0..9 {
        kept.holds(&name(n), 1, edition(BYTES_MAX / 4), true);
        kept.find(&name(n), None);
    }
    assert_eq!((kept.editions, kept.bytes), (4, BYTES_MAX / 4 * 4));
    kept.holds(&name(8), 1, edition(10), true);
    assert_eq!((kept.editions, kept.bytes), (4, BYTES_MAX / 4 * 3 + 10));
    (0..9).for_each(|n| kept.forget(&name(n)));
    assert_eq!((kept.editions, kept.bytes, kept.pipelines.len()), (0, 0, 0));
}

#[test]
fn one_that_was_asked_for_by_its_number_is_not_taken_for_the_newest() {
    let mut kept = Kept::default();
    kept.holds(&name(1), 2, edition(10), false);
    assert!(kept.find(&name(1), None).is_none() && kept.find(&name(1), Some(2)).is_some());
    kept.holds(&name(1), 3, edition(10), true);
    assert!(matches!(kept.find(&name(1), None), Some(Resolved::Found { edition: 3, .. })));
}

#[test]
fn what_there_is_not_takes_no_room_from_what_there_is_and_has_an_end_itself() {
    let mut kept = Kept::default();
    kept.holds(&name(0), 1, edition(10), true);
    for n in 1..=MISSING_MAX + 10 {
        kept.find(&name(n), None);
        kept.lacks(&name(n), Missing { newest: 0, head: Version::ZERO });
    }
    assert_eq!(kept.missing.len(), MISSING_MAX);
    assert!(!kept.missing.contains_key(&name(1)) && kept.missing.contains_key(&name(11)));
    assert!(kept.find(&name(0), None).is_some());
    kept.forget(&name(11));
    assert!(!kept.missing.contains_key(&name(11)));
}

#[test]
fn what_is_missing_is_told_to_those_who_came_before_that_was_read_and_to_nobody_else() {
    let mut kept = Kept::default();
    let (_, before) = kept.comes(&name(1));
    let newest = Missing { newest: 2, head: Version(3) };
    kept.lacks(&name(1), newest);
    let (_, after) = kept.comes(&name(1));
    assert_eq!(kept.missing_since(&name(1), Some(3), before), Some(Resolved::NoEdition));
    assert_eq!(kept.missing_since(&name(1), Some(0), before), Some(Resolved::NoEdition));
    assert_eq!(kept.missing_since(&name(1), Some(3), after), None);
    assert_eq!(kept.missing_since(&name(1), Some(2), before), None, "that one is there");
    assert_eq!(kept.missing_since(&name(1), None, before), None, "and so is a newest one");
    let (began, missing) = kept.begins(&name(1), Some(3));
    assert_eq!(missing, Some((newest, Resolved::NoEdition)));
    kept.forget(&name(1));
    kept.miss(&name(1), &began, newest);
    assert!(kept.missing.is_empty(), "something happened to it while it was read");
    kept.leaves(&name(1));
    kept.leaves(&name(1));
    assert!(kept.under_way.is_empty());
}
