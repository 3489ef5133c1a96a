//! Appends that are sent many at once, with a note of each acknowledgement; and what became of them:
//! each is there whole, with its outcome and its blobs, or not at all.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;

use events::chain::blob_hash;
use events::id::{CommandId, main_tenant};
use events::recorded::Stored;
use events::store::{Answer, Append, Decision, LogReader, Outcome, Span, Verdict, Writer};
use events::stream::Position;
use tokio::task::JoinSet;

use super::audit::every_event;

/// What is noted of an answer, a line each.
pub(super) fn note(command: CommandId, recorded: Option<Span>) -> String {
    format!("{command} {recorded:?}")
}

/// Sends all of a batch at once, and notes each acknowledgement.
pub(super) async fn record(batch: Vec<Append>, writer: &Writer, notes: &mut File) {
    let mut sent = JoinSet::new();
    for append in batch {
        let writer = writer.clone();
        sent.spawn(async move { (append.command, writer.append(append).await) });
    }
    while let Some(answered) = sent.join_next().await {
        let (command, answer) = answered.expect("nothing panics");
        let Answer { outcome, .. } = answer.expect("it is recorded, or known");
        let line = format!("{}\n", note(command, outcome.recorded));
        notes.write_all(line.as_bytes()).expect("there is room for a line");
    }
}

/// What was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Notes(HashMap<String, Vec<String>>);

impl FromIterator<String> for Notes {
    fn from_iter<I: IntoIterator<Item = String>>(lines: I) -> Self {
        let mut notes = Self::default();
        for line in lines {
            let command = line.split(' ').next().unwrap_or_default().to_owned();
            notes.0.entry(command).or_default().push(line);
        }
        notes
    }
}

impl Notes {
    /// How many commands were acknowledged.
    pub(super) fn commands(&self) -> usize {
        self.0.len()
    }

    /// Fails if what was acknowledged of a command is not what the log says.
    fn compare(&self, command: CommandId, outcome: Option<&Outcome>) {
        for told in self.0.get(&command.to_string()).into_iter().flatten() {
            let Some(outcome) = outcome else { panic!("{command} was acknowledged and is lost") };
            let found = note(command, outcome.recorded);
            assert_eq!(*told, found, "{command} is not where it was acknowledged");
        }
    }
}

/// The events of a whole log, by their command; their positions are dense.
pub(super) async fn all_events(reader: &dyn LogReader) -> HashMap<CommandId, Vec<Stored>> {
    let mut events: HashMap<CommandId, Vec<Stored>> = HashMap::new();
    let mut next = Position::FIRST;
    for event in every_event(reader, Position::FIRST).await {
        assert_eq!(event.position(), next, "positions are dense");
        next = next.next();
        events.entry(event.header().command_id).or_default().push(event);
    }
    events
}

/// Whether an append is there: with its outcome, all its events and all its blobs, or with none.
pub(super) async fn is_there(
    append: &Append,
    reader: &dyn LogReader,
    events: &HashMap<CommandId, Vec<Stored>>,
    notes: &Notes,
) -> bool {
    let command = append.command;
    let outcome = reader.outcome(&main_tenant(), command).await.expect("outcomes read");
    let found = events.get(&command).map_or(&[][..], Vec::as_slice);
    notes.compare(command, outcome.as_ref());
    let Some(outcome) = outcome else {
        assert!(found.is_empty(), "{command} is there by half: events without an outcome");
        return false;
    };
    is_whole(append, &outcome, found);
    for blob in &append.blobs {
        let kept = reader.blob(&main_tenant(), &blob_hash(&blob.bytes)).await;
        let kept = kept.expect("blobs read");
        assert_eq!(kept.as_deref(), Some(&blob.bytes[..]), "{command} is there without a blob");
    }
    true
}

/// The events are those that were sent, where the outcome says they are.
fn is_whole(append: &Append, outcome: &Outcome, found: &[Stored]) {
    let command = append.command;
    let sent = append.decision.events();
    assert_eq!(found.len(), sent.len(), "{command} is there by half");
    let payloads = found.iter().map(Stored::payload);
    assert!(payloads.eq(sent.iter().map(|event| &event.payload[..])), "{command} is another one");
    let first = found.first().map(|event| (event.position(), event.header().version));
    let recorded = outcome.recorded;
    assert_eq!(recorded.map(|span| (span.position, span.version)), first, "of {command}");
    assert_eq!(recorded.map_or(0, |span| span.events as usize), found.len(), "of {command}");
    let verdict_fits = matches!(
        (&append.decision, &outcome.verdict),
        (Decision::Accepted(_), Verdict::Accepted)
            | (Decision::Nothing, Verdict::Nothing)
            | (Decision::Rejected { .. }, Verdict::Rejected { .. })
    );
    assert!(verdict_fits, "{command}: {:?}", outcome.verdict);
}
