//! Answers come from whoever was asked, and from nobody else.

use super::*;
use crate::bus::Origin;
use crate::id::{Principal, Tenant};

const WITHIN: Duration = Duration::from_secs(60);

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn of(tenant: &str) -> Arc<Origin> {
    let tenant = Tenant::new(tenant).expect("a word");
    Arc::new(Origin { tenant, principal: Principal::new("someone").expect("a word") })
}

/// Someone says this there; says whether it was given to anyone.
fn says(
    answers: &Answers,
    to: &[u8],
    payload: &[u8],
    origin: Option<&Arc<Origin>>,
) -> Option<bool> {
    answers.give(&View::of(to, None, b"", payload).from(origin))
}

async fn heard(awaited: Awaited) -> Result<Bytes, Error> {
    awaited.within(WITHIN, name("asked")).await.map(|answer| answer.payload)
}

#[tokio::test(start_paused = true)]
async fn who_knows_where_one_answer_goes_knows_nothing_of_the_next() {
    let answers = Answers::new(1);
    let (seen, first) = answers.expect_one(Some(name("annals.red.work.a")));
    let (told, next) = answers.expect_one(Some(name("annals.red.work.b")));
    let red = of("red");
    let seen = str::from_utf8(seen.as_bytes()).expect("text");
    let (before, token) = seen.rsplit_once('-').expect("a token");
    let prefix = before.strip_suffix('1').expect("it is the first");
    for guess in [
        format!("{prefix}2"),
        format!("{prefix}2-"),
        format!("{prefix}2-{token}"),
        format!("{prefix}2-0000000000000000"),
        format!("{prefix}2{token}"),
        format!("{prefix}2.{token}"),
    ] {
        let given = says(&answers, guess.as_bytes(), b"forged", Some(&red));
        assert_ne!(given, Some(true), "{guess}");
    }
    assert_eq!(says(&answers, told.as_bytes(), b"true", Some(&red)), Some(true));
    assert_eq!(heard(next).await.expect("an answer"), "true");
    assert_eq!(says(&answers, seen.as_bytes(), b"too", Some(&red)), Some(true));
    assert_eq!(heard(first).await.expect("an answer"), "too");
}

#[tokio::test(start_paused = true)]
async fn what_another_tenant_says_takes_nobody_s_place() {
    let answers = Answers::new(1);
    let (to, awaited) = answers.expect_one(Some(name("annals.red.work.a")));
    let (red, blue) = (of("red"), of("blue"));
    assert_eq!(says(&answers, to.as_bytes(), b"forged", Some(&blue)), Some(false));
    assert_eq!(says(&answers, to.as_bytes(), b"true", Some(&red)), Some(true));
    assert_eq!(heard(awaited).await.expect("an answer"), "true");
}

#[tokio::test(start_paused = true)]
async fn where_nobody_knows_who_speaks_whoever_was_asked_is_heard() {
    for (asked, origin) in [
        (Some("annals.red.work.a"), None),
        (Some("greet.you"), Some(of("blue"))),
        (None, Some(of("blue"))),
    ] {
        let answers = Answers::new(1);
        let (to, awaited) = answers.expect_one(asked.map(name));
        assert_eq!(says(&answers, to.as_bytes(), b"true", origin.as_ref()), Some(true));
        assert_eq!(heard(awaited).await.expect("an answer"), "true");
    }
}
