//! The end of a part is told to whatever it is a part of: to a task as a note, which says how its part
//! ended and nothing else, since a result may be sealed; to a run with what came out, since it goes on
//! from there; to a schedule, so that it may start the next one.

use events::codec::{WireType, Words};
use events::header::Header;
use events::id::{RunId, TaskId};
use events::known::Known;
use events::recorded::Recorded;
use events::run::{self, By, Finished, How, NotStarted, PartHow, RunEvent, Slot, Started};
use events::task::{self, Failure, Parent, TaskEvent, Timeout};

use crate::reaction::{Reaction, ToDo};
use crate::run::{PartEnd, RunCommand};
use crate::schedule::ScheduleCommand;
use crate::task::TaskCommand;

/// What stands in the first event of whoever is a part of something, and almost nowhere else.
const SAYS_SO: [&[u8]; 2] = [br#""parent""#, br#""schedule""#];

/// Tells tasks, runs and schedules how their parts end.
#[derive(Debug, Clone, Copy)]
pub struct ReportToParent;

impl Reaction for ReportToParent {
    const NAME: &'static str = "report_to_parent";
    const HEARS: &'static [WireType] = &[
        task::ENDINGS[0],
        task::ENDINGS[1],
        task::ENDINGS[2],
        task::ENDINGS[3],
        task::ENDINGS[4],
        run::ENDINGS[0],
        run::ENDINGS[1],
    ];

    /// Whoever is a part of something says so under one of these names; most are not, and reading what
    /// they carry would be in vain.
    fn needs_beginning(first: &Header<'_>, payload: &[u8]) -> Option<bool> {
        let says = |name: &&[u8]| payload.windows(name.len()).any(|bytes| bytes == *name);
        match first.category {
            TaskEvent::CATEGORY => Some(says(&SAYS_SO[0])),
            RunEvent::CATEGORY => Some(SAYS_SO.iter().any(says)),
            _ => None,
        }
    }

    fn asks_how_it_began(event: &Known) -> bool {
        match event {
            Known::Task(event) => how_it_ended(&event.event).is_some(),
            Known::Run(event) => matches!(event.event, RunEvent::Finished(_)),
            Known::Agent(_)
            | Known::Fact(_)
            | Known::Pipeline(_)
            | Known::Schedule(_)
            | Known::Trigger(_)
            | Known::Other(_) => false,
        }
    }

    fn react(event: &Known, began: Option<&Known>) -> Vec<ToDo> {
        let to_do = match event {
            Known::Task(event) => of_task(event, began),
            Known::Run(event) => of_run(event, began),
            Known::Agent(_)
            | Known::Fact(_)
            | Known::Pipeline(_)
            | Known::Schedule(_)
            | Known::Trigger(_)
            | Known::Other(_) => None,
        };
        to_do.into_iter().collect()
    }
}

fn of_task(event: &Recorded<TaskEvent>, began: Option<&Known>) -> Option<ToDo> {
    let child = event.stream.key.as_uuid().map(TaskId)?;
    let how = how_it_ended(&event.event)?;
    let Known::Task(began) = began? else { return None };
    let TaskEvent::Submitted(submitted) = &began.event else { return None };
    Some(match submitted.parent? {
        Parent::Task(parent) => {
            ToDo::Task(parent, TaskCommand::Note { text: format!("task {child}: {how}") })
        }
        Parent::Run(run) => {
            let end = end_of_task(&event.event)?;
            to_run(run, RunCommand::TaskEnded { task: child, end })
        }
    })
}

fn how_it_ended(event: &TaskEvent) -> Option<&'static str> {
    match event {
        TaskEvent::Completed(_) => Some("completed"),
        TaskEvent::Failed(_) => Some("failed"),
        TaskEvent::TimedOut(_) => Some("timed out"),
        TaskEvent::Cancelled(_) => Some("cancelled"),
        TaskEvent::Withdrawn(_) => Some("withdrawn"),
        TaskEvent::Submitted(_)
        | TaskEvent::Amended(_)
        | TaskEvent::Assigned(_)
        | TaskEvent::Started(_)
        | TaskEvent::Progressed(_)
        | TaskEvent::AttemptFailed(_)
        | TaskEvent::LeaseLost(_)
        | TaskEvent::Noted(_)
        | TaskEvent::LateResult(_) => None,
    }
}

