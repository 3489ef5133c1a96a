//! A pipeline is defined anew while runs of it are open: each goes on by the definition it began by.

use std::collections::BTreeMap;
use std::time::Duration;

use events::content::{Content, Json};
use serde_json::json;

use super::world::{begins, echo, end_of, result_of, run, types_of};
use crate::run::RunCommand;
use crate::work::tests::world::{World, on_stage, passes};
use events::run::How;

/// How many runs are open when the pipeline is defined anew, and how many begin then.
const OPEN: u128 = 60;
const NEW: u128 = 20;

#[tokio::test(start_paused = true)]
async fn open_runs_go_on_by_the_definition_that_they_began_by() {
    on_stage(async {
        let world = World::new();
        let system = begins(&world).await;
        let seen = system.employs("work", echo).await;
        let wait = || json!({ "name": "hold", "wait": { "signal": "go" } });
        system.defines("clean", &json!({
            "output": "first",
            "stages": [wait(), { "name": "a", "after": ["hold"], "task": "work", "input": 1 }],
        })).await;
        for n in 1..=OPEN {
            system.starts(run(n), "clean", &json!(n as u64)).await;
        }
        system
            .defines(
                "clean",
                &json!({
                    "output": "second",
                    "stages": [
                        wait(),
                        { "name": "b", "after": ["hold"], "task": "work", "input": 2 },
                        { "name": "c", "after": ["b"], "task": "work", "input": 2 },
                    ],
                }),
            )
            .await;
        for n in OPEN + 1..=OPEN + NEW {
            system.starts(run(n), "clean", &json!(n as u64)).await;
        }
        passes(Duration::from_secs(1)).await;
        system.ends().await;
        // Nothing of it is known but what the log says.
        let system = begins(&world).await;
        let other = system.employs("work", echo).await;
        for n in 1..=OPEN + NEW {
            let payload = Content::Inline(Json::parse("null").expect("JSON"));
            let name = "go".parse().expect("a token");
            system.says(run(n), RunCommand::Signal { name, payload }).await;
        }
        let mut told = BTreeMap::<(String, usize), u128>::new();
        for n in 1..=OPEN + NEW {
            assert_eq!(end_of(&world, run(n)).await.how, How::Completed);
            let began = types_of(&world, run(n)).await;
            let began = began.into_iter().filter(|it| *it == "stage_began").count();
            *told.entry((result_of(&world, run(n)).await.to_string(), began)).or_default() += 1;
        }
        let expected = [(("\"first\"".to_owned(), 2), OPEN), (("\"second\"".to_owned(), 3), NEW)];
        assert_eq!(told, BTreeMap::from(expected));
        assert!(seen.lock().expect("held").is_empty());
        let count = other.lock().expect("held")["work"].len() as u128;
        assert_eq!(count, OPEN + 2 * NEW);
        system.ends().await;
    })
    .await;
}
