//! Whole runs, kept as they were recorded: a program of today reads what one of yesterday began, and
//! goes on with it as that one would have. `UPDATE=1 cargo test` writes what is not there yet; what
//! is there never changes.

#![expect(clippy::disallowed_methods, reason = "goldens are files; UPDATE=1 writes new ones")]

use std::fs;
use std::path::PathBuf;

use events::codec::{Words, decode};
use events::id::{EventId, Principal};
use serde::{Deserialize, Serialize};

use super::tale::line;
use super::*;

/// After so many steps a run that is helped is over.
const STEPS_MAX: usize = 200;

/// A run that was recorded up to some point.
#[derive(Serialize, Deserialize)]
struct Golden {
    about: String,
    events: Vec<Stored>,
    /// Where it stands then.
    stands: Vec<String>,
    /// What happens if it is given all that it waits for.
    then: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    name: String,
    schema: u32,
    payload: Json,
}

fn stored(event: &RunEvent) -> Stored {
    let (wire, payload) = (event.wire_type(), event.payload());
    let payload = Json::parse(std::str::from_utf8(&payload).expect("JSON")).expect("JSON");
    Stored { name: wire.name.into(), schema: wire.schema, payload }
}

fn read(stored: &Stored) -> RunEvent {
    let payload = stored.payload.as_str().as_bytes();
    decode(&stored.name, stored.schema, payload).expect("what was recorded can be read")
}

fn stands(run: &Run) -> Vec<String> {
    let stage = |it: &ShownStage<'_>| {
        let counted = |it: ShownItems| {
            let ShownItems { count, running, done, failed } = it;
            format!(" {done} of {count} done, {failed} failed, {running} under way")
        };
        let items = it.items.map_or_else(String::new, counted);
        format!("{} {} turn {}{items}", it.name, it.stands.name(), it.turn)
    };
    let phase = run.phase().name().to_owned();
    [phase].into_iter().chain(run.stages().iter().map(stage)).collect()
}

/// What the run waits for is given to it, until it is over.
fn goes_on(tale: &mut Tale) -> Vec<String> {
    let mut lines = Vec::new();
    for _ in 0..STEPS_MAX {
        let Some(command) = what_it_waits_for(tale) else { break };
        lines.extend(tale.says(command));
    }
    lines
}

fn what_it_waits_for(tale: &Tale) -> Option<RunCommand> {
    let run = &tale.run;
    let waits = run.waits();
    if waits.contains(&Waits::Pause) {
        return Some(RunCommand::Resume { reason: "back".into() });
    }
    if let Some(part) = run.open_parts(the_run()).first() {
        return Some(tale::ended(part.id, tale::done(&json!("done"))));
    }
    if let Some(asked) = run.approvals(the_run()).pop() {
        let by = asked.who.first().cloned();
        let by = by.or_else(|| Principal::new("ada").ok());
        let (stage, hash, note) = (asked.stage, asked.hash, String::new());
        return Some(RunCommand::Approve(Verdict { stage, hash, note, by }));
    }
    waits.into_iter().find_map(|waits| match waits {
        Waits::Signal(name) => Some(RunCommand::Signal { name, payload: content(&json!("now")) }),
        Waits::Time(at) => Some(RunCommand::Ring(timer(run, at))),
        Waits::Parts(_) | Waits::Approval(_) | Waits::Pause => None,
    })
}

fn timer(run: &Run, at: Option<Timestamp>) -> RunTimer {
    let until = |it: &ShownStage<'_>| matches!(it.stands, StageShown::WaitsUntil(_));
    let stage = run.stages().iter().find(|it| until(it)).map(|it| (it.name.clone(), it.turn));
    let what = match (&run.phase(), at) {
        (_, None) => RunTimerKind::GoOn,
        (PhaseShown::Delayed { .. }, Some(_)) => RunTimerKind::Begins,
        (_, Some(_)) => RunTimerKind::Until,
    };
    let (at, cause) = (at.unwrap_or(NOON), EventId(Uuid::nil()));
    let (stage, turn) = stage.map_or((None, 0), |(stage, turn)| (Some(stage), turn));
    RunTimer { what, stage, turn, at, cause }
}

