//! Parts that do not hold together, though every digest around them may be right.

use super::*;
use crate::recorded::Stored;
use crate::store::conformance::another::{contents, every_kind};

/// A change of what comes.
type Change = fn(&mut Part);

/// Proves the parts of a log with a command of every kind, after a change.
async fn proven(change: Change) -> Result<Totals, String> {
    let (log_id, mut parts, _) = contents(&every_kind(7).await.reader()).await;
    change(&mut parts[0]);
    let mut check = Check::new(log_id, Position(1), Position(5));
    for part in parts {
        check.part(part).map_err(|damage| damage.to_string())?;
    }
    check.end().map_err(|damage| damage.to_string())
}

/// What is wrong after a change.
async fn wrong(change: Change) -> String {
    proven(change).await.expect_err("it passes")
}

/// The commands: two refused at 0, one with three events, two without at 3, two with one, the last.
fn event(part: &mut Part, command: usize, nth: usize) -> &mut Stored {
    &mut part.commands[command].events[nth]
}

fn altered(event: &Stored, position: u64, hash: EventHash, payload: &[u8]) -> Stored {
    Stored::new(Position(position), hash, event.header_bytes(), payload).expect("its header reads")
}

#[tokio::test]
async fn what_holds_together_passes_and_is_counted() {
    let totals = proven(|_| {}).await.expect("it holds together");
    assert_eq!((totals.events, totals.outcomes, totals.blobs), (5, 8, 3));
}

#[tokio::test]
async fn an_event_that_was_changed_is_refused() {
    let payload: Change = |part| {
        let whole = event(part, 2, 1).clone();
        *event(part, 2, 1) = altered(&whole, 2, whole.hash(), b"[2]");
    };
    assert!(wrong(payload).await.contains("its hash does not follow"));
    let hash: Change = |part| {
        let whole = event(part, 2, 2).clone();
        *event(part, 2, 2) = altered(&whole, 3, EventHash::NONE, whole.payload());
    };
    assert!(wrong(hash).await.contains("its hash does not follow"));
    let place: Change = |part| {
        let whole = event(part, 2, 0).clone();
        *event(part, 2, 0) = altered(&whole, 2, whole.hash(), whole.payload());
    };
    assert!(wrong(place).await.contains("does not stand in its place"));
    let order: Change = |part| part.commands[2].events.swap(0, 1);
    assert!(wrong(order).await.contains("its header names another place"));
}

#[tokio::test]
async fn an_event_that_is_missing_is_refused() {
    let last: Change = |part| drop(part.commands[2].events.pop());
    assert!(wrong(last).await.contains("names other events"));
    let all: Change = |part| drop(part.commands.remove(2));
    assert!(wrong(all).await.contains("does not stand in its place"));
    let end: Change = |part| part.commands.truncate(5);
    assert!(wrong(end).await.contains("event at position 4: it is missing"));
    let twice: Change = |part| part.commands.insert(2, part.commands[2].clone());
    assert!(wrong(twice).await.contains("does not stand in its place"));
}

#[tokio::test]
async fn an_outcome_that_does_not_agree_with_its_events_is_refused() {
    let time: Change = |part| part.commands[2].kept.outcome.recorded_at.0 += 1;
    assert!(wrong(time).await.contains("does not agree with the outcome"));
    let command: Change = |part| part.commands[2].kept.command = part.commands[0].kept.command;
    assert!(wrong(command).await.contains("does not agree with the outcome"));
    let stream: Change = |part| {
        part.commands[2].kept.outcome.stream = part.commands[0].kept.outcome.stream.clone();
    };
    assert!(wrong(stream).await.contains("its header names another place"));
    let verdict: Change = |part| part.commands[2].kept.outcome.verdict = Verdict::Nothing;
    assert!(wrong(verdict).await.contains("does not fit its events"));
    let nothing: Change = |part| part.commands[3].kept.outcome.verdict = Verdict::Accepted;
    assert!(wrong(nothing).await.contains("does not fit its events"));
    let version: Change = |part| {
        let span = part.commands[6].kept.outcome.recorded.as_mut().expect("it has events");
        span.version = Version(3);
    };
    assert!(wrong(version).await.contains("does not follow the event before it"));
}

#[tokio::test]
async fn outcomes_and_blobs_in_another_order_are_refused() {
    let outcomes: Change = |part| part.commands.swap(0, 1);
    assert!(wrong(outcomes).await.contains("does not stand in its place"));
    let later: Change = |part| part.commands.swap(1, 2);
    assert!(wrong(later).await.contains("does not stand in its place"));
    let blobs: Change = |part| part.blobs.swap(0, 1);
    assert!(wrong(blobs).await.contains("does not stand in its place"));
    let beyond: Change = |part| part.blobs[2].position = Position(6);
    assert!(wrong(beyond).await.contains("does not stand in its place"));
}

#[tokio::test]
async fn a_blob_that_was_changed_is_refused() {
    assert!(wrong(|part| part.blobs[0].bytes.push(0)).await.contains("does not match its hash"));
    assert!(wrong(|part| part.blobs[0].hash = EventHash::NONE).await.contains("its hash"));
}

#[tokio::test]
async fn what_a_stream_goes_on_from_is_left_to_the_target() {
    let (log_id, parts, _) = contents(&every_kind(7).await.reader()).await;
    let mut part = parts[0].clone();
    part.commands.drain(..5);
    part.blobs.remove(0);
    let mut check = Check::new(log_id, Position(4), Position(5));
    let checked = check.part(part).expect("it holds together");
    let first = Base::Proven(StreamHead::default());
    assert_eq!(checked.bases, [first, Base::Before(Version(3)), Base::None]);
}
