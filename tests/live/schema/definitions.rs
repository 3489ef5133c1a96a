//! The schema of definitions of pipelines, asked of a validator that knows it alone: it is one of its own
//! dialect, it takes what the program takes, and it refuses what a schema can know to be wrong.

use std::collections::BTreeSet;

use actors::pipeline::Definition;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

use super::*;

/// What stands in wrong definitions that no schema refuses, each with the reason.
const UNSEEN: [(&[&str], &str); 6] = [
    (
        &["07_field_twice", "63_tag", "64_merged_fields", "65_no_yaml"],
        "it is how the document is written, and JSON has no words for that",
    ),
    (&["22_waits_that_shrink"], "one number is compared with another one"),
    (&["31_default_of_another_type"], "one field says of which type another one is"),
    (
        &[
            "33_same_name_twice",
            "34_after_what_is_not_there",
            "35_after_itself",
            "37_circle",
            "38_behind_a_circle",
        ],
        "it takes a look at all stages together",
    ),
    (&["39_never"], "`true` and `false` may both stand there, and one of them makes no sense"),
    (
        &[
            "40_expression_without_an_end",
            "41_arithmetic",
            "42_unknown_value",
            "43_unknown_function",
            "44_unknown_stage_in_an_expression",
            "45_stage_that_is_not_over",
            "46_own_output",
            "47_output_of_a_wait",
            "48_item_without_a_list",
            "49_item_in_a_condition",
            "50_output_outside_of_undoing",
            "51_fact_in_a_pipeline",
            "52_unknown_parameter",
            "53_field_that_is_not_brought",
            "54_list_that_is_a_text",
            "55_condition_that_is_a_number",
            "56_condition_without_braces",
            "57_number_against_text",
            "58_list_in_a_text",
            "59_wrong_number_of_values",
            "60_looks_into_what_is_sealed",
            "61_sealed_inside_of_more",
        ],
        "it is wrong in what an expression says, and that is a text to a schema",
    ),
];

/// Codes of what a schema must find as well: what stands in a field, and beside which others.
const SHAPE: [&str; 6] = ["type", "missing", "unknown_field", "name", "out_of_range", "one_of"];

/// Every field that there is, in stages of every kind.
fn whole() -> Value {
    // Whatever one of its times is changed to, the first wait is not the longer one.
    let most = actors::pipeline::bounds::DURATION_MS_MAX;
    let retry = json!({ "tries_max": 3, "base_ms": 1, "cap_ms": most, "lost_lease_counts": true });
    let timeouts = json!({ "start_to_close_ms": 1, "heartbeat_ms": 2, "queue_ms": 3 });
    json!({
        "format": 1, "about": "all of it", "at_once": 8, "timeout_ms": 60_000,
        "parameters": {
            "path": { "type": "text", "required": true, "about": "from where" },
            "limit": { "type": "integer", "default": 3 },
        },
        "output": "${ stages.each.output }",
        "stages": [
            {
                "name": "each", "when": "${ has(input.path) }", "foreach": [1, 2], "at_once": 2,
                "task": "work", "input": "${ item }", "needs": ["work", "gpu"], "priority": 3,
                "retry": retry, "timeouts": timeouts, "timeout_ms": 1_000,
                "approval": { "who": ["ada", "ben"], "within_ms": 5 }, "output": { "rows": "list" },
                "on_failure": "compensate",
                "compensate": { "task": "undo", "input": "${ output }", "needs": ["undo"],
                    "priority": 9, "retry": retry, "timeouts": timeouts },
            },
            { "name": "within", "after": ["each"], "run": { "pipeline": "other", "edition": 2 },
                "input": { "a": 1 }, "output": "sealed" },
            { "name": "word", "after": ["each", "within"],
                "wait": { "signal": "go", "within_ms": 7 } },
            { "name": "then", "wait": { "until": "2030-01-01T12:00:00Z" } },
            { "name": "while", "wait": { "for_ms": 9 } },
            { "name": "sign", "approval": { "of": "all", "who": ["ada"] } },
        ],
    })
}

fn schema() -> Value {
    let told = annals(&["schema", "pipeline"]).output().expect("it starts");
    assert!(told.status.success(), "{told:?}");
    serde_json::from_slice(&told.stdout).expect("JSON")
}

/// What the validator finds wrong, told which of these it should take.
fn refuted(all: impl IntoIterator<Item = (String, Value, bool)>) -> Vec<Value> {
    let line = |(name, body, fits)| json!({ "name": name, "body": body, "fits": fits });
    validated("definitions.mjs", &schema(), all.into_iter().map(line))
}

/// A file of the house, by its path.
fn text(path: &str) -> String {
    std::fs::read_to_string(house().join(path)).expect("it is there")
}

/// What a YAML document says in JSON; nothing, if it says what JSON cannot.
fn in_json(text: &str) -> Option<Value> {
    let mut parser = Parser::new_from_str(text);
    loop {
        match parser.next_event()?.ok()?.0 {
            Event::StreamStart | Event::DocumentStart(_) => {}
            event => return value(event, &mut parser),
        }
    }
}

