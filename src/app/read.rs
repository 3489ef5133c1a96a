//! Questions, and who answers them. Every answer says up to which position of the log it holds.
//! For now answers are folded from the log when they are asked for.

mod agents;
mod by_name;
mod newest;
mod pipelines;
mod query;
pub(in crate::app) mod reactions;
mod recent;
mod runs;
mod schedules;
mod shown;
mod tasks;
mod triggers;

use std::convert::identity;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use events::content::Json;
use events::id::{RunId, StreamKey, Tenant};
use events::recorded::Stored;
use events::store::{Filter, LogReader, PAGE_EVENTS_MAX};
use events::stream::{Direction, Position, StreamId, Version};
use projections::projection::Projection;
use tokio::sync::Semaphore;

use super::background::{Background, SOON};
use super::refusal::Refusal;
use super::who::{Action, Who, authorize};

use by_name::ByName;
use query::{
    AgentFilter, PipelineFilter, PipelineWanted, ReactionFilter, RunFilter, ScheduleFilter,
    TaskFilter, TriggerFilter,
};
pub use query::{QUESTIONS, Query, ROWS_MAX};

/// How many logs are folded at once: each of them keeps a processor busy.
const FOLDS_MAX: usize = 1;
/// How many histories are gone through at once.
const LOOKS_MAX: usize = 4;
/// How many events of one stream are read at once: they may be large.
const STREAM_PAGE: usize = 64;

/// Who is told what was found.
pub type Found = Box<dyn FnOnce(Result<Vec<u8>, Refusal>) + Send>;

/// Answers questions.
pub struct Reader {
    log: Arc<dyn LogReader>,
    background: Background,
    folds: Semaphore,
    looks: Semaphore,
    stopping: AtomicBool,
}

impl Reader {
    /// Answers from this log.
    #[must_use]
    pub fn new(log: Arc<dyn LogReader>, background: Background) -> Self {
        let (folds, looks) = (Semaphore::new(FOLDS_MAX), Semaphore::new(LOOKS_MAX));
        Self { log, background, folds, looks, stopping: AtomicBool::new(false) }
    }

    /// Answers nothing more from now on, and breaks off what takes long: whoever asked is told so, and
    /// nobody else waits for it.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.folds.close();
        self.looks.close();
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
                Ok(tasks::list(&tasks, &filter, position))
            }
            Query::Pipeline(wanted) => {
                let id = wanted.id.clone();
                let _turn = self.looks.acquire().await.map_err(|_| Refusal::Stopping)?;
                let mut found = pipelines::Looking::new(wanted);
                self.each(tenant, "pipeline", id.as_str(), |stored| found.take(&stored)).await?;
                found.answer()
            }
            Query::Pipelines(filter) => {
                let (all, position) = self.all(tenant, "pipeline", identity).await?;
                Ok(pipelines::list(&all, &filter, position))
            }
            Query::Run(run) => {
                let _turn = self.looks.acquire().await.map_err(|_| Refusal::Stopping)?;
                self.run(tenant, run).await
            }
            Query::Runs(filter) => {
                let mut runs = runs::Newest::default();
                let position = self.fold(tenant, "run", |stored| runs.take(stored)).await?;
                Ok(runs::list(&runs, &filter, position))
            }
            Query::Schedule(id) => {
                let _turn = self.looks.acquire().await.map_err(|_| Refusal::Stopping)?;
                let mut found = schedules::Looking::default();
                self.each(tenant, "schedule", id.as_str(), |stored| found.take(stored)).await?;
                schedules::one(&id, &found)
            }
            Query::Schedules(filter) => {
                let (all, position) = self.all(tenant, "schedule", schedules::slim).await?;
                Ok(schedules::list(&all, &filter, position))
            }
            Query::Trigger(id) => {
                let _turn = self.looks.acquire().await.map_err(|_| Refusal::Stopping)?;
                let mut found = triggers::Looking::default();
                self.each(tenant, "trigger", id.as_str(), |stored| found.take(stored)).await?;
                triggers::one(&id, &found)
            }
            Query::Triggers(filter) => {
                let (all, position) = self.all(tenant, "trigger", triggers::slim).await?;
                Ok(triggers::list(&all, &filter, position))
            }
            Query::Reactions(filter) => reactions::list(&*self.log, tenant, &filter).await,
            Query::Agents(filter) => {
                let (all, position) = self.all(tenant, "agent", identity).await?;
                Ok(agents::list(&all, &filter, position))
            }
        }
    }

    /// All rows of a category; `slim` leaves of each what a list shows.
    async fn all<P: Projection<Row: Send>>(
        &self,
        tenant: &Tenant,
        category: &str,
        slim: fn(P::Row) -> P::Row,
    ) -> Result<(ByName<P>, Position), Refusal> {
        let mut all = ByName::default();
        let position = self.fold(tenant, category, |stored| all.take(stored, slim)).await?;
        Ok((all, position))
    }

    /// A run, and who is at work for it.
    async fn run(&self, tenant: &Tenant, run: RunId) -> Result<Vec<u8>, Refusal> {
        let mut found = runs::Looking::new(run);
        self.each(tenant, "run", &run.to_string(), |stored| found.take(stored)).await?;
        for task in found.open_tasks() {
            let history = self.history(tenant, "task", &task.to_string()).await?;
            found.at_work(task, &history);
        }
        found.answer()
    }

    /// The history of one stream.
    async fn history(
        &self,
        tenant: &Tenant,
        category: &str,
        key: &str,
    ) -> Result<Vec<Stored>, Refusal> {
        let mut history = Vec::new();
        self.each(tenant, category, key, |stored| history.push(stored)).await?;
        Ok(history)
    }

    /// Goes through the history of one stream.
    async fn each(
        &self,
        tenant: &Tenant,
        category: &str,
        key: &str,
        mut take: impl FnMut(Stored) + Send,
    ) -> Result<(), Refusal> {
        let key: StreamKey = key.parse().expect("an id is a token");
        let stream = StreamId::new(tenant.clone(), category.parse().expect("it is a word"), key);
        let mut from = Version::FIRST;
        loop {
            let forwards = Direction::Forwards;
            let page = self.log.read_stream(&stream, from, forwards, STREAM_PAGE).await?;
            let came = page.len();
            page.into_iter().for_each(&mut take);
            if came < STREAM_PAGE {
                return Ok(());
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

/// What stands where a list shows nothing.
fn nothing() -> Json {
    Json::parse("null").expect("it is JSON")
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
}
