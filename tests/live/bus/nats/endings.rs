//! How connections begin and end, and what the server says of itself.

use events::bus::conformance::world::{PATIENCE, numbers, text, to_its_end};
use events::bus::nats::{Login, Nats, Settings};
use events::bus::{Bus, Error, Event, Message, Pattern, Subscribe};
use tokio::time::timeout;

use super::losses::{name, told};
use super::server::Server;

#[tokio::test]
async fn what_was_published_before_a_drain_has_arrived() {
    let server = Server::start(&[]);
    let (here, there) = (server.connect().await, server.connect().await);
    let mut heard = here.subscribe(Subscribe::to(name("a"))).await.expect("it listens");
    here.flush().await.expect("the server knows");
    for n in 0..2000 {
        there.publish(Message::new(name("a"), n.to_string())).await.expect("taken");
    }
    there.drain().await.expect("it drains");
    here.drain().await.expect("it drains");
    let came: Vec<String> = to_its_end(&mut heard).await.iter().map(text).collect();
    assert_eq!(came, numbers(2000));
}

#[tokio::test]
async fn a_second_drain_has_nothing_to_do() {
    let server = Server::start(&[]);
    let bus = server.connect().await;
    bus.drain().await.expect("it drains");
    timeout(PATIENCE, bus.drain()).await.expect("at once").expect("it has drained");
}

#[tokio::test]
async fn a_server_that_keeps_streams_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().to_str().expect("a text");
    let with = Server::start(&["-js", "-sd", folder]);
    let without = Server::start(&[]);
    assert!(with.connect().await.has_jetstream());
    let bus = without.connect().await;
    assert!(!bus.has_jetstream());
    assert!(bus.server_version().starts_with("2."), "{}", bus.server_version());
}

#[tokio::test]
async fn a_server_that_is_about_to_end_is_told() {
    let server = Server::start(&[]);
    let bus = server.connect().await;
    let mut events = bus.events();
    server.is_lame();
    told(&mut events, Event::LameDuck).await;
}

#[tokio::test]
async fn who_may_not_connect_is_told_so() {
    let server = Server::start(&["--user", "someone", "--pass", "secret"]);
    let login = |secret: &str| Some(Login::Password("someone".into(), secret.into()));
    for login in [None, login("guessed"), Some(Login::Token("secret".into()))] {
        let refused = Nats::connect(Settings { login, ..server.settings() }).await.err();
        assert!(matches!(refused, Some(Error::NotAllowed(_))), "{refused:?}");
    }
    let settings = Settings { login: login("secret"), ..server.settings() };
    Nats::connect(settings).await.expect("it connects");
}

#[tokio::test]
async fn the_limit_is_what_the_server_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.conf");
    let text = "max_payload: 2048\n";
    std::io::Write::write_all(&mut create(&file), text.as_bytes()).expect("it is written");
    let server = Server::start(&["-c", file.to_str().expect("a text")]);
    let bus = server.connect().await;
    assert_eq!(bus.message_bytes_max(), 2048);
    let refused = bus.publish(Message::new(name("a"), vec![0; 2049])).await;
    assert_eq!(refused, Err(Error::TooLarge { bytes: 2049, limit: 2048 }));
}

fn create(file: &std::path::Path) -> std::fs::File {
    std::fs::File::create(file).expect("a file")
}

#[tokio::test]
async fn what_the_server_does_not_allow_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.conf");
    let text = "authorization: { users: [{ user: a, password: b, permissions: { \
                publish: { deny: \"no.>\" }, subscribe: { deny: \"no.>\" } } }] }\n";
    std::io::Write::write_all(&mut create(&file), text.as_bytes()).expect("it is written");
    let server = Server::start(&["-c", file.to_str().expect("a text")]);
    let login = Some(Login::Password("a".into(), "b".into()));
    let bus = Nats::connect(Settings { login, ..server.settings() }).await.expect("it connects");
    let mut events = bus.events();
    let pattern: Pattern = "no.b".parse().expect("a pattern");
    let _deaf = bus.subscribe(Subscribe::to(pattern)).await.expect("it was asked for");
    bus.publish(Message::new(name("no.a"), "x")).await.expect("taken");
    for what in ["Subscription", "Publish"] {
        let told = timeout(PATIENCE, events.recv()).await.expect("in time").expect("it is told");
        let Event::Complaint(text) = told else { panic!("{told:?}") };
        assert!(text.contains("Permissions Violation") && text.contains(what), "{text}");
    }
}
