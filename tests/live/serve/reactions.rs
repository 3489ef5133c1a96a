//! Events that a reaction cannot deal with: people see them, have them tried again, and give them up, and
//! nothing else is held up by them.

use annals::app::App;
use annals::place::Place;
use events::id::{CommandId, Consumer, Principal, StreamKey, main_tenant};
use events::store::keys::random_id;
use events::store::{
    Append, Cause, Decision, Expected, NewEvent, Owner, Parked, ParkedState, RequestHash, Save,
    Saved,
};
use events::stream::{Position, StreamId};
use events::time::Timestamp;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::PATIENCE;
use super::client::Client;
use super::system::System;

const REACTION: &str = "report_to_parent";

/// Two tasks, each a part of a task of its own.
struct Family {
    system: System,
    parents: [String; 2],
    children: [String; 2],
}

async fn family() -> Family {
    let mut system = System::start();
    let client = Client::of(&system).await;
    let (mut parents, mut children) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let parent = client.submit("nobody-does-this", json!({})).await;
        let more = json!({ "parent": { "task": parent } });
        children.push(client.submit("nobody-does-this", more).await);
        parents.push(parent);
    }
    system.end();
    let of = |all: Vec<String>| all.try_into().expect("there are two");
    Family { system, parents: of(parents), children: of(children) }
}

fn stream(task: &str) -> StreamId {
    let key = StreamKey::new(task).expect("a token");
    StreamId::new(main_tenant(), "task".parse().expect("a word"), key)
}

/// Writes into the history of a task what no task ever decided.
async fn write(app: &App, task: &str, kind: &str, payload: &str) -> Position {
    let event = NewEvent { wire_type: kind.into(), schema: 1, payload: payload.into() };
    let append = Append {
        stream: stream(task),
        expected: Expected::Any,
        command: CommandId::publisher(&random_id().to_string()),
        request: RequestHash([0; 32]),
        owner: None,
        decision: Decision::Accepted(vec![event]),
        cause: Cause::by(Principal::new("tester").expect("a label")),
        blobs: Vec::new(),
    };
    app.writer().append(append).await.expect("appended").outcome.position()
}

async fn opened(system: &System) -> App {
    App::open_to_serve(&Place::File(system.log()), false).await.expect("it opens")
}

/// The notes about a task.
fn notes(system: &System, task: &str) -> Vec<String> {
    let shown = system.task(task);
    let history = shown["history"].as_array().expect("a list").iter();
    let notes = history.filter(|event| event["type"] == "task.noted");
    notes.map(|event| event["payload"]["text"].as_str().expect("text").to_owned()).collect()
}

