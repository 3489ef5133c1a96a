//! Who stays outside, and that nobody else notices.

use std::time::Duration;

use events::bus::listener::{Config, Server};
use events::bus::nats::{Nats, Settings};
use events::bus::{Bus, Error, Router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::papers::Papers;
use super::raw::{PATIENCE, info};
use super::{config, listener, settings};

async fn socket(address: impl tokio::net::ToSocketAddrs) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("it is let in");
    info(&mut socket).await;
    socket
}

/// Everything until it is left.
async fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    // However it is left.
    let _ = timeout(PATIENCE, socket.read_to_end(&mut heard)).await.expect("it is left");
    heard
}

async fn still_serves(server: &Server, papers: &Papers) {
    let settings = settings(server.address().port(), papers);
    let client = Nats::connect(settings).await.expect("others are let in");
    client.flush().await.expect("others are served");
}

#[tokio::test]
async fn who_talks_in_plain_text_is_refused() {
    let papers = Papers::new();
    let server = listener(&papers).await;
    for says in ["CONNECT {\"verbose\":false}\r\nPING\r\n", "PING\r\n", "A", "GET / HTTP/1.1\r\n"] {
        let mut socket = socket(server.address()).await;
        socket.write_all(says.as_bytes()).await.expect("taken");
        let heard = String::from_utf8(rest(&mut socket).await).expect("a text");
        assert_eq!(heard, "-ERR 'Secure Connection - TLS Required'\r\n", "to {says:?}");
    }
    still_serves(&server, &papers).await;
}

#[tokio::test]
async fn the_real_server_refuses_plain_text_too() {
    let papers = Papers::new();
    let (certificate, key) = (papers.text("server.pem"), papers.text("server.key"));
    let files = ["--tls", "--tlscert", &certificate, "--tlskey", &key];
    let real = super::super::nats::server::Server::start(&files);
    let mut socket = socket(("127.0.0.1", real.port)).await;
    socket.write_all(b"CONNECT {}\r\nPING\r\n").await.expect("taken");
    assert_eq!(rest(&mut socket).await, b"");
    let client = Nats::connect(settings(real.port, &papers)).await.expect("it connects");
    client.flush().await.expect("it is served");
}

#[tokio::test]
async fn who_stalls_before_the_secret_is_cut_off_in_time() {
    let papers = Papers::new();
    let deadline = Duration::from_millis(300);
    let config = Config { tls_timeout: deadline, ..config(&papers) };
    let server = Server::bind(Router::new(1), config).await.expect("it listens");
    // Nothing, or the beginning of something.
    for says in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"] {
        let begun = Instant::now();
        let mut socket = socket(server.address()).await;
        socket.write_all(says).await.expect("taken");
        assert_eq!(rest(&mut socket).await, b"", "after {says:?}");
        assert!(begun.elapsed() >= deadline && begun.elapsed() < deadline * 20, "{says:?}");
    }
    still_serves(&server, &papers).await;
}

#[tokio::test]
async fn garbage_in_place_of_a_handshake_ends() {
    let papers = Papers::new();
    let server = listener(&papers).await;
    let mut state = 1_u32;
    for length in [5, 6, 50, 500, 5_000, 70_000] {
        for kind in [1, 0, 0xff] {
            let mut garbage = vec![0x16, 3, 1, 0, 200, kind];
            garbage.extend((0..length).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            }));
            let mut socket = socket(server.address()).await;
            // It may be left before all was said.
            let _ = socket.write_all(&garbage).await;
            let heard = rest(&mut socket).await;
            assert!(heard.is_empty() || heard[0] == 0x15, "an alert or nothing: {heard:?}");
        }
    }
    still_serves(&server, &papers).await;
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_listener_goes() {
    let (papers, others) = (Papers::new(), Papers::new());
    let server = listener(&papers).await;
    let settings = settings(server.address().port(), &others);
    let refused = Nats::connect(settings).await.err();
    assert!(matches!(refused, Some(Error::Unavailable(_))), "{refused:?}");
    still_serves(&server, &papers).await;
}

#[tokio::test]
async fn who_wants_a_secret_does_not_go_on_in_plain_text() {
    let papers = Papers::new();
    let plain = Config { port: Some(0), ..Config::default() };
    let server = Server::bind(Router::new(1), plain).await.expect("it listens");
    let settings = settings(server.address().port(), &papers);
    for scheme in ["nats", "tls"] {
        let servers = vec![settings.servers[0].replace("tls", scheme)];
        let refused = Nats::connect(Settings { servers, ..settings.clone() }).await.err();
        assert!(matches!(refused, Some(Error::Unavailable(_))), "{scheme}: {refused:?}");
    }
}

#[tokio::test]
async fn clients_without_a_certificate_stay_outside_if_one_is_asked_for() {
    let (papers, others) = (Papers::new(), Papers::new());
    let config = Config { tls: Some(papers.mutual()), ..config(&papers) };
    let server = Server::bind(Router::new(1), config).await.expect("it listens");
    let settings = settings(server.address().port(), &papers);
    let shows = |papers: &Papers| {
        let certificate = Some((papers.path("client.pem"), papers.path("client.key")));
        Settings { certificate, ..settings.clone() }
    };
    for settings in [settings.clone(), shows(&others)] {
        let refused = Nats::connect(settings).await.err();
        assert!(matches!(refused, Some(Error::Unavailable(_))), "{refused:?}");
    }
    let client = Nats::connect(shows(&papers)).await.expect("it is let in");
    client.flush().await.expect("it is served");
}
