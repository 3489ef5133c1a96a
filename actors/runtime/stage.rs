//! The threads that actors live on: arbiters of actix on the runtime of the whole program, so that
//! timers, channels and sockets are the same everywhere. Or the thread one is on, where time may be
//! virtual.

use std::io;
use std::sync::Arc;
use std::thread;

use actix_rt::{Arbiter, System};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

#[cfg(test)]
mod tests;

/// How many actors may wait for being started on one thread.
const STARTS_MAX: usize = 4096;

/// Makes an actor, on the thread it will live on.
pub(crate) type Start = Box<dyn FnOnce() + Send>;

/// Where actors are started; clones share it. They live until the last clone is gone.
#[derive(Debug, Clone)]
pub struct Stage {
    threads: Arc<[mpsc::Sender<Start>]>,
}

impl Stage {
    /// Opens threads of their own, on this runtime.
    pub fn on(runtime: &'static Runtime, threads: usize) -> io::Result<Self> {
        let (senders, starts): (Vec<_>, Vec<_>) =
            (0..threads.max(1)).map(|_| mpsc::channel(STARTS_MAX)).unzip();
        thread::Builder::new()
            .name("actors".into())
            .spawn(move || run(runtime, starts))
            .map(|_runs_until_the_last_clone_is_gone| Self { threads: senders.into() })
    }

    /// On the thread one is on, which must be inside a `LocalSet`.
    #[must_use]
    pub fn here() -> Self {
        let (sender, starts) = mpsc::channel(STARTS_MAX);
        actix_rt::spawn(start_all(starts));
        Self { threads: [sender].into() }
    }

    /// Starts an actor; `pick` says on which thread. Says whether it will live.
    pub(crate) fn start(&self, pick: usize, start: Start) -> bool {
        self.threads[pick % self.threads.len()].try_send(start).is_ok()
    }
}

/// The first thread is that of the system itself; there is an arbiter for each other one.
fn run(runtime: &'static Runtime, starts: Vec<mpsc::Receiver<Start>>) {
    let system = System::with_tokio_rt(|| runtime);
    let mut starts = starts.into_iter();
    let own = starts.next();
    let arbiters: Vec<Arbiter> = starts
        .map(|starts| {
            let arbiter = Arbiter::with_tokio_rt(move || runtime);
            arbiter.spawn(start_all(starts));
            arbiter
        })
        .collect();
    if let Some(own) = own {
        system.block_on(start_all(own));
    }
    for arbiter in arbiters {
        arbiter.stop();
        // A thread that panicked has ended, too.
        let _ = arbiter.join();
    }
}

async fn start_all(mut starts: mpsc::Receiver<Start>) {
    while let Some(start) = starts.recv().await {
        start();
    }
}
