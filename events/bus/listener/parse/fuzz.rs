//! Feeds the parser what nobody thought of: inputs that were kept (`corpus/`), changed by chance.
//! The same chance comes every time; how long it goes on is said from outside.

#![expect(
    clippy::disallowed_methods,
    reason = "a test that reads its inputs, and looks at a clock to end"
)]

mod judge;
mod mutate;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::bus::router::Dice;
use judge::{Cuts, judge};
use mutate::mutated;

/// The variable that says for how many seconds inputs are made up.
const SECONDS: &str = "ANNALS_FUZZ_SECONDS";
/// For how many, if it is not said.
const SECONDS_BY_DEFAULT: u64 = 5;
/// What chance follows from.
const SEED: u64 = 0x616e_6e61_6c73;

/// All that can come of an input; whoever never sees one of these tries nothing.
const REACHED: [&str; 13] = [
    "Connect",
    "Content",
    "ControlLine",
    "Info",
    "Payload",
    "Ping",
    "Pong",
    "Publish",
    "Silent",
    "Subscribe",
    "Unknown",
    "UnknownOperation",
    "Unsubscribe",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bus/listener/parse/corpus")
}

/// What was kept, in the order of its names.
fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let files = std::fs::read_dir(folder()).expect("the corpus is there");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort_unstable();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("it is there");
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

/// What is wrong with an input, be it by a panic.
fn fault(input: &[u8], cuts: &Cuts, seen: &mut BTreeSet<String>) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| judge(input, cuts, seen))) {
        Ok(judged) => judged.err(),
        Err(_) => Some("it panics".into()),
    }
}

/// Writes an input to a file, and says how to keep it.
fn kept(input: &[u8], why: &str) -> String {
    let file = std::env::temp_dir().join(format!("parser-{}.txt", crc32fast::hash(input)));
    std::fs::write(&file, input).expect("there is room");
    let (file, folder) = (file.display(), folder());
    format!(
        "{why}\nkeep it: mv {file} {}/what-it-shows.txt\n{}",
        folder.display(),
        input.escape_ascii()
    )
}

#[test]
fn what_was_kept_is_understood_wherever_it_is_cut() {
    for (path, input) in corpus() {
        let places: Vec<usize> = match input.len() {
            0..300 => (0..=input.len()).collect(),
            length => (0..=length).step_by(length / 30).chain([length - 1, length - 2]).collect(),
        };
        for place in places {
            let fault = fault(&input, &Cuts::At(vec![place]), &mut BTreeSet::new());
            assert_eq!(fault, None, "{}, cut at {place}", path.display());
        }
        assert_eq!(
            fault(&input, &Cuts::Everywhere, &mut BTreeSet::new()),
            None,
            "{}",
            path.display()
        );
    }
}

#[test]
fn whatever_comes_is_understood_or_refused_and_never_kept_for_long() {
    let seconds =
        std::env::var(SECONDS).ok().map(|text| text.parse().expect("a number of seconds"));
    let patience = Duration::from_secs(seconds.unwrap_or(SECONDS_BY_DEFAULT));
    let corpus: Vec<_> = corpus().into_iter().map(|(_, input)| input).collect();
    let (begins, mut seen, mut tried) = (Instant::now(), BTreeSet::new(), 0);
    while begins.elapsed() < patience {
        let dice = Dice::new(SEED + tried);
        let input = mutated(&corpus, &dice);
        let cuts = Cuts::by_chance(input.len(), &dice);
        if let Some(why) = fault(&input, &cuts, &mut seen) {
            panic!("input {tried}, {cuts:?}: {}", kept(&input, &why));
        }
        tried += 1;
    }
    println!("{tried} inputs");
    let missing: Vec<_> = REACHED.iter().filter(|kind| !seen.contains(**kind)).collect();
    assert!(missing.is_empty(), "of {tried} inputs, none leads to {missing:?}");
}
