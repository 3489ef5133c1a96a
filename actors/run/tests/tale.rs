//! A run that is asked one thing after the other.

use std::fmt::Write as _;

use events::codec::{Words, decode};
use events::id::TaskId;
use events::run::{Does, RunEvent, Work};

use super::*;
use crate::decider::Rejection;
use crate::spec::survives_being_kept;

/// When everything happens, unless a sentence says another time.
pub(super) const NOON: Timestamp = Timestamp(1_770_000_000_000_000);

/// A run, and what happened to it so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Tale {
    pub(super) run: Run,
    pub(super) history: Vec<RunEvent>,
    pub(super) now: Timestamp,
}

impl Tale {
    /// Of a run that nobody has started.
    pub(super) fn new() -> Self {
        Self { now: NOON, ..Self::default() }
    }

    /// Of one that was started so by a publisher.
    #[track_caller]
    pub(super) fn of(document: &Value, input: &Value) -> Self {
        let mut tale = Self::new();
        tale.says(start(begin(document, input)));
        tale
    }

    pub(super) fn decide(&self, command: RunCommand) -> Decision {
        self.run.decide(command, &moment(self.now))
    }

    /// What happens when this is asked of it, a line for each event.
    #[track_caller]
    pub(super) fn says(&mut self, command: RunCommand) -> Vec<String> {
        let events = self.decide(command).expect("it does not say no");
        events.iter().for_each(can_be_read);
        let lines = events.iter().map(line).collect();
        self.happened(events);
        lines
    }

    /// Why it says no to this.
    #[track_caller]
    pub(super) fn refuses(&self, command: RunCommand) -> &'static str {
        let no = self.decide(command).expect_err("it says no");
        assert!(RunRejection::CODES.contains(&no.code()));
        no.code()
    }

    pub(super) fn happened(&mut self, events: Vec<RunEvent>) {
        self.run = events.iter().fold(std::mem::take(&mut self.run), Run::evolve);
        self.history.extend(events);
        assert_eq!(Run::replay(&self.history), self.run, "a history has one meaning");
        let is_under_way = !self.run.is_over() && !self.history.is_empty();
        let waits = !is_under_way || !self.run.waits().is_empty();
        assert!(waits, "it waits for nothing:\n{}", self.told());
        survives_being_kept(&self.run);
    }

    /// All that happened.
    pub(super) fn told(&self) -> String {
        self.history.iter().map(|event| line(event) + "\n").collect()
    }

    pub(super) fn later(&mut self, ms: u64) -> &mut Self {
        self.now = self.now.plus_ms(ms);
        self
    }

    /// The part that a stage has under way.
    #[track_caller]
    pub(super) fn part(&self, name: &str, item: u32) -> PartId {
        let parts = self.run.open_parts(the_run());
        let mut parts = parts.into_iter().filter(|part| part.stage.as_str() == name);
        parts.find(|part| part.item == item).expect("it is under way").id
    }

    /// A part ends so.
    #[track_caller]
    pub(super) fn ends(&mut self, name: &str, item: u32, end: PartEnd) -> Vec<String> {
        let part = self.part(name, item);
        self.says(ended(part, end))
    }

    #[track_caller]
    pub(super) fn done(&mut self, name: &str, item: u32, output: Value) -> Vec<String> {
        self.ends(name, item, done(&output))
    }

    #[track_caller]
    pub(super) fn fails(&mut self, name: &str, item: u32) -> Vec<String> {
        self.ends(name, item, failed())
    }
}

pub(super) fn ended(part: PartId, end: PartEnd) -> RunCommand {
    match part {
        PartId::Task(task) => RunCommand::TaskEnded { task, end },
        PartId::Run(run) => RunCommand::RunEnded { run, end },
    }
}

pub(super) fn done(output: &Value) -> PartEnd {
    PartEnd { how: PartHow::Completed, output: Some(content(output)), error: None }
}

pub(super) fn failed() -> PartEnd {
    PartEnd { how: PartHow::Failed, output: None, error: Some(failure("gpu.busy")) }
}

pub(super) fn called_off() -> PartEnd {
    PartEnd { how: PartHow::CalledOff, output: None, error: None }
}

pub(super) fn stranger() -> RunCommand {
    RunCommand::TaskEnded { task: TaskId(Uuid::from_u128(1)), end: done(&json!(1)) }
}

#[track_caller]
fn can_be_read(event: &RunEvent) {
    let wire = event.wire_type();
    let payload = event.payload();
    assert!(payload.len() <= events::content::INLINE_BYTES_MAX, "{} bytes", payload.len());
    let read = decode::<RunEvent>(wire.name, wire.schema, &payload);
    assert_eq!(&read.expect("what is written can be read"), event);
}

