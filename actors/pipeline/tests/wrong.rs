//! Mistakes, where they are found, and what is said about them.

use super::*;
use crate::pipeline::bounds::{AFTER_MAX, DEFINITION_BYTES_MAX, STAGES_MAX, WRONGS_MAX};

/// What is wrong with a document: where, and by which code.
fn found(document: &Value) -> Vec<(String, &'static str)> {
    let wrongs = read(document).map(|_| vec![]).unwrap_or_else(|wrongs| wrongs);
    wrongs.iter().map(|wrong| (wrong.path.to_string(), wrong.code)).collect()
}

/// One stage that is nothing but right, with these fields beside.
fn stage(fields: Value) -> Value {
    let mut stage = json!({ "name": "a", "task": "x" });
    for (name, value) in fields.as_object().expect("fields") {
        stage[name] = value.clone();
    }
    of(json!([stage]))
}

fn check(cases: &[(Value, &[(&str, &str)])]) {
    for (document, expected) in cases {
        let wrongs = read(document).map(|_| vec![]).unwrap_or_else(|wrongs| wrongs);
        let found: Vec<_> = wrongs.iter().map(|w| (w.path.to_string(), w.code)).collect();
        let expected: Vec<_> =
            expected.iter().map(|(path, code)| ((*path).to_owned(), *code)).collect();
        assert_eq!(found, expected, "{document}\n{}", shown(&wrongs));
        assert!(wrongs.iter().all(|wrong| !wrong.what.is_empty() && !wrong.remedy.is_empty()));
    }
}

#[test]
fn of_the_shape() {
    check(&[
        (json!([1]), &[("document", "type")]),
        (json!({}), &[("document", "missing")]),
        (of(json!([])), &[("stages", "out_of_range")]),
        (of(json!({})), &[("stages", "type")]),
        (of(json!([7])), &[("stages[0]", "type")]),
        (
            json!({ "format": 2, "stages": [{ "name": "a", "task": "x" }] }),
            &[("format", "out_of_range")],
        ),
        (
            json!({ "steps": [], "stages": [{ "name": "a", "task": "x" }] }),
            &[("steps", "unknown_field")],
        ),
        (of(json!([{ "task": "x" }])), &[("stages[0]", "missing")]),
        (of(json!([{ "name": "a b", "task": "x" }])), &[("stages[0].name", "name")]),
        (of(json!([{ "name": "a", "task": "x.y" }])), &[("stages[0].task", "name")]),
        (of(json!([{ "name": "a" }])), &[("stages[0]", "one_of")]),
        (stage(json!({ "run": { "pipeline": "p", "edition": 1 } })), &[("stages[0]", "one_of")]),
        (stage(json!({ "at_once": 5 })), &[("stages[0].at_once", "one_of")]),
        (stage(json!({ "priority": 10 })), &[("stages[0].priority", "out_of_range")]),
        (stage(json!({ "priority": "high" })), &[("stages[0].priority", "type")]),
        (stage(json!({ "timeout_ms": 0 })), &[("stages[0].timeout_ms", "out_of_range")]),
        (stage(json!({ "timeout_ms": 1.5 })), &[("stages[0].timeout_ms", "out_of_range")]),
        (stage(json!({ "retry": { "tries": 3 } })), &[("stages[0].retry.tries", "unknown_field")]),
        (stage(json!({ "retry": { "cap_ms": 10 } })), &[("stages[0].retry", "out_of_range")]),
        (stage(json!({ "retry": 3 })), &[("stages[0].retry", "type")]),
        (stage(json!({ "on_failure": "undo" })), &[("stages[0].on_failure", "out_of_range")]),
        (stage(json!({ "after": "b" })), &[("stages[0].after", "type")]),
        (stage(json!({ "needs": ["a", 7] })), &[("stages[0].needs[1]", "type")]),
        (stage(json!({ "approval": { "of": 1 } })), &[("stages[0].approval.of", "one_of")]),
        (stage(json!({ "approval": { "who": [""] } })), &[("stages[0].approval.who[0]", "name")]),
        (stage(json!({ "output": { "n": "int" } })), &[("stages[0].output.n", "type")]),
        (stage(json!({ "compensate": {} })), &[("stages[0].compensate", "missing")]),
        (of(json!([{ "name": "a", "wait": {} }])), &[("stages[0].wait", "one_of")]),
        (
            of(json!([{ "name": "a", "wait": { "for_ms": 5, "within_ms": 5 } }])),
            &[("stages[0].wait.within_ms", "one_of")],
        ),
        (
            of(json!([{ "name": "a", "wait": { "for_ms": 5 }, "input": 1 }])),
            &[("stages[0].input", "one_of")],
        ),
        (of(json!([{ "name": "a", "run": { "pipeline": "p" } }])), &[("stages[0].run", "missing")]),
        (
            of(json!([{ "name": "a", "run": { "pipeline": "p", "edition": 1 }, "retry": {} }])),
            &[("stages[0].retry", "one_of")],
        ),
        (
            of(json!([{ "name": "a", "approval": {}, "foreach": [] }])),
            &[("stages[0].foreach", "one_of")],
        ),
    ]);
}

