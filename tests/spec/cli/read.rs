//! Events coming out: the ones that were asked for, whole, and harmless to a terminal.

use std::process::Stdio;
use std::sync::Arc;

use annals::clock::SystemClock;
use events::id::{CommandId, Principal};
use events::store::sqlite::{Options, Sqlite};
use events::store::{Append, Cause, Decision, EventStore, Expected, NewEvent, RequestHash, Writer};
use events::stream::StreamId;

use super::run::{Place, fact, facts};

/// Records an event of a type that this program does not know.
fn record(place: &Place, wire_type: &str, payload: &[u8]) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it starts");
    runtime.block_on(async {
        let store = Sqlite::open(&place.log(), &Options::default()).await.expect("it opens");
        let store: Arc<dyn EventStore> = Arc::new(store);
        let head = store.reader().head().await.expect("it has a head");
        let (writer, task) = Writer::start(store, Arc::new(SystemClock), head);
        let event = NewEvent { wire_type: wire_type.into(), schema: 7, payload: payload.to_vec() };
        let [tenant, category, key] = ["main", "comet", "halley"];
        let stream = StreamId::new(
            tenant.parse().expect("a token"),
            category.parse().expect("a token"),
            key.parse().expect("a token"),
        );
        let append = Append {
            stream,
            expected: Expected::Any,
            command: CommandId::publisher(wire_type),
            request: RequestHash([0; 32]),
            owner: None,
            decision: Decision::Accepted(vec![event]),
            cause: Cause::by(Principal::new("ada").expect("a name")),
            blobs: Vec::new(),
        };
        writer.append(append).await.expect("it is recorded");
        drop(writer);
        task.finished().await.expect("it ends in good order");
    });
}

fn positions(place: &Place, arguments: &[&str]) -> Vec<u64> {
    let all: Vec<&str> = [&["log", "read", "--json"], arguments].concat();
    let read = place.run(&all).succeeded();
    read.each("position").iter().map(|position| position.as_u64().expect("a number")).collect()
}

#[test]
fn a_part_of_the_log_is_named_by_its_ends() {
    let place = Place::with(&facts(20));
    assert_eq!(positions(&place, &["--from", "18"]), [18, 19, 20]);
    assert_eq!(positions(&place, &["--from", "3", "--to", "5"]), [3, 4, 5]);
    assert_eq!(positions(&place, &["--from", "3", "--limit", "2"]), [3, 4]);
    assert_eq!(positions(&place, &["--from", "21"]), [0; 0]);
    assert_eq!(positions(&place, &["--from", "9223372036854775807"]), [0; 0]);
    assert_eq!(positions(&place, &["--from", "5", "--to", "3"]), [0; 0]);
    assert_eq!(positions(&place, &["--to", "2"]), [1, 2]);
}

#[test]
fn a_stream_is_read_in_both_directions() {
    let place = Place::with(&facts(300));
    let stream =
        |more: &[&str]| positions(&place, &[&["--stream", "main/fact-desk"], more].concat());
    let forwards: Vec<u64> = (1..=150).map(|version| version * 2).collect();
    let backwards: Vec<u64> = forwards.iter().rev().copied().collect();
    assert_eq!(stream(&[]), forwards);
    assert_eq!(stream(&["--backwards"]), backwards);
    assert_eq!(stream(&["--from", "149"]), [298, 300]);
    assert_eq!(stream(&["--backwards", "--from", "2"]), [4, 2]);
    assert_eq!(stream(&["--backwards", "--to", "149"]), [300, 298]);
    assert_eq!(stream(&["--backwards", "--limit", "1"]), [300]);
    assert_eq!(stream(&["--from", "64", "--to", "65"]), [128, 130]);
    assert_eq!(stream(&["--from", "151"]), [0; 0]);
}

#[test]
fn only_what_passes_the_filter_is_read() {
    let place = Place::with(&facts(4));
    record(&place, "comet.returned", b"{}");
    assert_eq!(positions(&place, &["--category", "comet"]), [5]);
    assert_eq!(positions(&place, &["--type", "fact.recorded", "--from", "3"]), [3, 4]);
    assert_eq!(positions(&place, &["--stream", "fact-shop", "--type", "comet.returned"]), [0; 0]);
    assert_eq!(positions(&place, &["--tenant", "acme"]), [0; 0]);
    assert_eq!(positions(&place, &["--tenant", "main", "--category", "fact"]), [1, 2, 3, 4]);
}

#[test]
fn events_of_unknown_types_are_read_as_they_are() {
    let place = Place::new();
    record(&place, "comet.returned", b"\xffnot json");
    record(&place, "comet.vanished", b"{\n  \"tail\": 1\n}");
    let read = place.run(&["log", "read", "--json"]).succeeded();
    let [bytes, json] = &read.json()[..] else { panic!("{read:?}") };
    assert_eq!((&bytes["type"], &bytes["schema"]), (&"comet.returned".into(), &7.into()));
    assert_eq!(bytes["payload_base64"], "/25vdCBqc29u");
    assert!(bytes.get("payload").is_none());
    assert_eq!(json["payload"]["tail"], 1);
    assert_eq!(json["payload_base64"], "ewogICJ0YWlsIjogMQp9", "the exact bytes are there, too");
    assert_eq!(json["principal"], "ada");
}

#[test]
fn a_payload_cannot_attack_a_terminal() {
    let place = Place::new();
    record(&place, "comet.\u{9b}2J", "\"\u{9b}31m\u{202e}\x1b]0;owned\x07\"\n".as_bytes());
    let read = place.run(&["log", "read"]).succeeded();
    assert_eq!(read.out.lines().count(), 1, "{read:?}");
    let line = read.out.trim_end_matches('\n');
    assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
    assert!(line.contains("\\u{1b}]0;owned\\u{7}"), "{line:?}");
}

#[test]
fn a_line_for_people_says_what_happened() {
    let place = Place::with(&fact("shop", 1));
    let read = place.run(&["log", "read"]).succeeded();
    let words: Vec<&str> = read.out.split_whitespace().collect();
    assert_eq!(words[0], "1");
    assert_eq!(words[2..5], ["main/fact-shop@1", "fact.recorded.1", "operator"]);
    assert_eq!(words[5], fact("shop", 1).trim());
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let place = Place::with(&facts(3000));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = place.command(&["log", "read"]);
    let output = command.stdout(writer).stderr(Stdio::piped()).output().expect("it runs");
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}

#[test]
fn what_is_not_there_is_said_to_people() {
    let place = Place::with(&fact("shop", 1));
    let read = place.run(&["log", "read", "--stream", "fact-nobody"]).succeeded();
    assert_eq!((read.out.as_str(), read.err.as_str()), ("", "there are no such events\n"));
}

#[test]
fn backwards_is_for_streams() {
    let place = Place::with(&fact("shop", 1));
    assert_eq!(place.run(&["log", "read", "--backwards"]).code, 2);
    assert_eq!(place.run(&["log", "read", "--stream", "shop"]).code, 2);
    assert_eq!(place.run(&["log", "read", "--from", "0"]).code, 2);
}
