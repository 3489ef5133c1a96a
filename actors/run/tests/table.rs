//! What may be asked of a run at any time, and what follows: every command in every phase.

use events::chain::EventHash;
use events::id::{EventId, Principal};

use super::*;
use crate::decider::Rejection;

/// `a` is a task that is undone, behind it a question, and behind that nothing.
fn document() -> Value {
    json!({ "timeout_ms": 1_000_000, "stages": [
        { "name": "a", "task": "t", "compensate": { "task": "undo" } },
        { "name": "b", "task": "t", "on_failure": "continue" },
        { "name": "ask", "after": ["a"], "approval": {} },
    ] })
}

fn cancel(undoes: bool) -> RunCommand {
    RunCommand::Cancel { reason: "enough".into(), undoes }
}

fn reason() -> String {
    "because".into()
}

/// A run in each phase, with `b` under way where anything may be.
fn phases() -> Vec<(&'static str, Tale)> {
    let asked = || {
        let mut tale = Tale::of(&document(), &json!(1));
        tale.done("a", 0, json!(1));
        tale
    };
    let after = |tale: &Tale, command: RunCommand| {
        let mut tale = tale.clone();
        tale.says(command);
        tale
    };
    let mut delayed = Tale::new();
    let begins_at = Some(NOON.plus_ms(1_000));
    delayed.says(start(Begin { begins_at, ..begin(&document(), &json!(1)) }));
    let ending = after(&asked(), cancel(true));
    let mut undoing = ending.clone();
    undoing.ends("b", 0, tale::called_off());
    let mut undone = undoing.clone();
    undone.done("a", 0, json!(1));
    let mut cancelled = after(&asked(), cancel(false));
    cancelled.ends("b", 0, tale::called_off());
    let mut completed = asked();
    completed.done("b", 0, json!(1));
    let approve = RunCommand::Approve(verdict(&completed));
    completed.says(approve);
    let mut failed = Tale::of(&document(), &json!(1));
    failed.fails("a", 0);
    failed.ends("b", 0, tale::called_off());
    let slot = events::run::Slot { run: RunId(Uuid::nil()), stage: stage("s"), turn: 0, item: 0 };
    let (found, parent) = (Some(Resolved::NoPipeline), Some(slot));
    let mut never = Tale::new();
    never.says(start(Begin { by: By::Run, found, parent, ..begin(&document(), &json!(1)) }));
    vec![
        ("unknown", Tale::new()),
        ("delayed", delayed),
        ("open", asked()),
        ("paused", after(&asked(), RunCommand::Pause { reason: reason() })),
        ("ending", ending),
        ("undoing", undoing),
        ("completed", completed),
        ("failed", failed),
        ("cancelled", cancelled),
        ("undone", undone),
        ("never", never),
    ]
}

fn verdict(tale: &Tale) -> Verdict {
    let asked = tale.run.approvals(the_run()).pop();
    let hash = asked.map_or(EventHash::NONE, |asked| asked.hash);
    let by = Some(Principal::new("ada").expect("a word"));
    Verdict { stage: stage("ask"), hash, note: String::new(), by }
}

/// Every command, as it would be said to this run.
fn commands(tale: &Tale) -> Vec<(&'static str, RunCommand)> {
    let same = begin(&document(), &json!(1));
    let begins_at = tale.run.beginning().and_then(|started| started.begins_at);
    let by_trigger = {
        let (trigger, fact) = ("paid".parse().expect("a token"), EventId(Uuid::nil()));
        Begin { by: By::Trigger { trigger, fact }, ..same.clone() }
    };
    let fork = Fork {
        of: RunId(Uuid::from_u128(1)),
        from: stage("a"),
        input: None,
        found: Some(Forkable::NotFinished),
        labels: [].into(),
    };
    let part = tale.run.open_parts(the_run()).pop();
    let ended =
        part.map_or_else(tale::stranger, |part| tale::ended(part.id, tale::done(&json!(1))));
    let (what, at) = (RunTimerKind::Run, tale.run.ends_by().unwrap_or(NOON));
    let timer = RunTimer { what, stage: None, turn: 0, at, cause: EventId(Uuid::nil()) };
    let signal = "go".parse().expect("a token");
    vec![
        ("start", start(Begin { begins_at, ..same.clone() })),
        ("start otherwise", start(Begin { labels: [("a".into(), "b".into())].into(), ..same })),
        ("start by others", start(by_trigger)),
        ("fork", RunCommand::Fork(Box::new(fork))),
        ("pause", RunCommand::Pause { reason: reason() }),
        ("resume", RunCommand::Resume { reason: reason() }),
        ("cancel", cancel(true)),
        ("leave", cancel(false)),
        ("approve", RunCommand::Approve(verdict(tale))),
        ("disapprove", RunCommand::Disapprove(verdict(tale))),
        ("signal", RunCommand::Signal { name: signal, payload: content(&json!(1)) }),
        ("retry", RunCommand::Retry { from: None, reason: reason() }),
        ("retry from", RunCommand::Retry { from: Some(stage("a")), reason: reason() }),
        ("part ends", ended),
        ("stranger ends", tale::stranger()),
        ("time is up", RunCommand::Ring(timer)),
    ]
}

