//! What comes from another log, entered into a log in memory: into a copy of it, which takes its
//! place when all of the part is in it.

use std::collections::BTreeSet;

use super::Log;
use crate::chain::EventHash;
use crate::id::{CommandId, LogId, Tenant};
use crate::store::admit::Known;
use crate::store::moving::arrive::{Books, Refused, Stop, Taken, arrive};
use crate::store::moving::origin::goes_on;
use crate::store::moving::{Behind, Imported, Kept, KeptBlob, Moved};
use crate::store::{Arrival, Arrived, Error, LogHead, Outcome, RequestHash, StreamHead};
use crate::stream::{Position, StreamId, Version};

/// Takes a part in, all of it or nothing.
pub(super) fn import(log: &mut Log, arrival: &Arrival) -> Result<Arrived, Error> {
    let mut copy = log.clone();
    let entered = enter(&mut copy, arrival);
    if entered.is_ok() {
        *log = copy;
    }
    Stop::answer(entered)
}

fn enter(log: &mut Log, arrival: &Arrival) -> Result<Taken, Stop> {
    let origin = &arrival.origin;
    if origin.copy && log.log_id != origin.source {
        if log.head != LogHead::default() {
            return Err(Refused::Moved.into());
        }
        log.log_id = origin.source;
    }
    let (identity, came) = (log.log_id, log.came(origin.source));
    let (taken, ranges) = arrive(log, arrival, identity, came)?;
    for more in ranges.all() {
        match log.imports.iter_mut().find(|range| goes_on(range, more)) {
            Some(range) => range.last = more.last,
            None => log.imports.push(*more),
        }
    }
    log.imports.sort_by_key(|range| (range.first, range.source));
    Ok(taken)
}

/// What stands behind a place, up to another one.
pub(super) fn behind<'a, K: Ord + Copy>(
    all: &'a BTreeSet<(Position, Tenant, K)>,
    behind: &'a Behind<K>,
    last: Position,
) -> impl Iterator<Item = &'a (Position, Tenant, K)> {
    let reached = move |entry: &&(Position, Tenant, K)| {
        let name = (&entry.1, &entry.2);
        let known = behind.last.as_ref().map(|(tenant, key)| (tenant, key));
        (entry.0, Some(name)) <= (behind.position, known)
    };
    all.iter().skip_while(reached).take_while(move |entry| entry.0 <= last)
}

impl Log {
    pub(super) fn kept(&self, command: &(Tenant, CommandId)) -> Option<Kept> {
        let Known { outcome, request } = self.outcomes.get(command)?.clone();
        Some(Kept { command: command.1, request, outcome })
    }

    pub(super) fn keep_outcome(
        &mut self,
        command: CommandId,
        request: RequestHash,
        outcome: &Outcome,
    ) {
        let tenant = &outcome.stream.tenant;
        if outcome.recorded.is_none() {
            self.bare.insert((outcome.after, tenant.clone(), command));
        }
        let known = Known { outcome: outcome.clone(), request };
        self.outcomes.insert((tenant.clone(), command), known);
    }

    /// Keeps a blob, unless there is one; says whether there was none.
    pub(super) fn keep_blob(&mut self, blob: KeptBlob) -> bool {
        let key = (blob.tenant.clone(), blob.hash);
        if self.blobs.contains_key(&key) {
            return false;
        }
        self.blob_places.insert((blob.position, blob.tenant.clone(), blob.hash));
        self.blobs.insert(key, blob);
        true
    }

    /// The last position of another log that has come.
    fn came(&self, source: LogId) -> Position {
        let from = self.imports.iter().filter(|range| range.source == source);
        from.map(Imported::source_last).max().unwrap_or_default()
    }
}

impl Books for Log {
    fn log(&self) -> LogHead {
        self.head
    }

    fn kept(&mut self, tenant: &Tenant, command: CommandId) -> Result<Option<Kept>, Error> {
        Ok(Self::kept(self, &(tenant.clone(), command)))
    }

    fn hash(&mut self, stream: &StreamId, version: Version) -> Result<Option<EventHash>, Error> {
        let nth = usize::try_from(version.0.wrapping_sub(1)).unwrap_or(usize::MAX);
        let place = self.streams.get(stream).and_then(|places| places.get(nth));
        Ok(place.map(|&place| self.events[place].hash()))
    }

    fn head(&mut self, stream: &StreamId) -> Result<StreamHead, Error> {
        Ok(self.stream_head(stream))
    }

    fn blob(&mut self, blob: &KeptBlob, position: Position) -> Result<bool, Error> {
        Ok(self.keep_blob(KeptBlob { position, ..blob.clone() }))
    }

    fn enter(&mut self, moved: &Moved, outcome: &Outcome, log: LogHead) -> Result<(), Error> {
        self.keep_outcome(moved.kept.command, moved.kept.request, outcome);
        self.head = log;
        let Some(span) = outcome.recorded else { return Ok(()) };
        let places = self.streams.entry(outcome.stream.clone()).or_default();
        for (event, n) in moved.events.iter().zip(0..) {
            places.push(self.events.len());
            self.events.push(event.at(span.position.plus(n)));
        }
        Ok(())
    }
}
