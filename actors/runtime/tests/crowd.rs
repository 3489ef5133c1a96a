//! Many who ask at once, of actors that leave whenever nothing waits: whoever comes just when one
//! leaves is answered by the next.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::scope;

use events::id::LogId;
use events::store::conformance::given::SetClock;
use events::store::memory::Memory;
use events::store::snapshot::MemorySnapshots;
use events::store::{EventStore, LogHead, Writer};
use tokio::runtime::Builder;
use uuid::Uuid;

use super::till::{Till, TillCommand};
use super::world::{PATIENCE, asked, place};
use crate::runtime::{Done, Refused, Registry, Stage, Tools};

const ASKERS: u128 = 8;
/// How many commands each of them sends.
const COMMANDS: u128 = 3_000;
const TILLS: u128 = 2;

#[test]
fn whoever_comes_just_when_an_actor_leaves_is_answered() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = Box::leak(Box::new(runtime.expect("a runtime")));
    let stage = Stage::on(runtime, 2).expect("threads");
    let _inside = runtime.enter();
    let store = Memory::new(LogId(Uuid::from_u128(7)));
    let clock = Arc::new(SetClock::at(1_780_000_000_000_000));
    let (reader, snapshots) = (store.reader(), Arc::new(MemorySnapshots::default()));
    let (writer, _task) =
        Writer::start(Arc::new(store), Arc::clone(&clock) as _, LogHead::default());
    let tools = Tools::new(writer, reader, snapshots, clock, runtime.handle().clone());
    let registry = Registry::<Till>::new(stage, Arc::new(tools));
    scope(|threads| {
        for asker in 0..ASKERS {
            let registry = &registry;
            threads.spawn(move || (0..COMMANDS).for_each(|n| ask(registry, asker, n)));
        }
    });
}

/// Asks, and waits for the answer; the next question comes while the actor leaves.
fn ask(registry: &Arc<Registry<Till>>, asker: u128, n: u128) {
    let (answer, answered) = channel::<Result<Done, Refused>>();
    // It leaves nothing on record but its answer, so nobody stays for the next one.
    let asked = asked(asker * COMMANDS + n, TillCommand::Look);
    let reply = move |it| answer.send(it).expect("heard");
    registry.ask(place(&format!("till-{}", n % TILLS)), asked, Box::new(reply));
    match answered.recv_timeout(PATIENCE).expect("nobody is forgotten") {
        Ok(_) | Err(Refused::Busy { .. }) => {}
        Err(other) => panic!("nobody is forgotten, and one was told: {other}"),
    }
}
