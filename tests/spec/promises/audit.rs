//! The check after a crash: the log is opened again and compared with the ledger. Only what is new
//! since the last check is read; a whole check goes over everything.

use std::collections::HashMap;
use std::path::Path;

use events::id::main_tenant;
use events::recorded::Stored;
use events::store::sqlite::SqliteReader;
use events::store::{Filter, LogReader, PAGE_EVENTS_MAX, Progress, StreamHead, Verdict};
use events::stream::{Position, StreamId};

use super::fact::Fact;
use super::ledger::{Ledger, Place};

/// How far the log was checked, and where each stream stood there.
#[derive(Debug, Default)]
pub(super) struct Audit {
    checked: Position,
    heads: HashMap<StreamId, StreamHead>,
}

impl Audit {
    /// Compares what the log at `store` gained since the last check with the ledger; returns how
    /// many events it holds now. `sent` are the facts whose fate was open.
    pub(super) fn check(&mut self, store: &Path, ledger: &mut Ledger, sent: &[Fact]) -> u64 {
        waited(self.compare(&open(store), ledger, sent))
    }

    /// The same, and then everything with everything.
    pub(super) fn check_whole(&mut self, store: &Path, ledger: &mut Ledger) -> u64 {
        let reader = open(store);
        let every: Vec<Fact> = ledger.facts().collect();
        let events = waited(self.compare(&reader, ledger, &every));
        let report = waited(reader.verify(Progress::default())).expect("the audit runs");
        assert!(report.is_whole(), "the log is damaged: {:?}", report.damages);
        assert_eq!((report.events, report.outcomes), (events, events), "one outcome each");
        events
    }

    /// The check after a crash that may have come before there was a log: a store that does not open
    /// must be one of which nothing was acknowledged.
    pub(super) fn check_if_begun(&mut self, store: &Path, ledger: &mut Ledger) {
        let facts: Vec<Fact> = ledger.facts().collect();
        let acknowledged =
            |fact: &Fact| ledger.entry(*fact).is_some_and(|e| e.acknowledged.is_some());
        if SqliteReader::open(store).is_ok() || facts.iter().any(acknowledged) {
            self.check(store, ledger, &facts);
        }
    }

    async fn compare(&mut self, reader: &SqliteReader, ledger: &mut Ledger, sent: &[Fact]) -> u64 {
        let head = reader.head().await.expect("the log has an end");
        assert!(head.position >= self.checked, "the log lost its end: {head:?}");
        assert_eq!(head.outcomes, head.position.0, "every event has an outcome and nothing else");
        for event in every_event(reader, self.checked.next()).await {
            self.take(&event, ledger);
        }
        assert_eq!(self.checked, head.position, "the log ends elsewhere");
        for fact in sent {
            fate(reader, ledger, *fact).await;
        }
        head.position.0
    }

    /// One event more: next in the log, next in its stream, chained, and one that was sent.
    fn take(&mut self, event: &Stored, ledger: &mut Ledger) {
        assert_eq!(event.position(), self.checked.next(), "positions are dense");
        self.checked = event.position();
        let stream = event.stream().expect("a stream's name");
        let head = self.heads.entry(stream.clone()).or_default();
        let version = event.header().version;
        assert_eq!(version, head.version.next(), "{stream} has a gap");
        assert!(event.follows(&head.hash), "{stream}, version {version}: the chain is broken");
        *head = StreamHead { version, hash: event.hash() };
        let fact = sent_as(event, ledger);
        assert_eq!(stream, fact.stream(), "{} is in another stream", fact.id());
        assert!(fact.is_in(event.payload()), "{} is not what was sent", fact.id());
        ledger.find(fact, Place { position: event.position(), version });
    }
}

/// Every event from there to the end that the log has now.
pub(super) async fn every_event(reader: &dyn LogReader, from: Position) -> Vec<Stored> {
    let (mut events, mut next, mut ended) = (Vec::new(), from, false);
    while !ended {
        let page = reader.read_all(next, &Filter::default(), PAGE_EVENTS_MAX).await;
        let page = page.expect("the log reads");
        events.extend(page.events);
        (next, ended) = (page.next, page.end);
    }
    events
}

/// The fact of an event, found by its payload's id.
fn sent_as(event: &Stored, ledger: &Ledger) -> Fact {
    let payload: serde_json::Value = serde_json::from_slice(event.payload()).expect("JSON");
    let id = payload["id"].as_str().expect("a fact has an id");
    let fact = Fact::from_id(id).filter(|fact| ledger.entry(*fact).is_some());
    fact.unwrap_or_else(|| panic!("{id} was never sent"))
}

/// What became of a fact: acknowledged means there, and there means with its outcome.
async fn fate(reader: &SqliteReader, ledger: &Ledger, fact: Fact) {
    let entry = ledger.entry(fact).expect("it was sent");
    if let Some(acknowledged) = entry.acknowledged {
        let id = fact.id();
        assert_eq!(entry.found, Some(acknowledged), "{id} was acknowledged and is lost");
    }
    let outcome = reader.outcome(&main_tenant(), fact.command()).await.expect("outcomes read");
    match outcome {
        Some(outcome) => {
            assert_eq!(outcome.verdict, Verdict::Accepted);
            let place = Place::of(outcome.recorded.expect("a fact is an event"));
            assert_eq!(Some(place), entry.found, "the outcome of {} has no event", fact.id());
        }
        None => assert_eq!(entry.found, None, "{} has no outcome", fact.id()),
    }
}

/// Opens the log as a reader does.
#[track_caller]
pub(super) fn open(store: &Path) -> SqliteReader {
    SqliteReader::open(store).expect("the log opens again")
}

fn waited<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    runtime.block_on(work)
}
