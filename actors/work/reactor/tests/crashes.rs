//! The process ends at any moment: whatever was under way is given again, and happens once.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use events::store::memory::Memory;
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::order::notes;
use super::world::{MENDED, PassOn, World, new_log, passes, stream};
use crate::reactions::Listed;
use crate::runtime::Limits;
use crate::work::errand::annals;
use crate::work::reactor::Desk;
use crate::work::reactor::mending::Which;

/// How many events there are to react to.
const EVENTS: u64 = 200;
/// After how long nothing more happens by itself.
const QUIET: Duration = Duration::from_secs(30);

/// Goes so far and not further.
struct Steps<F> {
    left: usize,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for Steps<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        self.work.as_mut().poll(context).map(drop)
    }
}

/// A process that ends, with all that is in it, when this is done.
pub(super) fn process<T>(story: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    LocalSet::new().block_on(&runtime.expect("a runtime"), story)
}

/// Lets the reaction work until it has waited so often, or has nothing more to do; says whether it has.
async fn works(log: &Memory, steps: usize) -> bool {
    is_done_after(log, Listed::of::<PassOn<0>>(), steps).await
}

/// The same of any reaction.
pub(super) async fn is_done_after(log: &Memory, listed: Listed, steps: usize) -> bool {
    let world = World::over(log.clone(), Limits::default()).await;
    let (mut desk, ears, ..) = Desk::new(listed, Arc::clone(&world.means), Box::new(|_, _| {}));
    let work = Steps { left: steps, work: Box::pin(desk.work(ears)) };
    timeout(QUIET, work).await.is_err()
}

#[test]
fn wherever_the_process_ends_everything_is_told_once_and_in_order() {
    let mut steps = 0;
    let mut is_done = false;
    while !is_done {
        steps += 1;
        let log = new_log();
        let told = process(async {
            let world = World::over(log.clone(), Limits::default()).await;
            notes(&world, EVENTS).await
        });
        is_done = process(works(&log, steps));
        assert!(process(works(&log, usize::MAX)), "it ended by itself");
        process(async {
            let world = World::over(log.clone(), Limits::default()).await;
            for (target, texts) in told {
                let said = world.said_of(target).await;
                assert!(said == texts, "something is not told once, after {steps} steps: {said:?}");
            }
        });
    }
    assert!(steps > 20, "it waited {steps} times, which is no test");
}

/// Lets it work with someone who wants the parked stream to go on; then it is told, once and in order.
async fn mends(log: &Memory, steps: usize) -> bool {
    let world = World::over(log.clone(), Limits::default()).await;
    let listed = Listed::of::<PassOn<3>>();
    let (mut desk, ears, mending, _) =
        Desk::new(listed, Arc::clone(&world.means), Box::new(|_, _| {}));
    let work = Steps { left: steps, work: Box::pin(desk.work(ears)) };
    let wish = async {
        // It is not parked any more where an earlier life came to its end.
        let _ = mending.retry(Which::Of(stream(1)), annals()).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        done = timeout(QUIET, work) => done.is_err(),
        () = wish => false,
    }
}

#[test]
fn wherever_the_process_ends_a_stream_that_was_parked_goes_on_in_order() {
    let (mut steps, mut is_done) = (0, false);
    while !is_done {
        steps += 1;
        let log = new_log();
        process(async {
            MENDED[3].store(false, Ordering::Relaxed);
            let world = World::over(log.clone(), Limits::default()).await;
            let reactor = world.passes_on::<3>();
            world.submits(1..=2).await;
            for text in ["2 bad", "2 a", "2 b", "2 c"] {
                world.notes(1, text).await;
            }
            passes(QUIET).await;
            assert!(world.said_of(2).await.is_empty(), "a parked stream was overtaken");
            reactor.stop().await;
        });
        MENDED[3].store(true, Ordering::Relaxed);
        is_done = process(mends(&log, steps));
        assert!(process(mends(&log, usize::MAX)), "it ended by itself");
        process(async {
            let world = World::over(log.clone(), Limits::default()).await;
            let said = world.said_of(2).await;
            assert_eq!(said, ["bad", "a", "b", "c"], "after {steps} steps");
        });
    }
    assert!(steps > 5, "it waited {steps} times, which is no test");
}
