//! The clients in other languages come back to a server that ends and is started again, and find
//! there what they found before.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use events::bus::Router;
use events::bus::listener::{Config, Server};

use super::super::nats::server::Server as Real;
use super::super::program::Running;
use super::{node, python};

/// A client that goes on, and what it says.
struct Client {
    running: Running,
    says: BufReader<std::process::ChildStdout>,
}

impl Client {
    /// Starts it, and waits until the server may end.
    fn listens(mut command: Command) -> Self {
        let mut running = Running::start(command.stdout(Stdio::piped()));
        let mut says = BufReader::new(running.0.stdout.take().expect("a pipe"));
        let mut line = String::new();
        says.read_line(&mut line).expect("it says something");
        assert_eq!(line, "listening\n");
        Self { running, says }
    }

    fn ends_content(mut self) {
        let mut said = String::new();
        self.says.read_to_string(&mut said).expect("it says something");
        assert_eq!(said, "ok\n");
        assert!(self.running.0.wait().expect("it ends").success());
    }
}

fn comes_back_to_the_real_one(client: impl Fn(&str) -> Command) {
    let real = Real::start(&[]);
    let port = real.port;
    let listens = Client::listens(client(&format!("nats://127.0.0.1:{port}")));
    drop(real);
    let _real = Real::again(port);
    listens.ends_content();
}

async fn comes_back(client: impl Fn(&str) -> Command + Copy + Send + 'static) {
    let any = Config { port: Some(0), ..Config::default() };
    let ours = Server::bind(Router::new(1), any.clone()).await.expect("it listens");
    let address = ours.address();
    let begins = move || Client::listens(client(&format!("nats://{address}")));
    let listens = tokio::task::spawn_blocking(begins).await.expect("it listens");
    ours.shutdown().await;
    let same = Config { port: Some(address.port()), ..any };
    let ours = Server::bind(Router::new(2), same).await.expect("it listens again");
    let ends = tokio::task::spawn_blocking(move || listens.ends_content());
    ends.await.expect("it is content");
    ours.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_python_comes_back() {
    comes_back(|url| python("nats_py_again.py", url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_javascript_comes_back() {
    comes_back(|url| node("nats_js_again.mjs", url)).await;
}

#[test]
fn a_program_in_python_comes_back_to_the_real_server() {
    comes_back_to_the_real_one(|url| python("nats_py_again.py", url));
}

#[test]
fn a_program_in_javascript_comes_back_to_the_real_server() {
    comes_back_to_the_real_one(|url| node("nats_js_again.mjs", url));
}
