//! What a run says about going on from it.

use events::content::Content;
use events::id::{CommandId, RunId, main_tenant};
use events::run::{How, RunEvent};
use events::store::Verdict;
use serde_json::json;

use super::world::{
    Running, begins, echo, end_of, events_of, json as content, result_of, run, silence,
};
use crate::reaction::ToDo;
use crate::run::{Fork, Forkable, RunCommand};
use crate::work::errand::{Errand, annals};
use crate::work::forks::find;
use crate::work::tests::world::{World, on_stage};

async fn forkable(system: &Running, of: RunId, from: &str) -> Forkable {
    let from = from.parse().expect("a token");
    find(&system.life.means.tools, &main_tenant(), of, &from).await.expect("it is read")
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_ended_says_what_it_has_done() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        system.employs("work", echo).await;
        system.employs("never", silence).await;
        let stages = |last| {
            json!([
                { "name": "a", "task": "work", "input": 7 },
                { "name": "b", "after": ["a"], "task": last, "input": ["${ stages.a.output }"] },
            ])
        };
        system.defines("done", &json!({ "stages": stages("work") })).await;
        system.starts(run(1), "done", &json!(null)).await;
        end_of(&world, run(1)).await;
        system.defines("open", &json!({ "stages": stages("never") })).await;
        system.starts(run(2), "open", &json!(null)).await;
        assert_eq!(forkable(&system, run(2), "b").await, Forkable::NotFinished);
        assert_eq!(forkable(&system, run(3), "b").await, Forkable::NoRun);
        assert_eq!(forkable(&system, run(1), "c").await, Forkable::NoStage);
        let Forkable::Yes(past) = forkable(&system, run(1), "b").await else {
            panic!("it is over")
        };
        assert_eq!(past.version, events_of(&world, run(1)).await.len() as u64);
        let kept: Vec<_> = past.kept.iter().map(|kept| kept.stage.to_string()).collect();
        assert_eq!(kept, ["a"]);
        system.ends().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_forks_a_run_need_not_know_what_it_has_done() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let seen = system.employs("work", echo).await;
        let stages = json!([
            { "name": "a", "task": "work", "input": 7 },
            { "name": "b", "after": ["a"], "task": "work",
              "input": ["${ stages.a.output }", "${ input }"] },
        ]);
        let document = json!({ "output": "${ stages.b.output }", "stages": stages });
        system.defines("clean", &document).await;
        system.starts(run(1), "clean", &json!("first")).await;
        assert_eq!(result_of(&world, run(1)).await, json!([7, "first"]));
        let fork = RunCommand::Fork(Box::new(Fork {
            of: run(1),
            from: "b".parse().expect("a token"),
            input: Some(Content::Inline(content(&json!("second")))),
            found: None,
            labels: [].into(),
        }));
        let errand = Errand {
            tenant: main_tenant(),
            to_do: ToDo::Run(run(2), Box::new(fork)),
            id: CommandId::publisher("fork"),
            causation: None,
            principal: annals(),
            blobs: Vec::new(),
        };
        let done = errand.run(&system.life.means).await.expect("it is decided");
        assert_eq!(done.outcome.verdict, Verdict::Accepted);
        assert_eq!(end_of(&world, run(2)).await.how, How::Completed);
        assert_eq!(result_of(&world, run(2)).await, json!([7, "second"]));
        let forked = events_of(&world, run(2)).await;
        assert!(matches!(&forked[1], RunEvent::StagesKept(_)), "{forked:?}");
        assert_eq!(seen.lock().expect("held")["work"].len(), 3, "what was done is not done again");
        system.ends().await;
    })
    .await;
}