fn six() -> Value {
    let undo = json!({ "task": "undo", "input": { "did": "${ output }" } });
    json!({
        "parameters": { "path": { "type": "text", "required": true },
            "limit": { "type": "integer", "default": 3 } },
        "timeout_ms": 3_600_000,
        "output": "${ stages.report.output }",
        "stages": [
            { "name": "ingest", "task": "ingest", "input": { "from": "${ input.path }" },
              "compensate": undo },
            { "name": "validate", "after": ["ingest"], "foreach": "${ stages.ingest.output }",
              "at_once": 2, "task": "validate", "input": { "row": "${ item }" },
              "on_failure": "continue" },
            { "name": "transform", "after": ["validate"], "task": "transform",
              "input": "${ stages.validate.output }", "when": "${ input.limit > 0 }" },
            { "name": "process", "after": ["transform"], "foreach": "${ stages.ingest.output }",
              "at_once": 2, "task": "process", "input": ["${ item }", "${ index }"],
              "compensate": undo, "on_failure": "compensate", "timeout_ms": 60_000 },
            { "name": "store", "after": ["process"], "run": { "pipeline": "store", "edition": 2 },
              "input": "${ stages.process.output }",
              "approval": { "who": ["ada"], "within_ms": 600_000 } },
            { "name": "report", "after": ["store"], "task": "report",
              "input": "stored by ${ run.pipeline }: ${ stages.store.completed }" },
        ],
    })
}

fn begun() -> Tale {
    Tale::of(&six(), &json!({ "path": "/in" }))
}

fn ingested() -> Tale {
    let mut tale = begun();
    tale.done("ingest", 0, json!([1, 2, 3]));
    tale
}

fn processing() -> Tale {
    let mut tale = ingested();
    tale.done("validate", 1, json!("two"));
    tale.fails("validate", 0);
    tale.done("validate", 2, json!("three"));
    tale.done("transform", 0, json!({}));
    tale.done("process", 1, json!("second"));
    tale
}

fn asked() -> Tale {
    let mut tale = processing();
    tale.done("process", 0, json!("first"));
    tale.done("process", 2, json!("third"));
    tale
}

fn undoing() -> Tale {
    let mut tale = asked();
    tale.says(RunCommand::Cancel { reason: "enough".into(), undoes: true });
    tale.done("process", 0, json!(1));
    tale
}

fn retried() -> Tale {
    let mut tale = ingested();
    tale.says(RunCommand::Cancel { reason: "a mistake".into(), undoes: false });
    tale.ends("validate", 0, tale::called_off());
    tale.done("validate", 1, json!("two"));
    tale.says(RunCommand::Retry { from: None, reason: "no mistake".into() });
    tale
}

fn forked() -> Tale {
    let mut old = asked();
    old.says(RunCommand::Cancel { reason: "another way".into(), undoes: false });
    let from = stage("store");
    let found = Some(old.run.past(&from, old.history.len() as u64));
    let (of, input) = (RunId(Uuid::from_u128(1)), Some(content(&json!({ "path": "/other" }))));
    let mut tale = Tale::new();
    tale.says(RunCommand::Fork(Box::new(Fork { of, from, input, found, labels: [].into() })));
    tale
}

fn late() -> Tale {
    let mut tale = processing();
    let process = &tale.run.stages()[3];
    let (turn, at) = (process.turn, process.ends_by.expect("it has a time"));
    let (what, cause) = (RunTimerKind::Stage, EventId(Uuid::nil()));
    let timer = RunTimer { what, stage: Some(stage("process")), turn, at, cause };
    tale.says(RunCommand::Ring(timer));
    tale.ends("process", 0, tale::called_off());
    tale
}

