//! `sleep`: waits for as long as it is told, and brings back nothing. It shows what a worker does
//! that takes its time: it says that it has taken the task, and brings the result later.

use std::sync::Arc;
use std::time::Duration;

use events::bus::Name;
use events::content::{Content, Json};
use serde::Deserialize;
use tokio::time::sleep;

use super::pulse::Pulse;
use super::{Brought, Work, Wrong, send};
use crate::reaction::ToDo;
use crate::task::TaskCommand;
use crate::work::Means;
use crate::work::errand::{Errand, about_attempt, annals};

/// The longest it sleeps.
const MS_MAX: u64 = 3_600_000;
/// What is shorter than this is waited for before anything is said.
const AT_ONCE: Duration = Duration::from_millis(1_000);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    ms: u64,
}

/// What it brings, if it brings it right away.
pub(super) async fn work(
    work: Work,
    reply: &Name,
    means: &Arc<Means>,
    pulse: &Pulse,
) -> Option<Brought> {
    let time = match serde_json::from_str(work.input.as_str()) {
        Ok(Order { ms }) if ms <= MS_MAX => Duration::from_millis(ms),
        Ok(Order { ms }) => return Some(wrong(&format!("{ms} ms are more than {MS_MAX}"))),
        Err(error) => return Some(wrong(&error.to_string())),
    };
    if time <= AT_ONCE {
        sleep(time).await;
        return Some(Ok(null()));
    }
    // Before it says so: who has heard it may let it go, and then it is to give back what it has.
    let has = pulse.has(&work);
    send(&*means.bus, reply.clone(), "\"taken\"".into()).await;
    sleep(time).await;
    complete(work, means).await;
    drop(has);
    None
}

fn wrong(what: &str) -> Brought {
    let message = format!("write {{\"ms\": 1500}}: {what}");
    Err(Wrong { code: "input_malformed", message })
}

fn null() -> Json {
    Json::parse("null").expect("it is JSON")
}

/// Says that it is done; if the task was lost meanwhile, it is refused, and that is on record.
async fn complete(work: Work, means: &Arc<Means>) {
    let Work { task, attempt, tenant, .. } = work;
    let Some(tenant) = tenant else { return };
    let command = TaskCommand::Complete { attempt, result: Content::Inline(null()) };
    let id = about_attempt(task, attempt, "slept", 0);
    let to_do = ToDo::Task(task, command);
    let (causation, principal, blobs) = (None, annals(), Vec::new());
    let errand = Errand { tenant, to_do, id, causation, principal, blobs };
    if let Err(error) = errand.run(means).await {
        tracing::warn!(%task, attempt, %error, "a built-in agent is not heard");
    }
}