/// What follows, in a word: what happens first, why not, or nothing.
fn answer(tale: &Tale, command: RunCommand) -> String {
    match tale.decide(command) {
        Ok(events) => {
            let first = events.first().map(tale::line).unwrap_or_else(|| "–".into());
            first.split(' ').next().unwrap_or_default().to_owned()
        }
        Err(no) => no.code().to_owned(),
    }
}

#[test]
fn every_command_has_its_answer_in_every_phase() {
    let (mut asked, mut answers) = (Vec::new(), BTreeMap::new());
    for (phase, tale) in phases() {
        for (command, said) in commands(&tale) {
            let answers: &mut Vec<(String, Vec<&str>)> = answers.entry(command).or_default();
            if answers.is_empty() {
                asked.push(command);
            }
            let answer = answer(&tale, said);
            match answers.iter_mut().find(|(same, _)| *same == answer) {
                Some((_, phases)) => phases.push(phase),
                None => answers.push((answer, vec![phase])),
            }
        }
    }
    let mut table = String::new();
    for command in asked {
        table += &format!("{command}\n");
        for (answer, phases) in &answers[command] {
            table += &format!("  {answer}: {}\n", phases.join(" "));
        }
    }
    assert!(table == TABLE.trim_start(), "{table}");
}

/// What is asked, and beneath it what follows, with the phases in which it does.
const TABLE: &str = "
start
  started: unknown
  –: delayed open paused ending undoing completed failed cancelled undone
  run.already_started: never
start otherwise
  started: unknown
  run.already_started: delayed open paused ending undoing completed failed cancelled undone never
start by others
  started: unknown
  –: delayed open paused ending undoing completed failed cancelled undone never
fork
  run.fork_not_finished: unknown
  run.already_started: delayed open paused ending undoing completed failed cancelled undone never
pause
  run.not_found: unknown
  paused: delayed open
  –: paused
  run.is_ending: ending undoing
  run.already_finished: completed failed cancelled undone
  run.never_began: never
resume
  run.not_found: unknown
  –: delayed open ending undoing
  resumed: paused
  run.already_finished: completed failed cancelled undone
  run.never_began: never
cancel
  run.not_found: unknown
  ending: delayed open paused
  –: ending undoing cancelled undone
  run.already_finished: completed failed
  run.never_began: never
leave
  run.not_found: unknown
  ending: delayed open paused ending undoing
  run.already_finished: completed failed
  –: cancelled undone
  run.never_began: never
approve
  run.not_found: unknown
  run.nothing_to_approve: delayed
  approved: open paused
  run.approval_stale: ending undoing completed failed cancelled undone
  run.never_began: never
disapprove
  run.not_found: unknown
  run.nothing_to_approve: delayed
  disapproved: open paused
  run.approval_stale: ending undoing completed failed cancelled undone
  run.never_began: never
signal
  run.not_found: unknown
  signalled: delayed open paused
  run.is_ending: ending undoing
  run.already_finished: completed failed cancelled undone
  run.never_began: never
retry
  run.not_found: unknown
  run.not_finished: delayed open paused ending undoing
  run.nothing_to_retry: completed
  retried: failed cancelled
  run.is_undone: undone
  run.never_began: never
retry from
  run.not_found: unknown
  run.not_finished: delayed open paused ending undoing
  retried: completed failed cancelled
  run.is_undone: undone
  run.never_began: never
part ends
  run.not_found: unknown
  –: delayed completed failed cancelled undone never
  stage_ended: open paused ending
  undo_ended: undoing
stranger ends
  run.not_found: unknown
  –: delayed open paused ending undoing completed failed cancelled undone never
time is up
  –: unknown ending undoing completed failed cancelled undone never
  ending: delayed open paused
";
