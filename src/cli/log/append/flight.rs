//! Facts under way: sent to the writer many at a time, answered in any order, handed on in the
//! order they came. When there is no room they are held, and tried again first one, then more.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::time::Duration;

use events::store::{Answer, Append, Error, Writer};
use tokio::task::JoinSet;

use super::intake::Ready;
use crate::cli::problem::{Problem, Refused};

/// The most facts that may be under way: what the writer's queue takes without waiting, so that
/// they are queued in the order they are sent.
pub(super) const FACTS_MAX: u16 = 4096;
/// The most bytes of facts that may be under way, beyond the last one.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// How soon a log without room is tried again.
const PAUSE_MIN: Duration = Duration::from_millis(250);
/// How soon a log that could not be reached is tried again; nothing is said of it at first.
const HICCUP: Duration = Duration::from_millis(10);
/// How seldom a log without room is tried again.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Facts under way.
pub(super) struct Flight {
    writer: Writer,
    limit: usize,
    sent: JoinSet<(u64, Result<Answer, Error>)>,
    places: VecDeque<Place>,
    /// How many facts were handed on; the number of the first place.
    handed_on: u64,
    bytes: usize,
    full: Option<Full>,
}

/// A fact under way.
struct Place {
    fact: Box<Ready>,
    state: State,
}

enum State {
    /// The writer has it.
    Sent,
    /// There was no room; it waits here.
    Held,
    /// Nobody tries any more.
    GivenUp,
    Answered(Answer),
    Refused(Problem),
}

/// There is no room: what is known about it.
struct Full {
    why: Error,
    pause: Duration,
    /// How many are tried at once.
    window: usize,
    /// Whether the last try found no room, too.
    again: bool,
    /// Whether anybody was told.
    told: bool,
}

/// What became of a fact.
pub(super) enum Landed {
    Answered(Box<Ready>, Answer),
    Refused(Problem),
    GivenUp,
}

/// What an answer says about the room there is.
#[derive(Debug)]
pub(super) enum Room {
    AsBefore,
    /// There is none, since just now, or for another reason than before.
    Gone(Error),
    /// There is room again, and nothing is held any more.
    Back,
}

impl Flight {
    pub(super) fn new(writer: Writer, limit: usize) -> Self {
        Self {
            writer,
            limit,
            sent: JoinSet::new(),
            places: VecDeque::new(),
            handed_on: 0,
            bytes: 0,
            full: None,
        }
    }

    /// Whether another fact may be sent.
    pub(super) fn has_place(&self) -> bool {
        self.full.is_none() && self.places.len() < self.limit && self.bytes < BYTES_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Sends a fact.
    pub(super) fn send(&mut self, fact: Ready) {
        let number = self.handed_on + self.places.len() as u64;
        self.bytes += weight(&fact);
        self.hand_over(number, fact.append.clone());
        self.places.push_back(Place { fact: Box::new(fact), state: State::Sent });
    }

    fn hand_over(&mut self, number: u64, append: Append) {
        let writer = self.writer.clone();
        self.sent.spawn(async move { (number, writer.append(append).await) });
    }

    /// Waits until something changes for what is under way; an error that ends everything comes back.
    /// Nothing is lost when the wait is cut short.
    pub(super) async fn moves(&mut self) -> Result<Room, Problem> {
        if self.sent.is_empty() {
            self.try_again().await;
        }
        self.answers().await
    }

    /// Waits for an answer, and notes all that are there.
    async fn answers(&mut self) -> Result<Room, Problem> {
        let mut next = self.sent.join_next().await;
        let mut room = Room::AsBefore;
        while let Some(done) = next {
            let (number, answer) = done.map_err(|panic| Error::Failed(panic.to_string()))?;
            if let Room::Gone(why) = self.note(number, answer)? {
                room = Room::Gone(why);
            }
            next = self.sent.try_join_next();
        }
        let held = || self.places.iter().any(|place| matches!(place.state, State::Held));
        if let Some(full) = &self.full
            && self.sent.is_empty()
            && !held()
        {
            let back = if full.told { Room::Back } else { Room::AsBefore };
            self.full = None;
            return Ok(back);
        }
        Ok(room)
    }

    fn note(&mut self, number: u64, answer: Result<Answer, Error>) -> Result<Room, Problem> {
        let index = usize::try_from(number - self.handed_on).expect("it is one of the places");
        let place = &mut self.places[index];
        place.state = match answer {
            Ok(answer) => State::Answered(answer),
            Err(error) if error.passes() => {
                place.state = State::Held;
                return Ok(self.note_full(error));
            }
            Err(error) if error.is_fatal() || matches!(error, Error::Stopped) => {
                return Err(error.into());
            }
            Err(error) => State::Refused(refused(&place.fact, error)),
        };
        Ok(Room::AsBefore)
    }

    fn note_full(&mut self, why: Error) -> Room {
        let pause = if why.is_full() { PAUSE_MIN } else { HICCUP };
        let new = Full { why: why.clone(), pause, window: 1, again: true, told: false };
        let full = self.full.get_or_insert(new);
        full.again = true;
        if discriminant(&full.why) != discriminant(&why) {
            full.told &= !full.why.is_full() && !why.is_full();
            full.why = why.clone();
        }
        if full.told || full.pause < PAUSE_MIN {
            return Room::AsBefore;
        }
        full.told = true;
        Room::Gone(why)
    }

    /// Tries some of what is held again: after a pause if there was no room last time.
    async fn try_again(&mut self) {
        let Some(full) = &mut self.full else { return };
        if full.again {
            tokio::time::sleep(full.pause).await;
            full.pause = (full.pause * 2).min(PAUSE_MAX);
            full.window = 1;
        } else {
            full.pause = if full.why.is_full() { PAUSE_MIN } else { HICCUP };
            full.window *= 2;
        }
        full.again = false;
        let window = full.window;
        let held = self.places.iter_mut().enumerate();
        let held = held.filter(|(_, place)| matches!(place.state, State::Held)).take(window);
        let mut appends = Vec::new();
        for (index, place) in held {
            place.state = State::Sent;
            appends.push((self.handed_on + index as u64, place.fact.append.clone()));
        }
        for (number, append) in appends {
            self.hand_over(number, append);
        }
    }

    /// Tries no more: what is held stays unrecorded.
    pub(super) fn give_up(&mut self) {
        for place in &mut self.places {
            if matches!(place.state, State::Held) {
                place.state = State::GivenUp;
            }
        }
    }

    /// Takes the first fact out, if it has landed.
    pub(super) fn landed(&mut self) -> Option<Landed> {
        let waits = |place: &Place| matches!(place.state, State::Sent | State::Held);
        if self.places.front().is_none_or(waits) {
            return None;
        }
        let Place { fact, state } = self.places.pop_front()?;
        self.handed_on += 1;
        self.bytes -= weight(&fact);
        match state {
            State::Answered(answer) => Some(Landed::Answered(fact, answer)),
            State::Refused(problem) => Some(Landed::Refused(problem)),
            State::Sent | State::Held | State::GivenUp => Some(Landed::GivenUp),
        }
    }
}

fn weight(fact: &Ready) -> usize {
    fact.append.decision.events().iter().map(|event| event.payload.len()).sum()
}

fn refused(fact: &Ready, error: Error) -> Problem {
    match error {
        Error::CommandReused(_) => Problem::Line {
            line: fact.line,
            refused: Refused::Reused {
                id: fact.id.clone(),
                source_name: fact.append.stream.key.to_string(),
            },
        },
        error => Problem::Store(error),
    }
}

#[cfg(test)]
#[path = "flight_tests.rs"]
mod tests;
