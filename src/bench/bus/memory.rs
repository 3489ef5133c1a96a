//! The memory of a listener with many connections that say nothing, with many subscriptions, and with
//! many that have sent to many subjects.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::bench::peer::Listener;
use crate::bench::{Better, Common, Measure};

/// How many connections, and how many subscriptions on one.
const CONNECTIONS: usize = 10_000;
const SUBSCRIPTIONS: usize = 100_000;
/// How many publishers, and to how many subjects each of them sends.
const PUBLISHERS: usize = 1_000;
const SUBJECTS: usize = 1_024;
/// What a client says first.
const HELLO: &[u8] = b"CONNECT {\"verbose\":false,\"headers\":true}\r\nPING\r\n";

pub(super) fn all(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let (mut idle, mut subscribed, mut published) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..common.runs {
        idle.push(connections()?);
        subscribed.push(subscriptions()?);
        published.push(publishers()?);
    }
    let measure =
        |name, values, limit| Measure::of(name, "MB", values).must_be(Better::Lower, limit);
    Ok(vec![
        measure("bus.memory.connections", idle, 150.0),
        measure("bus.memory.subscriptions", subscribed, 100.0),
        measure("bus.memory.publishers", published, 100.0),
    ])
}

/// Megabytes of a listener while so many are connected.
fn connections() -> anyhow::Result<f64> {
    let listener = Listener::start()?;
    let clients =
        (0..CONNECTIONS).map(|_| connect(&listener)).collect::<anyhow::Result<Vec<_>>>()?;
    let memory = listener.memory()?;
    drop(clients);
    Ok(memory)
}

/// Megabytes of a listener while one client listens to so much.
fn subscriptions() -> anyhow::Result<f64> {
    let listener = Listener::start()?;
    let mut client = connect(&listener)?;
    let mut lines = Vec::new();
    for n in 0..SUBSCRIPTIONS {
        writeln!(lines, "SUB annals.main.bench.subject.{n} {n}\r")?;
    }
    lines.extend_from_slice(b"PING\r\n");
    client.write_all(&lines)?;
    until_pong(&client)?;
    listener.memory()
}

/// Megabytes of a listener after so many have sent to so many subjects.
fn publishers() -> anyhow::Result<f64> {
    let listener = Listener::start()?;
    let mut lines = Vec::new();
    for n in 0..SUBJECTS {
        write!(lines, "PUB annals.main.bench.subject.{n} 0\r\n\r\n")?;
    }
    lines.extend_from_slice(b"PING\r\n");
    let mut clients = Vec::new();
    for _ in 0..PUBLISHERS {
        let mut client = connect(&listener)?;
        client.write_all(&lines)?;
        until_pong(&client)?;
        clients.push(client);
    }
    let memory = listener.memory()?;
    drop(clients);
    Ok(memory)
}

fn connect(listener: &Listener) -> anyhow::Result<TcpStream> {
    let mut client = TcpStream::connect(&listener.address)?;
    client.write_all(HELLO)?;
    until_pong(&client)?;
    Ok(client)
}

fn until_pong(client: &TcpStream) -> anyhow::Result<()> {
    for line in BufReader::with_capacity(1024, client).lines() {
        let line = line?;
        anyhow::ensure!(!line.starts_with("-ERR"), "the listener says {line}");
        if line == "PONG" {
            return Ok(());
        }
    }
    anyhow::bail!("the listener hung up")
}
