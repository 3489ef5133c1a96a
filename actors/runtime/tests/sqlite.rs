//! The same on a log in a file, on threads as the program has them: nothing that blocks happens where
//! actors live, and what is read back is what was decided.

use std::path::Path;
use std::sync::{Arc, Mutex};

use events::store::conformance::given::SetClock;
use events::store::sqlite::{Options, Sqlite, SqliteSnapshots};
use events::store::writer::WriterTask;
use events::store::{EventStore, Writer};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::till::{Till, TillCommand};
use super::world::{PATIENCE, asked, place, said};
use crate::runtime::{Done, Registry, Stage, Tools};

const TILLS: u128 = 20;
/// How many of them are asked something one after the other.
const ROUNDS: u128 = 4;

struct House {
    registry: Arc<Registry<Till>>,
    task: WriterTask,
}

impl House {
    async fn open(folder: &Path, stage: &Stage) -> Self {
        let store = Box::pin(Sqlite::open(&folder.join("log"), &Options::default())).await;
        let store = Arc::new(store.expect("opens"));
        let head = store.reader().head().await.expect("a head");
        let clock = Arc::new(SetClock::at(1_780_000_000_000_000));
        let (writer, task) = Writer::start(Arc::clone(&store) as _, Arc::clone(&clock) as _, head);
        let snapshots = SqliteSnapshots::open(&folder.join("snapshots")).expect("opens");
        let pool = tokio::runtime::Handle::current();
        let tools = Tools::new(writer, store.reader(), Arc::new(snapshots), clock, pool);
        Self { registry: Registry::new(stage.clone(), Arc::new(tools)), task }
    }

    /// Sends all of them at once; the last one says how the till stands.
    async fn asks(&self, key: &str, first: u128, commands: Vec<TillCommand>) -> String {
        let answers: Arc<Mutex<Vec<Done>>> = Arc::default();
        let (all, told) = oneshot::channel();
        for (command, n) in commands.into_iter().zip(first..) {
            let answers = Arc::clone(&answers);
            let reply = move |it: Result<Done, _>| {
                answers.lock().expect("held").push(it.expect("it is done"));
            };
            self.registry.ask(place(key), asked(n, command), Box::new(reply));
        }
        let tell = asked(first + 999, TillCommand::Tell);
        self.registry.ask(place(key), tell, Box::new(move |it| drop(all.send(it))));
        let last = told.await.expect("answered").expect("done");
        assert!(answers.lock().expect("held").iter().all(|done| !done.known));
        said(&last)
    }

    async fn close(self) {
        self.registry.drain(Instant::now() + PATIENCE).await;
        assert_eq!(self.registry.live(), 0);
        drop(self.registry);
        self.task.finished().await.expect("the log closes");
    }
}

fn runtime() -> &'static Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    Box::leak(Box::new(runtime.expect("a runtime")))
}

#[test]
fn what_is_asked_of_a_log_in_a_file_is_there_when_it_is_opened_again() {
    let (folder, runtime) = (tempfile::tempdir().expect("a folder"), runtime());
    let stage = Stage::on(runtime, 2).expect("threads");
    runtime.block_on(async {
        for round in 0..ROUNDS {
            let house = House::open(folder.path(), &stage).await;
            for till in 0..TILLS {
                let first = (round * TILLS + till) * 1_000;
                let mut commands = vec![TillCommand::Put(1); 30];
                commands.extend([TillCommand::Take(31), TillCommand::Rob, TillCommand::Look]);
                let told = house.asks(&format!("till-{till}"), first, commands).await;
                // From the second round on there is enough to take something.
                let holds = [30, 29, 28, 27][round as usize];
                assert_eq!(told, format!("{holds} after {}", expected_changes(round)));
            }
            house.close().await;
        }
    });
}

/// Thirty puts and a break-in each time, and a take from the second time on.
fn expected_changes(round: u128) -> u128 {
    31 * (round + 1) + round
}
