//! One run of `annals log append`: lines in, acknowledgements out, in the order of the lines.

use events::store::{Answer, Writer};
use indicatif::ProgressBar;
use serde::Serialize;
use tokio::sync::watch;

use super::flight::{Flight, Landed, Room};
use super::intake::{Ready, ReadyLines};
use super::refusals::Refusals;
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::signals::Stop;
use crate::cli::{Context, progress};

/// What is at work during one run.
pub(super) struct Session<'a> {
    lines: ReadyLines,
    reading: bool,
    flight: Flight,
    /// Fails even when nothing is under way: then there is nothing to wait for any more.
    writer: Writer,
    stopping: watch::Receiver<Option<Stop>>,
    stop: Option<Stop>,
    context: &'a Context,
    out: Lines,
    bar: ProgressBar,
    by_bytes: bool,
    counts: Counts,
    refusals: Refusals,
}

/// How many facts became what.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) recorded: u64,
    pub(super) known: u64,
    pub(super) given_up: u64,
}

/// How a run ended.
pub(super) struct Ending {
    pub(super) counts: Counts,
    pub(super) refusals: Refusals,
    pub(super) stop: Option<Stop>,
}

/// What is written for each fact that is safe.
#[derive(Serialize)]
struct Acknowledgement<'a> {
    line: u64,
    id: &'a str,
    source: &'a str,
    outcome: &'static str,
    position: Option<u64>,
    version: Option<u64>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        lines: ReadyLines,
        writer: Writer,
        limit: usize,
        stopping: watch::Receiver<Option<Stop>>,
        context: &'a Context,
        total: Option<u64>,
    ) -> Self {
        let what = if total.is_some() { "bytes" } else { "facts" };
        Self {
            lines,
            reading: true,
            flight: Flight::new(writer.clone(), limit),
            writer,
            stopping,
            stop: None,
            context,
            out: Lines::new(),
            bar: progress::bar(context.watched(), total, what),
            by_bytes: total.is_some(),
            counts: Counts::default(),
            refusals: Refusals::default(),
        }
    }

    /// Goes on until the input ends, a line is refused or someone asks to stop, and everything that
    /// was sent is acknowledged.
    pub(super) async fn run(mut self) -> Result<Ending, Problem> {
        while self.reading || !self.flight.is_empty() {
            tokio::select! {
                biased;
                Ok(()) = self.stopping.changed(), if self.stop.is_none() => self.stop(),
                room = self.flight.moves(), if !self.flight.is_empty() => self.note(room?),
                error = self.writer.failed() => return Err(error.into()),
                line = self.lines.recv(), if self.reading && self.flight.has_place() => {
                    self.take(line);
                }
            }
            self.acknowledge().await?;
        }
        self.bar.finish_and_clear();
        Ok(Ending { counts: self.counts, refusals: self.refusals, stop: self.stop })
    }

    fn stop(&mut self) {
        self.stop = *self.stopping.borrow();
        self.reading = false;
    }

    fn take(&mut self, line: Option<Result<Ready, Problem>>) {
        match line {
            Some(Ok(fact)) => self.flight.send(fact),
            Some(Err(problem)) => self.refuse(problem),
            None => self.reading = false,
        }
    }

    /// A refusal ends the reading. The earliest line is the one whose reason is told at the end.
    fn refuse(&mut self, problem: Problem) {
        self.reading = false;
        self.refusals.add(problem);
    }

    fn note(&mut self, room: Room) {
        match room {
            Room::Gone(why) => self.bar.suspend(|| {
                Problem::Store(why).report(self.context.json, self.context.color);
            }),
            Room::Back => self.bar.suspend(|| self.context.announce("the log takes facts again")),
            Room::AsBefore => {}
        }
    }

    /// Hands on everything that has landed, and writes once.
    async fn acknowledge(&mut self) -> Result<(), Problem> {
        if self.stop.is_some() {
            self.flight.give_up();
        }
        while let Some(landed) = self.flight.landed() {
            match landed {
                Landed::Answered(fact, answer) => self.count(&fact, &answer),
                Landed::Refused(problem) => self.refuse(problem),
                Landed::GivenUp => self.counts.given_up += 1,
            }
        }
        self.out.flush().await
    }

    fn count(&mut self, fact: &Ready, answer: &Answer) {
        let outcome = if answer.known { "known" } else { "recorded" };
        if answer.known {
            self.counts.known += 1;
        } else {
            self.counts.recorded += 1;
        }
        if self.by_bytes {
            self.bar.set_position(fact.bytes_read);
        } else {
            self.bar.inc(1);
        }
        if self.context.json {
            let span = answer.outcome.recorded;
            self.out.json(&Acknowledgement {
                line: fact.line,
                id: &fact.id,
                source: fact.append.stream.key.as_str(),
                outcome,
                position: span.map(|span| span.position.0),
                version: span.map(|span| span.version.0),
            });
        }
    }
}