#[test]
fn of_parameters() {
    let with = |parameters: Value| json!({ "parameters": parameters, "stages": [{ "name": "a", "task": "x" }] });
    check(&[
        (with(json!("open")), &[("parameters", "type")]),
        (with(json!({ "p": "text" })), &[("parameters.p", "type")]),
        (with(json!({ "p": {} })), &[("parameters.p", "missing")]),
        (with(json!({ "p": { "type": "string" } })), &[("parameters.p.type", "out_of_range")]),
        (
            with(json!({ "p": { "type": "text", "default": 1 } })),
            &[("parameters.p.default", "wrong_type")],
        ),
        (
            with(json!({ "p": { "type": "integer", "default": 1.5 } })),
            &[("parameters.p.default", "wrong_type")],
        ),
        (
            with(json!({ "p": { "type": "any", "required": true, "default": 1 } })),
            &[("parameters.p.default", "one_of")],
        ),
        (with(json!({ "": { "type": "any" } })), &[("parameters[\"\"]", "name")]),
    ]);
}

#[test]
fn of_the_graph() {
    let edges = |edges: &[(&str, &[&str])]| {
        of(edges
            .iter()
            .map(|(name, after)| json!({ "name": name, "after": after, "task": "x" }))
            .collect())
    };
    check(&[
        (edges(&[("a", &[]), ("a", &[])]), &[("stages[1].name", "duplicate")]),
        (edges(&[("a", &["b"])]), &[("stages[0].after[0]", "unknown_stage")]),
        (edges(&[("a", &["a"])]), &[("stages[0].after[0]", "cycle")]),
        (edges(&[("a", &[]), ("b", &["a", "a"])]), &[("stages[1].after[1]", "duplicate")]),
        (edges(&[("a", &["b"]), ("b", &["a"])]), &[("stages[0].after[0]", "cycle")]),
        (
            edges(&[("z", &["a"]), ("a", &["z0", "c"]), ("b", &["a"]), ("c", &["b"]), ("z0", &[])]),
            &[("stages[0].after", "unreachable"), ("stages[1].after[1]", "cycle")],
        ),
        (
            edges(&[("a", &["b", "c"]), ("b", &["a"]), ("c", &["a"])]),
            &[("stages[0].after[0]", "cycle"), ("stages[0].after[1]", "cycle")],
        ),
        (stage(json!({ "when": false })), &[("stages[0].when", "unreachable")]),
    ]);
}

