//! How a listener ends that talks in secret.

use std::time::Duration;

use events::bus::conformance::world::{PATIENCE, numbers, text, to_its_end};
use events::bus::listener::{Config, Server};
use events::bus::nats::Nats;
use events::bus::{Bus, Event, Message, Name, Router, Subscribe};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::nats::losses::told;
use super::papers::Papers;
use super::raw::info;
use super::{config, settings};

#[tokio::test]
async fn clients_are_told_that_it_ends_and_get_what_waits() {
    let (papers, router) = (Papers::new(), Router::new(1));
    let server = Server::bind(router.clone(), config(&papers)).await.expect("it listens");
    let settings = settings(server.address().port(), &papers);
    let client = Nats::connect(settings).await.expect("it connects");
    let mut events = client.events();
    let name: Name = "a".parse().expect("a name");
    let all = Subscribe { ends_after: Some(2000), ..Subscribe::to(name.clone()) };
    let mut heard = client.subscribe(all).await.expect("it listens");
    client.flush().await.expect("the listener knows");
    for n in numbers(2000) {
        router.publish(Message::new(name.clone(), n)).await.expect("taken");
    }
    let ends = server.shutdown();
    let (came, ()) = tokio::join!(to_its_end(&mut heard), ends);
    assert_eq!(came.iter().map(text).collect::<Vec<_>>(), numbers(2000));
    told(&mut events, Event::LameDuck).await;
    assert_eq!(router.listeners(), 0);
}

#[tokio::test]
async fn it_ends_at_once_before_a_handshake() {
    let papers = Papers::new();
    let config = Config { tls_timeout: Duration::from_secs(3600), ..config(&papers) };
    let server = Server::bind(Router::new(1), config).await.expect("it listens");
    let mut socket = TcpStream::connect(server.address()).await.expect("it is let in");
    info(&mut socket).await;
    timeout(PATIENCE, server.shutdown()).await.expect("it ends");
    assert_eq!(socket.read(&mut [0]).await.ok(), Some(0));
}
