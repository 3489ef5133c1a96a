//! A task, as things happen to it. What was missed is asked for: nothing is left out, and nothing is
//! told twice.

use std::time::Duration;

use events::bus::{Bus as _, Event, Message, Subscribe, Subscription};
use events::id::TaskId;
use events::subject::{Subject, What};
use events::task::ENDINGS;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::interval;

use crate::cli::problem::Problem;
use crate::cli::system::Remote;

/// How many events of one task wait to be shown.
const WAITING_MAX: usize = 1024;

/// How often it is looked whether something was lost.
const LOOKS: Duration = Duration::from_secs(1);

/// A task that is followed.
pub(super) struct Following<'a> {
    remote: &'a Remote,
    task: TaskId,
    heard: Subscription,
    happens: Receiver<Event>,
    /// The newest version that was told.
    told: u64,
    /// How many messages were lost here when that was looked at last.
    missed: u64,
}

/// Something that happened to it.
pub(super) struct Happened(Value);

impl Happened {
    pub(super) fn json(&self) -> &Value {
        &self.0
    }

    pub(super) fn kind(&self) -> &str {
        self.0["type"].as_str().unwrap_or_default()
    }

    /// Whether the task is over with it.
    pub(super) fn is_end(&self) -> bool {
        ENDINGS.iter().any(|ending| ending.name == self.kind())
    }

    /// Whether it ended with a result.
    pub(super) fn is_success(&self) -> bool {
        self.kind() == ENDINGS[0].name
    }

    fn version(&self) -> u64 {
        self.0["version"].as_u64().unwrap_or_default()
    }
}

impl<'a> Following<'a> {
    /// From now on nothing that happens to it is missed.
    pub(super) async fn begin(remote: &'a Remote, task: TaskId) -> Result<Self, Problem> {
        let subject = Subject::of(remote.tenant.clone(), What::Replay).to_string();
        let root = subject.trim_end_matches("replay");
        let pattern = format!("{root}event.task.{task}.*");
        let pattern: events::bus::Pattern = pattern.parse().expect("it is a pattern");
        let happens = remote.bus.events();
        let wanted = Subscribe { waiting_max: WAITING_MAX, ..Subscribe::to(pattern) };
        let heard = remote.bus.subscribe(wanted).await?;
        remote.bus.flush().await?;
        Ok(Self { remote, task, heard, happens, told: 0, missed: 0 })
    }

    /// What is known so far and was not told.
    pub(super) async fn known(&mut self) -> Result<Vec<Happened>, Problem> {
        let answer = self.remote.query("task", &json!({ "id": self.task })).await?;
        let history = answer["history"].as_array().cloned().unwrap_or_default();
        let new = history.into_iter().map(Happened).filter(|event| event.version() > self.told);
        let new: Vec<_> = new.collect();
        self.told = new.last().map_or(self.told, Happened::version);
        Ok(new)
    }

    /// What happens next, at least one thing.
    pub(super) async fn next(&mut self) -> Result<Vec<Happened>, Problem> {
        let mut looks = interval(LOOKS);
        loop {
            // One that does not keep up loses what comes last as well, and nothing comes behind that.
            let missed = self.heard.missed();
            if std::mem::replace(&mut self.missed, missed) != missed {
                let known = self.known().await?;
                if !known.is_empty() {
                    return Ok(known);
                }
            }
            tokio::select! {
                message = self.heard.next() => {
                    let Some(message) = message else { return Err(events::bus::Error::Closed.into()) };
                    match happened(&message).filter(|event| event.version() > self.told) {
                        Some(event) if event.version() == self.told + 1 => {
                            self.told = event.version();
                            return Ok(vec![event]);
                        }
                        // Something was missed before it.
                        Some(_) => return self.known().await,
                        None => {}
                    }
                }
                event = self.happens.recv() => match event {
                    Ok(Event::Reconnected) | Err(RecvError::Lagged(_)) => {
                        let known = self.known().await?;
                        if !known.is_empty() {
                            return Ok(known);
                        }
                    }
                    Ok(Event::Closed) | Err(RecvError::Closed) => {
                        return Err(events::bus::Error::Closed.into());
                    }
                    Ok(_) => {}
                },
                // Not every loss is told.
                _ = looks.tick() => {}
            }
        }
    }
}

fn happened(message: &Message) -> Option<Happened> {
    let header = |name| message.headers.get(name);
    let number = |name| header(name)?.parse::<u64>().ok();
    let payload: Value = serde_json::from_slice(&message.payload).ok()?;
    Some(Happened(json!({
        "version": number("annals-version")?,
        "position": number("annals-position")?,
        "type": header("ce-type")?,
        "recorded_at": header("annals-recorded-at")?,
        "principal": header("annals-principal")?,
        "payload": payload,
    })))
}
