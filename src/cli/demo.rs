//! `annals demo`: a system with agents in processes of their own, a run of a pipeline, and the death of
//! one of those agents. Nothing in it is played: it is `annals serve`, workers, and a run.

mod cast;
mod worker;

use std::time::Duration;

use actors::pipeline::Definition;
use events::bus::nats::{Nats, Settings};
use events::id::{AgentId, RunId, StreamKey};
use events::store::keys::{new_id, random_id};
use events::time::Clock as _;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::answers::{plain, rows_of};
use super::pipeline::document::understand;
use super::pipeline::example::SIX_STAGES;
use super::problem::Problem;
use super::run::watch::{Shown, Watching, is_over, result};
use super::signals::Signals;
use super::system::{Identified, Remote};
use super::threads::side_by_side;
use super::{Context, Done};
use crate::clock::SystemClock;
use cast::Cast;

/// What the pipeline is called.
const PIPELINE: &str = "six-stages";
/// At which stage an agent dies.
const FATAL: &str = "process";
/// What the agents of the demo are capable of: no others get its work.
const CAPABILITY: &str = "demo";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// See it at work: agents, a run of six stages, and what happens when an agent dies
///
/// Starts a system and some agents, each in a process of its own, and a run of a pipeline. While one of the
/// agents works on the fourth stage, its process is killed; what it had goes to another one, and the run
/// comes to its end. Everything is stopped and removed at the end, unless you say --keep.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// How many agents
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..=20))]
    agents: u32,
    /// How long they work on everything they get
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 700,
          value_parser = clap::value_parser!(u64).range(1..=1500))]
    pace_ms: u64,
    /// Keep the log, to look at it afterwards
    #[arg(long)]
    keep: bool,
    /// Be one of the agents
    #[arg(long, hide = true, requires = "server")]
    act_as: Option<AgentId>,
    /// The system that it is an agent of
    #[arg(long, hide = true)]
    server: Option<String>,
}

impl Demo {
    pub(super) fn run(self, context: &Context) -> Done {
        match (self.act_as.clone(), self.server.clone()) {
            (Some(agent), Some(server)) => {
                let pace = Duration::from_millis(self.pace_ms);
                side_by_side(Box::pin(worker::work(agent, server, pace)))
            }
            _ => side_by_side(Box::pin(self.play(context))),
        }
    }

    async fn play(self, context: &Context) -> Done {
        let mut signals = Signals::listen_to_all()?;
        let mut cast = Cast::gather(self.keep)?;
        let played = tokio::select! {
            played = self.played(&mut cast, context) => played,
            stop = signals.next() => Ok(stop.code()),
        };
        cast.leave().await;
        if let Some(store) = cast.kept() {
            context.note(&format!("the log is kept: annals log read --store {}", store.display()));
        }
        played
    }

    async fn played(&self, cast: &mut Cast, context: &Context) -> Done {
        let url = cast.serve().await?;
        context.note(&format!("a system listens on {url}; its log is {}", cast.store().display()));
        let bus =
            Nats::connect(Settings::to(url.clone(), "annals", random_id().as_u64_pair().0)).await?;
        let remote = Remote::of(bus, PATIENCE);
        for n in 1..=self.agents {
            cast.hire(&format!("demo-{n}"), &url, self.pace_ms)?;
        }
        in_time(at_work(&remote, cast, self.agents as usize)).await?;
        context.note(&format!("{} agents are at work, each in a process of its own", self.agents));
        let run = begin(&remote).await?;
        context.note(&format!("a run of the pipeline {PIPELINE} begins: {run}"));
        context.note("");
        let mut watching = Watching::begin(&remote, run).await?;
        let mut shown = Shown::new(context);
        let mut victim = None;
        let answer = loop {
            let answer = watching.look().await?;
            shown.show(&answer).await?;
            if is_over(&answer) {
                break answer;
            }
            if victim.is_none()
                && let Some(agent) = at_fatal_stage(&answer)
                && cast.kill(&agent)
            {
                shown.leave().await?;
                tell_apart(&format!("{agent} is killed while it works on {FATAL}"), context);
                context.note("");
                victim = Some(agent);
            }
            watching.next().await?;
        };
        shown.leave().await?;
        if let Some(victim) = victim {
            tell_apart(&format!("{victim} died; what it had was done by another agent:"), context);
            tell_attempts(&remote, context).await?;
        } else {
            let why = format!("the stage {FATAL} was over between two looks at the run");
            tell_apart(&format!("nobody was killed: {why}; a longer --pace-ms helps"), context);
        }
        let done = result(&answer, context).await?;
        remote.close().await?;
        Ok(done)
    }
}

