//! A disk that flips bits, one at a time: what is answered is the truth or a typed error, never
//! something else. A row that a lookup no longer finds is the one thing it cannot tell from a row
//! that never was; then the audit must report it.

#![expect(clippy::disallowed_types, reason = "the test damages a file")]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use rusqlite::Connection;

use super::damage::audit;
use super::pages::Places;
use super::truth::{Answer, ask, whole_log};
use crate::store::sqlite::{SqliteReader, connect};

/// The variable that asks for every bit of every byte.
const LONG: &str = "ANNALS_LONG";
/// How many flip at once, each in a copy of its own.
const SHARES: usize = 2;
/// In a short run, at every so manieth byte an error is asked for again and looked for by an audit.
/// What hides a row always is.
const LOOK_INTO_EVERY: usize = 4;

/// What became of flips.
#[derive(Debug, Default)]
struct Tally {
    flips: usize,
    noticed: usize,
    hidden: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.flips += other.flips;
        self.noticed += other.noticed;
        self.hidden += other.hidden;
        self.wrong.extend(other.wrong);
    }
}

/// A copy of a log on a disk that flips bits.
struct Disk<'a> {
    whole: &'a [u8],
    places: &'a Places,
    long: bool,
    path: PathBuf,
    file: File,
    // As long as it is open, the files beside the log are not made anew for every flip.
    connection: Connection,
    truth: Vec<Answer>,
    tally: Tally,
}

impl<'a> Disk<'a> {
    fn new(path: PathBuf, whole: &'a [u8], places: &'a Places, long: bool) -> Self {
        fs::write(&path, whole).expect("written");
        let file = OpenOptions::new().write(true).open(&path).expect("opens");
        let connection = connect::reader(&path).expect("opens");
        let truth =
            ask(&connection).into_iter().collect::<Result<Vec<_>, _>>().expect("a whole log");
        assert!(!truth.iter().any(Answer::is_nothing), "what is nothing cannot be hidden");
        Self { whole, places, long, path, file, connection, truth, tally: Tally::default() }
    }

    /// Flips a bit, asks everything, and puts it back.
    fn flip(&mut self, at: usize, bit: u32) {
        let put = |byte: u8| self.file.write_all_at(&[byte], at as u64).expect("written");
        let mut found = Tally { flips: 1, ..Tally::default() };
        put(self.whole[at] ^ 1 << bit);
        if self.places.is_on_a_page_of_rows(at) {
            self.connection.execute_batch("PRAGMA shrink_memory").expect("nothing is kept");
            self.judge(&self.connection, at, &mut found);
        } else if let Ok(reader) = SqliteReader::open(&self.path) {
            let judge = |connection: &Connection| {
                self.judge(connection, at, &mut found);
                Ok(())
            };
            reader.lend(judge).expect("it reads");
        } else {
            found.noticed = 1;
        }
        put(self.whole[at]);
        let named = found.wrong.iter().map(|what| format!("byte {at}, bit {bit}: {what}"));
        found.wrong = named.collect();
        self.tally.add(found);
    }

    fn judge(&self, connection: &Connection, at: usize, found: &mut Tally) {
        let answers = ask(connection);
        let mut hidden = false;
        for (answer, truth) in answers.iter().zip(&self.truth) {
            match answer {
                Ok(answer) if answer != truth && answer.is_nothing() => hidden = true,
                Ok(answer) if answer != truth => {
                    found.wrong.push(format!("the answer is {answer:?}, not {truth:?}"));
                }
                _ => {}
            }
        }
        let refused = answers.iter().any(Result::is_err);
        let looked_into = self.long || at.is_multiple_of(LOOK_INTO_EVERY);
        if refused && looked_into {
            let worse =
                |(first, then): (&Result<_, _>, &Result<_, _>)| first.is_err() && then.is_ok();
            if answers.iter().zip(&ask(connection)).any(worse) {
                found.wrong.push("what was refused is answered when it is asked again".into());
            }
        }
        let due = hidden || (looked_into && (refused || self.places.is_inside_a_row(at)));
        let reported = (due || self.long) && self.is_reported();
        if due && !reported {
            found.wrong.push(format!("it is not reported; refused: {refused}, hidden: {hidden}"));
        }
        found.noticed = usize::from(refused || reported);
        found.hidden = usize::from(hidden);
    }

    fn is_reported(&self) -> bool {
        !audit(&self.path).is_ok_and(|report| report.is_whole())
    }
}

/// The bits of a byte that are flipped: all of them, or one, which is another one at every place.
fn bits(at: usize, all: bool) -> std::ops::Range<u32> {
    let one = (at ^ (at / 8) ^ (at / 64)) as u32 % 8;
    if all { 0..8 } else { one..one + 1 }
}

#[tokio::test]
async fn a_flipped_bit_gives_the_truth_or_an_error_and_never_anything_else() {
    let began = Instant::now();
    let (path, whole, folder) = whole_log().await;
    let places = Places::of(&connect::reader(&path).expect("opens"), &whole);
    let long = std::env::var_os(LONG).is_some();
    let flips: Vec<(usize, u32)> = (0..whole.len())
        .flat_map(|at| bits(at, long || places.is_crowded(at)).map(move |bit| (at, bit)))
        .collect();
    let flip_share = |share: usize| {
        let path = folder.path().join(format!("share-{share}.log"));
        let mut disk = Disk::new(path, &whole, &places, long);
        let mine = flips.iter().skip(share).step_by(SHARES);
        mine.for_each(|(at, bit)| disk.flip(*at, *bit));
        disk.tally
    };
    let flip_share = &flip_share;
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let shares: Vec<_> =
            (0..SHARES).map(|share| scope.spawn(move || flip_share(share))).collect();
        shares.into_iter().for_each(|share| tally.add(share.join().expect("all were judged")));
    });
    let (bytes, seconds) = (whole.len(), began.elapsed().as_secs_f64());
    writeln!(std::io::stderr(), "{bytes} bytes, {seconds:.0} s: {tally:#?}").expect("said");
    assert_eq!(tally.flips, flips.len(), "each was judged");
    assert!(tally.wrong.is_empty(), "a flip gave something else than the truth or an error");
    assert!(tally.noticed > tally.flips / 20, "hardly any flip was noticed");
}
