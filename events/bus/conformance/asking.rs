//! Promises about questions and answers.

use std::time::Duration;

use tokio::task::JoinSet;

use super::world::{PATIENCE, World, next, text};
use crate::bus::{Error, Headers, Message};

/// An answer finds who asked.
pub async fn a_request_is_answered(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut asked = here.listens(here.to("ask")).await;
    let answering = async {
        let question = next(&mut asked).await;
        assert_eq!(text(&question), "why");
        here.answers(&question, "because").await;
    };
    let (answer, ()) = tokio::join!(there.asks("ask", "why"), answering);
    assert_eq!(text(&answer.expect("an answer")), "because");
}

/// Headers go both ways.
pub async fn a_question_has_its_headers_and_so_has_the_answer(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut asked = here.listens(here.to("ask")).await;
    let header = |value| Headers::none().with("A", value).expect("a header");
    let answering = async {
        let question = next(&mut asked).await;
        assert_eq!(question.headers, header("question"));
        let reply = question.reply.expect("an answer is wanted");
        here.sends(Message { headers: header("answer"), ..Message::new(reply, "") }).await;
    };
    let question = Message { headers: header("question"), ..Message::new(there.name("ask"), "") };
    let (answer, ()) = tokio::join!(there.bus.request(question, PATIENCE), answering);
    assert_eq!(answer.expect("an answer").headers, header("answer"));
}

/// However many ask, and in whatever order they are answered.
pub async fn many_requests_at_once_get_their_own_answers(world: World) {
    const MANY: usize = 200;
    let (here, there) = (world.connect().await, world.connect().await);
    let mut asked = here.listens(here.to("ask")).await;
    let mut asking = JoinSet::new();
    for n in 0..MANY {
        let there = there.clone();
        asking.spawn(async move {
            let answer = there.asks("ask", n.to_string()).await.expect("an answer");
            assert_eq!(text(&answer), format!("answer to {n}"));
        });
    }
    let mut questions = Vec::new();
    for _ in 0..MANY {
        questions.push(next(&mut asked).await);
    }
    for question in questions.iter().rev() {
        here.answers(question, format!("answer to {}", text(question))).await;
    }
    asking.join_all().await;
}

/// Who asks nobody waits for nobody.
pub async fn where_nobody_listens_a_request_fails_at_once(world: World) {
    let bus = world.connect().await;
    let request = bus.bus.request(Message::new(bus.name("ask"), "?"), Duration::from_secs(3600));
    let asked = tokio::time::timeout(PATIENCE, request).await.expect("at once");
    assert_eq!(asked, Err(Error::NoResponders(bus.name("ask"))));
}

/// It is told as a message, to who waits for the answer.
pub async fn a_reply_subject_is_told_that_nobody_listens(world: World) {
    let bus = world.connect().await;
    let mut answers = bus.listens(bus.to("answer")).await;
    let message = Message::new(bus.name("ask"), "?");
    bus.sends(Message { reply: Some(bus.name("answer")), ..message }).await;
    let told = next(&mut answers).await;
    assert!(told.is_no_responders(), "{told:?}");
}

/// Patience has an end.
pub async fn where_nobody_answers_a_request_times_out(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let _silent = here.listens(here.to("ask")).await;
    let patience = Duration::from_millis(50);
    let asked = there.bus.request(Message::new(there.name("ask"), "?"), patience).await;
    assert_eq!(asked, Err(Error::TimedOut(there.name("ask"), patience)));
}

/// What nobody waits for any more is given to nobody.
pub async fn an_answer_that_comes_late_harms_nobody(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut asked = here.listens(here.to("ask")).await;
    let hurried = Message::new(there.name("ask"), "hurried");
    let late = there.bus.request(hurried, Duration::from_millis(50)).await;
    assert!(matches!(late, Err(Error::TimedOut(..))), "{late:?}");
    here.answers(&next(&mut asked).await, "late").await;
    let answering = async { here.answers(&next(&mut asked).await, "in time").await };
    let (answer, ()) = tokio::join!(there.asks("ask", "patient"), answering);
    assert_eq!(text(&answer.expect("an answer")), "in time");
}

/// The others are given to nobody.
pub async fn of_several_answers_the_first_one_counts(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut asked = here.listens(here.to("ask")).await;
    for round in 0..3 {
        let answering = async {
            let question = next(&mut asked).await;
            here.answers(&question, format!("first {round}")).await;
            here.answers(&question, "second").await;
        };
        let (answer, ()) = tokio::join!(there.asks("ask", "?"), answering);
        assert_eq!(text(&answer.expect("an answer")), format!("first {round}"));
    }
}
