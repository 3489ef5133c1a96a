//! Answers that someone of this process waits for. Each has a subject of its own, and is found by
//! the number in it. Behind the number stands a token that follows from it and that nobody can guess:
//! whoever was asked something knows where that answer goes, and not where others go.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::INBOX;
use super::dice::Dice;
use crate::bus::message::View;
use crate::bus::subject::tokens;
use crate::bus::{Error, Message, Name};

/// In how many parts they are kept, so that threads rarely wait for each other.
const PARTS: usize = 16;

/// How many digits a token has.
const TOKEN_DIGITS: usize = 16;
/// How many digits a number has at most.
const NUMBER_DIGITS_MAX: usize = 20;

/// Who waits, by number.
type Part = Mutex<HashMap<u64, Waits>>;

/// Someone who waits.
struct Waits {
    /// What was asked, if it was a question to someone.
    asked: Option<Name>,
    answer: oneshot::Sender<Message>,
}

/// Answers that are waited for.
pub(crate) struct Answers {
    /// What all their subjects begin with.
    prefix: Vec<u8>,
    next: AtomicU64,
    /// What tokens follow from.
    secret: RandomState,
    /// How many were no answers of those who were asked.
    forged: AtomicU64,
    waiting: Arc<[Part; PARTS]>,
}

/// An answer that is waited for; who waits no longer is forgotten.
pub(crate) struct Awaited {
    number: u64,
    waiting: Arc<[Part; PARTS]>,
    answer: oneshot::Receiver<Message>,
}

impl Answers {
    pub(crate) fn new(seed: u64) -> Self {
        let mut prefix = INBOX.to_vec();
        prefix.extend(format!(".{:016x}.", Dice::new(!seed).throw()).into_bytes());
        Self::beginning_with(prefix)
    }

    /// Answers whose subjects begin with this, which nobody else's do; it ends with a dot.
    pub(crate) fn beginning_with(prefix: Vec<u8>) -> Self {
        let waiting = Arc::new(std::array::from_fn(|_| Mutex::default()));
        let (next, forged) = (AtomicU64::new(1), AtomicU64::new(0));
        Self { prefix, next, secret: RandomState::new(), forged, waiting }
    }

    /// Waits for one more answer, to what was asked there; says where it must be sent.
    pub(crate) fn expect_one(&self, asked: Option<Name>) -> (Name, Awaited) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        let waits = Waits { asked, answer: send };
        part(&self.waiting, number).lock().expect("nobody panics here").insert(number, waits);
        let name = self.name(number);
        let waiting = Arc::clone(&self.waiting);
        (Name::as_received(Bytes::from(name)), Awaited { number, waiting, answer })
    }

    /// Gives a message to who waits for it; says whether there was someone, if it is such an answer.
    /// What comes from a tenant that was not asked is as if it had not been sent: the true answer may
    /// come yet.
    pub(crate) fn give(&self, message: &View<'_>) -> Option<bool> {
        let (number, token) = read(message.subject.strip_prefix(&self.prefix[..])?)?;
        if token != self.secret.hash_one(number) {
            return Some(self.is_forged(message));
        }
        let mut waiting = part(&self.waiting, number).lock().expect("nobody panics here");
        let Entry::Occupied(waits) = waiting.entry(number) else { return Some(false) };
        if !waits.get().may_be_answered_by(message) {
            drop(waiting);
            return Some(self.is_forged(message));
        }
        let waits = waits.remove();
        drop(waiting);
        Some(waits.answer.send(message.to_message()).is_ok())
    }

    /// Whether an answer would come here, or whoever listens there would hear answers to others.
    #[cfg(feature = "listener")]
    pub(crate) fn are_sent_to(&self, subject: &[u8]) -> bool {
        subject.starts_with(&self.prefix)
    }

    /// It is told at the first one, and then at every doubling.
    fn is_forged(&self, message: &View<'_>) -> bool {
        let forged = self.forged.fetch_add(1, Ordering::Relaxed) + 1;
        if forged.is_power_of_two() {
            let principal = message.origin.map(|origin| origin.principal.as_str());
            tracing::warn!(principal, forged, "answers come from those who were not asked");
        }
        false
    }

    fn name(&self, number: u64) -> Vec<u8> {
        use std::io::Write as _;
        let token = self.secret.hash_one(number);
        let room = self.prefix.len() + NUMBER_DIGITS_MAX + 1 + TOKEN_DIGITS;
        let mut name = Vec::with_capacity(room);
        name.extend_from_slice(&self.prefix);
        write!(name, "{number}-{token:016x}").expect("memory can be written to");
        name
    }
}

impl Waits {
    /// Whoever was asked belongs to the tenant whom the question is about. Where nobody knows who
    /// speaks, everyone may.
    fn may_be_answered_by(&self, message: &View<'_>) -> bool {
        let (Some(asked), Some(origin)) = (&self.asked, message.origin) else { return true };
        let mut asked = tokens(asked.as_bytes());
        asked.next() != Some(b"annals") || asked.next() == Some(origin.tenant.as_str().as_bytes())
    }
}

impl Awaited {
    /// Waits no longer than this.
    pub(crate) async fn within(
        mut self,
        patience: Duration,
        subject: Name,
    ) -> Result<Message, Error> {
        match tokio::time::timeout(patience, &mut self.answer).await {
            Err(_) => Err(Error::TimedOut(subject, patience)),
            Ok(Err(_)) => Err(Error::Closed),
            Ok(Ok(answer)) if answer.is_no_responders() => Err(Error::NoResponders(subject)),
            Ok(Ok(answer)) => Ok(answer),
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        part(&self.waiting, self.number).lock().expect("nobody panics here").remove(&self.number);
    }
}

fn part(waiting: &[Part; PARTS], number: u64) -> &Part {
    &waiting[number as usize % PARTS]
}

/// The number and the token of a subject that answers come to.
fn read(text: &[u8]) -> Option<(u64, u64)> {
    let (number, token) = text.split_at_checked(text.len().checked_sub(TOKEN_DIGITS)?)?;
    let number = str::from_utf8(number.strip_suffix(b"-")?).ok()?.parse().ok()?;
    let token = u64::from_str_radix(str::from_utf8(token).ok()?, 16).ok()?;
    Some((number, token))
}

#[cfg(test)]
mod tests;