fn value(event: Event<'_>, parser: &mut Parser<'_, StrInput<'_>>) -> Option<Value> {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, _, None) => {
            let plain = serde_json::from_str(&text).ok();
            Some(plain.unwrap_or_else(|| Value::from(text.into_owned())))
        }
        Event::Scalar(text, _, _, None) => Some(Value::from(text.into_owned())),
        Event::SequenceStart(_, None) => {
            let mut items = Vec::new();
            loop {
                match parser.next_event()?.ok()?.0 {
                    Event::SequenceEnd => return Some(items.into()),
                    event => items.push(value(event, parser)?),
                }
            }
        }
        Event::MappingStart(_, None) => {
            let mut fields = Map::new();
            loop {
                match parser.next_event()?.ok()?.0 {
                    Event::MappingEnd => return Some(fields.into()),
                    Event::Scalar(name, ..) if name != "<<" => {
                        let event = parser.next_event()?.ok()?.0;
                        // What comes twice has no place in JSON.
                        if fields.insert(name.into_owned(), value(event, parser)?).is_some() {
                            return None;
                        }
                    }
                    _ => return None,
                }
            }
        }
        _ => None,
    }
}

/// Definitions that are right: what the house shows to others, and what it keeps for ever.
fn right() -> Vec<(String, Value)> {
    let mut all = vec![("whole".to_owned(), whole())];
    for path in ["examples/six-stages.yaml", "docs/pipelines.md"] {
        let text = text(path);
        let text = text.split_once("```yaml\n").map_or(&*text, |(_, rest)| rest);
        let text = text.split("```").next().expect("there is some");
        all.push((path.into(), in_json(text).expect("it says what JSON can say")));
    }
    let golden = |path: &str| serde_json::from_str::<Value>(&text(path)).expect("JSON");
    let defined = "events/golden/pipeline.defined.2.json";
    all.push((defined.into(), golden(defined)["definition"].clone()));
    let runs = std::fs::read_dir(house().join("actors/golden/runs")).expect("a folder");
    for file in runs {
        let path = file.expect("a file").path();
        let run: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("it is there")).expect("JSON");
        all.push((path.display().to_string(), run["events"][0]["payload"]["plan"].clone()));
    }
    all
}

/// What the program says of a definition: the codes of what is wrong with it.
fn wrongs(definition: &Value) -> BTreeSet<&'static str> {
    let json = Json::parse(&definition.to_string()).expect("JSON");
    let read = Definition::read(&json);
    read.err().into_iter().flatten().map(|wrong| wrong.code).collect()
}

#[test]
fn the_schema_is_one_and_takes_every_definition_that_is_right() {
    let right = right();
    assert!(right.len() > 9, "{}", right.len());
    for (name, definition) in &right {
        // A run that has another edition's inside does not look for it.
        assert_eq!(wrongs(definition), BTreeSet::new(), "{name}");
    }
    let wrong = refuted(right.into_iter().map(|(name, body)| (name, body, true)));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn of_wrong_definitions_it_refuses_all_but_those_that_no_schema_can() {
    let folder = house().join("tests/spec/cli/definitions/wrong");
    let unseen: BTreeSet<&str> =
        UNSEEN.iter().flat_map(|(names, _)| names.iter().copied()).collect();
    let (mut cases, mut named) = (Vec::new(), BTreeSet::new());
    for file in std::fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let is_unseen = unseen.contains(&*name);
        let text = std::fs::read_to_string(&path).expect("it is there");
        match in_json(&text) {
            Some(body) => cases.push((name.clone(), body, is_unseen)),
            None => assert!(is_unseen, "{name} says what JSON cannot say"),
        }
        named.insert(name);
    }
    let gone: Vec<_> = unseen.iter().filter(|name| !named.contains(**name)).collect();
    assert!(gone.is_empty() && named.len() >= 65, "{gone:?}, {}", named.len());
    let wrong = refuted(cases);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn whatever_is_changed_the_schema_says_what_the_program_says_of_its_shape() {
    let whole = whole();
    let mut documents = changed(&whole);
    for (n, stage) in whole["stages"].as_array().expect("a list").iter().enumerate() {
        documents.extend(changed(stage).into_iter().map(|stage| {
            let mut document = whole.clone();
            document["stages"][n] = stage;
            document
        }));
    }
    let (mut cases, mut refused) = (Vec::new(), 0);
    for document in documents {
        let wrongs = wrongs(&document);
        let is_shape = wrongs.iter().any(|code| SHAPE.contains(code));
        // What is wrong in other ways alone, the schema may take.
        if wrongs.is_empty() || is_shape {
            refused += usize::from(is_shape);
            let told = wrongs.into_iter().collect::<Vec<_>>().join(" ");
            cases.push((told, document, !is_shape));
        }
    }
    let count = cases.len();
    assert!(count > 1_000 && refused > 500 && count - refused > 100, "{refused} of {count}");
    let wrong = refuted(cases);
    let first: Vec<String> = wrong.iter().take(5).map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{} of {count}: {first:#?}", wrong.len());
}

#[test]
fn a_schema_that_is_none_is_found() {
    let odd = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "thing" });
    assert!(!validated("definitions.mjs", &odd, std::iter::empty()).is_empty());
    let unknown = json!({ "$schema": odd["$schema"], "requires": ["stages"] });
    assert!(!validated("definitions.mjs", &unknown, std::iter::empty()).is_empty());
}