#[test]
fn a_circle_is_told_once_from_its_first_stage() {
    let document = of(json!([
        { "name": "c", "after": ["b"], "task": "x" },
        { "name": "a", "after": ["c"], "task": "x" },
        { "name": "b", "after": ["a"], "task": "x" },
    ]));
    let wrongs = read(&document).expect_err("a circle");
    assert_eq!(wrongs.len(), 1);
    assert_eq!(wrongs[0].what, "the stages wait for each other: c → b → a → c");
    assert_eq!(wrongs[0].remedy, "take `b` out of `after`, or another of these");
}

/// Two stages with these fields beside.
fn two(first: Value, second: Value) -> Value {
    let mut stages = [json!({ "name": "a", "task": "x" }), json!({ "name": "b", "task": "x" })];
    for (stage, fields) in stages.iter_mut().zip([first, second]) {
        fields.as_object().expect("fields").iter().for_each(|(name, value)| {
            stage[name] = value.clone();
        });
    }
    of(json!(stages))
}

#[test]
fn of_references() {
    let uses = |text: &str| two(json!({}), json!({ "after": ["a"], "input": text }));
    check(&[
        (uses("${ stages.a.output + 1 }"), &[("stages[1].input", "expression")]),
        (uses("x ${ inputs.a }"), &[("stages[1].input", "unknown_reference")]),
        (uses("${ stages.c.output }"), &[("stages[1].input", "unknown_reference")]),
        (uses("${ stages.b.output }"), &[("stages[1].input", "not_before")]),
        (uses("${ fact.id }"), &[("stages[1].input", "unknown_reference")]),
        (uses("${ item }"), &[("stages[1].input", "no_item")]),
        (uses("${ output }"), &[("stages[1].input", "no_output")]),
        (
            two(json!({}), json!({ "input": ["${ stages.a.output.x }"] })),
            &[("stages[1].input[0]", "not_before")],
        ),
        (
            two(
                json!({ "output": { "rows": "list" } }),
                json!({ "after": ["a"], "input": { "r": "${ stages.a.output.row }" } }),
            ),
            &[("stages[1].input.r", "unknown_field_of_output")],
        ),
        (
            two(
                json!({ "output": { "n": "integer" } }),
                json!({ "after": ["a"], "input": "${ stages.a.output.n.x }" }),
            ),
            &[("stages[1].input", "expected_object")],
        ),
        (
            two(
                json!({ "output": { "n": "integer" } }),
                json!({ "after": ["a"], "input": "${ stages.a.output[0] }" }),
            ),
            &[("stages[1].input", "expected_list")],
        ),
        (
            two(
                json!({ "foreach": [1], "output": { "n": "text" } }),
                json!({ "after": ["a"], "input": "${ stages.a.output[0].m }" }),
            ),
            &[("stages[1].input", "unknown_field_of_output")],
        ),
        (
            stage(json!({ "foreach": [1], "when": "${ item > 0 }" })),
            &[("stages[0].when", "no_item")],
        ),
        (
            stage(json!({ "compensate": { "task": "y", "input": "${ stages.a.output }" } })),
            &[("stages[0].compensate.input", "not_before")],
        ),
        (
            of(
                json!([{ "name": "a", "wait": { "for_ms": 1 } }, { "name": "b", "after": ["a"], "task": "x", "input": "${ stages.a.output }" }]),
            ),
            &[("stages[1].input", "no_output")],
        ),
        (
            json!({ "parameters": { "path": { "type": "text" } }, "stages": [{ "name": "a", "task": "x", "input": "${ input.pth }" }] }),
            &[("stages[0].input", "unknown_parameter")],
        ),
        (
            json!({ "output": "${ stages.z.output }", "stages": [{ "name": "a", "task": "x" }] }),
            &[("output", "unknown_reference")],
        ),
    ]);
}

