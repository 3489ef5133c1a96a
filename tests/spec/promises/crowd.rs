//! A crowd at one log: sixty-four tasks append and read through one store, while others read it over
//! connections and in processes of their own and audit it. SQLite lets readers and one writer stand
//! side by side; here nobody is ever told that someone else is in the way.

mod member;
mod others;

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use events::id::CommandId;
use events::store::conformance::given::SetClock;
use events::store::sqlite::{Options, Sqlite, SqliteReader};
use events::store::writer::WriterTask;
use events::store::{LogReader, Progress, Span, Writer};
use events::stream::Position;

use super::audit::every_event;
use super::chance::Chance;
use member::Member;
use others::Turnstile;

const MEMBERS: u64 = 64;
/// How much each of them does.
const OPERATIONS: u64 = 10_000;
/// How many of all operations must be appends.
const APPENDS: usize = 50_000;

/// An append that was answered, and where it was said to be.
type Acknowledged = (CommandId, Span);

#[test]
fn nobody_in_a_crowd_is_told_to_come_back_later() {
    let (mut chance, seed) = Chance::seeded();
    let began = Instant::now();
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("annals.log");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let (writer, task, reader) = runtime.block_on(open(&store));
    let members = (0..MEMBERS).map(|n| Member::new(n, &writer, &reader, chance.another()));
    let members: Vec<Member> = members.collect();
    drop(writer);
    let (acknowledged, looks) = thread::scope(|scope| {
        let (turnstile, others) = Turnstile::open(scope, &store, MEMBERS * OPERATIONS);
        let acknowledged = runtime.block_on(all_work(members, &Arc::new(turnstile)));
        let looks = others.into_iter().map(|other| other.join().expect("others read")).sum::<u64>();
        (acknowledged, looks)
    });
    runtime.block_on(task.finished()).expect("the log closes");
    let (appends, seconds) = (acknowledged.len(), began.elapsed().as_secs_f64());
    let events = runtime.block_on(all_there_once(&reader, acknowledged));
    let mut out = std::io::stderr().lock();
    let operations = MEMBERS * OPERATIONS;
    writeln!(
        out,
        "a crowd: {operations} operations, {appends} of them appends of {events} events, \
         {looks} looks from outside, {seconds:.0} s, ANNALS_SEED={seed}"
    )
    .expect("standard error is open");
    assert!(appends >= APPENDS, "only {appends} appends");
}

async fn open(store: &Path) -> (Writer, WriterTask, SqliteReader) {
    let store = Box::pin(Sqlite::open(store, &Options::default())).await.expect("the log opens");
    let reader = store.log_reader();
    let head = reader.head().await.expect("the log has an end");
    let clock = Arc::new(SetClock::at(1_780_000_000_000_000));
    let (writer, task) = Writer::start(Arc::new(store), clock, head);
    (writer, task, reader)
}

/// Lets all of them work at once; returns what they were told was recorded.
async fn all_work(members: Vec<Member>, turnstile: &Arc<Turnstile>) -> Vec<Acknowledged> {
    let mut at_work = tokio::task::JoinSet::new();
    for member in members {
        at_work.spawn(member.works(OPERATIONS, Arc::clone(turnstile)));
    }
    at_work.join_all().await.concat()
}

/// Every append that was acknowledged is there once, where it was said to be, and nothing else is.
async fn all_there_once(reader: &SqliteReader, acknowledged: Vec<Acknowledged>) -> u64 {
    let report = reader.verify(Progress::default()).await.expect("the audit runs");
    assert!(report.is_whole(), "the log is damaged: {:?}", report.damages);
    assert_eq!(report.outcomes, acknowledged.len() as u64, "one outcome for each append");
    let mut due: HashMap<CommandId, Span> = HashMap::new();
    for (command, span) in acknowledged {
        assert_eq!(due.insert(command, span), None, "{command} was recorded twice");
    }
    for event in every_event(reader, Position::FIRST).await {
        let (command, at) = (event.header().command_id, event.position());
        let span = due.get_mut(&command);
        let span = span.unwrap_or_else(|| panic!("{command} at {at} is there too often"));
        let place = (span.position, span.version);
        assert_eq!(place, (at, event.header().version), "{command} is elsewhere");
        (span.position, span.version) = (at.next(), span.version.next());
        span.events -= 1;
        if span.events == 0 {
            due.remove(&command);
        }
    }
    assert!(due.is_empty(), "acknowledged, and not all of it there: {due:?}");
    report.events
}
