//! What goes to a client and comes from it, byte by byte, in secret.

use std::sync::Arc;
use std::time::Duration;

use events::bus::listener::{Config, Server};
use events::bus::{Bus, Event, Router};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::papers::Papers;
use super::{config, listener};

/// After how long it is a failure that nothing happens.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Reads the first line, in plain text.
pub(crate) async fn info(socket: &mut TcpStream) -> Value {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(socket.read_u8().await.expect("a line"));
    }
    serde_json::from_slice(line.strip_prefix(b"INFO ").expect("INFO")).expect("JSON")
}

/// A client that trusts the listener, and has little room for what it does not read.
async fn client(server: &Server, papers: &Papers) -> TlsStream<TcpStream> {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("an option");
    let mut socket = socket.connect(server.address()).await.expect("it is let in");
    info(&mut socket).await;
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(&papers.read("ca.pem")).expect("PEM");
    roots.add(authority).expect("it signs");
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(client)).connect(name, socket).await.expect("they shake hands")
}

/// Hears just this.
async fn hears(client: &mut TlsStream<TcpStream>, what: &[u8]) {
    let mut heard = vec![0; what.len()];
    let read = timeout(PATIENCE, client.read_exact(&mut heard)).await.expect("in time");
    read.expect("something is said");
    assert!(heard == what, "{}", heard[..heard.len().min(200)].escape_ascii());
}

#[tokio::test]
async fn what_is_said_first_is_said_in_plain_text() {
    let papers = Papers::new();
    for (tls, verifies) in [(papers.tls(), None), (papers.mutual(), Some(&Value::from(true)))] {
        let config = Config { tls: Some(tls), ..config(&papers) };
        let server = Server::bind(Router::new(1), config).await.expect("it listens");
        let mut socket = TcpStream::connect(server.address()).await.expect("it is let in");
        let info = info(&mut socket).await;
        assert_eq!((&info["tls_required"], info.get("tls_verify")), (&true.into(), verifies));
    }
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_every_byte() {
    const MESSAGES: usize = 5_000;
    let papers = Papers::new();
    let server = listener(&papers).await;
    let (mut reader, mut writer) = (client(&server, &papers).await, client(&server, &papers).await);
    let quiet = b"CONNECT {\"verbose\":false}\r\n";
    reader.write_all(&[quiet, &b"SUB a 1\r\nPING\r\n"[..]].concat()).await.expect("taken");
    hears(&mut reader, b"PONG\r\n").await;
    let text = |n: usize| format!("{n:->1000}");
    let writes = async {
        let all: String = (0..MESSAGES).map(|n| format!("PUB a 1000\r\n{}\r\n", text(n))).collect();
        writer.write_all(&[quiet, all.as_bytes(), b"PING\r\n"].concat()).await.expect("taken");
        writer.flush().await.expect("taken");
        hears(&mut writer, b"PONG\r\n").await;
    };
    let reads = async {
        for n in 0..MESSAGES {
            hears(&mut reader, format!("MSG a 1 1000\r\n{}\r\n", text(n)).as_bytes()).await;
        }
    };
    tokio::join!(writes, reads);
}

#[tokio::test]
async fn what_has_no_room_in_the_socket_goes_out_later() {
    let papers = Papers::new();
    let server = listener(&papers).await;
    let payload = [b'x'; 50_000];
    let message = [b"PUB a 50000\r\n", &payload[..], b"\r\n"].concat();
    let line = [b"MSG a 1 50000\r\n", &payload[..], b"\r\n"].concat();
    // A socket has room for something above two megabytes. Where it ends just before the end of all
    // that is said, the rest was taken and is not sent.
    for count in 40..75 {
        let (mut reader, mut writer) =
            (client(&server, &papers).await, client(&server, &papers).await);
        let listens = b"CONNECT {\"verbose\":false}\r\nSUB a 1\r\nPING\r\n";
        reader.write_all(listens).await.expect("taken");
        hears(&mut reader, b"PONG\r\n").await;
        let says = [b"CONNECT {\"verbose\":false}\r\n", &message.repeat(count)[..], b"PING\r\n"];
        writer.write_all(&says.concat()).await.expect("taken");
        hears(&mut writer, b"PONG\r\n").await;
        // The listener lives beside this test, and gets its turn.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        for _ in 0..count {
            hears(&mut reader, &line).await;
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_alone() {
    let papers = Papers::new();
    let router = Router::new(1);
    let config = Config { waiting_bytes_max: 1024 * 1024, ..config(&papers) };
    let server = Server::bind(router.clone(), config).await.expect("it listens");
    let mut events = router.events();
    let (mut stalled, mut other) = (client(&server, &papers).await, client(&server, &papers).await);
    for client in [&mut stalled, &mut other] {
        let listens = b"CONNECT {\"verbose\":false}\r\nSUB a 1\r\nPING\r\n";
        client.write_all(listens).await.expect("taken");
        hears(client, b"PONG\r\n").await;
    }
    let line = [b"MSG a 1 1000\r\n", &[b'x'; 1000][..], b"\r\n"].concat();
    let message = [b"PUB a 1000\r\n", &[b'x'; 1000][..], b"\r\n"].concat();
    for _ in 0..8_000 {
        other.write_all(&message).await.expect("taken");
        other.flush().await.expect("taken");
        hears(&mut other, &line).await;
    }
    let told = timeout(PATIENCE, events.recv()).await.expect("in time").expect("it is told");
    assert!(matches!(told, Event::SlowConsumer { missed: 1, .. }), "{told:?}");
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, stalled.read_to_end(&mut rest)).await.expect("it is cut off");
    assert!(read.is_err() && rest.len() < 8_000 * line.len(), "{} bytes", rest.len());
    assert_eq!(router.listeners(), 1, "the other one");
}
