//! How long a task waits for its next try: twice as long each time, up to a cap, and a little more
//! or less, so that what failed together does not come back together. The little is taken from the
//! task's own name: it is different for each task, and the same whenever it is worked out.

use events::chain::blob_hash;
use events::id::StreamKey;
use events::task::Retry;

/// Keeps these hashes apart from every other hash in the world.
const DOMAIN: &[u8] = b"annals.retry.1\0";
/// The part of a wait by which it may be longer or shorter: a fifth.
const SPREAD: u64 = 5;

/// The wait after so many tries, of which the newest was this attempt.
pub(super) fn wait_ms(retry: &Retry, tries: u32, id: &StreamKey, attempt: u32) -> u64 {
    let doubled = 1_u64.checked_shl(tries.saturating_sub(1)).unwrap_or(u64::MAX);
    let wait = retry.base_ms.saturating_mul(doubled).min(retry.cap_ms);
    let spread = wait / SPREAD;
    (wait - spread).saturating_add(dice(id, attempt) % spread.saturating_mul(2).saturating_add(1))
}

fn dice(id: &StreamKey, attempt: u32) -> u64 {
    let hash = blob_hash(&[DOMAIN, &attempt.to_be_bytes(), id.as_str().as_bytes()].concat());
    hash.0.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn retry(base_ms: u64, cap_ms: u64) -> Retry {
        Retry { base_ms, cap_ms, ..Retry::default() }
    }

    fn id(text: &str) -> StreamKey {
        text.parse().expect("a token")
    }

    #[test]
    fn a_wait_is_the_same_whenever_it_is_worked_out() {
        let retry = retry(1_000, 60_000);
        let waits = [1, 2, 3, 7, 70].map(|tries| wait_ms(&retry, tries, &id("a"), tries));
        assert_eq!(waits, [808, 2_360, 4_463, 54_179, 65_432]);
    }

    #[test]
    fn two_tasks_that_fail_together_come_back_apart() {
        let retry = retry(1_000, 60_000);
        assert_ne!(wait_ms(&retry, 1, &id("a"), 1), wait_ms(&retry, 1, &id("b"), 1));
    }

    proptest! {
        #[test]
        fn a_wait_is_within_a_fifth_of_what_was_agreed(
            base_ms in 1u64..100_000, cap_ms in 1u64..10_000_000, tries in 1u32..200,
            attempt: u32, name in "[a-z]{1,8}",
        ) {
            let wait = wait_ms(&retry(base_ms, cap_ms), tries, &id(&name), attempt);
            let doubled = (0..tries.min(63)).skip(1).fold(base_ms, |ms, _| ms.saturating_mul(2));
            let agreed = doubled.min(cap_ms);
            prop_assert!(agreed - agreed / 5 <= wait && wait <= agreed + agreed / 5, "{wait}");
        }

        #[test]
        fn no_numbers_are_too_large_to_wait(base_ms: u64, cap_ms: u64, tries: u32, attempt: u32) {
            let wait = wait_ms(&retry(base_ms, cap_ms), tries, &id("a"), attempt);
            prop_assert!(wait >= base_ms.min(cap_ms) / 5 * 4);
        }
    }
}
