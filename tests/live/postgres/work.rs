//! Appenders with a ledger: what they send, what was acknowledged, and what must be there at the end.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::id::CommandId;
use events::store::conformance::given::{append, event};
use events::store::postgres::Postgres;
use events::store::{
    Answer, Append, Decision, Error, EventStore, Filter, LogReader, Progress, Writer,
};
use events::stream::Position;

/// A log that is open, with its writer.
pub(crate) struct Log {
    pub(crate) store: Arc<Postgres>,
    pub(crate) writer: Writer,
}

impl Log {
    /// Opens the log at `url`.
    pub(crate) async fn open(url: &str) -> Self {
        let store = Arc::new(Postgres::open(url).await.expect("the log opens"));
        let head = store.reader().head().await.expect("the log has a head");
        let clock = Arc::new(annals::clock::SystemClock);
        let (writer, _) = Writer::start(Arc::clone(&store) as _, clock, head);
        Self { store, writer }
    }

    /// Every command in the log, in order; each of an append's events names its command.
    pub(crate) async fn commands(&self) -> Vec<CommandId> {
        let reader = self.store.log_reader();
        let (mut commands, mut from) = (Vec::new(), Position::FIRST);
        loop {
            let page = reader.read_all(from, &Filter::default(), 4096).await.expect("a page");
            commands.extend(page.events.iter().map(|event| event.header().command_id));
            from = page.next;
            if page.end {
                return commands;
            }
        }
    }

    /// An audit finds everything whole, and each of these commands is there with `events` events.
    pub(crate) async fn holds(&self, acknowledged: &BTreeSet<CommandId>, events: usize) {
        let report = self.store.reader().verify(Progress::default()).await.expect("an audit");
        assert_eq!(report.damages, [], "the log is damaged");
        let commands = self.commands().await;
        let there: BTreeSet<CommandId> = commands.iter().copied().collect();
        let lost = acknowledged.difference(&there).count();
        assert_eq!(lost, 0, "acknowledged commands are lost");
        assert_eq!(commands.len(), there.len() * events, "a command is there twice, or half");
    }
}

/// An append of several events.
pub(crate) fn several(stream: &str, n: u128, events: usize) -> Append {
    let events = (0..events).map(|k| event(&format!("{{\"n\":{n},\"k\":{k}}}"))).collect();
    Append { decision: Decision::Accepted(events), ..append(stream, n) }
}

/// Sends the same append until its outcome is known; gives it, and whether it was ever unknown.
pub(crate) async fn insist(writer: &Writer, append: &Append) -> (Answer, bool) {
    let mut unknown = false;
    loop {
        match writer.append(append.clone()).await {
            Ok(answer) => return (answer, unknown),
            Err(Error::Unknown(_)) => unknown = true,
            Err(Error::Unavailable(_)) => {}
            Err(error) => panic!("not an error of a broken connection: {error}"),
        }
    }
}