fn waiting() -> Tale {
    let document = of(json!([
        { "name": "go", "wait": { "signal": "go", "within_ms": 1_000 } },
        { "name": "rest", "after": ["go"], "wait": { "for_ms": 50 } },
        { "name": "skip", "task": "t", "when": "${ !input }" },
        { "name": "end", "after": ["rest", "skip"], "task": "t",
          "input": ["${ stages.go.output }", "${ stages.skip.skipped }"] },
    ]));
    let mut tale = Tale::of(&document, &json!(true));
    tale.says(RunCommand::Signal { name: stay(), payload: content(&json!({ "kept": true })) });
    tale.says(RunCommand::Pause { reason: "lunch".into() });
    tale
}

fn stay() -> SignalName {
    "stay".parse().expect("a token")
}

fn delayed() -> Tale {
    let mut tale = Tale::new();
    let begins_at = Some(NOON.plus_ms(1_000));
    tale.says(start(Begin { begins_at, ..begin(&six(), &json!({ "path": "/in", "limit": 0 })) }));
    tale
}

fn stories() -> Vec<(&'static str, &'static str, Tale)> {
    vec![
        ("begun", "the first of six stages is under way", begun()),
        ("half_way", "some items failed, some are under way", processing()),
        ("asked", "a person is asked", asked()),
        ("undoing", "it was called off, and half of it is undone", undoing()),
        ("retried", "a stage begins its second turn", retried()),
        ("forked", "it goes on from another run", forked()),
        ("late", "a stage is waited for whose time is up", late()),
        ("waiting", "it waits for a signal, and is paused", waiting()),
        ("delayed", "it has not begun", delayed()),
    ]
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/runs")
}

fn write_what_is_not_there() {
    fs::create_dir_all(folder()).expect("a folder");
    for (name, about, mut tale) in stories() {
        let path = folder().join(name).with_extension("json");
        let events = tale.history.iter().map(stored).collect();
        let stands = stands(&tale.run);
        let then = goes_on(&mut tale);
        let golden = Golden { about: about.into(), events, stands, then };
        let text = serde_json::to_string_pretty(&golden).expect("it can be written");
        if !path.exists() {
            fs::write(path, text + "\n").expect("it is written");
        }
    }
}

#[test]
fn what_an_older_program_began_goes_on_as_it_would_have() {
    if std::env::var_os("UPDATE").is_some() {
        write_what_is_not_there();
    }
    let files = fs::read_dir(folder()).expect("the goldens stay");
    let mut read_so_far = 0;
    for file in files {
        let path = file.expect("a file").path();
        let golden = fs::read_to_string(&path).expect("it can be read");
        let golden: Golden = serde_json::from_str(&golden).expect("it is one of ours");
        let mut tale = Tale::new();
        tale.happened(golden.events.iter().map(read).collect());
        assert_eq!(stands(&tale.run), golden.stands, "{}", path.display());
        assert_eq!(goes_on(&mut tale), golden.then, "{}", path.display());
        assert!(tale.run.is_over(), "{}: {:?}", path.display(), tale.run.waits());
        read_so_far += 1;
    }
    assert!(read_so_far >= stories().len(), "a golden is missing: UPDATE=1 writes it");
}

/// A run that was recorded before runs had their plan with them.
#[test]
fn a_run_of_which_only_the_oldest_program_knew_the_plan_can_be_called_off() {
    let payload = br#"{"pipeline":"thumbs","definition":1,"input":{"inline":{}}}"#;
    let started: RunEvent = decode("run.started", 1, payload).expect("it can be read");
    let run = Run::replay([&started]);
    assert_eq!(run.phase().name(), "open");
    let cancel = RunCommand::Cancel { reason: "nobody can".into(), undoes: true };
    let events = run.decide(cancel, &moment(NOON)).expect("it is called off");
    let lines: Vec<String> = events.iter().map(line).collect();
    assert_eq!(
        lines,
        ["ending cancelled undoes: true", "finished cancelled (cancelled) undone: nothing"]
    );
}
