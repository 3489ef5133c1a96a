//! Copies of what is published: each belongs behind those that were there when it was sent.

use events::bus::nats::copies::Copying;
use events::bus::{Bus as _, Message};

use super::server::Server;

const COPYING: Copying<'static> =
    Copying { stream: "C", subjects: "c.*.*.*", kept_as: "c.{{wildcard(1)}}.{{wildcard(3)}}" };

fn messages(words: &[&str]) -> Vec<Message> {
    let message = |word: &&str| Message::new(format!("c.a.b.{word}").parse().expect("a name"), "");
    words.iter().map(message).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_behind_the_newest_is_not_taken_and_nothing_behind_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&["-js", "-sd", &folder.path().to_string_lossy()]);
    let nats = server.connect().await;
    let (mut copies, newest) = nats.copies(&COPYING).await.expect("it is made");
    assert!(newest.is_empty());
    // It takes one alone before it takes many.
    assert_eq!(copies.add(&messages(&["one", "two"])).await, (1, Ok(())));
    assert_eq!(copies.add(&messages(&["two", "three"])).await, (2, Ok(())));

    // The stream has one more than it was told by us, as if one of ours had come late.
    nats.publish(messages(&["late"]).remove(0)).await.expect("it is sent");
    nats.flush().await.expect("it is taken");
    let (kept, refused) = copies.add(&messages(&["four", "five"])).await;
    assert!(kept == 0 && refused.is_err(), "{kept} were taken: {refused:?}");

    let (mut copies, _) = nats.copies(&COPYING).await.expect("it is there");
    assert_eq!(copies.add(&messages(&["four"])).await, (1, Ok(())));
    assert_eq!(copies.add(&messages(&["five", "six"])).await, (2, Ok(())));
}
