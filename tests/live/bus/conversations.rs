//! Conversations of clients with the listener, byte by byte. What is expected is what nats-server
//! 2.15.1 answered, and it is asked again.

mod hardship;
pub(super) mod play;
pub(super) mod real;
mod script;
pub(super) mod settings;

use events::bus::Router;
use events::bus::listener::Server;
use script::Conversation;

macro_rules! of {
    ($($name:ident),*) => {
        &[$((stringify!($name), include_str!(concat!("conversations/", stringify!($name), ".txt")))),*]
    };
}

/// All of them, by verb and error.
const FILES: &[(&str, &str)] = of!(
    access,
    connect,
    hpub,
    limits,
    nobody,
    other,
    permissions,
    ping,
    publish,
    sub,
    unknown,
    unsub
);
/// There are at least so many.
const CONVERSATIONS_MIN: usize = 200;

fn all() -> Vec<Conversation> {
    FILES.iter().flat_map(|(file, text)| script::read(file, text)).collect()
}

#[tokio::test]
async fn the_listener_answers_as_was_recorded() {
    let all = all();
    assert!(all.len() >= CONVERSATIONS_MIN, "{} conversations", all.len());
    for conversation in all {
        let config = settings::ours(&conversation.setting);
        let server = Server::bind(Router::new(1), config).await.expect("it listens");
        play::play(&conversation, server.address(), "the listener").await;
        server.shutdown().await;
    }
}

#[tokio::test]
async fn the_real_server_answers_as_was_recorded() {
    let binary = super::nats_server();
    for setting in settings::ALL {
        let server = real::Real::start(&binary, setting);
        for conversation in all().iter().filter(|one| one.setting == setting.0) {
            play::play(conversation, server.address(), "nats-server").await;
        }
    }
}
