//! Connections that may do little: what they may do works, and what they may not is said.

use events::bus::nats::{Login, Nats, Settings};
use events::bus::{Bus, Error, Event, Message, Subscribe};
use tempfile::TempDir;
use tokio::time::timeout;

use super::losses::{name, told};
use super::server::Server;
use events::bus::conformance::world::{PATIENCE, next, text};

/// A server on which `a` may do what is said, and `all` may do everything.
fn server(permissions: &str) -> (Server, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.conf");
    let text = format!(
        "authorization: {{ users: [{{ user: all, password: b }}, \
         {{ user: a, password: b, permissions: {{ {permissions} }} }}] }}"
    );
    std::fs::write(&file, text).expect("there is room");
    (Server::start(&["-c", file.to_str().expect("a text")]), folder)
}

fn settings(server: &Server, user: &str) -> Settings {
    let login = Some(Login::Password(user.into(), "b".into()));
    Settings { login, ..server.settings() }
}

async fn connect(server: &Server, user: &str) -> Nats {
    Nats::connect(settings(server, user)).await.expect("it connects")
}

#[tokio::test]
async fn who_may_only_publish_publishes() {
    for permissions in [
        "publish: a, subscribe: { deny: \">\" }",
        "publish: [a, \"_INBOX.>\"], subscribe: { deny: \">\" }",
    ] {
        let (server, _folder) = server(permissions);
        let (here, there) = (connect(&server, "a").await, connect(&server, "all").await);
        let mut events = here.events();
        let mut heard = there.subscribe(Subscribe::to(name("a"))).await.expect("it listens");
        there.flush().await.expect("the server knows");
        here.publish(Message::new(name("a"), "x")).await.expect("taken");
        timeout(PATIENCE / 4, here.flush()).await.expect("soon").expect("the server has it");
        assert_eq!(text(&next(&mut heard).await), "x");
        let asked = here.request(Message::new(name("a"), "?"), PATIENCE).await;
        let Err(Error::NotAllowed(what)) = asked else { panic!("{asked:?}") };
        assert!(what.contains("_INBOX."), "it names what is missing: {what}");
        timeout(PATIENCE / 4, here.drain()).await.expect("soon").expect("it ends");
        assert_eq!(events.recv().await, Ok(Event::Closed), "nobody hears of our own matters");
    }
}

#[tokio::test]
async fn who_may_only_listen_listens() {
    let (server, _folder) = server("subscribe: [a, \"_INBOX.>\"], publish: { deny: \">\" }");
    let (here, there) = (connect(&server, "a").await, connect(&server, "all").await);
    let mut events = here.events();
    let mut heard = here.subscribe(Subscribe::to(name("a"))).await.expect("it listens");
    timeout(PATIENCE / 4, here.flush()).await.expect("soon").expect("the server knows");
    there.publish(Message::new(name("a"), "x")).await.expect("taken");
    assert_eq!(text(&next(&mut heard).await), "x");
    here.publish(Message::new(name("b"), "x")).await.expect("taken");
    let complaint = events.recv().await.expect("it is told");
    assert!(
        matches!(&complaint, Event::Complaint(text) if text.contains("\"b\"")),
        "{complaint:?}"
    );
}

#[tokio::test]
async fn who_may_answer_and_nothing_else_comes_back_after_a_loss() {
    let (server, folder) = server("publish: { deny: \">\" }, subscribe: a");
    let here = connect(&server, "a").await;
    let mut events = here.events();
    let mut heard = here.subscribe(Subscribe::to(name("a"))).await.expect("it listens");
    let port = server.port.to_string();
    drop(server);
    told(&mut events, Event::Disconnected).await;
    let file = folder.path().join("server.conf");
    let server = Server::on(&port, &["-c", file.to_str().expect("a text")]);
    timeout(PATIENCE / 2, told(&mut events, Event::Reconnected)).await.expect("soon");
    let there = connect(&server, "all").await;
    there.publish(Message::new(name("a"), "again")).await.expect("taken");
    assert_eq!(text(&next(&mut heard).await), "again");
}

#[tokio::test]
async fn answers_come_to_where_they_may() {
    let (server, _folder) = server("subscribe: \"mine.>\"");
    let (here, there) = (
        Nats::connect(Settings { inbox: "mine".into(), ..settings(&server, "a") }).await,
        connect(&server, "all").await,
    );
    let here = here.expect("it connects");
    let mut asked = there.subscribe(Subscribe::to(name("q"))).await.expect("it listens");
    there.flush().await.expect("the server knows");
    let answers = async {
        let reply = next(&mut asked).await.reply.expect("an answer is wanted");
        there.publish(Message::new(reply, "!")).await.expect("taken");
    };
    let (answer, ()) = tokio::join!(here.request(Message::new(name("q"), "?"), PATIENCE), answers);
    assert_eq!(text(&answer.expect("an answer")), "!");
}
