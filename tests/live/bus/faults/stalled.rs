//! One who does not read, among a thousand who do, while others send as fast as they can.

use events::bus::listener::config::WAITING_BYTES_MAX;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::super::program::Running;
use super::{MEBIBYTE, QUIET, SOCKET_BYTES_MAX, in_time, narrow};

/// How many clients listen, beside the one that is stalled.
const READERS: usize = 999;
/// How many send.
const PUBLISHERS: usize = 4;
/// How many messages each of them sends to everyone.
const TO_ALL: usize = 500;
/// How many messages each of them sends to each reader alone.
const TO_EACH: usize = 4;
/// How large these are.
const LARGE_BYTES: usize = 16 * 1024;
/// How much memory the program may have had, in all. The stalled one is sent more than twice that.
const MEMORY_MAX: usize = 96 * MEBIBYTE;

/// What is sent in all, but for what stands before payloads: the stalled one listens to everything.
const ALL_BYTES: usize = PUBLISHERS * TO_EACH * READERS * LARGE_BYTES;

type Socket = BufReader<TcpStream>;

/// Listens, and is known to.
async fn listens(socket: TcpStream, subjects: &[String]) -> Socket {
    let mut socket = BufReader::with_capacity(4096, socket);
    let subs: String =
        (1..).zip(subjects).map(|(sid, subject)| format!("SUB {subject} {sid}\r\n")).collect();
    socket.write_all(&[QUIET, subs.as_bytes(), b"PING\r\n"].concat()).await.expect("it is taken");
    is_answered(&mut socket).await;
    socket
}

async fn is_answered(socket: &mut Socket) {
    let mut line = String::new();
    while line != "PONG\r\n" {
        line.clear();
        assert_ne!(in_time(socket.read_line(&mut line)).await.expect("a line"), 0, "it is cut off");
    }
}

/// Takes the next message; gives its subject, who sent it, and its number.
async fn next(socket: &mut Socket, line: &mut Vec<u8>) -> (bool, usize, usize) {
    line.clear();
    in_time(socket.read_until(b'\n', line)).await.expect("a line");
    let head = str::from_utf8(line).expect("a text");
    let (subject, rest) = head.strip_prefix("MSG load.").expect(head).split_once(' ').expect(head);
    let (_, size) = rest.trim_end().split_once(' ').expect(head);
    let (is_large, size) = (subject != "all", size.parse::<usize>().expect(head));
    line.resize(size + 2, 0);
    in_time(socket.read_exact(line)).await.expect("a payload");
    let text = str::from_utf8(line).expect("a text");
    let mut numbers = text.split_whitespace().map(|number| number.parse().expect("a number"));
    (is_large, numbers.next().expect("a publisher"), numbers.next().expect("a number"))
}

/// Hears everything that is meant for it, each once and in order.
async fn reads(mut socket: Socket) -> Socket {
    let (mut expected, mut line) = ([[0; PUBLISHERS]; 2], Vec::new());
    for _ in 0..PUBLISHERS * (TO_ALL + TO_EACH) {
        let (is_large, from, number) = next(&mut socket, &mut line).await;
        let expected = &mut expected[usize::from(is_large)][from];
        assert_eq!(number, *expected, "from {from}");
        *expected += 1;
    }
    assert_eq!(expected, [[TO_ALL; PUBLISHERS], [TO_EACH; PUBLISHERS]]);
    socket
}

fn message(to: &str, from: usize, number: usize, bytes: usize) -> String {
    let text = format!("{from} {number}");
    let bytes = bytes.max(text.len());
    format!("PUB load.{to} {bytes}\r\n{text:bytes$}\r\n")
}

/// Sends as fast as it is let.
async fn sends(socket: TcpStream, from: usize) {
    let mut socket = listens(socket, &[]).await;
    let all = TO_EACH * READERS;
    let (mut to_all, mut text) = (0, String::new());
    for large in 0..all {
        text.clear();
        while to_all * all <= large * TO_ALL && to_all < TO_ALL {
            text += &message("all", from, to_all, 0);
            to_all += 1;
        }
        text += &message(&(large % READERS).to_string(), from, large / READERS, LARGE_BYTES);
        in_time(socket.write_all(text.as_bytes())).await.expect("it is taken");
    }
    socket.write_all(b"PING\r\n").await.expect("it is taken");
    is_answered(&mut socket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_a_thousand_does_not_read_and_is_cut_off_alone() {
    let (program, address) = Running::serve(&[]);
    let mut stalled = listens(narrow(&address).await, &["load.>".into()]).await;
    let mut readers = JoinSet::new();
    for n in 0..READERS {
        let socket = TcpStream::connect(&address).await.expect("it is let in");
        let subjects = ["load.all".into(), format!("load.{n}")];
        readers.spawn(reads(listens(socket, &subjects).await));
    }
    let mut publishers = JoinSet::new();
    for n in 0..PUBLISHERS {
        publishers.spawn(sends(TcpStream::connect(&address).await.expect("it is let in"), n));
    }
    publishers.join_all().await;
    let readers = readers.join_all().await;
    assert_eq!(readers.len(), READERS, "the others hear everything");
    let memory = program.memory_max();
    println!("the program has had {} MiB of memory", memory / MEBIBYTE);
    assert!(memory < MEMORY_MAX, "it has had {memory} bytes of memory");
    let mut heard = Vec::new();
    // It is cut off with something unread, which may be an error of the socket.
    let _ = in_time(stalled.read_to_end(&mut heard)).await;
    let most = WAITING_BYTES_MAX + SOCKET_BYTES_MAX;
    assert!(heard.len() < most.min(ALL_BYTES), "it heard {} bytes", heard.len());
    for mut reader in readers {
        reader.write_all(b"PING\r\n").await.expect("it is taken");
        is_answered(&mut reader).await;
    }
}
