//! Whether something can be asked at all, as far as that can be told before anyone is asked.

use actors::agent::AgentCommand;
use actors::command::{Carrying, Spoken};
use actors::pipeline::PipelineCommand;
use actors::run::RunCommand;
use actors::schedule::ScheduleCommand;
use actors::task::TaskCommand;
use actors::trigger::TriggerCommand;
use actors::work::BESIDE_BYTES_MAX;
use events::content::{Content, DEPTH_MAX, Json, depth};
use events::personal::{KeyId, NONCE_BYTES, Personal};
use events::store;
use events::subject::Target;
use uuid::Uuid;

use crate::app::asking::{Asking, Context};
use crate::app::refusal::Refusal;

/// Who can be asked.
const ASKED: [&str; 6] = ["task", "agent", "pipeline", "run", "schedule", "trigger"];

/// Whether a command says something to somebody, as far as that can be told without a key.
pub(super) fn says_something(asking: &Asking, message_bytes_max: usize) -> Result<(), Refusal> {
    match asking.target.category.as_str() {
        "task" => carried(&tried(asking)?, message_bytes_max),
        "agent" => tried::<AgentCommand>(asking).map(drop),
        "pipeline" => tried::<PipelineCommand>(asking).map(drop),
        "run" => tried::<RunCommand>(asking).map(drop),
        "schedule" => tried::<ScheduleCommand>(asking).map(drop),
        "trigger" => tried::<TriggerCommand>(asking).map(drop),
        other => Err(not_asked(other)),
    }
}

/// A fact is recorded as it was received, so nothing of it can be sealed.
pub(super) fn open_fact(context: &Context) -> Result<(), Refusal> {
    match context.data_subject {
        Some(_) => {
            Err(Refusal::Unreadable("a fact cannot be sealed; say it without a person".into()))
        }
        None => Ok(()),
    }
}

/// Whether something of what is said to such an actor with this verb can be sealed.
#[must_use]
pub fn seals(category: &str, verb: &str) -> bool {
    match category {
        "task" => matches!(verb, "submit" | "complete"),
        "agent" => matches!(verb, "register" | "change"),
        "run" => matches!(verb, "start" | "fork" | "signal"),
        "schedule" => verb == "set",
        _ => false,
    }
}

/// What names a person is sealed, so it must be something that can be.
pub(super) fn sealable(target: &Target, context: &Context) -> Result<(), Refusal> {
    let (category, verb) = (target.category.as_str(), target.word.as_str());
    // Whoever asks nobody is told so, and not this.
    let is_asked = ASKED.contains(&category);
    if context.data_subject.is_none() || !is_asked || seals(category, verb) {
        return Ok(());
    }
    let what = format!("nothing of `{verb}` can be sealed; say it without a person");
    Err(Refusal::Unreadable(what))
}

/// Whether something may be called this: tasks and runs are called by uuids, and in one way only.
pub(super) fn named(target: &Target) -> Result<(), Refusal> {
    let id = target.id.as_str();
    if id.starts_with('_') {
        return Err(Refusal::Unreadable("ids that begin with `_` are reserved".into()));
    }
    let is_uuid = || Uuid::parse_str(id).is_ok_and(|uuid| uuid.to_string() == id);
    let category = target.category.as_str();
    if matches!(category, "task" | "run") && !is_uuid() {
        let what = format!("{id:?} is no id of a {category}: that is a uuid, in small letters");
        return Err(Refusal::Unreadable(what));
    }
    if is_worked_out(target) {
        let what =
            format!("{id} is the id of a {category} that the system begins; make up another one");
        return Err(Refusal::Unreadable(what));
    }
    Ok(())
}

/// Whether it would take an id that follows from something recorded: those are for the system alone, and
/// whoever took one first would be in its way.
fn is_worked_out(target: &Target) -> bool {
    let begins = matches!(
        (target.category.as_str(), target.word.as_str()),
        ("task", "submit") | ("run", "start" | "fork")
    );
    begins && Uuid::parse_str(target.id.as_str()).is_ok_and(|id| id.get_version_num() == 8)
}

/// Whether something can be read at all.
pub(super) fn readable(body: &[u8]) -> Result<(), Refusal> {
    let text = str::from_utf8(body).map_err(|_| Refusal::Unreadable("it is not UTF-8".into()))?;
    match depth(text) {
        depth if depth > DEPTH_MAX => Err(Refusal::TooDeep(depth)),
        _ => Ok(()),
    }
}

/// Whether a task that is handed in could be handed out: what a worker is told must fit into one
/// message.
pub(super) fn carried(command: &TaskCommand, limit: usize) -> Result<(), Refusal> {
    let TaskCommand::Submit(order) = command else { return Ok(()) };
    let input = match &order.input {
        Content::Inline(json) => json.as_str().len(),
        Content::Blob(blob) => usize::try_from(blob.bytes).unwrap_or(usize::MAX),
        Content::Sealed(sealed) => sealed.ciphertext().len(),
    };
    // The kind may have characters that take more room in JSON.
    let kind = serde_json::to_string(&order.kind).map_or(usize::MAX, |kind| kind.len());
    let actual = input.saturating_add(kind).saturating_add(BESIDE_BYTES_MAX);
    if actual <= limit {
        return Ok(());
    }
    let what = "bytes to tell a worker";
    Err(Refusal::Log(store::Error::TooLarge { what, actual, limit }))
}

pub(super) fn not_asked(category: &str) -> Refusal {
    Refusal::Unknown(format!("{category:?} cannot be asked anything; {} can", ASKED.join(", ")))
}

/// Reads what is said, and seals nothing.
fn tried<C: Spoken>(asking: &Asking) -> Result<C, Refusal> {
    let mut unsealed = Unsealed { names_someone: asking.context.data_subject.is_some() };
    Ok(C::read(asking.target.word.as_str(), &asking.body, &mut unsealed)?)
}

/// Carries everything as it is, only to see whether it can be read. None of it is kept.
struct Unsealed {
    names_someone: bool,
}

impl Carrying for Unsealed {
    fn content(&mut self, json: Json) -> Content {
        Content::Inline(json)
    }

    fn personal(&mut self, word: String) -> Option<Personal<String>> {
        let nobody = (KeyId(Uuid::nil()), Uuid::nil(), [0; NONCE_BYTES]);
        let sealed = Personal::from_parts(nobody.0, nobody.1, nobody.2, word.into_bytes());
        self.names_someone.then_some(sealed)
    }
}
