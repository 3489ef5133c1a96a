//! Events become commands.

use std::sync::Arc;

use events::codec;
use events::id::CommandId;
use events::known::Known;
use events::planted::{Bug, planted};
use events::recorded::Stored;
use events::store::Error;
use events::stream::{Direction, Position, StreamId, Version};

use super::Desk;
use super::order::Job;
use super::parked::{PARKED_MAX, Place, Words};
use super::recent::Began;
use crate::reaction::{self, ToDo, command_id, led_id};
use crate::runtime::caught;

/// Commands that follow from an event, with their ids.
type Led = Vec<(CommandId, ToDo)>;

/// Why there are no commands.
enum Trouble {
    /// The event cannot be dealt with, today.
    Event(String),
    /// The log does not tell what is asked of it.
    Log(Error),
    /// No more events may wait.
    Full,
}

impl From<codec::Error> for Trouble {
    fn from(error: codec::Error) -> Self {
        Self::Event(error.to_string())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        if let Error::Damaged(damage) = error {
            return Self::Event(damage.to_string());
        }
        Self::Log(error)
    }
}

impl Desk {
    /// Takes in what was read, as far as there is room for what follows from it.
    pub(super) async fn take_in(&mut self) -> Result<(), Error> {
        while self.rests_until.is_none()
            && self.window.has_room()
            && let Some(stored) = self.waiting.front().cloned()
        {
            match self.take(&stored).await {
                Ok(()) => {}
                Err(Trouble::Event(why)) => self.park_new(&stored, why),
                Err(Trouble::Log(error)) => return self.rest(error),
                Err(Trouble::Full) => {
                    self.say_full(&stored);
                    return Ok(());
                }
            }
            self.read = stored.position();
            self.waiting.pop_front();
            self.is_full = false;
        }
        Ok(())
    }

    async fn take(&mut self, stored: &Arc<Stored>) -> Result<(), Trouble> {
        let (header, position) = (stored.header(), stored.position());
        if let Some(memory) = &mut self.memory {
            memory.hear(&header, stored, &self.elsewhere);
        }
        if self.elsewhere.holds(position) {
            return Ok(());
        }
        if header.version == Version::FIRST
            && let Some(matters) = (self.listed.needs_beginning)(&header, stored.payload())
        {
            self.recent.keep(&header, stored, matters);
        }
        if !self.listed.hears.iter().any(|heard| heard.name == header.wire_type) {
            return Ok(());
        }
        if self.memory.as_ref().is_some_and(|memory| !memory.cares(&header)) {
            return Ok(());
        }
        let Ok(stream) = header.stream() else { return Ok(()) };
        match self.shelf.place(&stream, position) {
            Place::Taken => return Ok(()),
            Place::Behind if !self.shelf.has_room(&stream) => return Err(Trouble::Full),
            Place::Behind => {
                let now = self.means.tools.clock.now();
                self.shelf.wait_behind(&stream, position, now);
                return Ok(());
            }
            Place::Open if self.shelf.len() + self.window.fresh() >= PARKED_MAX => {
                return Err(Trouble::Full);
            }
            Place::Open => {}
        }
        self.give(stored, stream, false).await
    }

    /// Goes on with streams that were held up, one event of each at a time.
    pub(super) async fn go_on_behind(&mut self) -> Result<(), Error> {
        while self.rests_until.is_none()
            && self.window.has_room()
            && let Some((stream, position)) = self.shelf.next()
        {
            self.shelf.tries(&stream);
            match self.give_again(&stream, position).await {
                Ok(()) | Err(Trouble::Full) => {}
                Err(Trouble::Event(why)) => self.park(&stream, position, why, 1),
                Err(Trouble::Log(error)) => {
                    self.shelf.tries_later(&stream);
                    return self.rest(error);
                }
            }
        }
        Ok(())
    }

    async fn give_again(&mut self, stream: &StreamId, position: Position) -> Result<(), Trouble> {
        let stored = self.means.tools.reader.at(&[position]).await?;
        let stored = stored.into_iter().next().map(Arc::new);
        let stored = stored.ok_or_else(|| Trouble::Event("the log does not have it".into()))?;
        self.give(&stored, stream.clone(), true).await
    }