#[test]
fn of_types() {
    let typed = |fields: Value| {
        let mut document = stage(fields);
        document["parameters"] =
            json!({ "n": { "type": "integer" }, "t": { "type": "text" }, "l": { "type": "list" } });
        document
    };
    check(&[
        (typed(json!({ "when": "${ input.n }" })), &[("stages[0].when", "expected_boolean")]),
        (typed(json!({ "when": "input.n > 0" })), &[("stages[0].when", "expected_boolean")]),
        (typed(json!({ "when": "${ input.t > 3 }" })), &[("stages[0].when", "never_compares")]),
        (typed(json!({ "foreach": "${ input.t }" })), &[("stages[0].foreach", "expected_list")]),
        (typed(json!({ "foreach": { "a": 1 } })), &[("stages[0].foreach", "expected_list")]),
        (typed(json!({ "input": "${ length(input.n) }" })), &[("stages[0].input", "wrong_type")]),
        (typed(json!({ "input": "${ first() }" })), &[("stages[0].input", "expression")]),
        (typed(json!({ "input": "rows: ${ input.l }" })), &[("stages[0].input", "expected_text")]),
        (
            of(json!([{ "name": "a", "wait": { "until": "tomorrow" } }])),
            &[("stages[0].wait.until", "out_of_range")],
        ),
        (
            of(json!([{ "name": "a", "wait": { "until": "${ 5 }" } }])),
            &[("stages[0].wait.until", "expected_text")],
        ),
    ]);
}

#[test]
fn what_is_sealed_is_passed_on_and_not_looked_into() {
    let sealed = |input: Value| {
        json!({ "parameters": "sealed", "stages": [
            { "name": "a", "task": "x", "input": "${ input }", "output": "sealed" },
            { "name": "b", "after": ["a"], "task": "x", "input": input },
        ] })
    };
    check(&[
        (sealed(json!("${ stages.a.output }")), &[]),
        (
            sealed(json!({ "it": "${ stages.a.output }" })),
            &[("stages[1].input.it", "looks_into_sealed")],
        ),
        (sealed(json!("${ stages.a.output.name }")), &[("stages[1].input", "looks_into_sealed")]),
        (sealed(json!("about ${ input }")), &[("stages[1].input", "looks_into_sealed")]),
        (sealed(json!("${ default(input, 1) }")), &[("stages[1].input", "looks_into_sealed")]),
        (sealed(json!("${ stages.a.failed }")), &[]),
    ]);
}

#[test]
fn what_is_sealed_is_not_put_into_a_list() {
    let document = of(json!([
        { "name": "a", "foreach": [1, 2], "task": "x", "output": "sealed",
          "compensate": { "task": "y", "input": "${ output }" } },
        { "name": "b", "after": ["a"], "task": "x", "input": "${ stages.a.output }" },
    ]));
    assert_eq!(found(&document), [("stages[1].input".to_owned(), "looks_into_sealed")]);
}

#[test]
fn fields_that_stand_twice_are_found_at_every_depth() {
    let text = r#"{"stages":[{"name":"a","task":"x","task":"y","input":{"b":{"c":1,"c":2}}}],"stages":[]}"#;
    let wrongs = Definition::read(&Json::parse(text).expect("JSON")).expect_err("duplicates");
    let found: Vec<_> = wrongs.iter().map(|w| (w.path.to_string(), w.code)).collect();
    let expected = ["stages", "stages[0].task", "stages[0].input.b.c"]
        .map(|path| (path.to_owned(), "duplicate"));
    assert_eq!(found, expected);
}

#[test]
fn all_is_told_at_once_in_the_order_of_the_document() {
    let document = json!({
        "stages": [
            { "name": "a", "after": ["c"], "task": "x", "prio": 1 },
            { "name": "a", "when": "${ 1 }", "task": "" },
        ],
        "at_once": 0,
    });
    let text = serde_json::to_string(&document).expect("JSON");
    assert!(text.starts_with("{\"at_once\""), "fields are sorted here");
    let expected = [
        ("at_once", "out_of_range"),
        ("stages[0].after[0]", "unknown_stage"),
        ("stages[0].prio", "unknown_field"),
        ("stages[1].name", "duplicate"),
        ("stages[1].task", "name"),
        ("stages[1].when", "expected_boolean"),
    ];
    assert_eq!(found(&document), expected.map(|(path, code)| (path.to_owned(), code)));
}

