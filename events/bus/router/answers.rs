//! Answers that someone of this process waits for. Each has a subject of its own, and is found by
//! the number in it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::INBOX;
use super::dice::Dice;
use crate::bus::message::View;
use crate::bus::{Error, Message, Name};

/// In how many parts they are kept, so that threads rarely wait for each other.
const PARTS: usize = 16;

/// Who waits, by number.
type Part = Mutex<HashMap<u64, oneshot::Sender<Message>>>;

/// Answers that are waited for.
pub(crate) struct Answers {
    /// What all their subjects begin with.
    prefix: Vec<u8>,
    next: AtomicU64,
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
        Self { prefix, next: AtomicU64::new(1), waiting }
    }

    /// Waits for one more; says where it must be sent.
    pub(crate) fn expect_one(&self) -> (Name, Awaited) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        part(&self.waiting, number).lock().expect("nobody panics here").insert(number, send);
        let mut name = Vec::with_capacity(self.prefix.len() + 20);
        name.extend_from_slice(&self.prefix);
        write_number(number, &mut name);
        let waiting = Arc::clone(&self.waiting);
        (Name::as_received(Bytes::from(name)), Awaited { number, waiting, answer })
    }

    /// Gives a message to who waits for it; says whether there was someone, if it is such an answer.
    pub(crate) fn give(&self, message: &View<'_>) -> Option<bool> {
        let digits = message.subject.strip_prefix(&self.prefix[..])?;
        let number: u64 = str::from_utf8(digits).ok()?.parse().ok()?;
        let waits = part(&self.waiting, number).lock().expect("nobody panics here").remove(&number);
        Some(waits.is_some_and(|waits| waits.send(message.to_message()).is_ok()))
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

fn write_number(number: u64, out: &mut Vec<u8>) {
    use std::io::Write as _;
    write!(out, "{number}").expect("memory can be written to");
}
