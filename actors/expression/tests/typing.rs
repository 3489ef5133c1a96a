//! What cannot be right is found before anything is filled in; what may be right is left alone.

use super::*;

/// `input.text` is a text, and so on; everything else may be anything.
fn known(reference: &Reference) -> Kinds {
    match reference.to_string().as_str() {
        "input.text" => Kinds::TEXT,
        "input.count" => Kinds::INTEGER,
        "input.list" => Kinds::LIST,
        "input.is" => Kinds::BOOLEAN,
        "input.o" => Kinds::OBJECT,
        _ => Kinds::ANY,
    }
}

fn found(text: &str) -> (Kinds, Vec<(usize, &'static str)>) {
    let (kinds, misfits) = check(&expression(text), &known);
    (kinds, misfits.into_iter().map(|misfit| (misfit.column, misfit.code)).collect())
}

#[test]
fn what_cannot_be_right_is_found() {
    for (text, column, code) in [
        ("!input.text", 2, "expected_boolean"),
        ("true && input.count", 9, "expected_boolean"),
        ("input.list < 1", 1, "never_compares"),
        ("input.is < input.is", 1, "never_compares"),
        ("input.text == input.count", 1, "never_compares"),
        ("1 in input.text", 6, "expected_list"),
        ("length(input.count)", 8, "wrong_type"),
        ("first(input.o)", 7, "expected_list"),
        ("join(input.list, input.count)", 18, "expected_text"),
        ("contains(input.text, input.is)", 22, "expected_text"),
        ("keys(input.list)", 6, "expected_object"),
        ("number(input.is)", 8, "wrong_type"),
        ("has(lower(input.text))", 11, "expected_reference"),
    ] {
        assert_eq!(found(text).1, [(column, code)], "{text}");
    }
}

#[test]
fn what_may_be_right_is_left_alone() {
    for text in [
        "!input.any && input.is",
        "input.any > 3 || input.count > 1.5",
        "input.any == null",
        "input.text == null",
        "default(input.any, 1) > 0",
        "default(input.text, 1) > 0",
        "input.count in input.any",
        "contains(input.any, input.is)",
        "number(input.text) > input.count",
        "length(default(input.list, '')) == 0",
    ] {
        assert_eq!(found(text), (Kinds::BOOLEAN, vec![]), "{text}");
    }
}

#[test]
fn what_an_expression_comes_to_is_known() {
    for (text, kinds) in [
        ("input", Kinds::ANY),
        ("1", Kinds::INTEGER),
        ("1.0", Kinds::INTEGER),
        ("null", Kinds::NULL),
        ("[1]", Kinds::LIST),
        ("length(input.text)", Kinds::INTEGER),
        ("default(null, 'x')", Kinds::TEXT),
        ("default(input.count, 'x')", Kinds::INTEGER.or(Kinds::TEXT)),
        ("json(input)", Kinds::TEXT),
    ] {
        assert_eq!(found(text), (kinds, vec![]), "{text}");
    }
}

#[test]
fn kinds_are_called_by_their_names() {
    assert_eq!(Kinds::NUMBER.called(), "a number");
    assert_eq!(Kinds::of("1.5").called(), "a number");
    assert_eq!(Kinds::INTEGER.or(Kinds::NULL).called(), "null or a whole number");
}