/// What is known of the reaction, as soon as it is so.
async fn until(system: &System, is_so: impl Fn(&Value) -> bool) -> Value {
    let known = async {
        loop {
            let reaction = system.json(&["reaction", "list"]);
            if is_so(&reaction) {
                return reaction;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, known).await.expect("it becomes so")
}

/// What happened to parked events, who did it, and why.
fn recorded(system: &System) -> Vec<(String, String, Value)> {
    let mut read = system.command(&["log", "read", "--json", "--tenant", "_annals", "--store"]);
    let read = read.arg(system.log()).output().expect("it starts");
    let said = String::from_utf8(read.stdout).expect("text");
    let events = said.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let text = |event: &Value, name: &str| event[name].as_str().expect("text").to_owned();
    let mended = events.filter(|event| text(event, "type").contains("parked"));
    let row = |event: Value| {
        let payload = &event["payload"];
        (text(&event, "type"), text(&event, "principal"), payload["reason"].clone())
    };
    mended.map(row).collect()
}

#[track_caller]
fn refused(system: &System, arguments: &[&str]) -> String {
    let ended = system.command(arguments).arg("--json").output().expect("it starts");
    assert!(!ended.status.success(), "{arguments:?}: {ended:?}");
    String::from_utf8(ended.stderr).expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_cannot_be_read_holds_up_its_stream_alone_until_it_is_given_up() {
    let Family { mut system, parents, children } = family().await;
    let app = opened(&system).await;
    let bad = write(&app, &children[0], "task.cancelled", "this is no JSON").await;
    let behind = write(&app, &children[0], "task.cancelled", r#"{"reason":"again"}"#).await;
    write(&app, &children[1], "task.cancelled", r#"{"reason":"enough"}"#).await;
    app.close().await.expect("it closes");

    system.start_again();
    let reaction =
        until(&system, |it| it["parked"].as_array().is_some_and(|all| all.len() == 2)).await;
    let parked = &reaction["parked"];
    let held_up = format!("task-{}", children[0]);
    assert_eq!((&parked[0]["position"], &parked[1]["position"]), (&json!(bad), &json!(behind)));
    assert_eq!((&parked[0]["state"], &parked[1]["state"]), (&json!("blocking"), &json!("behind")));
    assert_eq!((&parked[0]["type"], &parked[0]["tries"]), (&json!("task.cancelled"), &json!(1)));
    assert_eq!(parked[0]["stream"], held_up);
    assert!(parked[0]["why"].as_str().is_some_and(|why| why.contains("payload")), "{reaction}");
    until(&system, |_| notes(&system, &parents[1]).len() == 1).await;
    assert!(notes(&system, &parents[0]).is_empty(), "a parked stream was overtaken");

    let (bad, behind) = (bad.to_string(), behind.to_string());
    let told = system.json(&["reaction", "retry", REACTION, &bad]);
    assert_eq!((&told["outcome"], &told["stream"]), (&json!("accepted"), &json!(held_up)));
    until(&system, |it| it["parked"][0]["tries"] == 2).await;
    for (arguments, code) in [
        (&["reaction", "skip", REACTION, &behind, "--reason", "x"][..], "parked_behind"),
        (&["reaction", "skip", REACTION, "1", "--reason", "x"], "not_parked"),
        (&["reaction", "skip", REACTION, &bad, "--reason", ""], "malformed"),
        (&["reaction", "retry", REACTION, "--stream", "task"], "malformed"),
        (&["reaction", "retry", "nothing", &bad], "not_found"),
    ] {
        let said = refused(&system, arguments);
        assert!(said.contains(code), "{arguments:?}: {said}");
    }
    for outcome in ["accepted", "nothing"] {
        let told = system.json(&["reaction", "skip", REACTION, &bad, "--reason", "it is broken"]);
        assert_eq!(told["outcome"], outcome, "{told}");
    }
    let only_skipped = |it: &Value| {
        let parked = it["parked"].as_array().expect("a list");
        parked.len() == 1 && parked[0]["state"] == "skipped" && parked[0]["why"] == "it is broken"
    };
    until(&system, only_skipped).await;
    let goes_on = [format!("task {}: cancelled", children[0])];
    until(&system, |_| notes(&system, &parents[0]) == goes_on).await;
    system.end();
    let word = |what: &str, who: &str, why| (format!("node.{what}"), who.to_owned(), why);
    let nobody = || Value::Null;
    assert_eq!(
        recorded(&system),
        [
            word("event_parked", "annals", nobody()),
            word("parked_event_retried", "anonymous", nobody()),
            word("event_parked", "annals", nobody()),
            word("parked_event_skipped", "anonymous", json!("it is broken")),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_program_could_not_do_is_done_when_it_is_tried_again() {
    let Family { mut system, parents, children } = family().await;
    let app = opened(&system).await;
    let position = write(&app, &children[0], "task.cancelled", r#"{"reason":"enough"}"#).await;
    let consumer: Consumer = format!("react/{REACTION}").parse().expect("a name");
    let epoch = app.epochs().expect("it serves")[0];
    let parked = Parked {
        position,
        stream: stream(&children[0]),
        state: ParkedState::Blocking,
        tries: 1,
        why: "the reaction panicked".into(),
        since: Timestamp(1_780_000_000_000_000),
    };
    let owner = Owner { partition: 0, epoch };
    let save = Save { consumer, owner, position, settled: vec![], parked: vec![parked] };
    let saved = app.writer().save(save).done().await;
    assert!(matches!(saved, Ok(Saved::Now)), "{saved:?}");
    app.close().await.expect("it closes");

    system.start_again();
    let reaction = until(&system, |it| it["parked"][0]["state"] == "blocking").await;
    assert_eq!(reaction["parked"][0]["since"], "2026-05-28T20:26:40.000000Z", "{reaction}");
    assert!(notes(&system, &parents[0]).is_empty(), "nobody has tried it again");
    let held_up = format!("task-{}", children[0]);
    let told = system.json(&["reaction", "retry", REACTION, "--stream", &held_up]);
    assert_eq!((&told["outcome"], &told["position"]), (&json!("accepted"), &json!(position)));
    until(&system, |it| it["parked"] == json!([])).await;
    assert_eq!(notes(&system, &parents[0]), [format!("task {}: cancelled", children[0])]);
    let said = refused(&system, &["reaction", "retry", REACTION, "--stream", &held_up]);
    assert!(said.contains("not_parked"), "{said}");
}
