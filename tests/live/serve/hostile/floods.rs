//! Many at once, for which nobody waits.

use super::{INBOX, TASK, Target};
use crate::serve::raw::{Heard, Raw};

/// How many.
const MANY: usize = 10_000;

#[tokio::test]
async fn questions_for_which_nobody_waits_leave_no_trace() {
    let target = Target::start().await;
    let head = target.head().await;
    let command = format!("PUB annals.main.command.task.{TASK}.submit 2\r\n{{}}\r\n");
    let sent = [
        command.as_str(),
        "PUB annals.main.query.task_list 0\r\n\r\n",
        "PUB annals.main.query.agent 13\r\n{\"id\":\"echo\"}\r\n",
        "PUB annals.main.fact.shop 2\r\n{}\r\n",
        "PUB annals.main.signal.agent.nobody.heartbeat 15\r\n{\"process\":\"p\"}\r\n",
    ];
    for one in sent {
        let mut raw = Raw::connect(target.system.address()).await;
        raw.say(one.repeat(MANY).as_bytes()).await;
        raw.say(b"PING\r\n").await;
        assert_eq!(raw.hear().await, Heard::Pong, "{one}");
    }
    let after = target.head().await;
    assert_eq!((after.position, after.outcomes), (head.position, head.outcomes));
    target.works();
}

#[tokio::test]
async fn everyone_who_asks_at_once_is_answered_once() {
    let target = Target::start().await;
    let mut raw = Raw::connect(target.system.address()).await;
    let ask = |n| format!("PUB annals.main.query.agent {INBOX}.{n} 13\r\n{{\"id\":\"echo\"}}\r\n");
    let all: String = (0..MANY).map(ask).collect();
    raw.say(all.as_bytes()).await;
    let mut answered = vec![false; MANY];
    for _ in 0..MANY {
        let Heard::Message(answer) = raw.hear().await else { panic!("an answer should come") };
        let number: usize = answer.subject[INBOX.len() + 1..].parse().expect("a number");
        assert!(!answered[number], "{number} is answered twice");
        answered[number] = true;
        let is_busy = answer.payload.contains(r#""code":"busy""#);
        assert!(is_busy || answer.payload.contains(r#""code":"not_found""#), "{answer:?}");
    }
    target.works();
}
