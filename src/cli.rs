//! The command line: what can be said, and who does it. One file per subcommand; none of them holds
//! a rule of the system. Failures are `problem.rs`, everything written to a terminal is `show.rs`.

mod agent;
mod answers;
mod body;
mod bus;
mod completions;
mod demo;
mod doctor;
mod input;
mod listening;
mod log;
mod migrate;
mod output;
mod pipeline;
pub mod problem;
mod progress;
mod reaction;
mod remote;
mod run;
mod saying;
mod schedule;
mod schema;
mod serve;
mod show;
mod signals;
mod system;
mod task;
mod threads;
mod trigger;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

use crate::place::Place;
use crate::settings::Settings;
use problem::Problem;

/// Why a command fails, or how it ended.
type Done = Result<ExitCode, Problem>;

/// Agents and tasks, driven over NATS, with everything that happens on record: provable for ever.
#[derive(Debug, Parser)]
#[command(
    name = "annals",
    bin_name = "annals",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
#[command(after_help = START, after_long_help = format!("{START}\n\n{EXIT_CODES}"))]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const START: &str = "Start here:
  annals serve                                                  # in one terminal
  annals task submit echo --input '{\"say\":\"hello\"}' --wait    # in another one
  annals log read
  annals log verify";

const EXIT_CODES: &str = "Exit codes:
  0  done                            69  the store cannot be reached
  1  what was checked is not right   73  the disk is full, or a file is in the way
  2  the command line is wrong       74  reading or writing failed
  65 the input is wrong              75  another process is in the way
  66 no input, or no log             78  the log, its keys or settings do not fit
  130, 143  ended by SIGINT, SIGTERM; everything acknowledged is recorded";

/// The heading of what every command understands.
const EVERYWHERE: &str = "For every command";

/// What every command understands.
#[derive(Debug, clap::Args)]
struct Global {
    /// The log: a file, or postgres://… [default: ANNALS_STORE, else annals/annals.log in the user's data folder]
    #[arg(long, value_name = "STORE", global = true, help_heading = EVERYWHERE,
          value_parser = OsStringValueParser::new().map(Place::from))]
    store: Option<Place>,
    /// Write JSON, one object per line; failures too
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    /// Write only what was asked for, and failures
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
    quiet: bool,
    /// Say more about what is going on, on standard error; twice for even more
    #[arg(long, short, global = true, help_heading = EVERYWHERE, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Confirms that a test harness runs this program, which has bugs on purpose
    #[cfg(feature = "planted")]
    #[arg(long, global = true, help_heading = EVERYWHERE, hide = true)]
    harness: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    /// Hand in work, look at it, call it off
    #[command(subcommand)]
    Task(task::TaskCommand),
    /// Look at definitions of pipelines before anything runs, and define them
    #[command(subcommand)]
    Pipeline(pipeline::PipelineCommand),
    /// Start pipelines, look at what becomes of them, have a say in it
    #[command(subcommand)]
    Run(run::RunCommand),
    /// Start pipelines at their times
    #[command(subcommand)]
    Schedule(schedule::ScheduleCommand),
    /// Start pipelines for facts that are recorded
    #[command(subcommand)]
    Trigger(trigger::TriggerCommand),
    /// Say who works, and whether they may get more
    #[command(subcommand)]
    Agent(agent::AgentCommand),
    /// See what follows from events, and mend what could not be dealt with
    #[command(subcommand)]
    Reaction(reaction::ReactionCommand),
    /// Append to the log, read it, follow it, prove it, back it up
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Send messages, hear them, ask, and serve NATS clients
    #[command(subcommand)]
    Bus(bus::BusCommand),
    Migrate(migrate::Migrate),
    Doctor(doctor::Doctor),
    /// Describe what is said, for programs
    #[command(subcommand)]
    Schema(schema::SchemaCommand),
    Completions(completions::Completions),
    /// Measure how fast it is, beside the fastest loop on the same machine
    #[command(subcommand)]
    Bench(crate::bench::Bench),
}

