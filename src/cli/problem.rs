//! Why a command fails, for people and for programs: a stable code, a message, a remedy, an exit
//! code. The table of codes is in `code.rs`; nothing else in the program speaks of failure.

mod code;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use actors::work::Ended;
use events::bus;
use events::bus::listener::tls::Unusable;
use events::store::keys::KeysDiffer;
use events::store::moving::arrive;
use events::store::moving::file::NotRead;
use events::store::sqlite::backup::CopyError;
use events::store::{self, Damage};

pub use code::Code;

use super::show::visible;
use super::system::Refused as SaysNo;
use crate::app::node::NotStarted;
use crate::fact::NotAFact;
use crate::{app, moving};

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The command line is not one.
    #[error("{0}")]
    Usage(String),
    /// A program with planted bugs was started by someone else than a harness.
    #[error("this program was built for tests and does not run outside their harness")]
    HarnessOnly,
    /// No log was named, and there is no folder to look for one in.
    #[error("no log is named, and there is no home folder to look for one in")]
    StoreUnnamed,
    /// The log did not do what it was asked.
    #[error(transparent)]
    Store(store::Error),
    /// The keys of a log with a history are gone.
    #[error("the log has a history, but its keys are not at {}", .0.display())]
    KeysMissing(PathBuf),
    /// The keys cannot be used.
    #[error("the keys at {path} cannot be used: {what}", path = path.display())]
    KeysUnusable {
        /// The file.
        path: PathBuf,
        /// Why not.
        what: String,
    },
    /// What was asked can be done with a log in a file only.
    #[error("{0} is not a file")]
    NotAFile(String),
    /// A copy of a log was not made.
    #[error(transparent)]
    Copy(CopyError),
    /// There is no backup.
    #[error("{path} is not a backup: {what}", path = path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// A log does not move.
    #[error(transparent)]
    Moving(moving::Error),
    /// There is no export, or not a whole one.
    #[error("{path}: {error}", path = path.display())]
    Export {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: NotRead,
    },
    /// Keys are not taken in.
    #[error("the keys are not taken in: {0}")]
    KeysDiffer(KeysDiffer),
    /// A copy is not what was copied.
    #[error("the logs differ: {0}")]
    CopyDiffers(Damage),
    /// A line of the input is refused.
    #[error("line {line}: {refused}")]
    Line {
        /// Which line, from 1.
        line: u64,
        /// Why.
        #[source]
        refused: Refused,
    },
    /// There is no input.
    #[error("cannot read {path}: {source}", path = path.display())]
    InputMissing {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A definition of a pipeline is wrong.
    #[error("{path}: the definition has {count} mistakes, first of all {first}", path = path.display())]
    DefinitionWrong {
        /// The file.
        path: PathBuf,
        /// How many mistakes there are.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// The input broke off.
    #[error("reading the input failed: {0}")]
    InputFailed(#[source] std::io::Error),
    /// The output broke off.
    #[error("writing the output failed: {0}")]
    OutputFailed(#[source] std::io::Error),
    /// The system refuses something every program needs.
    #[error("the system refuses: {0}")]
    SystemFailed(#[source] std::io::Error),
    /// The file of those who may come in says something else.
    #[error("{path}: {what}", path = path.display())]
    UsersUnusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Nobody can be talked to in secret with these files.
    #[error("{path}: {unusable}", path = path.display())]
    TlsUnusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        unusable: Unusable,
    },
    /// Nothing can be listened to.
    #[error("cannot listen on {place}: {source}")]
    NotListening {
        /// Where.
        place: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The bus did not do what it was asked.
    #[error(transparent)]
    Bus(bus::Error),
    /// Another system has taken the log over.
    #[error("another system has taken the log over; {0} commands were refused since")]
    TakenOver(u64),
    /// A part of the system has ended by itself.
    #[error("{0}")]
    PartEnded(String),
    /// Nobody answers where a system should.
    #[error("no system of Annals answers there")]
    NotServed,
    /// A system answers in a way that this program does not understand.
    #[error("the answer cannot be read: {:?}", String::from_utf8_lossy(.0))]
    AnswerUnreadable(bytes::Bytes),
    /// A system says no, under a code of its own.
    #[error(transparent)]
    Refused(SaysNo),
    /// A bench could not be made.
    #[error("the bench failed: {0:#}")]
    BenchFailed(anyhow::Error),
}

/// Why a line of the input is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no fact.
    #[error(transparent)]
    NotAFact(#[from] NotAFact),
    /// It is longer than any line may be.
    #[error("it is longer than {limit} bytes", limit = super::log::LINE_BYTES_MAX)]
    TooLong,
    /// Its id was used for something else.
    #[error("another fact with the id {id:?} from {source_name} is recorded already")]
    Reused {
        /// The id.
        id: String,
        /// The source.
        source_name: String,
    },
}

impl Problem {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Usage(_) => Code::Usage,
            Self::HarnessOnly => Code::HarnessOnly,
            Self::StoreUnnamed => Code::StoreUnnamed,
            Self::Store(error) => code_of(error),
            Self::KeysMissing(_) => Code::KeysMissing,
            Self::KeysUnusable { .. } => Code::KeysUnusable,
            Self::NotAFile(_) => Code::NotAFile,
            Self::Copy(error) => code_of_copy(error),
            Self::NotABackup { .. } => Code::NotABackup,
            Self::Moving(error) => code_of_moving(error),
            Self::Export { error, .. } => code_of_export(error),
            Self::KeysDiffer(_) => Code::KeysDiffer,
            Self::CopyDiffers(_) => Code::CopyDiffers,
            Self::Line { refused, .. } => refused.code(),
            Self::InputMissing { .. } => Code::InputMissing,
            Self::DefinitionWrong { .. } => Code::DefinitionWrong,
            Self::InputFailed(_) => Code::InputFailed,
            Self::OutputFailed(_) => Code::OutputFailed,
            Self::SystemFailed(_) => Code::SystemFailed,
            Self::UsersUnusable { .. } => Code::UsersUnusable,
            Self::TlsUnusable { .. } => Code::TlsUnusable,
            Self::NotListening { .. } => Code::NotListening,
            Self::Bus(error) => code_of_bus(error),
            Self::TakenOver(_) => Code::TakenOver,
            Self::PartEnded(_) => Code::PartEnded,
            Self::NotServed => Code::NotServed,
            Self::AnswerUnreadable(_) => Code::AnswerUnreadable,
            Self::Refused(no) if no.retry_after_ms.is_some() => Code::RefusedForNow,
            Self::Refused(_) => Code::Refused,
            Self::BenchFailed(_) => Code::BenchFailed,
        }
    }

    /// The code, as programs see it: a system's own where that says no.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Refused(no) => &no.code,
            other => other.code().name(),
        }
    }

    /// How to mend it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.code().remedy()
    }

    /// Tells whoever started the command, on standard error.
    pub(super) fn report(&self, json: bool, color: bool) {
        let text = if json { self.json() } else { self.text(color) };
        // When nobody listens any more, the exit code still tells.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    fn json(&self) -> String {
        let error = serde_json::json!({
            "code": self.name(), "message": self.to_string(), "remedy": self.remedy(),
        });
        serde_json::json!({ "error": error }).to_string()
    }

    fn text(&self, color: bool) -> String {
        let (red, plain) = if color { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
        let mut text = format!("{red}error[{}]{plain}: ", visible(self.name()));
        let _ = write!(text, "{}\n  remedy: {}", visible(&self.to_string()), self.remedy());
        text
    }
}

