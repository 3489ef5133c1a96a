//! The demo shows what it says that it shows, and leaves nothing behind.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::bus::program::Running;
use crate::serve::system::annals;

#[test]
fn an_agent_dies_in_the_demo_and_the_run_comes_to_its_end() {
    let ended = annals(&["demo", "--pace-ms", "300"]).output().expect("it runs");
    let said = String::from_utf8([ended.stdout, ended.stderr].concat()).expect("text");
    assert!(ended.status.success(), "{said}");
    assert!(said.contains("is killed while it works on process"), "{said}");
    assert!(said.contains("attempts"), "what it had was done by another one: {said}");
    assert!(said.contains("Orders of today: 4 in all"), "{said}");
}

#[test]
fn the_demo_takes_its_cast_with_it_when_the_terminal_is_gone() {
    let mut demo = Running::start(annals(&["demo"]).stderr(Stdio::piped()).stdout(Stdio::null()));
    let mut said = BufReader::new(demo.0.stderr.take().expect("a pipe")).lines();
    let mut until = |what: &str| {
        let line = said.by_ref().map(|line| line.expect("text")).find(|line| line.contains(what));
        line.unwrap_or_else(|| panic!("it never says {what:?}"))
    };
    let begins = until("a system listens on nats://");
    let (address, log) = begins.split_once("; its log is ").expect("it says where");
    let address = address.rsplit('/').next().expect("an address");
    until("agents are at work");
    assert!(TcpStream::connect(address).is_ok(), "{address} is there");
    let id = i32::try_from(demo.0.id()).expect("a number");
    kill_process(Pid::from_raw(id).expect("a process"), Signal::HUP).expect("it is there");
    assert_eq!(demo.0.wait().expect("it ends").code(), Some(129));
    assert!(TcpStream::connect(address).is_err(), "nobody is at {address} any more");
    assert!(!Path::new(log).exists(), "{log} is gone with it");
}
