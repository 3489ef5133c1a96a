//! The index of the journal, which SQLite keeps beside the log, does not grow. On a broken disk that
//! is an error like any other, and ends the program; only a full one is waited for.

use std::path::Path;
use std::process::Command;

use rusqlite::Connection;

use super::answers::Complaint;
use super::fact::{Fact, LARGE, ROUND};
use super::program::{Appender, Heard, append};

/// The exit code of an error of input or output.
const STORE_FAILED: i32 = 74;

#[test]
fn an_index_that_cannot_grow_though_there_is_room_ends_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("annals.log");
    let mut first = Appender::start(append(&store, 1));
    first.send(Fact(0));
    first.answer();
    // The index begins here, and the journal cannot begin anew.
    let reader = Connection::open(&store).expect("opens");
    reader.execute_batch("BEGIN; SELECT * FROM log").expect("it reads");
    assert!(first.end().0.success());
    let mut appender = Appender::start(on_a_broken_index(&append(&store, 8), &store));
    let mut facts = LARGE.chain(LARGE.start + ROUND..LARGE.end + ROUND).map(Fact);
    let mut answered = 0;
    let complaint = loop {
        appender.send(facts.next().expect("the index is small"));
        match appender.hear() {
            Heard::Answer(_) => answered += 1,
            Heard::Complaint(complaint) => break complaint,
            Heard::Gone => panic!("it ends without a word"),
        }
    };
    assert_eq!(complaint.code(), Some("store_failed"), "{complaint:?}");
    assert!(matches!(&complaint, Complaint::Error { message, .. } if message.contains("index")));
    assert!(answered > 10, "the index was large enough to begin with");
    assert_eq!(appender.end().0.code(), Some(STORE_FAILED));
}

/// The program on a disk that cannot write what is new in the index.
fn on_a_broken_index(program: &Command, store: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-q", "-o", "/dev/null", "-e", "trace=pwrite64"]);
    strace.args(["-e", "inject=pwrite64:error=EIO", "-P"]);
    strace.arg(events::store::sqlite::beside(store, "-shm")).arg("--");
    strace.arg(program.get_program()).args(program.get_args());
    strace
}