impl Refused {
    fn code(&self) -> Code {
        match self {
            Self::NotAFact(NotAFact::Malformed(_)) => Code::LineMalformed,
            Self::NotAFact(NotAFact::WithoutId) => Code::LineWithoutId,
            Self::NotAFact(NotAFact::WithoutSource) => Code::LineWithoutSource,
            Self::NotAFact(NotAFact::TooLarge(_)) | Self::TooLong => Code::LineTooLarge,
            Self::NotAFact(NotAFact::TooDeep(_)) => Code::LineTooDeep,
            Self::Reused { .. } => Code::CommandReused,
        }
    }
}

fn code_of(error: &store::Error) -> Code {
    use store::Error;
    match error {
        Error::Locked { .. } => Code::StoreLocked,
        Error::Served(_) => Code::StoreServed,
        Error::Missing(_) => Code::StoreMissing,
        Error::NotALog { .. } => Code::NotALog,
        Error::NewerSchema { .. } => Code::StoreNewer,
        Error::OlderSchema { .. } => Code::StoreOlder,
        Error::Damaged(_) => Code::StoreDamaged,
        Error::Full => Code::StoreFull,
        Error::JournalFull { .. } => Code::JournalFull,
        Error::Unknown(_) => Code::OutcomeUnknown,
        Error::Failed(_) => Code::StoreFailed,
        Error::Unsafe(_) => Code::StoreUnsafe,
        Error::CommandReused(_) => Code::CommandReused,
        Error::TooLarge { .. } | Error::Empty | Error::Scattered => Code::LineTooLarge,
        Error::Unavailable(_)
        | Error::Stopped
        | Error::Busy
        | Error::Conflict { .. }
        | Error::StaleEpoch { .. } => Code::StoreUnavailable,
    }
}

