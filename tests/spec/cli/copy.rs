//! Copies from store to store through the real program.

use std::sync::Arc;

use annals::clock::SystemClock;
use events::store::sqlite::{Options, Sqlite};
use events::store::{EventStore, Owner, Parked, ParkedState, Save, Saved, Writer};
use events::stream::{Position, StreamId};
use events::time::Timestamp;

use super::run::{Place, fact, facts};

fn copy<'a>(from: &'a str, to: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["log", "copy", "--from", from, "--to", to, "--json"][..], more].concat()
}

fn exported(place: &Place, store: &str) -> String {
    place.run(&["log", "export", "--quiet", "--store", store]).succeeded().out
}

#[test]
fn a_copy_is_the_log_and_grows_with_it() {
    let place = Place::with(&facts(2500));
    let told = place.run(&copy("a.log", "b.log", &["--verify"])).succeeded().json();
    let counts = ["events", "outcomes", "new_events", "position"].map(|name| told[0][name].clone());
    assert_eq!(counts, [2500, 2500, 2500, 2500]);
    assert_eq!((&told[0]["copy"], &told[0]["verified"]), (&true.into(), &true.into()));
    assert_eq!(exported(&place, "b.log"), exported(&place, "a.log"));
    place.fed(&["log", "append"], fact("late", 1)).succeeded();
    let told = place.run(&copy("a.log", "b.log", &["--verify"])).succeeded().json();
    assert_eq!((&told[0]["events"], &told[0]["new_events"]), (&2501.into(), &1.into()));
    assert_eq!(exported(&place, "b.log"), exported(&place, "a.log"));
}

/// A consumer of the log stands here, and the event at 5 is parked for it.
fn stands_at(place: &Place, position: u64) {
    let parked = Parked {
        position: Position(5),
        stream: StreamId::new(
            "main".parse().expect("a token"),
            "fact".parse().expect("a token"),
            "shop".parse().expect("a token"),
        ),
        state: ParkedState::Blocking,
        tries: 4,
        why: "it did not work".into(),
        since: Timestamp(0),
    };
    let save = Save {
        consumer: "react/report_to_parent".parse().expect("a path of tokens"),
        owner: Owner { partition: 0, epoch: 0 },
        position: Position(position),
        settled: Vec::new(),
        parked: vec![parked],
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("it starts").block_on(async {
        let store = Sqlite::open(&place.log(), &Options::default()).await.expect("it opens");
        let store: Arc<dyn EventStore> = Arc::new(store);
        let head = store.reader().head().await.expect("it has a head");
        let (writer, task) = Writer::start(store, Arc::new(SystemClock), head);
        let saved = writer.save(save);
        drop(writer);
        task.finished().await.expect("it ends in good order");
        assert_eq!(saved.done().await.expect("it is answered"), Saved::Now);
    });
}

#[test]
fn consumers_go_along_with_a_copy_and_an_export() {
    let place = Place::with(&facts(10));
    stands_at(&place, 7);
    place.run(&copy("a.log", "b.log", &["--verify"])).succeeded();
    let log = exported(&place, "a.log");
    assert!(log.contains("{\"cursor\":{\"consumer\":\"react/report_to_parent\",\"position\":7}}"));
    assert!(log.contains("\"stream\":\"shop\",\"state\":\"blocking\",\"tries\":4"), "{log}");
    assert_eq!(exported(&place, "b.log"), log);
    stands_at(&place, 9);
    place.run(&copy("a.log", "b.log", &["--verify"])).succeeded();
    assert_eq!(exported(&place, "b.log"), exported(&place, "a.log"));
    let import = ["log", "import", "--store", "c.log", "-"];
    place.fed(&import, exported(&place, "a.log")).succeeded();
    assert_eq!(exported(&place, "c.log"), exported(&place, "a.log"));
    place.run(&["log", "verify", "--store", "c.log"]).succeeded();
    place.fed(&["log", "append", "--store", "d.log"], fact("d", 1)).succeeded();
    place.run(&copy("a.log", "d.log", &["--verify"])).succeeded();
    assert!(!exported(&place, "d.log").contains("cursor"), "a consumer came into another log");
}

#[test]
fn a_copy_says_what_came() {
    let place = Place::with(&facts(3));
    let command = ["log", "copy", "--store", "a.log", "--to", "b.log", "--verify"];
    let said = place.run(&command).succeeded().out;
    assert!(said.starts_with("3 events, 3 outcomes and 0 blobs, 3 events of them new"), "{said}");
    assert!(said.ends_with("both logs were compared, and the target audited\n"), "{said}");
}

#[test]
fn with_keys_the_copy_knows_every_fact_again() {
    let place = Place::with(&facts(3));
    place.run(&copy("a.log", "b.log", &["--keys"])).succeeded();
    let append = ["log", "append", "--json", "--store", "b.log"];
    let again = place.fed(&append, facts(3)).succeeded();
    assert_eq!(again.each("outcome"), ["known", "known", "known"]);
}

#[test]
fn a_log_with_a_history_gets_it_behind_its_own() {
    let place = Place::with(&facts(10));
    place.fed(&["log", "append", "--store", "b.log"], fact("b", 1)).succeeded();
    let told = place.run(&copy("a.log", "b.log", &["--verify", "--adopt"])).succeeded().json();
    assert_eq!((&told[0]["copy"], &told[0]["adopted"]), (&false.into(), &true.into()));
    assert_eq!(told[0]["position"], 11);
    place.run(&["log", "verify", "--store", "b.log"]).succeeded();
}

#[test]
fn a_stream_that_is_in_both_is_refused_by_name() {
    let place = Place::with(&facts(2500));
    place.fed(&["log", "append"], fact("late", 1)).succeeded();
    place.fed(&["log", "append", "--store", "b.log"], fact("late", 2)).succeeded();
    let before = exported(&place, "b.log");
    place.run(&copy("a.log", "b.log", &[])).failed_json(65, "stream_in_both");
    assert_eq!(exported(&place, "b.log"), before, "something was copied");
}

#[test]
fn what_is_no_log_is_not_copied() {
    let place = Place::new();
    place.run(&copy("none.log", "b.log", &[])).failed_json(66, "store_missing");
    assert!(!place.file("b.log").exists(), "a log was made");
}
