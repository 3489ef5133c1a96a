//! What is written as the language wants it, what is not, and where.

use super::*;
use crate::tree::Path;

fn refused(text: &str) -> (usize, String, String) {
    let wrong = Expression::parse(text).expect_err(text);
    (wrong.column, wrong.what, wrong.remedy)
}

#[test]
fn what_cannot_be_read_is_refused_where_it_stands() {
    for (text, column) in [
        ("", 1),
        ("input.", 7),
        ("input.a +", 9),
        ("input == ", 10),
        ("input == 1 == 2", 12),
        ("(input", 7),
        ("[1, 2", 6),
        ("[1,]", 4),
        ("input input", 7),
        ("input[1.5]", 7),
        ("input[-1]", 7),
        ("input[a]", 7),
        ("01", 1),
        ("1 - 2", 3),
        ("'abc", 1),
        ("'\\x'", 1),
        ("input # 1", 7),
        ("ñ", 1),
        ("{}", 1),
        ("input }", 7),
        ("a = b", 3),
        ("'ñ' ? 1", 5),
        ("length()", 1),
        ("length(1, 2)", 1),
        ("stages", 7),
        ("stages[1]", 10),
        ("stages.a", 9),
        ("run", 4),
    ] {
        assert_eq!(refused(text).0, column, "{text}: {:?}", refused(text));
    }
}

#[test]
fn a_name_that_there_is_not_gets_the_nearest_one() {
    for (text, what, remedy) in [
        ("inpt.a", "there is no `inpt` to begin with", "write `input`"),
        ("stages.a.outptu", "there is no `outptu` of a stage", "write `output`"),
        ("run.edtion", "there is no `edtion` of `run`", "write `edition`"),
        ("lenght(input)", "there is no `lenght` to call", "write `length`"),
    ] {
        let wrong = Expression::parse(text).expect_err(text);
        assert_eq!((wrong.what.as_str(), wrong.remedy.as_str()), (what, remedy));
        assert_eq!(wrong.kind, Mistake::Unknown);
    }
    assert!(refused("steps.a").2.contains("stages"));
}

#[test]
fn an_expression_has_an_end() {
    let nested = |deep: usize| "(".repeat(deep) + "1" + &")".repeat(deep);
    assert!(Expression::parse(&nested(EXPRESSION_DEPTH_MAX)).is_ok());
    assert!(refused(&nested(EXPRESSION_DEPTH_MAX + 1)).1.contains("inside each other"));
    let many = |parts: usize| format!("[{}]", vec!["1"; parts].join(","));
    assert!(Expression::parse(&many(EXPRESSION_NODES_MAX - 1)).is_ok());
    assert!(refused(&many(EXPRESSION_NODES_MAX)).1.contains("parts"));
    let long = |bytes: usize| format!("'{}'", "x".repeat(bytes - 2));
    assert!(Expression::parse(&long(EXPRESSION_BYTES_MAX)).is_ok());
    assert!(refused(&long(EXPRESSION_BYTES_MAX + 1)).1.contains("bytes"));
}

#[test]
fn hostile_texts_end_at_once() {
    for text in ["(", "[", "!", "length(", "input[", "'", "\"\\", "a.", "&&", "-", "1e"] {
        assert!(Expression::parse(&text.repeat(100_000)).is_err(), "{text}");
        let template = Json::parse(
            &serde_json::to_string(&format!("${{{}", text.repeat(9_999))).expect("JSON"),
        );
        assert!(Template::read(&template.expect("JSON")).is_err(), "{text}");
    }
    let many = serde_json::to_string(&"${input}".repeat(100_000)).expect("JSON");
    assert!(Template::read(&json(&many)).is_ok());
}

#[test]
fn names_of_stages_may_hold_dashes() {
    let read = expression("stages.a-b_c.output.x-y[0]['z'] == stages['3d'].failed");
    let found: Vec<_> = read.references().map(|one| (one.stage(), one.to_string())).collect();
    let expected = [
        (Some("a-b_c"), "stages.a-b_c.output.x-y[0].z".to_owned()),
        (Some("3d"), "stages[\"3d\"].failed".to_owned()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_condition_is_an_expression_and_nothing_beside_it() {
    assert!(Expression::parse_quoted("${ true }").is_ok());
    for text in ["true", "${ true } ", "x ${ true }"] {
        assert_eq!(Expression::parse_quoted(text).is_ok(), text.starts_with("${"), "{text}");
    }
    assert!(Expression::parse_quoted("${ true } && ${ false }").is_err());
    assert!(Expression::parse_quoted("${ true").is_err());
}

#[test]
fn all_that_is_wrong_in_a_template_is_found_where_it_stands() {
    let template = json(r#"{"a":["ok ${ input","ñ ${ 1 + }"],"b${ x }":{"c":"${ nope }"}}"#);
    let wrongs = Template::read(&template).expect_err("three mistakes");
    let found: Vec<_> = wrongs.iter().map(|bad| (bad.path.to_string(), bad.wrong.column)).collect();
    let expected = [("a[0]", 6), ("a[1]", 8), ("[\"b${ x }\"]", 1), ("[\"b${ x }\"].c", 4)];
    assert_eq!(found, expected.map(|(path, column)| (path.to_owned(), column)));
}

#[test]
fn a_template_tells_what_it_refers_to() {
    let template = json(r#"{"a":"${ input.x }","b":["x ${ stages.s.output } ${ index }"],"c":1}"#);
    let template = Template::read(&template).expect("a template");
    let found: Vec<_> = template.references().map(ToString::to_string).collect();
    assert_eq!(found, ["input.x", "stages.s.output", "index"]);
    let places: Vec<_> = template.expressions(&Path::root().field("input"));
    let places: Vec<_> =
        places.iter().map(|(at, _, is_in_text)| (at.to_string(), *is_in_text)).collect();
    let expected = [("input.a", false), ("input.b[0]", true), ("input.b[0]", true)];
    assert_eq!(places, expected.map(|(at, is_in_text)| (at.to_owned(), is_in_text)));
}

#[test]
fn what_is_printed_is_as_short_as_it_can_be() {
    for (text, printed) in [
        ("((input))", "input"),
        ("!((a))", ""),
        ("(input.a==1)&&!(input.b||true)", "input.a == 1 && !(input.b || true)"),
        ("!(!true)", "!!true"),
        ("('a' in ['a'])==true", "(\"a\" in [\"a\"]) == true"),
        ("input['a b'].c", "input[\"a b\"].c"),
    ] {
        let found = Expression::parse(text).map(|e| e.to_string()).unwrap_or_default();
        assert_eq!(found, printed, "{text}");
    }
}
