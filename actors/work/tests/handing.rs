//! From a submission to its result.

use std::time::Duration;

use events::bus::MESSAGE_BYTES_MAX;
use events::content::{Content, Json};
use events::store::Verdict;
use events::task::{Class, Loss, TaskEvent};

use super::world::{World, asked_to, history, on_stage, passes, task};
use crate::task::TaskCommand;
use crate::work::BESIDE_BYTES_MAX;

fn result() -> Content {
    Content::Inline(Json::parse("8").expect("JSON"))
}

#[tokio::test(start_paused = true)]
async fn a_task_goes_to_a_worker_and_its_result_is_on_record() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        life.submits(task(1), "resize").await;
        let work = worker.next().await.expect("there is work");
        assert_eq!(asked_to(&work), (task(1), 1));
        life.answers(&work, r#"{"result":8}"#).await;
        passes(Duration::from_secs(1)).await;
        let history = world.history(task(1)).await;
        assert!(matches!(&history[2], TaskEvent::Completed(done) if done.result == result()));
        assert_eq!(history.len(), 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_handed_over_before_that_is_on_record() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 4).await;
        for n in 1..=20 {
            life.submits(task(n), "resize").await;
            let work = worker.next().await.expect("there is work");
            let told = history(&*life.means.tools.reader, task(n)).await;
            let is_assigned = matches!(told.last(), Some(TaskEvent::Assigned(_)));
            assert!(is_assigned, "it was handed over before that was on record");
            life.answers(&work, r#"{"result":8}"#).await;
            passes(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_result_of_a_lost_attempt_does_not_count() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        life.submits(task(1), "resize").await;
        let first = worker.next().await.expect("there is work");
        life.answers(&first, "taken").await;
        // It gives no sign of life, and the lease runs out; the agent is silent until it is heard.
        passes(Duration::from_secs(45)).await;
        let lost = world.history(task(1)).await;
        assert!(matches!(&lost[2], TaskEvent::LeaseLost(lost) if lost.why == Loss::AgentSilent));
        let late = TaskCommand::Complete { attempt: 1, result: result() };
        let said = life.says(task(1), late).await.expect("it is answered").outcome.verdict;
        let is_refused =
            matches!(&said, Verdict::Rejected { code, .. } if code == "task.result_too_late");
        assert!(is_refused, "a result of a lost attempt counts: {said:?}");
        let history = world.history(task(1)).await;
        assert!(matches!(history.last(), Some(TaskEvent::LateResult(_))));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_is_not_there_gets_the_task_again_later() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        life.registers("resize", 1).await;
        life.submits(task(1), "resize").await;
        passes(Duration::from_millis(500)).await;
        let told = world.history(task(1)).await;
        assert!(matches!(&told[2], TaskEvent::LeaseLost(lost) if lost.why == Loss::NobodyThere));
        let mut worker = life.works("resize").await;
        let work = worker.next().await.expect("there is work");
        assert_eq!(asked_to(&work).0, task(1));
        assert!(asked_to(&work).1 > 1, "each hand-over has a number of its own");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_the_task_refuses_is_a_failure_of_the_attempt() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let mut worker = life.works("resize").await;
        life.registers("resize", 1).await;
        life.submits(task(1), "resize").await;
        let work = worker.next().await.expect("there is work");
        let odd = r#"{"failed":{"class":"permanent","code":"no\nname","message":"no"}}"#;
        life.answers(&work, odd).await;
        passes(Duration::from_millis(100)).await;
        let history = world.history(task(1)).await;
        let Some(TaskEvent::AttemptFailed(failed)) = history.get(2) else { panic!("{history:?}") };
        assert_eq!((failed.class, &failed.error.code[..]), (Class::Temporary, "answer_refused"));
        let message = &failed.error.message;
        assert!(message.starts_with("task.invalid_name"), "{message}");
        let again = worker.next().await.expect("it is tried again");
        assert_eq!(asked_to(&again), (task(1), 2));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_the_bus_does_not_carry_is_not_tried_again() {
    on_stage(async {
        let world = World::new();
        let life = world.begins().await;
        let _worker = life.works("resize").await;
        life.registers("resize", 1).await;
        let most = MESSAGE_BYTES_MAX - BESIDE_BYTES_MAX - "resize".len();
        for (n, bytes, is_carried) in [(1, MESSAGE_BYTES_MAX, false), (2, most, true)] {
            let text = format!("\"{}\"", "x".repeat(bytes - 2));
            let input = Json::parse(&text).expect("JSON");
            life.submits_large(task(n), "resize", input).await;
            passes(Duration::from_millis(500)).await;
            let history = world.history(task(n)).await;
            let failed = matches!(history.last(), Some(TaskEvent::Failed(failed))
                if failed.class == Class::Permanent && failed.error.code == "input_too_large");
            assert_eq!(failed, !is_carried, "{bytes} bytes: {:?}", &history[1..]);
        }
    })
    .await;
}
