//! Commands that the system itself gives: under ids that follow from what caused them, so that a
//! restart gives the same command and not another one.

use std::sync::Arc;
use std::time::Duration;

use events::id::{CommandId, EventId, Principal, TaskId, Tenant};
use events::store::{Cause, NewBlob};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::telling::{Told, tell};
use super::{Means, PATIENCE};
use crate::reaction::ToDo;
use crate::runtime::{Done, Refused, Reply};

/// How long the system tries again where there is too much to do.
const TRYING: Duration = Duration::from_secs(10);
/// How long who insists waits in between, at most.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// How long it waits in between, at least.
const PAUSE: Duration = Duration::from_millis(20);

/// A command to an actor.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    pub(super) tenant: Tenant,
    pub(super) to_do: ToDo,
    pub(super) id: CommandId,
    /// The event that led to it, where one is known.
    pub(super) causation: Option<EventId>,
    /// Who says so.
    pub(super) principal: Principal,
    pub(super) blobs: Vec<NewBlob>,
}

/// The system, as one who does things.
pub(super) fn annals() -> Principal {
    Principal::new("annals").expect("it is a word")
}

/// The id of what is said once about an attempt: `name` says what. The time is one on record, so
/// that the same id is derived again whenever it is needed.
pub(super) fn about_attempt(task: TaskId, attempt: u32, name: &str, at_ms: u64) -> CommandId {
    CommandId::derived(EventId(task.0), at_ms, name, attempt)
}

impl Errand {
    /// Asks the actor, and does not wait.
    pub(super) fn ask(self, means: &Arc<Means>, reply: Reply) {
        let Self { tenant, to_do, id, causation, principal, blobs } = self;
        let cause = Cause { causation, ..Cause::by(principal) };
        let deadline = Instant::now() + PATIENCE;
        tell(to_do, Told { tenant, id, cause, blobs, deadline }, means, reply);
    }

    /// Asks the actor again and again, until there is an outcome or there will never be one.
    pub(super) async fn insist(self, means: &Arc<Means>) {
        let mut pause = PAUSE;
        while let Err(refused) = self.clone().run(means).await {
            if matches!(refused, Refused::Moved | Refused::Reused)
                || means.tools.writer.is_stopped()
            {
                let stream = self.to_do.stream(&self.tenant);
                tracing::error!(%stream, error = %refused, "an actor is not told something");
                return;
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Asks the actor, again while there is too much to do, and waits for the answer.
    pub(super) async fn run(self, means: &Arc<Means>) -> Result<Done, Refused> {
        let until = Instant::now() + TRYING;
        loop {
            let (tell, told) = oneshot::channel();
            // Whoever waits no longer needs no answer.
            self.clone().ask(means, Box::new(|answer| drop(tell.send(answer))));
            match told.await.unwrap_or(Err(Refused::Broken)) {
                Err(Refused::Busy { retry }) if Instant::now() < until => {
                    sleep(retry.max(PAUSE)).await;
                }
                answer => return answer,
            }
        }
    }
}
