//! Questions, and who answers them. Every answer says up to which position of the log it holds.
//! For now answers are folded from the log when they are asked for.

mod agents;
pub(in crate::app) mod reactions;
mod shown;
mod tasks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actors::command::fields;
use events::content::Json;
use events::id::{AgentId, StreamKey, TaskId, Tenant};
use events::recorded::Stored;
use events::shape::ShapeOf;
use events::store::{Filter, LogReader, PAGE_EVENTS_MAX};
use events::stream::{Direction, Position, StreamId, Version};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::background::{Background, SOON};
use super::refusal::Refusal;
use super::who::{Action, Who, authorize};

/// How many rows an answer has, unless it is asked for another number.
const ROWS: usize = 100;
/// How many rows an answer has at most.
pub const ROWS_MAX: usize = 1000;
/// How many logs are folded at once: each of them keeps a processor busy.
const FOLDS_MAX: usize = 1;
/// The questions there are.
pub const QUESTIONS: [&str; 5] = ["task", "task_list", "agent", "agent_list", "reaction_list"];

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// What is known about a task?
    Task(TaskId),
    /// Which tasks are there?
    Tasks(TaskFilter),
    /// What is known about an agent?
    Agent(AgentId),
    /// Which agents are there?
    Agents(AgentFilter),
    /// How far did the reactions come?
    Reactions(ReactionFilter),
}

/// Which tasks.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskFilter {
    /// Those in this phase.
    pub phase: Option<tasks::PhaseName>,
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those that this agent has.
    pub agent: Option<AgentId>,
    /// At most so many, the newest.
    #[serde(default = "rows")]
    pub limit: usize,
}

/// Which agents.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentFilter {
    /// At most so many.
    #[serde(default = "rows")]
    pub limit: usize,
}

/// Of each reaction.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReactionFilter {
    /// At most so many parked events, the first.
    #[serde(default = "rows")]
    pub limit: usize,
}

fn rows() -> usize {
    ROWS
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct One<T> {
    id: T,
}

impl Query {
    /// Reads a question as it is asked.
    pub fn read(question: &str, body: &[u8]) -> Result<Self, Refusal> {
        Ok(match question {
            "task" => Self::Task(fields::<One<_>>(body)?.id),
            "task_list" => Self::Tasks(fields(body)?),
            "agent" => Self::Agent(fields::<One<_>>(body)?.id),
            "agent_list" => Self::Agents(fields(body)?),
            "reaction_list" => Self::Reactions(fields(body)?),
            other => {
                let there_are = QUESTIONS.join(", ");
                let what = format!("there is no question {other:?}; there are {there_are}");
                return Err(Refusal::Unknown(what));
            }
        })
    }

    /// The shapes of a question and of its answer.
    #[must_use]
    pub fn shapes(question: &str) -> Option<(ShapeOf, ShapeOf)> {
        Some(match question {
            "task" => (One::<TaskId>::json_schema, tasks::ONE),
            "task_list" => (TaskFilter::json_schema, tasks::LIST),
            "agent" => (One::<AgentId>::json_schema, agents::ONE),
            "agent_list" => (AgentFilter::json_schema, agents::LIST),
            "reaction_list" => (ReactionFilter::json_schema, reactions::LIST),
            _ => return None,
        })
    }

    fn check(&self) -> Result<(), Refusal> {
        let limit = match self {
            Self::Tasks(filter) => filter.limit,
            Self::Agents(filter) => filter.limit,
            Self::Reactions(filter) => filter.limit,
            Self::Task(_) | Self::Agent(_) => return Ok(()),
        };
        let rule = format!("the limit is from 1 to {ROWS_MAX}");
        if (1..=ROWS_MAX).contains(&limit) { Ok(()) } else { Err(Refusal::Unreadable(rule)) }
    }
}

/// Who is told what was found.
pub type Found = Box<dyn FnOnce(Result<Vec<u8>, Refusal>) + Send>;

/// Answers questions.
pub struct Reader {
    log: Arc<dyn LogReader>,
    background: Background,
    folds: Semaphore,
    stopping: AtomicBool,
}

impl Reader {
    /// Answers from this log.
    #[must_use]
    pub fn new(log: Arc<dyn LogReader>, background: Background) -> Self {
        let (folds, stopping) = (Semaphore::new(FOLDS_MAX), AtomicBool::new(false));
        Self { log, background, folds, stopping }
    }

    /// Answers nothing more from now on, and breaks off what takes long: whoever asked is told so, and
    /// nobody else waits for it.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.folds.close();
    }

    fn is_open(&self) -> Result<(), Refusal> {
        if self.stopping.load(Ordering::Acquire) { Err(Refusal::Stopping) } else { Ok(()) }
    }

    /// Looks for an answer, and tells it.
    pub fn read(self: &Arc<Self>, who: Who, tenant: Tenant, query: Query, tell: Found) {
        let may = authorize(&who, Action::Query, &tenant).map_err(Refusal::from);
        if let Err(refusal) = may.and_then(|()| self.is_open()).and_then(|()| query.check()) {
            return tell(Err(refusal));
        }
        let Some(room) = self.background.room() else { return tell(Err(Refusal::Busy(SOON))) };
        let this = Arc::clone(self);
        room.start(async move { tell(this.answer(&tenant, query).await) });
    }

    /// The answer.
    pub async fn answer(&self, tenant: &Tenant, query: Query) -> Result<Vec<u8>, Refusal> {
        match query {
            Query::Task(task) => {
                let history = self.history(tenant, "task", &task.to_string()).await?;
                tasks::one(task, &history)
            }
            Query::Agent(agent) => {
                let history = self.history(tenant, "agent", agent.as_str()).await?;
                agents::one(&agent, &history)
            }
            Query::Tasks(filter) => {
                let mut tasks = tasks::Newest::default();
                let position = self.fold(tenant, "task", |stored| tasks.take(stored)).await?;
                Ok(tasks.answer(&filter, position))
            }
            Query::Reactions(filter) => reactions::list(&*self.log, tenant, &filter).await,
            Query::Agents(filter) => {
                let mut agents = agents::All::default();
                let position = self.fold(tenant, "agent", |stored| agents.take(stored)).await?;
                Ok(agents.answer(&filter, position))
            }
        }
    }

    /// The history of one stream.
    async fn history(
        &self,
        tenant: &Tenant,
        category: &str,
        key: &str,
    ) -> Result<Vec<Stored>, Refusal> {
        let key: StreamKey = key.parse().expect("an id is a token");
        let stream = StreamId::new(tenant.clone(), category.parse().expect("it is a word"), key);
        let (mut history, mut from) = (Vec::new(), Version::FIRST);
        loop {
            let forwards = Direction::Forwards;
            let page = self.log.read_stream(&stream, from, forwards, PAGE_EVENTS_MAX).await?;
            let came = page.len();
            history.extend(page);
            if came < PAGE_EVENTS_MAX {
                return Ok(history);
            }
            from = from.plus(came as u64);
        }
    }

    /// Goes through everything that happened to a category; says where the log ended.
    async fn fold(
        &self,
        tenant: &Tenant,
        category: &str,
        mut take: impl FnMut(&Stored) + Send,
    ) -> Result<Position, Refusal> {
        let _turn = self.folds.acquire().await.map_err(|_| Refusal::Stopping)?;
        let filter = Filter {
            tenant: Some(tenant.clone()),
            category: Some(category.parse().expect("it is a word")),
            wire_type: None,
        };
        let mut from = Position::FIRST;
        loop {
            self.is_open()?;
            let page = self.log.read_all(from, &filter, PAGE_EVENTS_MAX).await?;
            page.events.iter().for_each(&mut take);
            if page.end {
                return Ok(Position(page.next.0.saturating_sub(1)));
            }
            from = page.next;
        }
    }
}

