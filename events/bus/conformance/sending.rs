//! Promises about what is sent, and who gets it.

use super::world::{World, everything, next, next_text, numbers, text, to_its_end};
use crate::bus::{Headers, Message, Pattern, Subscribe};

/// A message comes as it was sent.
pub async fn who_listens_gets_what_is_sent(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut heard = here.listens(here.to("a.b")).await;
    let message = Message::new(there.name("a.b"), "hello");
    there.sends(message.clone()).await;
    assert_eq!(next(&mut heard).await, message);
}

/// `*` is one token, wherever it stands.
pub async fn a_star_stands_for_one_token(world: World) {
    let bus = world.connect().await;
    let middle = bus.listens(bus.to("a.*.c")).await;
    let end = bus.listens(bus.to("a.*")).await;
    for name in ["a.b.c", "a.c", "a.b.d", "a.b.c.d", "a.*c.c", "b.b.c"] {
        bus.says(name, name).await;
    }
    bus.bus.flush().await.expect("taken");
    assert_eq!(everything(middle).await, ["a.b.c", "a.*c.c"]);
    assert_eq!(everything(end).await, ["a.c"]);
}

/// A last `>` is one token or more.
pub async fn the_rest_is_one_token_or_more(world: World) {
    let bus = world.connect().await;
    let rest = bus.listens(bus.to("a.>")).await;
    let both = bus.listens(bus.to("*.b.>")).await;
    for name in ["a", "a.b", "a.b.c", "a.b.c.d", "b.a", "b.b.c"] {
        bus.says(name, name).await;
    }
    bus.bus.flush().await.expect("taken");
    assert_eq!(everything(rest).await, ["a.b", "a.b.c", "a.b.c.d"]);
    assert_eq!(everything(both).await, ["a.b.c", "a.b.c.d", "b.b.c"]);
}

/// Names that are alike are others.
pub async fn nobody_gets_what_they_do_not_listen_to(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut heard = here.listens(here.to("a.b")).await;
    for name in ["a", "a.b.c", "A.B", "a.bb", "aa.b", "b.a", "x.a.b", "a.b*"] {
        there.says(name, name).await;
    }
    there.says("a.b", "this").await;
    assert_eq!(next_text(&mut heard).await, "this");
}

/// Each subscription is one of its own.
pub async fn who_listens_twice_gets_it_twice(world: World) {
    let bus = world.connect().await;
    let (first, second) = (bus.listens(bus.to("a")).await, bus.listens(bus.to("a")).await);
    let wide = bus.listens(bus.to("*")).await;
    bus.counts("a", 3).await;
    for subscription in [first, second, wide] {
        assert_eq!(everything(subscription).await, numbers(3));
    }
}

/// What one sends comes in the order it was sent, whoever else sends.
pub async fn messages_of_one_publisher_keep_their_order(world: World) {
    let (here, one) = (world.connect().await, world.connect().await);
    let other = world.connect().await;
    let mut heard = here.listens(here.to("*")).await;
    tokio::join!(one.counts("one", 1000), other.counts("other", 1000));
    heard.drain();
    let all = to_its_end(&mut heard).await;
    for from in [one.name("one"), other.name("other")] {
        let of_it = all.iter().filter(|message| message.subject == from).map(text);
        assert_eq!(of_it.collect::<Vec<_>>(), numbers(1000), "{from}");
    }
}

/// Headers come as they were written; only names may change places, as some clients keep them in a
/// map.
pub async fn headers_keep_their_case_and_all_their_values(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut heard = here.listens(here.to("a")).await;
    let sent = [
        ("ce-id", "1"),
        ("Nats-Msg-Id", "x:y"),
        ("nats-msg-id", "low"),
        ("Many", "b"),
        ("Many", "a"),
        ("Many", "b"),
        ("Empty", ""),
        ("Text", "ein Wert, \"ü\" 日本\tx"),
    ];
    let headers = sent.iter().fold(Headers::none(), |headers, (name, value)| {
        headers.with(name, value).expect("a header")
    });
    there.sends(Message { headers, ..Message::new(there.name("a"), "x") }).await;
    let came = next(&mut heard).await;
    let by_name = |headers: &mut Vec<(String, String)>| headers.sort_by(|a, b| a.0.cmp(&b.0));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut expected: Vec<_> = sent.iter().copied().map(owned).collect();
    let mut came_headers: Vec<_> = came.headers.iter().map(owned).collect();
    by_name(&mut expected);
    by_name(&mut came_headers);
    assert_eq!((came_headers, &came.payload[..]), (expected, &b"x"[..]));
    assert_eq!(came.headers.get("CE-ID"), Some("1"));
}

