//! Names of nothing, of others, and of what only Annals itself says.

use super::Then::{Complaint, Nobody, Refused, Rejected};
use super::{Case, INBOX, TASK, Then, play, publish, request};

const BODY: &[u8] = br#"{"kind":"a"}"#;
const VIOLATION: &str = "Permissions Violation for Publish to";

fn command(what: &str, rest: &str, then: Then) -> Case {
    request(what, &format!("command.{rest}"), b"", BODY, then)
}

/// A message to a whole subject.
fn whole(subject: &str, then: Then) -> Case {
    let says = publish(subject, &format!("{INBOX}.a"), b"", BODY);
    Case { what: subject.into(), says, then }
}

#[tokio::test]
async fn an_id_is_written_in_one_way() {
    let upper = TASK.to_uppercase();
    let bare = TASK.replace('-', "");
    let long = "x".repeat(65);
    let malformed = Refused(400, "malformed");
    play(vec![
        command("no uuid", "task.x.submit", malformed),
        command("a reserved id", "task._x.submit", malformed),
        command("capitals", &format!("task.{upper}.submit"), malformed),
        command("no dashes", &format!("task.{bare}.submit"), malformed),
        command("a little more", &format!("task.{TASK}0.submit"), malformed),
        command("a reserved agent", "agent._x.register", malformed),
        command("a long name", &format!("agent.{long}.register"), Refused(404, "unknown_request")),
        command("an umlaut", "agent.ä.register", Refused(404, "unknown_request")),
        command("a slash", "agent.../../x.register", Nobody),
        command("a zero", "agent.a\0b.register", Refused(404, "unknown_request")),
        command("a quote", "agent.a'b.register", Refused(404, "unknown_request")),
    ])
    .await;
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_asked() {
    let unknown = Refused(404, "unknown_request");
    let verb = Refused(404, "unknown_verb");
    let task = |word: &str| format!("task.{TASK}.{word}");
    let query = |what: &str, name: &str, body: &[u8], then| {
        request(what, &format!("query.{name}"), b"", body, then)
    };
    play(vec![
        command("no category", &format!("cat.{TASK}.submit"), unknown),
        command("one without a door", "cat.x.define", unknown),
        command("facts are said elsewhere", "fact.shop.record", unknown),
        command("an actor of nobody", &format!("node.{TASK}.start"), unknown),
        command("no verb", &task("explode"), verb),
        command("a verb in capitals", &task("Submit"), verb),
        command("an event for a verb", &task("submitted"), verb),
        query("no question", "secrets", b"", unknown),
        query("no id", "task", b"", Refused(400, "malformed")),
        query("a wrong id", "task", br#"{"id":"../../etc"}"#, Refused(400, "malformed")),
        query("a list", "task_list", b"[]", Refused(400, "malformed")),
        query("no limit", "task_list", br#"{"limit":0}"#, Refused(400, "malformed")),
        query("all of them", "task_list", br#"{"limit":4294967296}"#, Refused(400, "malformed")),
        query("no phase", "task_list", br#"{"phase":"'; drop"}"#, Refused(400, "malformed")),
        query("not UTF-8", "agent_list", b"\xff", Refused(400, "malformed")),
        query("no such task", "task", task_id().as_bytes(), Refused(404, "not_found")),
        query("no such agent", "agent", br#"{"id":"nobody"}"#, Refused(404, "not_found")),
        query("a long phase", "task_list", long_phase().as_bytes(), Refused(400, "malformed")),
    ])
    .await;
}

fn task_id() -> String {
    format!(r#"{{"id":"{TASK}"}}"#)
}

fn long_phase() -> String {
    format!(r#"{{"phase":"{}"}}"#, "x".repeat(1_000_000))
}

#[tokio::test]
async fn what_only_annals_says_is_said_by_nobody_else() {
    let verbs = ["assign", "lose_lease", "lose-lease", "time_out", "time-out", "TimeOut"];
    let task = verbs.map(|verb| {
        command("a verb of Annals", &format!("task.{TASK}.{verb}"), Refused(404, "unknown_verb"))
    });
    let agent = ["go_silent", "go-silent", "return", "went_silent"].map(|verb| {
        command("a verb of Annals", &format!("agent.echo.{verb}"), Refused(404, "unknown_verb"))
    });
    let subjects = [
        format!("annals.main.event.task.{TASK}.completed"),
        "annals.main.work.echo".into(),
        "annals.main.signal.agent.echo.stop".into(),
        format!("annals.other.command.task.{TASK}.submit"),
        format!("annals._annals.command.task.{TASK}.submit"),
        format!("annals.*.command.task.{TASK}.submit"),
        "annals.other.query.task_list".into(),
        "annals.other.fact.shop".into(),
        "annals.other.signal.agent.echo.heartbeat".into(),
        "annals._node.1.forward".into(),
        "annals".into(),
        "annals.>".into(),
    ];
    let told = subjects.iter().map(|subject| whole(subject, Complaint(VIOLATION)));
    play(told.chain(task).chain(agent).collect()).await;
}

#[tokio::test]
async fn no_wildcard_and_no_other_form_is_a_subject() {
    play(vec![
        whole("annals.main.command.task.*.submit", Refused(404, "unknown_request")),
        whole(&format!("annals.main.command.*.{TASK}.submit"), Refused(404, "unknown_request")),
        whole("annals.main.query.*", Refused(404, "unknown_request")),
        whole("annals.main.query.>", Refused(404, "unknown_request")),
        whole("annals.main.command.>", Nobody),
        whole("annals.main.>", Nobody),
        whole(&format!("annals.main.command.task.{TASK}"), Nobody),
        whole(&format!("annals.main.command.task.{TASK}.submit.now"), Nobody),
        whole("annals.main.replay", Nobody),
        whole(&format!("annals.main.command.task..{TASK}"), Nobody),
        whole(&format!("ANNALS.main.command.task.{TASK}.submit"), Nobody),
    ])
    .await;
}

#[tokio::test]
async fn nobody_speaks_for_an_attempt_that_there_is_not() {
    let not_found = Rejected(404, "task.not_found");
    let say = |verb: &str, body: &str, then| {
        request("of no task", &format!("command.task.{TASK}.{verb}"), b"", body.as_bytes(), then)
    };
    play(vec![
        say("complete", r#"{"attempt":1,"result":1}"#, not_found),
        say("complete", r#"{"attempt":4294967295}"#, not_found),
        say("complete", r#"{"attempt":4294967296}"#, Refused(400, "malformed")),
        say("fail", r#"{"attempt":1,"class":"permanent","message":""}"#, not_found),
        say("fail", r#"{"attempt":1,"class":"odd","message":""}"#, Refused(400, "malformed")),
        say("cancel", "{}", not_found),
        say("progress", r#"{"attempt":1,"percent":101}"#, Refused(400, "malformed")),
    ])
    .await;
}
