//! What a run is given, held to its parameters.

use super::*;

fn given(input: &str) -> Result<String, Vec<(String, &'static str)>> {
    let document = json!({
        "parameters": {
            "path": { "type": "text", "required": true },
            "limit": { "type": "integer", "default": 100 },
            "ratio": { "type": "number" },
            "any": { "type": "any" },
        },
        "stages": [{ "name": "a", "task": "x" }],
    });
    match definition(&document).check_input(&Json::parse(input).expect("JSON")) {
        Ok(input) => Ok(input.as_str().to_owned()),
        Err(wrongs) => Err(wrongs.iter().map(|w| (w.path.to_string(), w.code)).collect()),
    }
}

fn wrong(path: &str, code: &'static str) -> (String, &'static str) {
    (path.into(), code)
}

#[test]
fn what_is_left_out_is_filled_in() {
    let is = |input: &str, expected: &str| assert_eq!(given(input), Ok(expected.into()));
    is(r#"{"path":"/x"}"#, r#"{"path":"/x","limit":100}"#);
    is(
        r#"{"limit":5.0,"path":"","any":[1],"ratio":1}"#,
        r#"{"limit":5.0,"path":"","any":[1],"ratio":1}"#,
    );
    is(r#"{"path":"/x","ratio":null,"limit":1}"#, r#"{"path":"/x","ratio":null,"limit":1}"#);
}

#[test]
fn all_that_is_wrong_is_found() {
    let found = given(r#"{"limit":1.5,"pth":"x","ratio":"1"}"#);
    let expected = [
        wrong("document", "missing"),
        wrong("limit", "wrong_type"),
        wrong("pth", "unknown_parameter"),
        wrong("ratio", "wrong_type"),
    ];
    assert_eq!(found, Err(expected.to_vec()));
    assert_eq!(given("null"), Err(vec![wrong("document", "missing")]));
    assert_eq!(given("[1]"), Err(vec![wrong("document", "type")]));
    assert_eq!(given(r#"{"path":"a","path":"b"}"#), Err(vec![wrong("path", "duplicate")]));
    assert_eq!(given(r#"{"path":null}"#), Err(vec![wrong("path", "wrong_type")]));
}

#[test]
fn without_parameters_anything_is_right() {
    let plain = definition(&of(json!([{ "name": "a", "task": "x" }])));
    let input = Json::parse("[ 1 ]").expect("JSON");
    assert_eq!(plain.check_input(&input), Ok(input));
    assert!(!plain.looks_at_input());
}
