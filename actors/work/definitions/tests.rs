//! How much is at hand.

use super::*;

fn name(n: usize) -> Name {
    ("main".parse().expect("a token"), format!("pipeline-{n}").parse().expect("a token"))
}

fn edition(bytes: usize) -> Edition {
    let plan = Json::parse(&format!("\"{}\"", "x".repeat(bytes - 2))).expect("JSON");
    Edition { plan, is_deprecated: false }
}

#[test]
fn those_are_let_go_that_nobody_asked_for_the_longest_time() {
    let mut kept = Kept::default();
    for n in 0..EDITIONS_MAX {
        kept.keep(name(n), 1, edition(10), true);
        assert!(kept.find(&name(n), None).is_some());
    }
    assert!(kept.find(&name(0), Some(1)).is_some());
    kept.keep(name(EDITIONS_MAX), 1, edition(10), true);
    assert_eq!((kept.editions, kept.bytes), (EDITIONS_MAX, 10 * EDITIONS_MAX));
    assert!(kept.find(&name(1), None).is_none() && kept.find(&name(0), None).is_some());
}

#[test]
fn no_more_bytes_are_kept_than_there_is_room_for() {
    let mut kept = Kept::default();
    for n in 0..9 {
        kept.keep(name(n), 1, edition(BYTES_MAX / 4), true);
        kept.find(&name(n), None);
    }
    assert_eq!((kept.editions, kept.bytes), (4, BYTES_MAX / 4 * 4));
    kept.keep(name(8), 1, edition(10), true);
    assert_eq!((kept.editions, kept.bytes), (4, BYTES_MAX / 4 * 3 + 10));
    (0..9).for_each(|n| kept.forget(&name(n)));
    assert_eq!((kept.editions, kept.bytes, kept.pipelines.len()), (0, 0, 0));
}

#[test]
fn one_that_was_asked_for_by_its_number_is_not_taken_for_the_newest() {
    let mut kept = Kept::default();
    kept.keep(name(1), 2, edition(10), false);
    assert!(kept.find(&name(1), None).is_none() && kept.find(&name(1), Some(2)).is_some());
    kept.keep(name(1), 3, edition(10), true);
    assert!(matches!(kept.find(&name(1), None), Some(Resolved::Found { edition: 3, .. })));
}
