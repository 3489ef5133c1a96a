//! Clients whose program stands still. Their sockets stay open, and nothing comes from them: to a
//! listener that is a machine that has lost its power, or a cable that was pulled.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use events::bus::listener::{Config, Server};
use events::bus::nats::{Nats, Settings};
use events::bus::{Bus, Error, Message, Name, Router, Subscribe, Subscription};

use super::super::conversations::settings;
use super::super::program::{Running, annals};
use super::{MEBIBYTE, PATIENCE, in_time};

/// How often who says nothing is asked whether it is there.
const PING_INTERVAL: Duration = Duration::from_secs(1);
/// How many connections one program has.
const CONNECTIONS: usize = 50;

/// Opens so many connections, listens on each, and answers whether it is there.
const CLIENT: &str = r#"
import selectors, socket, sys
host, port = sys.argv[1].split(":")
ready = selectors.DefaultSelector()
for n in range(int(sys.argv[2])):
    one = socket.create_connection((host, int(port)))
    one.sendall(b'CONNECT {"verbose":false}\r\nSUB stopped %d\r\nPING\r\n' % n)
    heard = b""
    while not heard.endswith(b"PONG\r\n"):
        heard += one.recv(4096)
    ready.register(one, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in ready.select():
        if b"PING" in key.fileobj.recv(4096):
            key.fileobj.sendall(b"PONG\r\n")
"#;

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// A listener, and someone on it who is there all the time.
struct World {
    router: Router,
    server: Server,
    healthy: Nats,
    heard: Subscription,
}

impl World {
    async fn new(config: Config) -> Self {
        let router = Router::new(1);
        let server = Server::bind(router.clone(), config).await.expect("it listens");
        let settings = Settings::to(format!("nats://{}", server.address()), "healthy", 1);
        let healthy = Nats::connect(settings).await.expect("it connects");
        let heard = healthy.subscribe(Subscribe::to(name("healthy"))).await.expect("it listens");
        healthy.flush().await.expect("it is known");
        Self { router, server, healthy, heard }
    }

    fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// Asks until nobody listens any more whose program stands still.
    async fn is_rid_of_it(&self) {
        let ask = || self.healthy.request(Message::new(name("stopped"), ""), PING_INTERVAL / 10);
        in_time(async { while !matches!(ask().await, Err(Error::NoResponders(_))) {} }).await;
    }

    /// The other one is served as before, and on the connection it had.
    async fn ends_well(mut self, listeners: usize) {
        self.healthy.publish(Message::new(name("healthy"), "x")).await.expect("taken");
        let message = in_time(self.heard.next()).await.expect("it listens");
        assert_eq!(message.payload, "x");
        // What they listened to is forgotten one by one.
        let left = async {
            while self.router.listeners() > listeners {
                self.healthy.flush().await.expect("it is served");
            }
        };
        in_time(left).await;
        self.server.shutdown().await;
    }
}

/// Starts a client, and returns when it says that it listens.
fn starts(command: &mut Command, listens: &str) -> Running {
    let mut running = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut line = String::new();
    let said = match listens {
        "ready" => BufReader::new(running.0.stdout.take().expect("a pipe")).read_line(&mut line),
        _ => BufReader::new(running.0.stderr.take().expect("a pipe")).read_line(&mut line),
    };
    said.expect("it says something");
    assert_eq!(line.trim_end(), listens);
    running
}

fn watchful() -> Config {
    Config { ping_interval: PING_INTERVAL, ..settings::ours("open") }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_stands_still_is_noticed() {
    let world = World::new(watchful()).await;
    let before = world.router.listeners();
    let server = format!("nats://{}", world.address());
    let listens = ["sub", "stopped", "--server", &server];
    let client = starts(&mut annals(&listens), "listening to stopped");
    assert!(world.router.listeners() > before);
    client.stops();
    world.is_rid_of_it().await;
    world.ends_well(before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_open_on_one_side_are_freed() {
    let world = World::new(watchful()).await;
    let before = world.router.listeners();
    let mut python = Command::new("python3");
    python.args(["-c", CLIENT, &world.address(), &CONNECTIONS.to_string()]);
    let client = starts(&mut python, "ready");
    assert_eq!(world.router.listeners(), before + CONNECTIONS);
    client.stops();
    world.is_rid_of_it().await;
    world.ends_well(before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_nothing_of_what_waits_is_cut_off_in_time() {
    // Neither the bytes that wait nor its silence can be what ends it.
    let config = Config {
        waiting_bytes_max: 256 * MEBIBYTE,
        write_deadline: PING_INTERVAL,
        ping_interval: 10 * PATIENCE,
        ..settings::ours("open")
    };
    let world = World::new(config).await;
    let before = world.router.listeners();
    let server = format!("nats://{}", world.address());
    let listens = ["sub", "stopped", "--server", &server];
    let client = starts(&mut annals(&listens), "listening to stopped");
    client.stops();
    let large = Message::new(name("stopped"), vec![b'x'; MEBIBYTE]);
    for _ in 0..32 {
        world.router.publish(large.clone()).await.expect("taken");
    }
    world.is_rid_of_it().await;
    world.ends_well(before).await;
}
