//! A history, written by the writer at once: what agents and tasks would have decided over a long time.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;

use ::actors::agent::{Agent, AgentCommand, Offer};
use ::actors::decider::{Decider, Moment};
use ::actors::task::{Order, Task, TaskCommand};
use anyhow::Context as _;
use events::codec::Words;
use events::content::{Content, Json};
use events::id::{CommandId, CommandKind, Principal, StreamKey, main_tenant};
use events::labels::Labels;
use events::store::writer::Group;
use events::store::{Append, Cause, Decision, Expected, NewEvent, RequestHash};
use events::stream::{StreamId, Version};
use events::time::Clock as _;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::app::App;
use crate::bench::log::runtime;
use crate::clock::SystemClock;
use crate::place::Place;

/// How many streams are written at once.
const AT_ONCE: usize = 512;
/// Who gets the tasks.
const AGENT: &str = "agent-0";

/// A log that gets a history.
pub(super) struct History {
    runtime: Runtime,
    app: App,
}

impl History {
    /// Opens the log, or makes it with its keys.
    pub(super) fn begin(log: &Path) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let app = runtime.block_on(App::open(&Place::File(log.to_owned())))?;
        Ok(Self { runtime, app })
    }

    /// Tasks that were done, each in three events.
    pub(super) fn tasks(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        let result = Content::Inline(json(r#"{"width":640,"height":480}"#)?);
        let agent = AGENT.parse()?;
        self.all(
            numbers,
            &life::<Task>([
                submit("resize")?,
                TaskCommand::Assign { agent, attempt: 1, lease_ms: 30_000 },
                TaskCommand::Complete { attempt: 1, result },
            ])?,
            |n| Ok(StreamKey::of_uuid(uuid(n, 0))),
        )
    }

    /// Tasks that nobody can do.
    pub(super) fn open(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        let key = |n| Ok(StreamKey::of_uuid(uuid(n, 0)));
        self.all(numbers, &life::<Task>([submit("nobody")?])?, key)
    }

    /// Agents that could do what the tasks are about.
    pub(super) fn agents(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        let offer = Offer {
            kind: "bench".into(),
            capabilities: ["resize".parse()?].into(),
            slots: 4,
            labels: Labels::new(),
            tools: [].into(),
            owner: None,
            contact: None,
        };
        let registers = life::<Agent>([AgentCommand::Register(offer)])?;
        self.all(numbers, &registers, |n| Ok(StreamKey::new(&format!("agent-{n}"))?))
    }

    /// Closes the log.
    pub(super) fn end(self) -> anyhow::Result<()> {
        Ok(self.runtime.block_on(self.app.close())?)
    }

    /// Gives each of these the same life.
    fn all<D: Decider>(
        &self,
        numbers: Range<u64>,
        life: &Life<D>,
        key: impl Fn(u64) -> anyhow::Result<StreamKey>,
    ) -> anyhow::Result<()> {
        let writer = self.app.writer();
        self.runtime.block_on(async {
            let mut waiting: VecDeque<Group> = VecDeque::new();
            for n in numbers {
                if waiting.len() == AT_ONCE
                    && let Some(oldest) = waiting.pop_front()
                {
                    recorded(oldest).await?;
                }
                waiting.push_back(writer.send_group(life.of(n, key(n)?)?).await?);
            }
            for group in waiting {
                recorded(group).await?;
            }
            Ok(())
        })
    }
}

async fn recorded(group: Group) -> anyhow::Result<()> {
    for answer in group.answers().await? {
        answer?.outcome.recorded.context("it is recorded")?;
    }
    Ok(())
}

/// What happens to an actor, one event for each command.
struct Life<D> {
    events: Vec<NewEvent>,
    /// Tells the commands of agents from those of tasks.
    sort: u64,
    of: std::marker::PhantomData<D>,
}

fn life<D: Decider>(commands: impl IntoIterator<Item = D::Command>) -> anyhow::Result<Life<D>>
where
    D::Rejection: Send + Sync + 'static,
{
    let (now, id) = (SystemClock.now(), StreamKey::of_uuid(uuid(0, 0)));
    let moment = Moment { now, tenant: main_tenant(), id };
    let (mut state, mut events) = (D::default(), Vec::new());
    for command in commands {
        for event in state.decide(command, &moment)? {
            events.push(NewEvent::of(&event));
            state = state.evolve(&event);
        }
    }
    let sort = D::Event::CATEGORY.bytes().map(u64::from).sum::<u64>() << 8;
    Ok(Life { events, sort, of: std::marker::PhantomData })
}

impl<D: Decider> Life<D> {
    /// The appends of the `n`-th of them.
    fn of(&self, n: u64, key: StreamKey) -> anyhow::Result<Vec<Append>> {
        let stream = StreamId::new(main_tenant(), D::Event::CATEGORY.parse()?, key);
        let append = |(event, nth): (&NewEvent, u64)| {
            Ok(Append {
                stream: stream.clone(),
                expected: match nth {
                    0 => Expected::Empty,
                    nth => Expected::Exact(Version(nth)),
                },
                command: CommandId { kind: CommandKind::Publisher, id: uuid(n, self.sort + nth) },
                request: RequestHash([7; 32]),
                owner: None,
                decision: Decision::Accepted(vec![event.clone()]),
                cause: Cause::by(Principal::new("bench")?),
                blobs: Vec::new(),
            })
        };
        self.events.iter().zip(0..).map(append).collect()
    }
}

fn submit(kind: &str) -> anyhow::Result<TaskCommand> {
    let input = Content::Inline(json(
        r#"{"say":"something of a size that is usual for an input, about a hundred bytes long in all"}"#,
    )?);
    Ok(TaskCommand::Submit(Box::new(Order::new(kind, input))))
}

fn json(text: &str) -> anyhow::Result<Json> {
    Json::parse(text).map_err(|error| anyhow::anyhow!("{error}"))
}

/// The id of the `n`-th of something of this sort: ordered by time, and random behind it.
fn uuid(n: u64, sort: u64) -> Uuid {
    let number = (u128::from(sort) << 64) | u128::from(n + 1);
    let random = number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes();
    let millis = 1_700_000_000_000 + n / 64;
    let random = random.first_chunk().expect("16 bytes are enough");
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}
