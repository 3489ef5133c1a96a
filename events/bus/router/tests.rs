//! What the bus of one process promises beyond what every bus does.

use super::*;

mod promises {
    use crate::bus::conformance::world::OfRouter;

    crate::bus_conformance!(OfRouter::default());
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn pattern(text: &str) -> Pattern {
    text.parse().expect("a pattern")
}

#[tokio::test]
async fn an_answer_finds_who_asked() {
    let bus = Router::new(1);
    let mut asked = bus.subscribe(Subscribe::to(pattern("ask.*"))).await.expect("it listens");
    let answers = bus.clone();
    let asks = bus.request(Message::new(name("ask.me"), "why"), Duration::from_secs(5));
    let gives = async {
        let question = asked.next().await.expect("a question");
        let reply = question.reply.expect("an answer is wanted");
        answers.publish(Message::new(reply, "because")).await.expect("taken");
    };
    let (answer, ()) = tokio::join!(asks, gives);
    assert_eq!(answer.expect("an answer").payload, "because");
}

#[tokio::test]
async fn where_nobody_listens_a_request_fails_at_once() {
    let bus = Router::new(1);
    let asked = bus.request(Message::new(name("ask"), ""), Duration::from_secs(3600)).await;
    assert_eq!(asked, Err(Error::NoResponders(name("ask"))));
}

#[tokio::test]
async fn who_listens_to_everything_hears_answers_too() {
    let bus = Router::new(1);
    let mut all = bus.subscribe(Subscribe::to(pattern(">"))).await.expect("it listens");
    let listens = async {
        let question = all.next().await.expect("a question");
        let reply = question.reply.expect("an answer is wanted");
        bus.publish(Message::new(reply, "x")).await.expect("taken");
        all.next().await.expect("the answer")
    };
    let asks = bus.request(Message::new(name("ask"), ""), Duration::from_secs(5));
    let (answer, heard) = tokio::join!(asks, listens);
    assert_eq!(answer.expect("an answer"), heard);
}

#[tokio::test]
async fn who_does_not_keep_up_misses_messages_and_is_told() {
    let bus = Router::new(1);
    let mut events = bus.events();
    let slow = Subscribe { waiting_max: 2, ..Subscribe::to(pattern("a")) };
    let mut slow = bus.subscribe(slow).await.expect("it listens");
    for n in 0..5 {
        bus.publish(Message::new(name("a"), n.to_string())).await.expect("taken");
    }
    assert_eq!(slow.next().await.expect("the first").payload, "0");
    assert_eq!(slow.missed(), 3);
    let told = events.recv().await.expect("it is told");
    assert_eq!(told, Event::SlowConsumer { pattern: pattern("a"), missed: 1 });
}

#[tokio::test]
async fn a_subscription_ends_though_it_has_missed_some_of_what_it_wanted() {
    let bus = Router::new(1);
    let few = Subscribe { waiting_max: 1, ends_after: Some(3), ..Subscribe::to(pattern("a")) };
    let mut few = bus.subscribe(few).await.expect("it listens");
    for n in 0..4 {
        bus.publish(Message::new(name("a"), n.to_string())).await.expect("taken");
    }
    assert_eq!(few.next().await.expect("the first").payload, "0");
    assert_eq!((few.next().await, few.missed()), (None, 2));
}

#[tokio::test]
async fn who_is_gone_is_forgotten() {
    let bus = Router::new(1);
    let gone = bus.subscribe(Subscribe::to(pattern("a"))).await.expect("it listens");
    assert_eq!((bus.listeners(), bus.is_heard(&name("a"))), (1, Some(true)));
    drop(gone);
    assert_eq!(bus.is_heard(&name("a")), Some(false));
    assert_eq!(bus.listeners(), 0);
    let asked = bus.request(Message::new(name("a"), ""), Duration::from_secs(3600)).await;
    assert_eq!(asked, Err(Error::NoResponders(name("a"))));
}
