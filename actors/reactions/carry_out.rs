//! What a run or a schedule has decided is done by others: tasks, runs inside of it, runs that a
//! schedule starts. Each event says all that is needed for it, and the ids of what is begun follow
//! from it, so nothing is looked up and nothing begins twice.

use events::codec::WireType;
use events::content::Content;
use events::id::{RunId, ScheduleId, StageName, TaskId};
use events::known::Known;
use events::labels::Labels;
use events::recorded::Recorded;
use events::run::{
    self, By, CalledOff, Does, Part, RunEvent, Slot, Sort, Terms, Work, WorkCalledOff,
};
use events::schedule::{self, Fired, Queued, ScheduleEvent};
use events::task::Parent;
use events::time::Timestamp;

use crate::reaction::{Reaction, ToDo};
use crate::run::{Begin, Given, RunCommand, Wanted};
use crate::task::{Order, TaskCommand};

/// Has others do what runs and schedules have decided.
#[derive(Debug, Clone, Copy)]
pub struct CarryOut;

impl Reaction for CarryOut {
    const NAME: &'static str = "carry_out";
    const HEARS: &'static [WireType] = &[
        run::CARRIED_OUT[0],
        run::CARRIED_OUT[1],
        run::CARRIED_OUT[2],
        run::CARRIED_OUT[3],
        run::CARRIED_OUT[4],
        run::CARRIED_OUT[5],
        schedule::CARRIED_OUT[0],
        schedule::CARRIED_OUT[1],
    ];

    fn react(event: &Known, _began: Option<&Known>) -> Vec<ToDo> {
        match event {
            Known::Run(event) => of_run(event),
            Known::Schedule(event) => of_schedule(event),
            Known::Task(_)
            | Known::Agent(_)
            | Known::Fact(_)
            | Known::Pipeline(_)
            | Known::Trigger(_)
            | Known::Other(_) => vec![],
        }
    }
}

fn of_run(event: &Recorded<RunEvent>) -> Vec<ToDo> {
    let Some(run) = event.stream.key.as_uuid().map(RunId) else { return vec![] };
    match &event.event {
        RunEvent::StageBegan(began) => match &began.work {
            Work::One { does, input } => {
                let part = Parts { run, stage: &began.stage, turn: began.turn, at: began.at };
                vec![part.begin(0, Sort::Work, does, input)]
            }
            Work::Items { .. } | Work::Signal { .. } | Work::Until { .. } | Work::Nothing => vec![],
        },
        RunEvent::ItemsBegan(began) => {
            let parts = Parts { run, stage: &began.stage, turn: began.turn, at: began.at };
            let begin = |it: &run::Item| parts.begin(it.item, Sort::Work, &began.does, &it.input);
            began.items.iter().map(begin).collect()
        }
        RunEvent::UndoBegan(began) => {
            let parts = Parts { run, stage: &began.stage, turn: began.turn, at: began.at };
            let begin = |it: &run::Item| parts.begin(it.item, Sort::Undo, &began.does, &it.input);
            began.items.iter().map(begin).collect()
        }
        RunEvent::WorkCalledOff(called_off) => call_off(called_off),
        RunEvent::Paused(paused) => {
            let pause = || RunCommand::Pause { reason: paused.reason.clone() };
            paused.runs.iter().map(|run| to_run(*run, pause())).collect()
        }
        RunEvent::Resumed(resumed) => {
            let resume = || RunCommand::Resume { reason: resumed.reason.clone() };
            resumed.runs.iter().map(|run| to_run(*run, resume())).collect()
        }
        RunEvent::Started(_)
        | RunEvent::NotStarted(_)
        | RunEvent::ItemEnded(_)
        | RunEvent::StageEnded(_)
        | RunEvent::StagesSkipped(_)
        | RunEvent::StagesKept(_)
        | RunEvent::MoreToBegin(_)
        | RunEvent::ApprovalAsked(_)
        | RunEvent::Approved(_)
        | RunEvent::Disapproved(_)
        | RunEvent::Signalled(_)
        | RunEvent::Ending(_)
        | RunEvent::UndoEnded(_)
        | RunEvent::Finished(_)
        | RunEvent::Retried(_) => vec![],
    }
}