/// Tells something below what is drawn.
fn tell_apart(text: &str, context: &Context) {
    context.note("");
    context.note(text);
}

/// Waits for the agents, and not for ever.
async fn in_time(at_work: impl Future<Output = Result<(), Problem>>) -> Result<(), Problem> {
    let waited = PATIENCE.as_secs();
    let late = |_| Problem::PartEnded(format!("not all agents are at work after {waited} s"));
    timeout(PATIENCE, at_work).await.map_err(late)?
}

/// Waits until all agents are registered.
async fn at_work(remote: &Remote, cast: &mut Cast, agents: usize) -> Result<(), Problem> {
    loop {
        if let Some(gone) = cast.gone() {
            return Err(Problem::PartEnded(format!(
                "the agent {gone} ended before it was at work"
            )));
        }
        let answer = remote.query("agent_list", &json!({})).await?;
        let there = rows_of(&answer, "agents");
        let is_ours = |agent: &&Value| plain(&agent["capabilities"]).contains(CAPABILITY);
        if there.iter().filter(is_ours).count() >= agents {
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Defines the pipeline, for the agents of the demo alone, and starts a run of it.
async fn begin(remote: &Remote) -> Result<RunId, Problem> {
    let definition = understand(SIX_STAGES.as_bytes());
    let definition: Definition = definition.expect("the definition of the demo is right");
    let text = definition.canonical();
    let mut document: Value = serde_json::from_str(text.as_str()).expect("it is JSON");
    for stage in document["stages"].as_array_mut().expect("they are a list") {
        stage["needs"] = json!([CAPABILITY]);
        if stage["compensate"].is_object() {
            stage["compensate"]["needs"] = json!([CAPABILITY]);
        }
    }
    let key: StreamKey = PIPELINE.parse().expect("it is a token");
    let define = json!({ "definition": document });
    remote.command(("pipeline", &key, "define"), &define, &Identified::default()).await?;
    let run = RunId(new_id(SystemClock.now()));
    let start = json!({ "pipeline": PIPELINE });
    let key = StreamKey::of_uuid(run.0);
    remote.command(("run", &key, "start"), &start, &Identified::default()).await?;
    Ok(run)
}

/// Who works on that stage.
fn at_fatal_stage(answer: &Value) -> Option<String> {
    let stage = rows_of(answer, "stages").iter().find(|stage| stage["name"] == FATAL)?;
    let agent = rows_of(stage, "open").iter().find_map(|part| part["agent"].as_str())?;
    Some(agent.to_owned())
}

/// The tasks that it took more than one attempt to do.
async fn tell_attempts(remote: &Remote, context: &Context) -> Result<(), Problem> {
    let answer = remote.query("task_list", &json!({ "limit": 1000 })).await?;
    for task in rows_of(&answer, "tasks") {
        if task["attempts"].as_u64().is_some_and(|attempts| attempts > 1) {
            let (id, attempts) = (plain(&task["id"]), plain(&task["attempts"]));
            context.note(&format!("  task {id}: {}, {attempts} attempts", plain(&task["phase"])));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn agents_that_do_not_come_are_not_waited_for_for_ever() {
        let problem = in_time(std::future::pending()).await.expect_err("nobody comes");
        assert_eq!(problem.to_string(), "not all agents are at work after 30 s");
        in_time(std::future::ready(Ok(()))).await.expect("all are there");
    }
}