/// An event, as far as sentences look at it.
pub(super) fn line(event: &RunEvent) -> String {
    use RunEvent as E;
    let name = event.wire_type().name.trim_start_matches("run.");
    let mut line = name.to_owned();
    let mut say = |what: &dyn std::fmt::Display| {
        let _ = write!(line, " {what}");
    };
    match event {
        E::Started(it) => say(&shown(Some(&it.input))),
        E::NotStarted(it) => say(&it.error.code),
        E::StageBegan(it) => {
            say(&it.stage);
            say(&work(&it.work));
        }
        E::ItemsBegan(it) => {
            say(&it.stage);
            it.items
                .iter()
                .for_each(|item| say(&format!("{}={}", item.item, shown(Some(&item.input)))));
        }
        E::UndoBegan(it) => {
            say(&it.stage);
            it.items
                .iter()
                .for_each(|item| say(&format!("{}={}", item.item, shown(Some(&item.input)))));
        }
        E::ItemEnded(it) => {
            say(&format!("{}[{}] {}", it.stage, it.item, how(it.how)));
            say(&shown(it.output.as_ref()));
            say(&code(it.error.as_ref()));
        }
        E::UndoEnded(it) => {
            say(&format!("{}[{}] {}", it.stage, it.item, how(it.how)));
            say(&code(it.error.as_ref()));
        }
        E::StageEnded(it) => {
            say(&format!("{} {}", it.stage, how(it.how)));
            say(&shown(it.output.as_ref()));
            say(&code(it.error.as_ref()));
        }
        E::StagesSkipped(it) => it.stages.iter().for_each(|stage| say(stage)),
        E::StagesKept(it) => it.stages.iter().for_each(|kept| say(&kept.stage)),
        E::ApprovalAsked(it) => {
            say(&it.stage);
            say(&shown(Some(&it.action)));
        }
        E::Approved(it) => say(&format!("{} by {}", it.stage, it.by)),
        E::Disapproved(it) => say(&format!("{} by {}", it.stage, it.by)),
        E::Signalled(it) => say(&format!("{} {}", it.name, shown(Some(&it.payload)))),
        E::Paused(it) => say(&it.runs.len()),
        E::Resumed(it) => say(&it.runs.len()),
        E::Ending(it) => say(&format!("{} undoes: {}", why(&it.why), it.undoes)),
        E::WorkCalledOff(it) => say(&format!("{} tasks {} runs", it.tasks.len(), it.runs.len())),
        E::Finished(it) => {
            say(&format!("{:?}", it.how).to_lowercase());
            say(&shown(it.result.as_ref()));
            say(&code(it.error.as_ref()));
            say(&format!("undone: {:?}", it.undone).to_lowercase());
        }
        E::Retried(it) => it.stages.iter().for_each(|stage| say(stage)),
        E::MoreToBegin(_) => {}
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn work(work: &Work) -> String {
    match work {
        Work::One { does: Does::Task(terms), input } => {
            format!("task {} {}", terms.kind, shown(Some(input)))
        }
        Work::One { does: Does::Run { pipeline, edition, depth }, input } => {
            format!("run {pipeline}:{edition} deep {depth} {}", shown(Some(input)))
        }
        Work::Items { count } => format!("{count} items"),
        Work::Signal { name } => format!("signal {name}"),
        Work::Until { at } => format!("until +{}", (at.0 - NOON.0) / 1000),
        Work::Nothing => "nothing".into(),
    }
}

fn why(why: &Why) -> String {
    match why {
        Why::Cancelled { .. } => "cancelled".into(),
        Why::Failed { stage, error } => format!("failed {stage} {}", error.code),
        Why::TimedOut => "timed out".into(),
    }
}

fn how(how: PartHow) -> &'static str {
    match how {
        PartHow::Completed => "completed",
        PartHow::Failed => "failed",
        PartHow::TimedOut => "timed out",
        PartHow::CalledOff => "called off",
    }
}

fn shown(content: Option<&Content>) -> String {
    match content {
        None => String::new(),
        Some(Content::Inline(json)) => json.as_str().to_owned(),
        Some(Content::Blob(_)) => "blob".into(),
        Some(Content::Sealed(_)) => "sealed".into(),
    }
}

fn code(failure: Option<&Failure>) -> String {
    failure.map_or_else(String::new, |failure| format!("({})", failure.code))
}
