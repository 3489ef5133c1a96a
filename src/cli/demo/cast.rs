//! Those who play: this program again and again, in processes of their own, over a log in a folder of
//! their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout_at};

use crate::cli::problem::Problem;

/// How long they have to leave in good order, all of them together.
const FAREWELL: Duration = Duration::from_secs(15);

/// Those who play.
pub(super) struct Cast {
    folder: Option<TempDir>,
    store: PathBuf,
    system: Option<Child>,
    agents: BTreeMap<String, Child>,
    keep: bool,
}

impl Cast {
    /// Nobody yet, and a folder for the log.
    pub(super) fn gather(keep: bool) -> Result<Self, Problem> {
        let folder = tempfile::Builder::new().prefix("annals-demo-").tempdir();
        let folder = folder.map_err(Problem::SystemFailed)?;
        let store = folder.path().join("annals.log");
        Ok(Self { folder: Some(folder), store, system: None, agents: BTreeMap::new(), keep })
    }

    /// The log.
    pub(super) fn store(&self) -> &Path {
        &self.store
    }

    /// Starts the system; gives its address.
    pub(super) async fn serve(&mut self) -> Result<String, Problem> {
        let store = self.store.clone();
        let mut command = program()?;
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--store"]).arg(store);
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(Problem::SystemFailed)?;
        let out = child.stdout.take().expect("it has one");
        self.system = Some(child);
        let line = BufReader::new(out).lines().next_line().await.map_err(Problem::SystemFailed)?;
        let said: Option<Value> = line.and_then(|line| serde_json::from_str(&line).ok());
        let url = said.as_ref().and_then(|said| said["url"].as_str());
        url.map(ToOwned::to_owned).ok_or(Problem::NotServed)
    }

    /// Starts an agent.
    pub(super) fn hire(&mut self, name: &str, url: &str, pace_ms: u64) -> Result<(), Problem> {
        let pace = pace_ms.to_string();
        let mut command = program()?;
        command.args(["demo", "--act-as", name, "--server", url, "--pace-ms", &pace]);
        let child = command.stdout(Stdio::null()).spawn().map_err(Problem::SystemFailed)?;
        self.agents.insert(name.into(), child);
        Ok(())
    }

    /// Kills an agent, if there is one of this name: it has no time to say anything.
    pub(super) fn kill(&mut self, name: &str) -> bool {
        let Some(mut agent) = self.agents.remove(name) else { return false };
        agent.start_kill().is_ok()
    }

    /// An agent that has ended by itself, if there is one.
    pub(super) fn gone(&mut self) -> Option<&str> {
        let mut agents = self.agents.iter_mut();
        agents.find_map(|(name, agent)| match agent.try_wait() {
            Ok(None) => None,
            Ok(Some(_)) | Err(_) => Some(name.as_str()),
        })
    }

    /// All of them leave.
    pub(super) async fn leave(&mut self) {
        let agents = std::mem::take(&mut self.agents);
        end(agents.into_values().chain(self.system.take()).collect()).await;
        if self.keep
            && let Some(folder) = self.folder.take()
        {
            let _ = folder.keep();
        }
    }

    /// Where the log is, if it is kept.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.keep.then_some(&*self.store)
    }
}

/// This program, once more; what is started ends with whoever started it.
fn program() -> Result<Command, Problem> {
    let path = std::env::current_exe().map_err(Problem::SystemFailed)?;
    let mut command = Command::new(path);
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

/// Asks all of them to leave, and then waits for them; who does not is made to.
async fn end(mut children: Vec<Child>) {
    children.iter().for_each(ask);
    let latest = Instant::now() + FAREWELL;
    for child in &mut children {
        if timeout_at(latest, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}

fn ask(child: &Child) {
    let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) else { return };
    // It has left already if this fails.
    let _ = rustix::process::Pid::from_raw(id)
        .map(|id| rustix::process::kill_process(id, rustix::process::Signal::TERM));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends when it is told to, or when nobody listens to it any more.
    fn child(program: &str) -> Child {
        let mut command = Command::new(program);
        command.stdin(Stdio::piped()).kill_on_drop(true).spawn().expect("there is such a program")
    }

    #[tokio::test]
    async fn an_agent_that_has_ended_is_seen() {
        let mut cast = Cast::gather(false).expect("there is room");
        cast.agents.insert("demo-1".into(), child("cat"));
        assert_eq!(cast.gone(), None);
        let mut ended = child("true");
        ended.wait().await.expect("it ends");
        cast.agents.insert("demo-2".into(), ended);
        assert_eq!(cast.gone(), Some("demo-2"));
        cast.leave().await;
        assert_eq!(cast.gone(), None);
    }
}
