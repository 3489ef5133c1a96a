//! The threads that commands run on. When the system has none left, the runtime panics; here that
//! becomes a failure like any other, with a code and a remedy.

use std::any::Any;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

use super::Done;
use super::problem::Problem;

/// Who reads, and what watches it.
const WORKERS: usize = 2;
/// Reads of the log, and one write to standard output.
const BLOCKING_THREADS_MAX: usize = 8;
/// How the runtime begins to say that there is no thread left.
const NO_THREAD: &str = "OS can't spawn worker thread";

/// Runs a command's work on one thread: commands wait for disks and pipes, they do not compute.
pub(super) fn block_on(work: impl Future<Output = Done>) -> Done {
    run_on(Builder::new_current_thread(), work)
}

/// Runs a command's work on several threads: where a log moves, reading, proving and writing each
/// take one.
pub(super) fn side_by_side(work: impl Future<Output = Done>) -> Done {
    let mut threads = Builder::new_multi_thread();
    threads.worker_threads(WORKERS);
    run_on(threads, work)
}

/// Runs what lives as long as the program, and whose parts need its threads for just as long.
pub(super) fn for_good<W: Future<Output = Done>>(work: impl FnOnce(&'static Runtime) -> W) -> Done {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    or_without_thread(move || {
        let mut threads = Builder::new_multi_thread();
        threads.enable_all().max_blocking_threads(BLOCKING_THREADS_MAX);
        let runtime = threads.build().map_err(Problem::SystemFailed)?;
        let runtime = RUNTIME.get_or_init(|| runtime);
        runtime.block_on(work(runtime))
    })
}

fn run_on(mut threads: Builder, work: impl Future<Output = Done>) -> Done {
    threads.enable_all().max_blocking_threads(BLOCKING_THREADS_MAX);
    or_without_thread(move || {
        let runtime = threads.build().map_err(Problem::SystemFailed)?;
        let done = runtime.block_on(work);
        // A write to a pipe that nobody empties must not keep the program from ending.
        runtime.shutdown_background();
        done
    })
}

/// Makes a failure of the one panic that is the system's; every other one goes on.
fn or_without_thread(work: impl FnOnce() -> Done) -> Done {
    let say = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if without_thread(panic.payload()).is_none() {
            say(panic);
        }
    }));
    // Nothing that a panic has left is looked at again: the program ends with this.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        match without_thread(&*panic) {
            Some(said) => Err(Problem::SystemFailed(io::Error::other(said.to_owned()))),
            None => panic::resume_unwind(panic),
        }
    })
}

/// What a panic says, if it says that there is no thread left.
fn without_thread(panic: &(dyn Any + Send)) -> Option<&str> {
    panic.downcast_ref::<String>().map(String::as_str).filter(|said| said.starts_with(NO_THREAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_thread_left_is_a_failure_and_no_panic() {
        let done = or_without_thread(|| panic!("{NO_THREAD}: {}", "try again later"));
        let said = done.expect_err("it failed").to_string();
        assert_eq!(said, "the system refuses: OS can't spawn worker thread: try again later");
    }

    #[test]
    #[should_panic(expected = "a fault of ours")]
    fn every_other_panic_stays_one() {
        let _ = or_without_thread(|| panic!("a fault of ours: {}", 1));
    }
}
