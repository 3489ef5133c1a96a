//! What actors rely on: one runtime for all threads, and time that can be virtual.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::{Instant, timeout};

use super::Stage;

fn runtime() -> &'static Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    Box::leak(Box::new(runtime.expect("a runtime")))
}

async fn passes(time: Duration) {
    timeout(time, std::future::pending::<()>()).await.expect_err("nothing happens");
}

#[test]
fn actors_use_the_timers_and_channels_of_the_program() {
    let runtime = runtime();
    let stage = Stage::on(runtime, 2).expect("threads");
    let names: Arc<Mutex<Vec<_>>> = Arc::default();
    for thread in 0..2 {
        let (ask, asked) = oneshot::channel::<()>();
        let (answer, answered) = oneshot::channel();
        let (begun, names) = (Instant::now(), Arc::clone(&names));
        let lives = stage.start(
            thread,
            Box::new(move || {
                names.lock().expect("held").push(std::thread::current().id());
                actix_rt::spawn(async move {
                    asked.await.expect("asked");
                    passes(Duration::from_millis(5)).await;
                    let _ = answer.send(begun.elapsed());
                });
            }),
        );
        assert!(lives);
        let waited = runtime.block_on(async {
            ask.send(()).expect("it lives");
            answered.await.expect("answered")
        });
        assert!(waited >= Duration::from_millis(5));
    }
    let names = names.lock().expect("held");
    assert_ne!(names[0], names[1], "each thread is another one");
}

#[test]
fn a_thread_ends_with_the_stage() {
    let stage = Stage::on(runtime(), 1).expect("a thread");
    let (kept, gone) = oneshot::channel::<()>();
    let waits =
        move || drop(actix_rt::spawn(async move { drop((kept, passes(Duration::MAX).await)) }));
    assert!(stage.start(0, Box::new(waits)));
    drop(stage);
    assert!(gone.blocking_recv().is_err(), "what lived there is gone");
}

#[tokio::test(start_paused = true)]
async fn on_the_thread_of_a_test_an_hour_is_over_at_once() {
    LocalSet::new()
        .run_until(async {
            let (answer, answered) = oneshot::channel();
            let begun = Instant::now();
            let waits = async move {
                passes(Duration::from_secs(3600)).await;
                let _ = answer.send(());
            };
            assert!(Stage::here().start(0, Box::new(|| drop(actix_rt::spawn(waits)))));
            answered.await.expect("answered");
            assert_eq!(begun.elapsed().as_secs(), 3600);
        })
        .await;
}
