//! Too little memory: the program is given more and more of it, from too little to start with to
//! enough, and many facts and large ones to record. However it breaks off, it does so by itself,
//! and nothing acknowledged is lost and nothing is there by half.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use super::answers::{Answer, Complaint};
use super::audit::Audit;
use super::fact::LARGE;
use super::ledger::Ledger;
use super::program::append;
use super::script::every::at_each;
use super::script::{Ended, Script};

/// How many facts are sent, and how many are under way at once: all the large ones are.
const FACTS: u64 = LARGE.end + 500;
const IN_FLIGHT: usize = 1024;
/// How much memory the first run has, how much more the next one has at least, and how far that
/// goes; one more run has enough.
const LEAST: u64 = 4 * MIB;
const STEP: u64 = 2 * MIB;
const MOST: u64 = 256 * MIB;
const ENOUGH: u64 = 1024 * MIB;
/// How many runs must break off after something was acknowledged.
const BROKEN_OFF: usize = 5;
const MIB: u64 = 1024 * 1024;
const STORE_FAILED: i32 = 74;
/// What the shell and the loader of programs end with when a program does not fit.
const NOT_LOADED: i32 = 127;
const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;

#[test]
fn whatever_memory_there_is_nothing_acknowledged_is_lost() {
    let began = Instant::now();
    let next = |limit: &u64| Some(limit + STEP.max(limit / 16)).filter(|limit| *limit <= MOST);
    let steps = std::iter::successors(Some(LEAST), next);
    let limits: Vec<Limit> = steps.chain([ENOUGH]).map(Limit).collect();
    let found = Mutex::new(Vec::new());
    at_each(&limits, |limit| {
        let mut script = Script::of(FACTS, IN_FLIGHT);
        let program = script.program();
        let ended = script.run(&mut limit.of(&program));
        assert!(is_clear(&ended), "it does not say what is wrong: {ended:?}");
        script.recovers();
        found.lock().expect("no one panics here").push((limit.0, ended));
    });
    let mut found = found.into_inner().expect("no one panicked");
    found.sort_by_key(|(limit, _)| *limit);
    report(&found, began);
    assert_eq!(found.len(), limits.len());
    assert_eq!(found[0].1.answers, 0, "it cannot start in so little");
    let broken_off = |ended: &Ended| (1..FACTS).contains(&(ended.answers as u64));
    let broken_off = found.iter().filter(|(_, ended)| broken_off(ended)).count();
    assert!(broken_off >= BROKEN_OFF, "only {broken_off} runs broke off while they appended");
    assert_eq!(found[found.len() - 1].1.answers as u64, FACTS, "so much is enough");
}

#[test]
fn a_line_without_an_end_does_not_take_all_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, facts) = (folder.path().join("annals.log"), folder.path().join("facts"));
    let mut ledger = Ledger::default();
    let fact = ledger.new_fact();
    ledger.sent(fact);
    let mut file = File::create(&facts).expect("a file");
    file.write_all(fact.line().as_bytes()).expect("written");
    // A hole takes no room on the disk.
    file.set_len(4 * ENOUGH).expect("a file may have a hole");
    let input = File::open(&facts).expect("a file");
    let ended = Limit(ENOUGH / 4).of(&append(&store, IN_FLIGHT)).stdin(input).output();
    let ended = ended.expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Answer::parse_all(&text(ended.stdout)).iter().for_each(|answer| ledger.hear(answer));
    let complaints: Vec<Complaint> = text(ended.stderr).lines().map(Complaint::parse).collect();
    let codes: Vec<&str> = complaints.iter().filter_map(Complaint::code).collect();
    assert_eq!((ended.status.code(), &codes[..]), (Some(65), &["line_too_large"][..]));
    assert_eq!(ledger.answered(), 1, "what stood before it is acknowledged");
    assert_eq!(Audit::default().check_whole(&store, &mut ledger), 1);
}

/// The most address space a program may take, in bytes.
#[derive(Debug, Clone, Copy)]
struct Limit(u64);

impl Limit {
    /// The same program with no more than this.
    fn of(self, program: &Command) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", r#"ulimit -c 0 && ulimit -v "$0" && exec "$@""#]);
        command.arg((self.0 / 1024).to_string());
        command.arg(program.get_program()).args(program.get_args());
        command
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a limit of {} MiB", self.0 / MIB)
    }
}

/// It did everything, or it said one thing, or memory ran out under its feet: while it was loaded,
/// or later, when it aborts.
fn is_clear(ended: &Ended) -> bool {
    let told = ended.complaints.iter().filter(|said| said.code().is_some()).count();
    match (ended.status.code(), ended.status.signal()) {
        (Some(0), _) => ended.answers as u64 == FACTS,
        (Some(STORE_FAILED), _) => told == 1,
        (_, Some(SIGABRT)) => true,
        (Some(NOT_LOADED), _) | (_, Some(SIGSEGV)) => ended.answers == 0,
        _ => false,
    }
}

fn report(found: &[(u64, Ended)], began: Instant) {
    let mut out = std::io::stderr().lock();
    let seconds = began.elapsed().as_secs_f64();
    writeln!(out, "{} limits of memory, {FACTS} facts, {seconds:.0} s", found.len())
        .expect("standard error is open");
    for (limit, ended) in found {
        let said = ended.complaints.iter().find_map(|said| said.code()).unwrap_or_default();
        let (status, answers) = (ended.status, ended.answers);
        writeln!(out, "  {:>5} MiB: {answers:>5} answers, {status} {said}", limit / MIB)
            .expect("standard error is open");
    }
}