fn code_of_bus(error: &bus::Error) -> Code {
    match error {
        bus::Error::NoResponders(_) => Code::NoResponders,
        bus::Error::TimedOut(..) => Code::NoAnswer,
        bus::Error::TooLarge { .. } => Code::MessageTooLarge,
        bus::Error::NotAllowed(_) => Code::BusNotAllowed,
        bus::Error::Unavailable(_) | bus::Error::Closed => Code::BusUnavailable,
    }
}

fn code_of_moving(error: &moving::Error) -> Code {
    match error {
        moving::Error::Log(error) => code_of(error),
        moving::Error::Refused(refused) => code_of_refused(refused),
        moving::Error::Read(error) => code_of_export(error),
        moving::Error::Changed(_) => Code::ExportDamaged,
        moving::Error::Write(_) => Code::OutputFailed,
    }
}

fn code_of_refused(refused: &arrive::Refused) -> Code {
    use arrive::Refused;
    match refused {
        Refused::StreamInBoth { .. } => Code::StreamInBoth,
        Refused::StreamGap { .. } | Refused::CopyTooShort { .. } => Code::ImportGap,
        Refused::CommandInBoth { .. } => Code::CommandInBoth,
        Refused::WentItsOwnWay(_) => Code::LogsDiverged,
        Refused::TooLate { .. } => Code::ImportTooLate,
        Refused::Moved => Code::ImportDisturbed,
    }
}

fn code_of_export(error: &NotRead) -> Code {
    match error {
        NotRead::Failed(_) => Code::InputFailed,
        NotRead::NotAnExport(_) => Code::NotAnExport,
        NotRead::Newer(_) => Code::ExportNewer,
        NotRead::Cut(_) => Code::ExportCut,
        NotRead::Damaged { .. } => Code::ExportDamaged,
    }
}

fn code_of_copy(error: &CopyError) -> Code {
    match error {
        CopyError::Exists(_) => Code::FileExists,
        CopyError::Full(_) => Code::CopyFull,
        CopyError::Failed { .. } => Code::CopyFailed,
        CopyError::Damaged(_) => Code::CopyDamaged,
        CopyError::KeysMissing(_) => Code::KeysMissing,
        CopyError::KeysUnusable { .. } => Code::KeysUnusable,
        CopyError::Log(error) => code_of(error),
    }
}

impl From<CopyError> for Problem {
    fn from(error: CopyError) -> Self {
        Self::Copy(error)
    }
}

impl From<bus::Error> for Problem {
    fn from(error: bus::Error) -> Self {
        Self::Bus(error)
    }
}

impl From<Ended> for Problem {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Log { error, .. } => Self::Store(error),
            part @ (Ended::Panicked { .. } | Ended::Cut) => Self::PartEnded(part.to_string()),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<Damage> for Problem {
    fn from(damage: Damage) -> Self {
        Self::Store(damage.into())
    }
}

impl From<NotStarted> for Problem {
    fn from(error: NotStarted) -> Self {
        match error {
            NotStarted::App(error) => error.into(),
            NotStarted::Bus(error) => error.into(),
            NotStarted::System(error) => Self::SystemFailed(error),
        }
    }
}

impl From<app::Error> for Problem {
    fn from(error: app::Error) -> Self {
        match error {
            app::Error::Log(error) => Self::Store(error),
            app::Error::KeysMissing(path) => Self::KeysMissing(path),
            app::Error::KeysUnusable { path, what } => Self::KeysUnusable { path, what },
        }
    }
}