/// How a task ended, as a part of a run. Whether the run had called it off itself, the run knows.
fn end_of_task(event: &TaskEvent) -> Option<PartEnd> {
    let (how, output, error) = match event {
        TaskEvent::Completed(it) => (PartHow::Completed, Some(it.result.clone()), None),
        TaskEvent::Failed(it) => (PartHow::Failed, None, Some(it.error.clone())),
        TaskEvent::TimedOut(it) => {
            (PartHow::TimedOut, None, Some(failure("timed_out", ran_out(it.which))))
        }
        TaskEvent::Cancelled(it) => {
            (PartHow::CalledOff, None, Some(failure("cancelled", &it.reason)))
        }
        TaskEvent::Withdrawn(it) => {
            (PartHow::CalledOff, None, Some(failure("withdrawn", &it.reason)))
        }
        TaskEvent::Submitted(_)
        | TaskEvent::Amended(_)
        | TaskEvent::Assigned(_)
        | TaskEvent::Started(_)
        | TaskEvent::Progressed(_)
        | TaskEvent::AttemptFailed(_)
        | TaskEvent::LeaseLost(_)
        | TaskEvent::Noted(_)
        | TaskEvent::LateResult(_) => return None,
    };
    Some(PartEnd { how, output, error })
}

fn ran_out(which: Timeout) -> &'static str {
    match which {
        Timeout::Queue => "no agent had taken it in time",
        Timeout::Deadline => "it was not done in time",
        Timeout::StartToClose => "it took too long",
    }
}

fn of_run(event: &Recorded<RunEvent>, began: Option<&Known>) -> Option<ToDo> {
    let run = event.stream.key.as_uuid().map(RunId)?;
    if let RunEvent::NotStarted(NotStarted { by, parent, error, .. }) = &event.event {
        let failed = || PartEnd { how: PartHow::Failed, output: None, error: Some(error.clone()) };
        return told(run, parent.as_ref(), by, None, failed);
    }
    let RunEvent::Finished(finished) = &event.event else { return None };
    let Known::Run(began) = began? else { return None };
    let RunEvent::Started(Started { by, parent, .. }) = &began.event else { return None };
    told(run, parent.as_ref(), by, Some(finished.how), || end_of_run(finished))
}

/// Whoever wants to know how a run ended.
fn told(
    run: RunId,
    parent: Option<&Slot>,
    by: &By,
    how: Option<How>,
    end: impl FnOnce() -> PartEnd,
) -> Option<ToDo> {
    if let Some(slot) = parent {
        return Some(to_run(slot.run, RunCommand::RunEnded { run, end: end() }));
    }
    match by {
        By::Schedule { schedule, .. } => {
            let ended = ScheduleCommand::RunEnded { run, how };
            Some(ToDo::Schedule(schedule.clone(), Box::new(ended)))
        }
        By::Publisher | By::Run | By::Trigger { .. } => None,
    }
}

fn end_of_run(finished: &Finished) -> PartEnd {
    let how = match finished.how {
        How::Completed => PartHow::Completed,
        How::Failed => PartHow::Failed,
        How::Cancelled => PartHow::CalledOff,
        How::TimedOut => PartHow::TimedOut,
    };
    PartEnd { how, output: finished.result.clone(), error: finished.error.clone() }
}

fn failure(code: &str, message: &str) -> Failure {
    Failure { code: code.into(), message: message.into() }
}

fn to_run(run: RunId, command: RunCommand) -> ToDo {
    ToDo::Run(run, Box::new(command))
}

#[cfg(test)]
mod tests;