/// What a command needs to know about the way it was started.
struct Context {
    store: Option<Place>,
    json: bool,
    quiet: bool,
    color: bool,
}

impl Context {
    /// The log that is meant.
    fn store(&self) -> Result<Place, Problem> {
        self.store.clone().ok_or(Problem::StoreUnnamed)
    }

    /// The log that is meant, for what only one in a file can do.
    fn file(&self) -> Result<PathBuf, Problem> {
        match self.store()? {
            Place::File(path) => Ok(path),
            place @ Place::Database(_) => Err(Problem::NotAFile(place.to_string())),
        }
    }

    /// Whether a person watches who wants to be told.
    fn watched(&self) -> bool {
        !self.json && !self.quiet && std::io::stderr().is_terminal()
    }

    /// Tells a person something that is neither a result nor a failure.
    fn note(&self, text: &str) {
        if !self.json {
            self.announce(text);
        }
    }

    /// Tells programs as well.
    fn announce(&self, text: &str) {
        use std::io::Write as _;
        let text = match self.json {
            true => serde_json::json!({ "note": text }).to_string(),
            false => show::visible(text),
        };
        if !self.quiet {
            // When nobody listens any more, there is nobody to tell.
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }
}

/// Runs the program with the arguments it was started with.
#[must_use]
pub fn main() -> ExitCode {
    let settings = Settings::read();
    let color = settings.color && std::io::stderr().is_terminal();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    let (json, done) = match Cli::try_parse_from(arguments) {
        Ok(cli) => (cli.global.json, run(cli, settings, color)),
        Err(error) if error.use_stderr() && json => (json, Err(usage(&error))),
        Err(error) => {
            // Help into a pipe that was closed is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    done.unwrap_or_else(|problem| {
        problem.report(json, color);
        ExitCode::from(problem.code().exit())
    })
}

fn run(cli: Cli, settings: Settings, color: bool) -> Done {
    let Cli { global, command } = cli;
    #[cfg(feature = "planted")]
    if !global.harness {
        return Err(Problem::HarnessOnly);
    }
    listen(&global, color);
    let Global { store, json, quiet, .. } = global;
    let context = Context { store: store.or(settings.store), json, quiet, color };
    match command {
        Command::Serve(command) => command.run(&context),
        Command::Demo(command) => command.run(&context),
        Command::Task(command) => command.run(&context),
        Command::Pipeline(command) => command.run(&context),
        Command::Run(command) => command.run(&context),
        Command::Schedule(command) => command.run(&context),
        Command::Trigger(command) => command.run(&context),
        Command::Agent(command) => command.run(&context),
        Command::Reaction(command) => command.run(&context),
        Command::Log(command) => command.run(&context),
        Command::Bus(command) => command.run(&context),
        Command::Migrate(command) => command.run(&context),
        Command::Doctor(command) => command.run(&context),
        Command::Schema(command) => command.run(),
        Command::Completions(command) => command.run(Cli::command()),
        Command::Bench(bench) => {
            crate::bench::run(&bench, context.json).map_err(Problem::BenchFailed)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The client of NATS speaks for itself only when asked.
const SILENT: &str = "async_nats=off";

/// Sends what the program says about itself to standard error.
fn listen(global: &Global, color: bool) {
    let level = match global.verbose {
        // What stands there is for programs, which are told of failures in another form.
        0 if global.json => LevelFilter::OFF,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let mut filter = EnvFilter::default().add_directive(level.into());
    if global.verbose == 0 {
        // What goes wrong there is told as a failure, with a code and a remedy.
        filter = filter.add_directive(SILENT.parse().expect("a directive"));
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(color)
        .with_writer(std::io::stderr)
        .init();
}

fn usage(error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let first = text.lines().next().unwrap_or("the command line is not one");
    Problem::Usage(first.trim_start_matches("error: ").into())
}