    /// Gives the commands that follow from an event.
    async fn give(
        &mut self,
        stored: &Arc<Stored>,
        stream: StreamId,
        is_again: bool,
    ) -> Result<(), Trouble> {
        let (event, to_do) = self.follows(stored).await?;
        if to_do.is_empty() {
            self.shelf.settle(stored.position());
            return Ok(());
        }
        let (tenant, cause) = (stream.tenant.clone(), event.id());
        let turn = self.window.enter((stored.position(), stream), to_do.len(), is_again);
        for (id, to_do) in to_do {
            let (tenant, to_do) = (tenant.clone(), Arc::new(to_do));
            self.order.put(Job { turn, tenant, to_do, id, cause });
        }
        if planted(Bug::CursorBeforeAnswer) {
            self.saving.is_due();
        }
        Ok(())
    }

    /// What follows from an event.
    async fn follows(&mut self, stored: &Arc<Stored>) -> Result<(Known, Led), Trouble> {
        let event = Known::read(stored)?;
        let panicked = |what| Trouble::Event(format!("the reaction panicked: {what}"));
        let name = self.listed.name;
        if let Some(memory) = &self.memory {
            let led = caught(|| memory.react(&event)).map_err(panicked)?.map_err(Trouble::Event)?;
            let id = |led: &reaction::Led| led_id(name, &event, &led.because);
            let led = led.into_iter().map(|led| (id(&led), led.to_do)).collect();
            return Ok((event, led));
        }
        let asks = caught(|| (self.listed.asks_how_it_began)(&event)).map_err(panicked)?;
        let began = if asks { self.began(stored, event.stream()).await? } else { None };
        let began = began.map(|began| Known::read(&began)).transpose()?;
        let to_do = caught(|| (self.listed.react)(&event, began.as_ref())).map_err(panicked)?;
        let to_do = to_do.into_iter().zip(0..);
        let led = to_do.map(|(to_do, n)| (command_id(name, &event, n), to_do)).collect();
        Ok((event, led))
    }

    /// The first event of the stream of this one, if it matters.
    async fn began(
        &mut self,
        later: &Stored,
        stream: &StreamId,
    ) -> Result<Option<Arc<Stored>>, Error> {
        match self.recent.take(&later.header()) {
            Some(Began::NoMatter) => return Ok(None),
            Some(Began::By(stored)) => return Ok(Some(stored)),
            None => {}
        }
        let reader = &self.means.tools.reader;
        let first = reader.read_stream(stream, Version::FIRST, Direction::Forwards, 1).await?;
        Ok(first.into_iter().next().map(Arc::new))
    }

    /// An event that comes from the log holds up its stream from now on.
    fn park_new(&mut self, stored: &Stored, why: String) {
        if let Ok(stream) = stored.stream() {
            self.park(&stream, stored.position(), why, 1);
        }
    }

    /// An event holds up its stream; what is under way behind it is taken back, as far as it can be.
    pub(super) fn park(&mut self, stream: &StreamId, position: Position, why: String, tries: u32) {
        let now = self.means.tools.clock.now();
        for turn in self.window.from(stream, position) {
            if self.window.leave(&turn).is_some() {
                self.order.withdraw(&turn);
                if turn.position != position && !turn.is_again {
                    self.shelf.wait_behind(stream, turn.position, now);
                }
            }
        }
        self.tell_parked(stream, position, &why);
        self.shelf.block(stream, position, Words { why, tries, now });
    }

    /// Says once that no more may wait; it goes on by itself when there is room.
    fn say_full(&mut self, stored: &Stored) {
        let is_settling = self.window.fresh() > 0;
        if !is_settling && !std::mem::replace(&mut self.is_full, true) {
            tracing::error!(
                consumer = %self.consumer, position = %stored.position(), parked = self.shelf.len(),
                "too many events are parked: nothing more is reacted to before some are retried or skipped"
            );
        }
    }
}