/// What a run has begun at once.
struct Parts<'e> {
    run: RunId,
    stage: &'e StageName,
    turn: u16,
    at: Timestamp,
}

impl Parts<'_> {
    fn begin(&self, item: u32, sort: Sort, does: &Does, input: &Content) -> ToDo {
        let Self { run, stage, turn, at } = *self;
        let part = Part { run, stage, turn, item, sort, at };
        match does {
            Does::Task(terms) => submit(part.task(), run, terms, input),
            Does::Run { pipeline, edition, depth } => {
                let wanted = Wanted { pipeline: pipeline.clone(), edition: Some(*edition) };
                let slot = Slot { run, stage: stage.clone(), turn, item };
                let begin =
                    Begin { parent: Some(slot), depth: *depth, ..begin(wanted, input, By::Run) };
                to_run(part.within(), RunCommand::Start(Box::new(begin)))
            }
        }
    }
}

fn submit(task: TaskId, run: RunId, terms: &Terms, input: &Content) -> ToDo {
    let Terms { kind, needs, priority, retry, timeouts } = terms.clone();
    let order = Order {
        needs,
        priority,
        retry,
        timeouts,
        parent: Some(Parent::Run(run)),
        ..Order::new(&kind, input.clone())
    };
    ToDo::Task(task, TaskCommand::Submit(Box::new(order)))
}

/// A run of which no more is said.
fn begin(wanted: Wanted, input: &Content, by: By) -> Begin {
    Begin {
        wanted,
        found: None,
        input: Given::Content(input.clone()),
        by,
        parent: None,
        depth: 0,
        begins_at: None,
        labels: Labels::new(),
    }
}

fn call_off(called_off: &WorkCalledOff) -> Vec<ToDo> {
    let reason = || match called_off.why {
        CalledOff::Ending => "its run comes to its end".to_owned(),
        CalledOff::StageTimedOut => "its stage was not done in time".to_owned(),
    };
    let cancel = |task: &TaskId| ToDo::Task(*task, TaskCommand::Cancel { reason: reason() });
    let tasks = called_off.tasks.iter().map(cancel);
    let undoes = called_off.undoes;
    let cancel = |run: &RunId| to_run(*run, RunCommand::Cancel { reason: reason(), undoes });
    tasks.chain(called_off.runs.iter().map(cancel)).collect()
}

fn of_schedule(event: &Recorded<ScheduleEvent>) -> Vec<ToDo> {
    match &event.event {
        ScheduleEvent::Fired(Fired { nominal, run, pipeline, edition, input, .. }) => {
            let schedule = ScheduleId::new(event.stream.key.as_str());
            let Ok(schedule) = schedule else { return vec![] };
            let wanted = Wanted { pipeline: pipeline.clone(), edition: *edition };
            let by = By::Schedule { schedule, nominal: *nominal };
            vec![to_run(*run, RunCommand::Start(Box::new(begin(wanted, input, by))))]
        }
        ScheduleEvent::Queued(Queued { replaces: Some(run), .. }) => {
            let reason = "its schedule starts another one in its place".to_owned();
            vec![to_run(*run, RunCommand::Cancel { reason, undoes: true })]
        }
        ScheduleEvent::Queued(_)
        | ScheduleEvent::Set(_)
        | ScheduleEvent::Skipped(_)
        | ScheduleEvent::Missed(_)
        | ScheduleEvent::RunEnded(_)
        | ScheduleEvent::Paused(_)
        | ScheduleEvent::Resumed(_)
        | ScheduleEvent::Removed(_) => vec![],
    }
}

fn to_run(run: RunId, command: RunCommand) -> ToDo {
    ToDo::Run(run, Box::new(command))
}

#[cfg(test)]
mod tests;