/// The payload of an event, as JSON.
fn payload(stored: &Stored) -> Option<Json> {
    Json::parse(str::from_utf8(stored.payload()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use events::id::{LogId, main_tenant};
    use events::store::EventStore as _;
    use events::store::memory::Memory;
    use tokio::runtime::Handle;

    use super::*;

    #[tokio::test]
    async fn a_question_that_takes_long_ends_with_the_system() {
        let log = Memory::new(LogId(uuid::Uuid::from_u128(7)));
        let background = Background::on(Handle::current(), 2);
        let reader = Arc::new(Reader::new(log.reader(), background));
        let list = || Query::read("task_list", b"").expect("a question");
        let tenant = main_tenant();
        reader.answer(&tenant, list()).await.expect("an answer");
        // One is being answered, and another one waits for its turn.
        let turn = reader.folds.acquire().await.expect("its turn");
        let waits = reader.answer(&tenant, list());
        let stops = async { reader.stop() };
        let (waited, ()) = tokio::join!(waits, stops);
        assert!(matches!(waited, Err(Refusal::Stopping)));
        drop(turn);
        let late = reader.answer(&tenant, list()).await;
        assert!(matches!(late, Err(Refusal::Stopping)));
    }

    #[test]
    fn a_question_is_one_that_there_is() {
        assert!(matches!(Query::read("task_list", b""), Ok(Query::Tasks(f)) if f.limit == ROWS));
        let id = "00000000-0000-0000-0000-000000000001";
        let task = Query::read("task", format!(r#"{{"id":"{id}"}}"#).as_bytes());
        assert!(matches!(task, Ok(Query::Task(_))));
        for (question, body, code) in [
            ("tasks", "", "unknown_request"),
            ("task", "", "malformed"),
            ("task", r#"{"id":"7"}"#, "malformed"),
            ("task_list", r#"{"phase":"odd"}"#, "malformed"),
            ("task_list", r#"{"lim":1}"#, "malformed"),
        ] {
            let refusal = Query::read(question, body.as_bytes()).expect_err(body);
            assert_eq!(refusal.code(), code, "{question} {body}");
        }
    }

    #[test]
    fn an_answer_has_an_end() {
        for limit in [0, ROWS_MAX + 1] {
            let query = Query::read("task_list", format!(r#"{{"limit":{limit}}}"#).as_bytes());
            assert!(query.expect("it is a question").check().is_err(), "{limit}");
        }
    }
}
