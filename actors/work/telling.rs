//! How an actor of any kind is told something by the system. Whoever begins a run has to know the
//! definition that it goes by, and whoever forks one, what the other one has done: neither is asked
//! before that is found.

use std::sync::Arc;

use events::id::{CommandId, RunId, StreamKey, Tenant};
use events::store::{Cause, NewBlob, RequestHash};
use tokio::time::Instant;

use super::seats::ask_task;
use super::{Means, forks};
use crate::reaction::ToDo;
use crate::run::RunCommand;
use crate::runtime::{NewCommand, Place, Refused, Reply};

/// What there is to know beside what is told.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) tenant: Tenant,
    pub(super) id: CommandId,
    pub(super) cause: Cause,
    pub(super) blobs: Vec<NewBlob>,
    pub(super) deadline: Instant,
}

/// Tells an actor something, and does not wait. The answer, also a refusal, goes to `reply`.
pub(super) fn tell(to_do: ToDo, told: Told, means: &Arc<Means>, reply: Reply) {
    match to_do {
        ToDo::Task(task, command) => {
            let (place, new) = told.command(StreamKey::of_uuid(task.0), command);
            ask_task(means, place, new, reply);
        }
        ToDo::Agent(agent, command) => {
            let (place, new) = told.command(key(agent.as_str()), command);
            means.agents.ask(place, new, reply);
        }
        ToDo::Run(run, command) => tell_run(run, *command, told, means, reply),
        ToDo::Schedule(schedule, command) => {
            let (place, new) = told.command(key(schedule.as_str()), *command);
            means.schedules.ask(place, new, reply);
        }
    }
}

/// What has to be looked for mostly is at hand. Where it is not, it is looked for beside the work of who
/// tells it, who has a limit to how much it tells at once.
fn tell_run(run: RunId, mut command: RunCommand, told: Told, means: &Arc<Means>, reply: Reply) {
    if is_complete(&mut command, &told.tenant, means) {
        return ask_run(run, command, told, means, reply);
    }
    let (means, mut answer) = (Arc::clone(means), Answer(Some(reply)));
    let pool = means.tools.pool.clone();
    pool.spawn(async move {
        let completed = complete(&mut command, &told.tenant, &means).await;
        let Some(reply) = answer.0.take() else { return };
        match completed {
            Ok(()) => ask_run(run, command, told, &means, reply),
            Err(refused) => reply(Err(refused)),
        }
    });
}

/// An answer that is given whatever happens.
struct Answer(Option<Reply>);

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(reply) = self.0.take() {
            reply(Err(Refused::Broken));
        }
    }
}

fn ask_run(run: RunId, command: RunCommand, told: Told, means: &Means, reply: Reply) {
    let (place, new) = told.command(StreamKey::of_uuid(run.0), command);
    means.runs.ask(place, new, reply);
}

/// Whether nothing has to be looked for, or it was at hand.
pub fn is_complete(command: &mut RunCommand, tenant: &Tenant, means: &Means) -> bool {
    match command {
        RunCommand::Start(begin) if begin.found.is_none() => {
            begin.found = means.definitions.at_hand(tenant, &begin.wanted);
            begin.found.is_some()
        }
        RunCommand::Fork(fork) => fork.found.is_some(),
        RunCommand::Start(_)
        | RunCommand::Pause { .. }
        | RunCommand::Resume { .. }
        | RunCommand::Cancel { .. }
        | RunCommand::Approve(_)
        | RunCommand::Disapprove(_)
        | RunCommand::Signal { .. }
        | RunCommand::Retry { .. }
        | RunCommand::TaskEnded { .. }
        | RunCommand::RunEnded { .. }
        | RunCommand::Ring(_) => true,
    }
}

/// Looks for what is missing.
pub async fn complete(
    command: &mut RunCommand,
    tenant: &Tenant,
    means: &Means,
) -> Result<(), Refused> {
    if let RunCommand::Start(begin) = command {
        begin.found = Some(means.definitions.find(tenant, &begin.wanted).await?);
    }
    if let RunCommand::Fork(fork) = command {
        fork.found = Some(forks::find(&means.tools, tenant, fork.of, &fork.from).await?);
    }
    Ok(())
}

impl Told {
    fn command<C>(self, key: StreamKey, command: C) -> (Place, NewCommand<C>) {
        let Self { tenant, id, cause, blobs, deadline } = self;
        // What is asked follows from the id: two different requests never have the same one.
        let request = RequestHash([0; 32]);
        (Place { tenant, key }, NewCommand { command, id, request, cause, blobs, deadline })
    }
}

fn key(id: &str) -> StreamKey {
    StreamKey::new(id).expect("such an id is a token")
}
