//! How the servers are set, in their own words and in ours.

use std::sync::Arc;
use std::time::Duration;

use events::bus::listener::access::{AllowResponses, Permissions, Rules, Secret, User};
use events::bus::listener::{Access, Config};
use events::bus::{Origin, Pattern};

/// The name of a setting, and how a real server is set so.
pub(crate) type Setting = (&'static str, &'static str);

/// All of them.
pub(crate) const ALL: &[Setting] = &[
    ("open", r#""#),
    ("token", r#"authorization { token: "s3cr3t", timeout: 0.3 }"#),
    (
        "users",
        r#"authorization { users = [
 {user: u, password: p, permissions: {publish: "d.>", subscribe: ["d.>", "_INBOX.>"]}},
 {user: a, password: p, permissions: {publish: {allow: ["a.>", "b"], deny: ["a.no.>", "a.x"]}, subscribe: {allow: ["a.>"], deny: ["a.no.>", "a.x"]}}},
 {user: r, password: p, permissions: {subscribe: ">", allow_responses: true}},
 {user: r2, password: p, permissions: {subscribe: ">", allow_responses: {max: 2, expires: "1h"}}},
 {user: x, password: p, permissions: {publish: {deny: "n.*"}, subscribe: {deny: "n.*"}}},
 {user: o, password: p, permissions: {publish: ">", subscribe: ">"}} ] }"#,
    ),
    (
        "narrow",
        r#"max_subscriptions: 2
max_payload: 10
max_sub_tokens: 3"#,
    ),
    (
        "slow",
        r#"max_pending: 2048
max_payload: 2048"#,
    ),
    ("crowded", r#"max_connections: 2"#),
    (
        "watchful",
        r#"ping_interval: "300ms"
ping_max: 2"#,
    ),
];

/// The same for the listener.
pub(crate) fn ours(setting: &str) -> Config {
    let config = Config { port: Some(0), ..Config::default() };
    match setting {
        "open" => config,
        "token" => Config {
            access: Access::Token(Secret::new("s3cr3t")),
            auth_timeout: Duration::from_millis(300),
            ..config
        },
        "users" => Config { access: Access::Users(users()), ..config },
        "narrow" => Config { subscriptions_max: 2, payload_max: 10, tokens_max: 3, ..config },
        "slow" => Config { waiting_bytes_max: 2048, payload_max: 2048, ..config },
        "crowded" => Config { connections_max: 2, ..config },
        "watchful" => Config { ping_interval: Duration::from_millis(300), ..config },
        other => panic!("no setting: {other}"),
    }
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| text.parse().expect("a pattern")).collect()
}

fn only(allow: &[&str], deny: &[&str]) -> Rules {
    Rules { allow: Some(patterns(allow)), deny: patterns(deny) }
}

fn users() -> Vec<User> {
    let user = |name: &str, permissions| User {
        name: name.into(),
        password: Secret::new("p"),
        permissions: Arc::new(permissions),
        origin: Origin::anonymous(),
    };
    let answers = |allow_responses| Permissions {
        allow_responses: Some(allow_responses),
        ..Permissions::default()
    };
    let (denies, twice) =
        (Rules { allow: None, deny: patterns(&["n.*"]) }, Duration::from_secs(3600));
    let (d, a) = (only(&["d.>"], &[]), only(&["a.>"], &["a.no.>", "a.x"]));
    let d_in = only(&["d.>", "_INBOX.>"], &[]);
    let a_out = only(&["a.>", "b"], &["a.no.>", "a.x"]);
    vec![
        user("u", Permissions { publish: d, subscribe: d_in, allow_responses: None }),
        user("a", Permissions { publish: a_out, subscribe: a, allow_responses: None }),
        user("r", answers(AllowResponses::default())),
        user("r2", answers(AllowResponses { max: 2, expires: twice })),
        user(
            "x",
            Permissions { publish: denies.clone(), subscribe: denies, allow_responses: None },
        ),
        user("o", Permissions::default()),
    ]
}
