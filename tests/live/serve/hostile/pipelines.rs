//! What nobody should say to pipelines, runs, schedules and triggers.

use super::Then::{Refused, Rejected};
use super::{Case, TASK, Then, play, request};

/// An id such as the system works out for what it begins itself.
const WORKED_OUT: &str = "019c1c38-a400-8703-9634-0e2734576e39";

const MALFORMED: Then = Refused(400, "malformed");

fn cases(category: &str, id: &str, then: Then, all: &[(&str, &str)]) -> Vec<Case> {
    let case = |(verb, body): &(&str, &str)| {
        let subject = format!("command.{category}.{id}.{verb}");
        request(body, &subject, b"", body.as_bytes(), then)
    };
    all.iter().map(case).collect()
}

fn define(definition: &str, then: Then) -> Case {
    let body = format!(r#"{{"definition":{definition}}}"#);
    request(definition, "command.pipeline.p.define", b"", body.as_bytes(), then)
}

#[tokio::test]
async fn what_cannot_be_read_is_malformed() {
    let run = [
        ("start", ""),
        ("start", "[]"),
        ("start", "{}"),
        ("start", r#"{"pipeline":7}"#),
        ("start", r#"{"pipeline":"a.b"}"#),
        ("start", r#"{"pipeline":""}"#),
        ("start", r#"{"pipeline":"a","edition":-1}"#),
        ("start", r#"{"pipeline":"a","edition":1.5}"#),
        ("start", r#"{"pipeline":"a","edition":4294967296}"#),
        ("start", r#"{"pipeline":"a","begins_at":"soon"}"#),
        ("start", r#"{"pipeline":"a","begins_at":7}"#),
        ("start", r#"{"pipeline":"a","labels":[]}"#),
        ("start", r#"{"pipeline":"a","by":"schedule"}"#),
        ("start", r#"{"pipeline":"a","parent":{"run":"x"}}"#),
        ("start", r#"{"pipeline":"a","depth":9}"#),
        ("start", r#"{"pipeline":"a","found":"no_pipeline"}"#),
        ("start", r#"{"pipeline":"a","input":NaN}"#),
        ("fork", r#"{"run":"7","from":"a"}"#),
        ("fork", r#"{"from":"a"}"#),
        ("cancel", r#"{"undo":"yes"}"#),
        ("cancel", r#"["why"]"#),
        ("approve", r#"{"stage":"a"}"#),
        ("approve", r#"{"stage":"a","hash":"xyz"}"#),
        ("approve", r#"{"stage":"a","hash":""}"#),
        ("approve", r#"{"stage":"a","hash":"00","by":"ada"}"#),
        ("disapprove", r#"{"hash":"00"}"#),
        ("signal", "{}"),
        ("signal", r#"{"name":"a b"}"#),
        ("signal", r#"{"name":["a"]}"#),
        ("retry", r#"{"from":"a.b"}"#),
        ("retry", r#"{"from":7}"#),
    ];
    let pipeline = [
        ("define", ""),
        ("define", "{}"),
        ("define", r#"{"stages":[]}"#),
        ("define", r#"{"definition":{},"edition":3}"#),
        ("deprecate", r#"{"edition":"1"}"#),
        ("deprecate", r#"{"reason":null}"#),
    ];
    let schedule = [
        ("set", "{}"),
        ("set", r#"{"pipeline":"a"}"#),
        ("set", r#"{"pipeline":"a","cron":"* * * * *","every_ms":1000}"#),
        ("set", r#"{"pipeline":"a","at":"tomorrow"}"#),
        ("set", r#"{"pipeline":"a","every_ms":-1}"#),
        ("set", r#"{"pipeline":"a","every_ms":1000,"overlap":"never"}"#),
        ("set", r#"{"pipeline":"a","every_ms":1000,"catch_up":7}"#),
        ("fire", r#"{"nominal":7}"#),
    ];
    let trigger = [
        ("set", "{}"),
        ("set", r#"{"on":"a","pipeline":"b"}"#),
        ("set", r#"{"on":{"type":7},"pipeline":"b"}"#),
        ("set", r#"{"on":{"type":"a","kind":"b"},"pipeline":"b"}"#),
    ];
    let all = [
        cases("run", TASK, MALFORMED, &run),
        cases("pipeline", "p", MALFORMED, &pipeline),
        cases("schedule", "s", MALFORMED, &schedule),
        cases("trigger", "t", MALFORMED, &trigger),
    ];
    play(all.into_iter().flatten().collect()).await;
}

#[tokio::test]
async fn what_is_not_there_is_told_so() {
    let hash = format!(r#"{{"stage":"a","hash":"{}"}}"#, "07".repeat(32));
    let fork = format!(r#"{{"run":"{TASK}","from":"a"}}"#);
    let none = Rejected(404, "run.not_found");
    let run = [
        ("pause", "{}"),
        ("resume", "{}"),
        ("cancel", "{}"),
        ("approve", &*hash),
        ("disapprove", &*hash),
        ("signal", r#"{"name":"go"}"#),
        ("retry", "{}"),
    ];
    let nobody = "command.pipeline.nobody.deprecate";
    let all = [
        cases("run", TASK, none, &run),
        cases(
            "run",
            TASK,
            Rejected(404, "run.pipeline_not_found"),
            &[("start", r#"{"pipeline":"none"}"#)],
        ),
        cases("run", TASK, Rejected(404, "run.fork_not_found"), &[("fork", &fork)]),
        vec![request("none", nobody, b"", b"{}", Rejected(404, "pipeline.not_found"))],
        cases(
            "schedule",
            "s",
            Rejected(404, "schedule.not_found"),
            &[("fire", "{}"), ("pause", "{}")],
        ),
        cases(
            "trigger",
            "t",
            Rejected(404, "trigger.not_found"),
            &[("remove", "{}"), ("resume", "{}")],
        ),
        cases("run", "seven", MALFORMED, &[("pause", "{}")]),
        cases("run", WORKED_OUT, MALFORMED, &[("start", r#"{"pipeline":"a"}"#), ("fork", &fork)]),
        cases("task", WORKED_OUT, MALFORMED, &[("submit", r#"{"kind":"echo"}"#)]),
        cases("run", TASK, Refused(404, "unknown_verb"), &[("task_ended", "{}"), ("ring", "{}")]),
        cases("schedule", "s", Refused(404, "unknown_verb"), &[("run_ended", "{}")]),
    ];
    play(all.into_iter().flatten().collect()).await;
}

#[tokio::test]
async fn a_definition_that_is_wrong_defines_nothing() {
    let invalid = Rejected(422, "pipeline.invalid");
    let deep = format!(
        r#"{{"stages":[{{"name":"a","task":"x","when":"${{ {}1{} }}"}}]}}"#,
        "(".repeat(2000),
        ")".repeat(2000)
    );
    let stages: Vec<String> =
        (0..2001).map(|n| format!(r#"{{"name":"s{n}","task":"x"}}"#)).collect();
    let many = format!(r#"{{"stages":[{}]}}"#, stages.join(","));
    let long =
        format!(r#"{{"stages":[{{"name":"a","task":"x","input":"{}"}}]}}"#, "x".repeat(200_000));
    let circle = r#"{"stages":[{"name":"a","after":["b"],"task":"x"},{"name":"b","after":["a"],"task":"x"}]}"#;
    let all = vec![
        define("null", invalid),
        define("[]", invalid),
        define(r#""stages""#, invalid),
        define("{}", invalid),
        define(r#"{"stages":[]}"#, invalid),
        define(r#"{"stages":[{"name":"a"}]}"#, invalid),
        define(r#"{"stages":[{"name":"a","task":"x","task":"y"}]}"#, invalid),
        define(r#"{"stages":[{"name":"\u001b[2J","task":"x"}]}"#, invalid),
        define(r#"{"format":2,"stages":[{"name":"a","task":"x"}]}"#, invalid),
        define(circle, invalid),
        define(&deep, invalid),
        define(&many, invalid),
        define(&long, invalid),
    ];
    play(all).await;
}

#[tokio::test]
async fn terms_that_cannot_be_kept_to_are_refused() {
    let pattern = Rejected(422, "schedule.invalid_pattern");
    let schedule = [
        ("set", r#"{"pipeline":"a","cron":"* * * *"}"#),
        ("set", r#"{"pipeline":"a","cron":"61 * * * *"}"#),
        ("set", r#"{"pipeline":"a","cron":"@reboot"}"#),
        ("set", r#"{"pipeline":"a","cron":"* * * * * *"}"#),
    ];
    let mars = [("set", r#"{"pipeline":"a","cron":"* * * * *","zone":"Mars/Olympus"}"#)];
    let never = [("set", r#"{"pipeline":"a","cron":"0 0 30 2 *"}"#)];
    let wrong = [
        ("set", r#"{"on":{"type":""},"pipeline":"b"}"#),
        ("set", r#"{"on":{"type":"a"},"pipeline":"b","when":"fact.data"}"#),
        ("set", r#"{"on":{"type":"a"},"pipeline":"b","when":"${ stages.a.output }"}"#),
        ("set", r#"{"on":{"type":"a"},"pipeline":"b","input":"${ input }"}"#),
        ("set", r#"{"on":{"type":"a"},"pipeline":"b","edition":0}"#),
    ];
    let all = [
        cases("schedule", "s", pattern, &schedule),
        cases("schedule", "s", Rejected(422, "schedule.unknown_zone"), &mars),
        cases("schedule", "s", Rejected(422, "schedule.never_fires"), &never),
        cases("trigger", "t", Rejected(422, "trigger.invalid"), &wrong),
    ];
    play(all.into_iter().flatten().collect()).await;
}