#[test]
fn a_mistake_says_what_to_do() {
    let said = |document: &Value| read(document).expect_err("it is wrong")[0].to_string();
    let near = of(
        json!([{ "name": "ingest", "task": "x" }, { "name": "b", "after": ["ingset"], "task": "x" }]),
    );
    assert_eq!(said(&near), "stages[1].after[0]: there is no stage \"ingset\"; write `ingest`");
    let before = of(json!([
        { "name": "a", "task": "x" },
        { "name": "b", "task": "x", "input": "n: ${ stages.a.output }" },
    ]));
    let expected =
        "stages[1].input: column 7: `a` is not over when this stage begins; add `a` to `after`";
    assert_eq!(said(&before), expected);
    let plain = stage(json!({ "when": "input.n > 0" }));
    assert_eq!(
        said(&plain),
        "stages[0].when: this is a text, and not a boolean; write `${ input.n > 0 }`"
    );
    let field = stage(json!({ "need": ["a"] }));
    assert_eq!(said(&field), "stages[0].need: there is no field \"need\" here; write `needs`");
}

#[test]
fn everything_has_an_end() {
    let stages = |count: usize| -> Value {
        of((0..count).map(|n| json!({ "name": n.to_string(), "task": "x" })).collect())
    };
    assert_eq!(found(&stages(STAGES_MAX)), []);
    assert_eq!(found(&stages(STAGES_MAX + 1)), [("stages".to_owned(), "out_of_range")]);
    let after = |count: usize| {
        let mut document = stages(count + 1);
        let names: Vec<_> = (0..count).map(|n| n.to_string()).collect();
        document["stages"][count]["after"] = json!(names);
        document
    };
    assert_eq!(found(&after(AFTER_MAX)), []);
    assert_eq!(found(&after(AFTER_MAX + 1)), [("stages[65].after".to_owned(), "out_of_range")]);
    let large = |bytes: usize| stage(json!({ "input": "x".repeat(bytes) }));
    let rest = definition(&large(0)).canonical().as_str().len();
    assert_eq!(found(&large(DEFINITION_BYTES_MAX - rest)), []);
    let expected = [("document".to_owned(), "out_of_range")];
    assert_eq!(found(&large(DEFINITION_BYTES_MAX - rest + 1)), expected);
    assert_eq!(found(&large(2 << 20)), expected);
    let wrong: Value = (0..500).map(|_| json!({})).collect();
    assert_eq!(found(&of(wrong)).len(), WRONGS_MAX);
}

#[test]
fn names_that_are_nearly_right_are_not_compared_for_ever() {
    let stages: Value = (0..800)
        .map(|n| json!({ "name": format!("stage-{n:05}"), "after": vec![format!("stagf-{n:05}x"); 40], "task": "x" }))
        .collect();
    let wrongs = read(&of(stages)).expect_err("none of them is there");
    assert_eq!(wrongs.len(), WRONGS_MAX);
    assert_eq!(wrongs[0].remedy, "write `stage-00000`");
    let long: Value =
        json!([{ "name": "x".repeat(200_000), "after": ["x".repeat(200_001)], "task": "x" }]);
    assert!(read(&of(long)).is_err());
}

#[test]
fn stages_that_all_wait_for_each_other_are_told_soon() {
    let after = |n: usize| (1..=60).map(|m| ((n + m) % 1_000).to_string()).collect::<Vec<_>>();
    let stages: Value = (0..1_000)
        .map(|n| json!({ "name": n.to_string(), "after": after(n), "task": "x" }))
        .collect();
    let wrongs = read(&of(stages)).expect_err("circles");
    assert!(wrongs.iter().all(|wrong| wrong.code == "cycle"));
    assert!(wrongs.iter().all(|wrong| wrong.what.len() < 1_000), "nobody reads that");
}