/// Nothing is a message too.
pub async fn a_message_may_be_empty(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut heard = here.listens(here.to("a")).await;
    let plain = Message::new(there.name("a"), "");
    let headers = Headers::none().with("A", "b").expect("a header");
    let with_headers = Message { headers, ..plain.clone() };
    there.sends(plain.clone()).await;
    there.sends(with_headers.clone()).await;
    assert_eq!(next(&mut heard).await, plain);
    assert_eq!(next(&mut heard).await, with_headers);
}

/// Nothing in a payload is taken for anything else.
pub async fn a_payload_may_have_any_bytes(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut heard = here.listens(here.to("a")).await;
    let every_byte: Vec<u8> = (0..=255).cycle().take(4096).collect();
    let lines = b"\r\n\r\nPUB a 1\r\nx\r\n-ERR 'no'\r\nNATS/1.0\r\n\r\n".to_vec();
    for payload in [every_byte, lines, vec![0], b"\r\n".to_vec(), vec![0xff; 70_000]] {
        there.says("a", payload.clone()).await;
        assert_eq!(next(&mut heard).await.payload, payload);
    }
}

/// Tokens are not only of ASCII.
pub async fn a_subject_may_be_of_any_letters(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut heard = here.listens(here.to("u.>")).await;
    for rest in ["ü", "日本語.данные", "😀.👩‍👩‍👧", "עברית", "e\u{301}.é", "$x-y_z", "a*b.c>d"]
    {
        let name = there.name(&format!("u.{rest}"));
        let mut exactly = here.listens(Subscribe::to(Pattern::from(name.clone()))).await;
        let headers = Headers::none().with("A", "b").expect("a header");
        there.sends(Message { headers, ..Message::new(name.clone(), rest) }).await;
        assert_eq!(next(&mut heard).await.subject, name);
        assert_eq!(next(&mut exactly).await.subject, name);
    }
}

/// Whoever sends may say where an answer goes, and listen there.
pub async fn where_an_answer_goes_may_be_given_by_hand(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut questions = here.listens(here.to("ask")).await;
    let mut answers = there.listens(there.to("answer.*")).await;
    let reply = there.name("answer.7");
    let message = Message::new(there.name("ask"), "?");
    there.sends(Message { reply: Some(reply.clone()), ..message }).await;
    let question = next(&mut questions).await;
    assert_eq!(question.reply, Some(reply.clone()));
    here.answers(&question, "!").await;
    assert_eq!(next(&mut answers).await, Message::new(reply, "!"));
}

/// Subscriptions of one connection do not take from each other.
pub async fn dozens_of_subscriptions_share_a_connection(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    let mut all = Vec::new();
    for n in 0..60 {
        all.push(here.bus.subscribe(here.to(&format!("s.{n}"))).await.expect("it listens"));
    }
    here.bus.flush().await.expect("the other side knows");
    for round in 0..5 {
        for n in 0..60 {
            there.says(&format!("s.{n}"), format!("{round} to {n}")).await;
        }
    }
    for (n, subscription) in all.iter_mut().enumerate() {
        for round in 0..5 {
            assert_eq!(next_text(subscription).await, format!("{round} to {n}"));
        }
    }
}

/// Who sends hears it too, if they listen.
pub async fn a_connection_hears_itself_and_all_others(world: World) {
    let mut connections = Vec::new();
    for _ in 0..4 {
        let connection = world.connect().await;
        let heard = connection.listens(connection.to("a")).await;
        connections.push((connection, heard));
    }
    for (n, (connection, _)) in connections.iter().enumerate() {
        connection.says("a", n.to_string()).await;
        connection.bus.flush().await.expect("taken");
    }
    for (_, heard) in connections {
        let mut came = everything(heard).await;
        came.sort();
        assert_eq!(came, numbers(4));
    }
}

/// After a flush, whoever begins to listen hears only what comes later.
pub async fn what_was_flushed_has_been_taken(world: World) {
    let (here, there) = (world.connect().await, world.connect().await);
    there.counts("a", 100).await;
    let mut heard = here.listens(here.to("a")).await;
    there.says("a", "later").await;
    assert_eq!(next_text(&mut heard).await, "later");
}
