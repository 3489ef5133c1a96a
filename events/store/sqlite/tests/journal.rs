//! The journal stays within its bound, whoever reads: readers that come and go without a gap, and
//! a program that holds the log open and does not let go.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{InFile, World};
use crate::store::conformance::given::{append, event, stream};
use crate::store::sqlite::Options;
use crate::store::sqlite::lock::beside;
use crate::store::{Append, Decision, Error, Filter, LogReader, PAGE_EVENTS_MAX};
use crate::stream::Position;

/// What a page takes in the journal: the page, and what SQLite says about it.
const FRAME_BYTES: u64 = 4096 + 24;
/// More pages than a batch of one small event has.
const BATCH_PAGES: u64 = 32;

/// A log whose journal may have this many pages.
async fn world(journal_pages_max: u32) -> (World, std::path::PathBuf) {
    let options = Options { journal_pages_max, ..Options::default() };
    let fixture = InFile { options, ..InFile::default() };
    let path = fixture.path();
    (World::new(Box::new(fixture)).await, path)
}

/// How many pages the journal has on the disk.
fn journal_pages(path: &Path) -> u64 {
    std::fs::metadata(beside(path, "-wal")).expect("a journal").len() / FRAME_BYTES
}

/// A program that reads in a transaction of its own until it is dropped.
struct Foreign(Connection);

impl Foreign {
    fn holds(path: &Path) -> Self {
        let connection = Connection::open(path).expect("opens");
        connection.execute_batch("BEGIN").expect("begun");
        let this = Self(connection);
        this.events();
        this
    }

    fn events(&self) -> u64 {
        let count = "SELECT count(*) FROM events";
        self.0.query_row(count, [], |row| row.get::<_, i64>(0)).expect("it reads") as u64
    }
}

/// Appends one event after the other until one is refused; gives its number. The journal has not
/// grown beyond its bound by then.
async fn fill(world: &World, path: &Path, pages_max: u64) -> u128 {
    for n in 1.. {
        match world.writer().append(append("a", n)).await {
            Ok(_) => {
                let pages = journal_pages(path);
                assert!(pages <= pages_max + BATCH_PAGES, "the journal has {pages} pages");
            }
            Err(why) => {
                assert!(matches!(why, Error::JournalFull { .. }), "{why}");
                return n;
            }
        }
    }
    unreachable!("numbers have no end")
}

#[tokio::test]
async fn a_program_that_does_not_let_go_halts_appends_until_it_does() {
    const PAGES_MAX: u32 = 400;
    let (mut world, path) = world(PAGES_MAX).await;
    world.appends(append("a", 0)).await;
    let foreign = Foreign::holds(&path);
    let refused = fill(&world, &path, PAGES_MAX.into()).await;
    for _ in 0..10 {
        let again = world.is_refused(append("b", refused)).await;
        assert!(matches!(again, Error::JournalFull { .. }), "{again}");
    }
    let pages = journal_pages(&path);
    assert!(pages <= u64::from(PAGES_MAX) + BATCH_PAGES, "{pages} pages: refusals are not free");
    assert_eq!(foreign.events(), 1, "it sees the log as it was");
    assert_eq!(world.stream(&stream("a")).await.len() as u128, refused, "reading goes on");
    world.verifies().await;
    drop(foreign);
    for n in refused..refused + 50 {
        let answer = world.appends(append("a", n)).await;
        assert!(!answer.known, "what was refused was not recorded");
    }
    assert!(journal_pages(&path) <= pages, "the journal began anew");
    world.verifies().await;
    world.restart().await;
    assert_eq!(world.stream(&stream("a")).await.len() as u128, refused + 50);
}

#[tokio::test]
async fn a_journal_that_was_left_full_is_not_filled_further() {
    const PAGES_MAX: u32 = 100;
    let (mut world, path) = world(PAGES_MAX).await;
    world.appends(append("a", 0)).await;
    let foreign = Foreign::holds(&path);
    let refused = fill(&world, &path, PAGES_MAX.into()).await;
    let pages = journal_pages(&path);
    world.restart().await;
    let again = world.is_refused(append("a", refused)).await;
    assert!(matches!(again, Error::JournalFull { .. }), "{again}");
    assert_eq!(journal_pages(&path), pages, "not a page was added");
    drop(foreign);
    world.appends(append("a", refused)).await;
    world.verifies().await;
}

/// How long the load goes on beyond what is always appended: a minute in a long campaign.
fn load() -> Duration {
    Duration::from_secs(if std::env::var_os("ANNALS_LONG").is_some() { 60 } else { 0 })
}

/// Reads pages without a pause until it is told to stop; gives how many.
async fn reads(reader: Arc<dyn LogReader>, stop: Arc<AtomicBool>) -> u64 {
    let mut pages = 0;
    while !stop.load(Ordering::Relaxed) {
        let page = reader.read_all(Position::FIRST, &Filter::default(), PAGE_EVENTS_MAX).await;
        assert!(!page.expect("the log reads").events.is_empty());
        pages += 1;
    }
    pages
}

/// Every moment someone reads, though none reads for long: a checkpoint that does not wait for them
/// never finds the journal free to begin anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_that_come_and_go_without_a_gap_do_not_make_the_journal_grow() {
    const READERS: usize = 2;
    // Several times as many pages as the journal may have.
    const APPENDS: u128 = 200;
    // Due at 1000 pages, waited for at 2000.
    const LONG: u64 = 2000;
    let (world, path) = world(4000).await;
    for n in 0..5 {
        let small = Decision::Accepted(vec![event("{}"); 1000]);
        world.appends(Append { decision: small, ..append("small", n) }).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> =
        (0..READERS).map(|_| tokio::spawn(reads(world.reader(), Arc::clone(&stop)))).collect();
    let large = event(&format!("\"{}\"", "x".repeat(64 * 1024)));
    let (begun, mut appended, mut longest) = (Instant::now(), 0, 0);
    while appended < APPENDS || begun.elapsed() < load() {
        appended += 1;
        let decision = Decision::Accepted(vec![large.clone(); 4]);
        let command = append("large", 1000 + appended);
        let answer = world.writer().append(Append { decision, ..command }).await;
        longest = longest.max(journal_pages(&path));
        assert!(
            longest <= LONG * 3 / 2,
            "readers that let go held up the journal: {longest} pages"
        );
        answer.expect("appended");
    }
    stop.store(true, Ordering::Relaxed);
    let mut pages = 0;
    for reader in readers {
        pages += reader.await.expect("it reads");
    }
    println!("{appended} appends beside {pages} pages read: a journal of {longest} pages");
}
