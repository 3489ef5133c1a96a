//! Answers that someone may give because it was asked.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::time::Instant;

use super::AllowResponses;

/// How many questions are remembered for a client.
const QUESTIONS_MAX: usize = 4096;

/// Where a client may still answer to.
#[derive(Debug, Default)]
pub(in crate::bus::listener) struct Replies(Mutex<HashMap<Box<[u8]>, Left>>);

#[derive(Debug)]
struct Left {
    answers: u32,
    until: Instant,
}

impl Replies {
    /// It was asked, and may answer there. Of too many questions a quarter is forgotten, which has
    /// waited longest: to look for one at each question would cost whoever asks.
    pub(in crate::bus::listener) fn asked(&self, reply: &[u8], how: AllowResponses) {
        let mut all = self.0.lock().expect("nobody panics here");
        let now = Instant::now();
        if all.len() >= QUESTIONS_MAX {
            let mut ends: Vec<Instant> = all.values().map(|left| left.until).collect();
            let (_, last, _) = ends.select_nth_unstable(QUESTIONS_MAX / 4);
            all.retain(|_, left| left.until > *last && left.until > now);
        }
        all.insert(reply.into(), Left { answers: how.max, until: now + how.expires });
    }

    /// Whether it may answer there, once more.
    pub(in crate::bus::listener) fn answers(&self, subject: &[u8]) -> bool {
        let mut all = self.0.lock().expect("nobody panics here");
        let Some(left) = all.get_mut(subject) else { return false };
        let in_time = left.until > Instant::now() && left.answers > 0;
        left.answers = left.answers.saturating_sub(1);
        if !in_time || left.answers == 0 {
            all.remove(subject);
        }
        in_time
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_allowed_so_often_and_so_long() {
        let (replies, how) = (Replies::default(), AllowResponses::default());
        replies.asked(b"a", how);
        assert!(replies.answers(b"a") && !replies.answers(b"a") && !replies.answers(b"b"));
        replies.asked(b"b", how);
        tokio::time::advance(Duration::from_secs(121)).await;
        assert!(!replies.answers(b"b"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_has_a_limit() {
        let (replies, how) = (Replies::default(), AllowResponses::default());
        for n in 0..QUESTIONS_MAX + 10 {
            replies.asked(n.to_string().as_bytes(), how);
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        let left = replies.0.lock().expect("no panic").len();
        assert!((QUESTIONS_MAX / 2..=QUESTIONS_MAX).contains(&left), "{left}");
        assert!(!replies.answers(b"0") && replies.answers(b"4100") && replies.answers(b"2000"));
    }
}
