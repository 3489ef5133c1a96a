//! `annals run watch`: one run, live. On a terminal its stages are drawn again and again; elsewhere what
//! happens is written line by line.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use events::bus::{Bus as _, Event, Pattern, Subscribe, Subscription};
use events::id::RunId;
use events::subject::{Subject, What};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::time::{Instant, sleep, timeout};

use super::tree::{self, STAGES_MAX};
use crate::cli::answers::{event_line, rows_of};
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::signals::Signals;
use crate::cli::system::{Remote, System};
use crate::cli::{Context, Done};

/// How many messages wait here: they say that something has happened, and no more.
const WAITING_MAX: usize = 64;
/// How often it is asked at most.
const PAUSE: Duration = Duration::from_millis(100);
/// When it is asked although nothing was heard: who is at work is not told by the run, and a message
/// may be lost.
const LOOKS: Duration = Duration::from_secs(1);

/// Show what happens to a run until it is over
///
/// The exit code is 0 if it is completed, else 1.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Watch {
    /// The run's id
    id: RunId,
    #[command(flatten)]
    system: System,
}

impl Watch {
    pub(super) async fn run(self, context: &Context) -> Done {
        let remote = self.system.open().await?;
        let watching = Watching::begin(&remote, self.id).await?;
        let done = watching.until_over(context).await?;
        remote.close().await?;
        Ok(done)
    }
}

/// A run that is watched.
pub(in crate::cli) struct Watching<'a> {
    remote: &'a Remote,
    run: RunId,
    heard: Subscription,
    happens: Receiver<Event>,
    /// How long the last answer took.
    took: Duration,
}

impl<'a> Watching<'a> {
    /// From now on it is heard when something happens to it.
    pub(in crate::cli) async fn begin(remote: &'a Remote, run: RunId) -> Result<Self, Problem> {
        let subject = Subject::of(remote.tenant.clone(), What::Replay).to_string();
        let root = subject.trim_end_matches("replay");
        let pattern = format!("{root}event.run.{run}.*");
        let pattern: Pattern = pattern.parse().expect("it is a pattern");
        let happens = remote.bus.events();
        let wanted = Subscribe { waiting_max: WAITING_MAX, ..Subscribe::to(pattern) };
        let heard = remote.bus.subscribe(wanted).await?;
        remote.bus.flush().await?;
        Ok(Self { remote, run, heard, happens, took: Duration::ZERO })
    }

    /// Shows it until it is over, and then what came out.
    pub(super) async fn until_over(mut self, context: &Context) -> Done {
        let mut signals = Signals::listen()?;
        let mut shown = Shown::new(context);
        let answer = tokio::select! {
            answer = self.show(&mut shown) => answer?,
            stop = signals.next() => {
                shown.leave().await?;
                context.announce(&format!("it goes on without you: annals run watch {}", self.run));
                return Ok(stop.code());
            }
        };
        shown.leave().await?;
        result(&answer, context).await
    }

    async fn show(&mut self, shown: &mut Shown) -> Result<Value, Problem> {
        loop {
            let answer = self.look().await?;
            shown.show(&answer).await?;
            if is_over(&answer) {
                return Ok(answer);
            }
            self.next().await?;
        }
    }

    /// How it stands.
    pub(in crate::cli) async fn look(&mut self) -> Result<Value, Problem> {
        let begun = Instant::now();
        let answer = self.remote.query("run", &json!({ "id": self.run })).await;
        self.took = begun.elapsed();
        answer
    }

    /// Returns when it is worth looking again.
    pub(in crate::cli) async fn next(&mut self) -> Result<(), Problem> {
        // What takes long is not asked for all the time.
        sleep(PAUSE.max(self.took * 4)).await;
        let heard = async {
            tokio::select! {
                message = self.heard.next() => match message {
                    Some(_) => Ok(()),
                    None => Err(events::bus::Error::Closed.into()),
                },
                // The connection came back, or something was lost.
                _ = self.happens.recv() => Ok(()),
            }
        };
        timeout(LOOKS, heard).await.unwrap_or(Ok(()))
    }
}

fn phase(answer: &Value) -> &str {
    answer["run"]["phase"].as_str().unwrap_or_default()
}

/// Whether the run has ended.
pub(in crate::cli) fn is_over(answer: &Value) -> bool {
    matches!(phase(answer), "completed" | "failed" | "cancelled" | "timed_out" | "not_started")
}

/// Writes what came out.
pub(in crate::cli) async fn result(answer: &Value, context: &Context) -> Done {
    let is_success = phase(answer) == "completed";
    let end = rows_of(answer, "history").last();
    let result = end.map_or(&Value::Null, |end| &end["payload"]["result"]);
    let mut lines = Lines::new();
    match (context.json, is_success) {
        (true, _) => {
            let (id, run) = (&answer["run"]["id"], &answer["run"]);
            lines.json(&json!({
                "id": id, "end": phase(answer), "error": run["error"], "result": result,
            }));
        }
        (false, true) if result["inline"] != Value::Null => {
            lines.text(&result["inline"].to_string());
        }
        (false, _) => {}
    }
    lines.flush().await?;
    Ok(if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is on the screen.
pub(in crate::cli) struct Shown {
    sort: Sort,
    /// How many lines of it are drawn over.
    drawn: usize,
    /// The newest event that was told.
    told: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Drawn again and again.
    Tree,
    /// A line for each event.
    Events,
    /// An object for each event.
    Json,
}

impl Shown {
    pub(in crate::cli) fn new(context: &Context) -> Self {
        let sort = match context.json {
            true => Sort::Json,
            false if std::io::stdout().is_terminal() => Sort::Tree,
            false => Sort::Events,
        };
        Self { sort, drawn: 0, told: 0 }
    }

    pub(in crate::cli) async fn show(&mut self, answer: &Value) -> Result<(), Problem> {
        let mut lines = Lines::new();
        match self.sort {
            Sort::Tree => self.draw(answer, &mut lines),
            Sort::Events | Sort::Json => self.tell(answer, &mut lines),
        }
        lines.flush().await
    }

    /// Over what was drawn before; lines do not wrap, so that it is known how many there are.
    fn draw(&mut self, answer: &Value, lines: &mut Lines) {
        let drawn = tree::lines(answer, STAGES_MAX);
        if self.drawn > 0 {
            lines.bytes(format!("\x1b[{}A\x1b[J", self.drawn).as_bytes());
        }
        lines.bytes(b"\x1b[?7l");
        drawn.iter().for_each(|line| lines.text(line));
        lines.bytes(b"\x1b[?7h");
        self.drawn = drawn.len();
    }

    fn tell(&mut self, answer: &Value, lines: &mut Lines) {
        for event in rows_of(answer, "history") {
            let version = event["version"].as_u64().unwrap_or_default();
            if version > self.told {
                self.told = version;
                match self.sort {
                    Sort::Json => lines.json(event),
                    Sort::Tree | Sort::Events => lines.text(&event_line(event)),
                }
            }
        }
    }

    /// Leaves the terminal as it was; what is drawn next stands below.
    pub(in crate::cli) async fn leave(&mut self) -> Result<(), Problem> {
        let mut lines = Lines::new();
        if self.sort == Sort::Tree {
            lines.bytes(b"\x1b[?7h");
        }
        self.drawn = 0;
        lines.flush().await
    }
}
