//! A log on a bad day: what it does not say now is asked for again, and nothing is left lying.

use std::time::Duration;

use events::content::{Content, Json};
use events::store::Error;
use events::task::{Loss, TaskEvent};

use super::world::{World, asked_to, next, on_stage, passes, task};
use crate::runtime::tests::faulty::Fault;
use crate::task::{Order, TaskCommand};
use crate::work::Ended;

fn order() -> Order {
    Order::new("resize", Content::Inline(Json::parse("7").expect("JSON")))
}

#[tokio::test(start_paused = true)]
async fn an_assignment_whose_answer_was_lost_is_lost_and_placed_again() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        let not_before = Some(life.means.tools.clock.now().plus_ms(5_000));
        life.orders(task(1), Order { not_before, ..order() }).await;
        passes(Duration::from_secs(1)).await;
        world.store.befalls([Fault::BrokenAfter]);
        let work = next(&mut worker).await;
        assert_eq!(asked_to(&work), (task(1), 2), "nobody was handed the first one");
        let history = world.history(task(1)).await;
        assert!(matches!(&history[1], TaskEvent::Assigned(first) if first.attempt == 1));
        let lost = &history[2];
        assert!(matches!(lost, TaskEvent::LeaseLost(lost) if lost.why == Loss::Unclaimed));
        assert!(matches!(&history[3..], [TaskEvent::Assigned(_)]), "{history:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_read_for_a_while_is_read_again_and_nothing_is_skipped() {
    on_stage(async {
        for fails in 1..12 {
            let world = World::new();
            let life = world.begins().await;
            life.registers("resize", 1).await;
            life.ends().await;
            // At its beginning, and later in between.
            world.store.fails_reads(fails);
            let life = world.begins().await;
            let mut worker = life.works("resize").await;
            life.submits(task(1), "resize").await;
            let work = next(&mut worker).await;
            assert_eq!(asked_to(&work), (task(1), 1), "after {fails}");
            life.answers(&work, r#"{"result":8}"#).await;
            for n in 2..6 {
                passes(Duration::from_secs(5)).await;
                world.store.fails_reads(fails);
                passes(Duration::from_secs(5)).await;
                life.submits(task(n), "resize").await;
                let work = next(&mut worker).await;
                assert_eq!(asked_to(&work), (task(n), 1), "after {fails}");
                life.answers(&work, r#"{"result":8}"#).await;
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_cancelled_together_with_its_assignment_is_not_handed_over() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        let not_before = Some(life.means.tools.clock.now().plus_ms(5_000));
        life.orders(task(1), Order { not_before, ..order() }).await;
        passes(Duration::from_millis(4_900)).await;
        // While a first word is on its way to the log, both others wait, and go there together.
        world.store.holds_back(true);
        let note = life.says(task(1), TaskCommand::Note { text: "wait".into() });
        let cancels = async {
            passes(Duration::from_secs(1)).await;
            let cancel = TaskCommand::Cancel { reason: "no".into() };
            let cancelled = life.says(task(1), cancel);
            let opens = async {
                passes(Duration::from_secs(1)).await;
                world.store.holds_back(false);
            };
            tokio::join!(cancelled, opens).0.expect("it is cancelled");
        };
        let (noted, ()) = tokio::join!(note, cancels);
        noted.expect("it is noted");
        passes(Duration::from_secs(1)).await;
        let history = world.history(task(1)).await;
        let [TaskEvent::Submitted(_), TaskEvent::Noted(_), rest @ ..] = &history[..] else {
            panic!("{history:?}")
        };
        assert!(matches!(rest, [TaskEvent::Assigned(_), TaskEvent::Cancelled(_)]), "{rest:?}");
        let handed = tokio::time::timeout(Duration::from_secs(60), worker.next()).await;
        assert!(handed.is_err(), "it was handed over");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn that_nothing_can_be_handed_out_any_more_is_told() {
    on_stage(async {
        let world = World::new();
        let told = || world.ended.lock().expect("held").clone();
        let life = world.begins().await;
        passes(Duration::from_secs(5)).await;
        life.ends().await;
        assert!(told().is_empty(), "that it was told to end is no trouble");
        let _life = world.begins().await;
        passes(Duration::from_secs(5)).await;
        world.store.is_lost();
        passes(Duration::from_secs(5)).await;
        assert!(
            matches!(told()[..], [Ended::Log { part: "foreman", error: Error::Failed(_) }]),
            "{:?}",
            told()
        );
        // Nor does it begin.
        let _life = world.begins().await;
        passes(Duration::from_secs(5)).await;
        assert_eq!(told().len(), 2);
    })
    .await;
}
