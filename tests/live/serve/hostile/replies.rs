//! Answers that are wanted where they do harm. An answer is never a command, an event or work.

use super::Then::{Complaint, Silence};
use super::{Case, TASK, Target, play, publish};
use crate::serve::raw::{Heard, Raw};
use crate::serve::system::System;

const VIOLATION: &str = "Permissions Violation for Publish with Reply of";

/// A question that is answered, and a command that is refused, with the answer wanted there.
fn answered_at(reply: &str) -> [Case; 2] {
    let query = ("annals.main.query.agent_list", "{}");
    let command = (&*format!("annals.main.command.task.{TASK}.submit"), "{}");
    [query, command].map(|(subject, body)| Case {
        what: format!("{subject}, answered at {reply}"),
        says: publish(subject, reply, b"", body.as_bytes()),
        then: Silence,
    })
}

#[tokio::test]
async fn an_answer_is_wanted_only_where_one_may_speak() {
    let replies = [
        format!("annals.main.event.task.{TASK}.completed"),
        "annals.main.work.echo".into(),
        "annals.main.signal.agent.echo.stop".into(),
        "annals.other.command.agent.x.register".into(),
        "annals.other.fact.shop".into(),
        "annals._node.1.forward".into(),
    ];
    let refused = replies.iter().flat_map(|reply| answered_at(reply));
    let refused = refused.map(|case| Case { then: Complaint(VIOLATION), ..case });
    // The tools of NATS are answered by another door.
    let discovery = replies.iter().map(|reply| Case {
        what: format!("$SRV.INFO, answered at {reply}"),
        says: publish("$SRV.INFO", reply, b"", b""),
        then: Complaint(VIOLATION),
    });
    play(refused.chain(discovery).collect()).await;
}

#[tokio::test]
async fn an_answer_is_no_command() {
    let replies = [
        format!("annals.main.command.task.{TASK}.submit"),
        format!("annals.main.command.task.{TASK}.cancel"),
        format!("annals.main.enqueue.task.{TASK}.cancel"),
        "annals.main.command.agent.echo.retire".into(),
        "annals.main.fact.shop".into(),
        "annals.main.deposit.shop".into(),
        "annals.main.query.task_list".into(),
        "annals.main.signal.agent.echo.heartbeat".into(),
        format!("annals.main.signal.task.{TASK}.progress"),
        "$SRV.PING".into(),
    ];
    play(replies.iter().flat_map(|reply| answered_at(reply)).collect()).await;
}

#[tokio::test]
async fn an_answer_that_can_go_nowhere_is_let_go() {
    let long = format!("_INBOX.{}", "x".repeat(2000));
    let replies = [".", "a..b", ".a", "a.", "*", ">", "_INBOX.*", "ä\0", &long];
    play(replies.into_iter().flat_map(answered_at).collect()).await;
}

#[tokio::test]
async fn nobody_hears_an_answer_as_an_event() {
    is_heard_as_an_answer_only(Target::start().await).await;
}

#[tokio::test]
async fn nobody_does_so_on_a_server_of_nats() {
    is_heard_as_an_answer_only(Target::of(System::on_nats(None)).await).await;
}

async fn is_heard_as_an_answer_only(target: Target) {
    let mut witness = Raw::come(target.system.address()).await;
    witness.say(b"SUB annals.main.event.> 2\r\nSUB annals.main.work.* 3\r\nPING\r\n").await;
    assert_eq!(witness.hear().await, Heard::Pong);
    for reply in [&*format!("annals.main.event.task.{TASK}.completed"), "annals.main.work.nobody"] {
        for case in answered_at(reply) {
            target.hears(&case.says, 0).await;
        }
    }
    target.works();
    let Heard::Message(first) = witness.hear().await else { panic!("it hears of a task") };
    assert!(first.subject.ends_with(".submitted"), "{first:?}");
    assert!(!first.subject.contains(TASK), "{first:?}");
}
