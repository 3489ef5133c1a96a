//! A system that runs: a log that is open for writing, the actors that decide, and the bus of this
//! process with the door to them.

use std::sync::Arc;

use actors::reactions;
use actors::runtime::{Stage, Tools};
use actors::work::built_in::AtWork;
use actors::work::foreman::Foreman;
use actors::work::reactor::Reactor;
use actors::work::{Ended, Means};
use events::bus;
use events::bus::discovery::{Answering, Service};
use events::id::main_tenant;
use events::store::keys::new_id;
use events::store::snapshot::SnapshotStore;
use events::store::sqlite::SqliteSnapshots;
use events::time::Clock;
use tempfile::TempPath;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::background::{AT_ONCE_MAX, Background, QUESTIONS_MAX};
use super::carrier::Carrier;
use super::dispatch::Dispatch;
use super::file::beside;
use super::mending::Mender;
use super::own_record::{OwnRecord, Trouble};
use super::read::Reader;
use super::signals::Signals;
use super::tenant_keys::Keys;
use super::{App, Error};
use crate::clock::SystemClock;
use crate::doors::nats::far::{FarDoor, FarOutlet};
use crate::doors::nats::relay::Relay;
use crate::doors::nats::relay::copied::Copied;
use crate::doors::nats::{Asked, NatsDoor, Trust, serve_router};

/// How many threads actors live on: deciding is a small part of what is done.
const ACTOR_THREADS: usize = 1;
/// What the tools of NATS call it.
const SERVICE: &str = "annals";

/// A system that runs.
pub struct Node {
    app: App,
    carrier: Carrier,
    /// What listens to the server, where there is one.
    far: Option<FarDoor>,
    own_record: Arc<OwnRecord>,
    /// Ends when nobody is left who could be in trouble.
    listening: JoinHandle<()>,
    /// How often something was refused because another system has taken over.
    moved: watch::Receiver<u64>,
    /// Why a part of it has ended by itself.
    ended: watch::Receiver<Option<Ended>>,
    means: Arc<Means>,
    dispatch: Arc<Dispatch>,
    reader: Arc<Reader>,
    workers: Option<Workers>,
    answering: Answering,
    relay: Relay,
    /// Snapshots of a log that is not in a file are kept until the process ends.
    _snapshots: Option<TempPath>,
}

/// Those who work in it.
struct Workers {
    foreman: Foreman,
    reactors: Vec<Reactor>,
    built_in: AtWork,
}

impl Workers {
    async fn stop(self) {
        self.foreman.stop().await;
        for reactor in self.reactors {
            reactor.stop().await;
        }
        self.built_in.stop().await;
    }
}

