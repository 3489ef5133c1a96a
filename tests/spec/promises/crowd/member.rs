//! One of the crowd: appends small and larger things, reads streams and pages, looks up what became
//! of its commands, and holds the log to what it was told before.

use std::sync::Arc;

use events::store::conformance::given::{append, event, stream};
use events::store::sqlite::SqliteReader;
use events::store::{Append, Decision, Error, Filter, LogReader, Writer};
use events::stream::{Direction, Position, Version};

use super::super::chance::Chance;
use super::Acknowledged;
use super::others::Turnstile;

/// How many streams they share.
const STREAMS: u64 = 512;
/// The most events of one append.
const EVENTS: u64 = 6;
/// How much is read at once.
const PAGE: usize = 8;

/// One of the crowd.
pub(super) struct Member {
    number: u64,
    writer: Writer,
    reader: SqliteReader,
    chance: Chance,
    acknowledged: Vec<Acknowledged>,
}

impl Member {
    pub(super) fn new(number: u64, writer: &Writer, reader: &SqliteReader, chance: Chance) -> Self {
        let (writer, reader) = (writer.clone(), reader.clone());
        Self { number, writer, reader, chance, acknowledged: Vec::new() }
    }

    /// Does this many things one after the other; none of them may fail.
    pub(super) async fn works(
        mut self,
        operations: u64,
        turnstile: Arc<Turnstile>,
    ) -> Vec<Acknowledged> {
        for n in 0..operations {
            let done = self.does_something().await;
            done.unwrap_or_else(|error| {
                panic!("member {}, operation {n}: was told {error:?}", self.number)
            });
            turnstile.turns();
        }
        self.acknowledged
    }

    async fn does_something(&mut self) -> Result<(), Error> {
        match self.chance.below(10) {
            0 => self.appends(1).await,
            1 if self.chance.below(4) == 0 => {
                let events = 2 + self.chance.below(EVENTS - 1);
                self.appends(events).await
            }
            1..=3 => self.reads_a_stream().await,
            4 | 5 => self.reads_a_page().await,
            6 | 7 => self.looks_up().await,
            _ => self.asks_for_the_end().await,
        }
    }

    async fn appends(&mut self, events: u64) -> Result<(), Error> {
        let append = self.next_append(events);
        let command = append.command;
        let answer = self.writer.append(append).await?;
        assert!(!answer.known, "{command} was never sent before");
        let span = answer.outcome.recorded.expect("it carries events");
        assert_eq!(u64::from(span.events), events);
        self.acknowledged.push((command, span));
        Ok(())
    }

    fn next_append(&mut self, events: u64) -> Append {
        let n = u128::from(self.number) << 64 | self.acknowledged.len() as u128;
        let key = self.any_stream();
        let events = (0..events).map(|nth| event(&format!("{{\"nth\":{nth}}}"))).collect();
        Append { decision: Decision::Accepted(events), ..append(&key, n) }
    }

    async fn reads_a_stream(&mut self) -> Result<(), Error> {
        let stream = stream(&self.any_stream());
        let end = self.reader.stream_heads(std::slice::from_ref(&stream)).await?[0].version;
        let read = self.reader.read_stream(&stream, end, Direction::Backwards, PAGE).await?;
        assert_eq!(read.first().map_or(Version::ZERO, |event| event.header().version), end);
        Ok(())
    }

    async fn reads_a_page(&mut self) -> Result<(), Error> {
        let from = Position(1 + self.chance.below(self.last_seen().0.max(1)));
        let page = self.reader.read_all(from, &Filter::default(), PAGE).await?;
        let first = page.events.first().map(|event| event.position());
        assert!(first == Some(from) || page.end, "{from} is there: {first:?}");
        Ok(())
    }

    async fn looks_up(&mut self) -> Result<(), Error> {
        let Some(count @ 1..) = Some(self.acknowledged.len() as u64) else { return Ok(()) };
        let (command, span) = self.acknowledged[self.chance.below(count) as usize];
        let outcome = self.reader.outcome(&events::id::main_tenant(), command).await?;
        let found = outcome.and_then(|outcome| outcome.recorded);
        assert_eq!(found, Some(span), "{command} was acknowledged");
        Ok(())
    }

    async fn asks_for_the_end(&mut self) -> Result<(), Error> {
        let end = self.reader.head().await?.position;
        assert!(end >= self.last_seen(), "the log ends at {end}, and was longer before");
        Ok(())
    }

    fn any_stream(&mut self) -> String {
        format!("crowd-{}", self.chance.below(STREAMS))
    }

    fn last_seen(&self) -> Position {
        self.acknowledged.last().map_or(Position::ZERO, |(_, span)| span.last_position())
    }
}