/// Why a system does not start.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The log or its keys.
    #[error(transparent)]
    App(#[from] Error),
    /// The bus of this process.
    #[error(transparent)]
    Bus(#[from] bus::Error),
    /// A thread or a file that every process can have.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

impl Node {
    /// Starts everything that decides and answers; nobody is let in yet.
    pub async fn start(
        app: App,
        carrier: Carrier,
        runtime: &'static Runtime,
    ) -> Result<Self, NotStarted> {
        let pool = runtime.handle().clone();
        let (snapshots, kept) = snapshots(&app)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let own_record = Arc::new(OwnRecord::new(app.writer(), Arc::clone(&clock)));
        let (trouble, listening) = own_record.listen(&pool);
        let reader = app.shared_reader();
        let mut tools = Tools::new(
            app.writer(),
            Arc::clone(&reader),
            snapshots,
            Arc::clone(&clock),
            pool.clone(),
        );
        let moved = trouble.moved();
        tools.epochs = app.epochs();
        let heard = trouble.clone();
        tools.on_incident = Box::new(move |incident| heard.tell(incident));
        let stage = Stage::on(runtime, ACTOR_THREADS)?;
        let ended = trouble.ended();
        let means = means(&app, &carrier, Arc::new(tools), stage, &trouble);
        let questions = Background::on(pool.clone(), QUESTIONS_MAX);
        let (background, keys) = (Background::on(pool, AT_ONCE_MAX), Keys::new(app.keys()));
        // So that the first command finds its key at hand.
        keys.of(&main_tenant(), None).await.map_err(Error::from)?;
        own_record.started().await.map_err(Error::from)?;
        let copied = copied(&carrier, &app).await?;
        let relay = Relay::begin(&carrier, copied, &app, &trouble, runtime.handle());
        let relay = relay.await.map_err(Error::from)?;
        let foreman = Foreman::begin(Arc::clone(&means));
        let reactors = react(&means, &trouble);
        let mendings = reactors.iter().map(Reactor::mending).collect();
        let heartbeats = foreman.heartbeats();
        let built_in = AtWork::begin(&means, &heartbeats).await?;
        let dispatch = Arc::new(Dispatch::new(&means, keys, background.clone()));
        let signals = Arc::new(Signals::new(Arc::clone(&dispatch), heartbeats));
        let reader = Arc::new(Reader::new(reader, questions));
        let asked = Asked {
            dispatch: Arc::clone(&dispatch),
            signals,
            mender: Arc::new(Mender::new(mendings, background.clone())),
            reader: Arc::clone(&reader),
        };
        let (door, far) = open_door(asked, clock, &carrier).await?;
        let answering = service(&door).answer_on(carrier.bus()).await?;
        Ok(Self {
            app,
            carrier,
            far,
            own_record,
            listening,
            moved,
            ended,
            means,
            dispatch,
            reader,
            workers: Some(Workers { foreman, reactors, built_in }),
            answering,
            relay,
            _snapshots: kept,
        })
    }

    /// Returns when another system has taken over, and how often something was refused since.
    pub async fn moved(&self) -> u64 {
        let mut moved = self.moved.clone();
        match moved.wait_for(|times| *times > 0).await.map(|times| *times) {
            Ok(times) => times,
            Err(_) => std::future::pending().await,
        }
    }

    /// Returns when a part of it has ended by itself: what goes on only seems to work.
    pub async fn ended(&self) -> Ended {
        let mut ended = self.ended.clone();
        let why = tokio::select! {
            why = ended.wait_for(Option::is_some) => why.map(|why| why.clone()),
            () = self.carrier.closed() => return Ended::Cut,
        };
        match why {
            Ok(Some(why)) => why,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    /// How often something was refused because another system has taken over.
    #[must_use]
    pub fn refused(&self) -> watch::Receiver<u64> {
        self.moved.clone()
    }

    /// The log it works on.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Takes nothing new: from now on everyone is told that it is about to end.
    pub fn refuse(&self) {
        self.dispatch.stop();
        self.reader.stop();
    }

    /// Hands out nothing more, gives back what it is at itself, and waits until everything that was
    /// taken is answered, or the time has come.
    pub async fn settle(&mut self, until: Instant) {
        self.refuse();
        if let Some(workers) = self.workers.take() {
            // Whatever is not done in time is found at the next start.
            let _ = timeout_at(until, workers.stop()).await;
        }
        self.dispatch.drain(until).await;
        self.means.drain(until).await;
    }

    /// Ends in good order: what was taken is answered, as far as there is time for it, why it ends is
    /// recorded, and the log is closed. Whatever is not settled by then is found at the next start, as
    /// after a crash.
    pub async fn stop(self, why: &str, until: Instant) -> Result<(), Error> {
        timeout_at(until, self.stop_all(why, until)).await.unwrap_or(Ok(()))
    }

    async fn stop_all(mut self, why: &str, until: Instant) -> Result<(), Error> {
        self.settle(until).await;
        let Self { app, carrier, own_record, listening, means, dispatch, reader, .. } = self;
        self.answering.stop().await;
        own_record.stopped(why).await?;
        self.relay.stop().await;
        // It is closed already where it fails.
        let _ = carrier.bus().drain().await;
        if let Some(far) = self.far {
            far.close().await;
        }
        drop((means, dispatch, reader, carrier, own_record));
        // It has ended as well if it has panicked.
        let _ = listening.await;
        Ok(app.close().await?)
    }
}

/// All actors, and what they work with.
fn means(
    app: &App,
    carrier: &Carrier,
    tools: Arc<Tools>,
    stage: Stage,
    trouble: &Trouble,
) -> Arc<Means> {
    let trouble = trouble.clone();
    let on_end = Box::new(move |why| trouble.ends(why));
    Arc::new(Means::new(&stage, tools, app.keys(), carrier.bus(), on_end))
}

/// Lets clients ask.
async fn open_door(
    asked: Asked,
    clock: Arc<dyn Clock>,
    carrier: &Carrier,
) -> Result<(Arc<NatsDoor>, Option<FarDoor>), bus::Error> {
    match carrier {
        Carrier::Here(router) => {
            let door = NatsDoor::new(asked, clock, Arc::new(router.clone()), Trust::Connection);
            let door = Arc::new(door);
            serve_router(&door, router);
            Ok((door, None))
        }
        Carrier::Server { nats, keeps } => {
            let (outlet, answers) = FarOutlet::to(carrier.bus());
            let door = Arc::new(NatsDoor::new(asked, clock, Arc::new(outlet), Trust::Subject));
            let keeper = keeps.then(|| Arc::clone(nats));
            let far = FarDoor::open(&door, &carrier.bus(), answers, keeper).await?;
            Ok((door, Some(far)))
        }
    }
}

/// Has the server keep copies of events, if it is one that keeps things.
async fn copied(carrier: &Carrier, app: &App) -> Result<Option<Copied>, bus::Error> {
    match carrier {
        Carrier::Server { nats, keeps: true } => {
            Copied::open(Arc::clone(nats), app.shared_reader()).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// Everything that follows from events, at work.
fn react(means: &Arc<Means>, trouble: &Trouble) -> Vec<Reactor> {
    let begin = |listed: &reactions::Listed| {
        let trouble = trouble.clone();
        Reactor::begin(
            *listed,
            Arc::clone(means),
            Box::new(move |event, by| trouble.record(event, by)),
        )
    };
    reactions::ALL.iter().map(begin).collect()
}

type Snapshots = (Arc<dyn SnapshotStore>, Option<TempPath>);

/// Beside the log if that is in a file, else for as long as the process lives.
fn snapshots(app: &App) -> Result<Snapshots, NotStarted> {
    let kept = match app.place().file() {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("annals-").tempfile()?.into_temp_path()),
    };
    let beside_log = app.place().file().map(|path| beside(path, ".snapshots"));
    let path = beside_log.as_deref().or(kept.as_deref()).expect("there is one or the other");
    let snapshots = SqliteSnapshots::open(path).map_err(Error::from)?;
    Ok((Arc::new(snapshots), kept))
}

fn service(door: &NatsDoor) -> Service {
    let now = SystemClock.now();
    let started = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
    let id = new_id(now).simple().to_string();
    let service = Service::new(SERVICE, env!("CARGO_PKG_VERSION"), &id, started)
        .expect("the name and the version of this program are ones")
        .described("agents and tasks, recorded for good");
    door.offered().endpoints().into_iter().fold(service, Service::serving)
}
