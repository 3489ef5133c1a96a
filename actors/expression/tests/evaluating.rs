//! What expressions come to.

use super::*;

const INPUT: &str = r#"{"n":3,"big":12345678901234567890123,"text":"Añb","list":[1,"two",{"x":null}],
    "o":{"b":1,"a":[1,2]},"odd name":true,"nothing":null,"empty":[],"twice":1,"twice":2}"#;

fn is(text: &str, expected: &str) {
    assert_eq!(comes_to(text, &with_input(INPUT)).as_deref(), Ok(expected), "{text}");
}

fn fails(text: &str) -> FillError {
    comes_to(text, &with_input(INPUT)).expect_err(text)
}

#[test]
fn a_value_is_found_as_it_was_written() {
    is("input.n", "3");
    is("input.big", "12345678901234567890123");
    is("input.list[2].x", "null");
    is("input.list[1]", "\"two\"");
    is("input['odd name']", "true");
    is("input.o", r#"{"b":1,"a":[1,2]}"#);
    is("input.twice", "2");
    is("index", "7");
    is("run.id", "\"r-1\"");
}

#[test]
fn what_is_not_there_is_said() {
    for (text, missing) in [
        ("input.m", "input.m"),
        ("input.o.c.d", "input.o.c"),
        ("input.list[3]", "input.list[3]"),
        ("input.nothing.x", "input.nothing.x"),
        ("stages.a-1.output", "stages.a-1.output"),
        ("stages[\"3d\"].output.x", "stages[\"3d\"].output"),
        ("item", "item"),
        ("first(input.empty)", "an item of an empty list"),
    ] {
        assert_eq!(fails(text), FillError::Missing(missing.into()), "{text}");
    }
}

#[test]
fn a_value_without_parts_is_not_looked_into() {
    assert!(matches!(fails("input.n.x"), FillError::Unfit(what) if what.contains("no fields")));
    assert!(matches!(fails("input.o[0]"), FillError::Unfit(what) if what.contains("no list")));
}

#[test]
fn what_may_be_missing_can_be_asked() {
    is("has(input.n)", "true");
    is("has(input.m)", "false");
    is("has(input.nothing)", "false");
    is("default(input.m, 5)", "5");
    is("default(input.nothing, 'x')", "\"x\"");
    is("default(input.n, input.m)", "3");
    is("default(first(input.empty), 0)", "0");
    is("has(input.m) && input.m > 1", "false");
    is("!has(input.m) || input.m > 1", "true");
}

#[test]
fn values_compare() {
    for so in [
        "input.n == 3.0",
        "input.n != 4",
        "input.n >= 3",
        "input.n < 3.5",
        "'a' < 'b'",
        "input.o == input.o",
        "input.list == [1, 'two', input.list[2]]",
        "'two' in input.list",
        "!(2 in input.list)",
        "null == input.nothing",
        "input.n != 'x'",
        "input.n == 3 && (false || true)",
    ] {
        is(so, "true");
    }
}

#[test]
fn the_order_of_fields_does_not_matter() {
    let world =
        with_input(r#"{"a":{"x":1,"y":[{"b":1.0,"c":2}]},"b":{"y":[{"c":2,"b":1}],"x":1}}"#);
    assert_eq!(comes_to("input.a == input.b", &world).as_deref(), Ok("true"));
}

#[test]
fn what_has_no_order_does_not_compare() {
    assert!(matches!(fails("input.n < 'x'"), FillError::Unfit(_)));
    assert!(matches!(fails("input.o < input.o"), FillError::Unfit(_)));
    assert!(matches!(fails("1 in 'x'"), FillError::Unfit(_)));
    assert!(matches!(fails("!input.n"), FillError::Unfit(_)));
    assert!(matches!(fails("input.nothing && true"), FillError::Unfit(_)));
}

#[test]
fn functions_make_values() {
    for (text, expected) in [
        ("length(input.text)", "3"),
        ("length(input.list)", "3"),
        ("length(input.o)", "2"),
        ("first(input.list)", "1"),
        ("last(input.o.a)", "2"),
        ("last([1, input.n])", "3"),
        ("join(['a', 1, true], ', ')", "\"a, 1, true\""),
        ("text(input.n)", "\"3\""),
        ("text('x')", "\"x\""),
        ("number(' 1.50 ')", "1.50"),
        ("number(input.n)", "3"),
        ("json(input.o)", r#""{\"b\":1,\"a\":[1,2]}""#),
        ("lower('AÑB')", "\"añb\""),
        ("upper(input.text)", "\"AÑB\""),
        ("contains(input.text, 'ñ')", "true"),
        ("contains(input.list, 1)", "true"),
        ("starts_with(input.text, 'Añ')", "true"),
        ("ends_with(input.text, 'x')", "false"),
        ("keys(input.o)", r#"["b","a"]"#),
    ] {
        is(text, expected);
    }
}

#[test]
fn functions_refuse_what_they_cannot_take() {
    for text in [
        "length(input.n)",
        "first(input.text)",
        "join(input.list, ', ')",
        "text(input.o)",
        "number('x')",
        "number('1e')",
        "lower(input.n)",
        "contains('x', 1)",
        "contains(1, 1)",
        "keys(input.list)",
        "starts_with('a', 1)",
    ] {
        assert!(matches!(fails(text), FillError::Unfit(_)), "{text}");
    }
}

#[test]
fn texts_are_written_in_either_quotes() {
    is(r#"'it\'s "so"'"#, r#""it's \"so\"""#);
    is(r#""a\nb\u00f1""#, "\"a\\nbñ\"");
    is(r"'a\\'", r#""a\\""#);
}

#[test]
fn what_is_sealed_or_beside_the_event_is_not_looked_into() {
    let world = World { input: Some(sealed()), item: Some(blob()), ..World::default() };
    for text in ["input.name", "input == 1", "json(input)", "has(input)"] {
        assert_eq!(comes_to(text, &world), Err(FillError::Sealed(rest(text))), "{text}");
    }
    assert_eq!(comes_to("item[0]", &world), Err(FillError::TooLargeToLookInto("item[0]".into())));
}

/// The reference in a text.
fn rest(text: &str) -> String {
    if text.contains(".name") { "input.name".into() } else { "input".into() }
}

#[test]
fn what_was_recorded_and_cannot_be_read_is_said() {
    let world = with_input(r#"{"a":"\ud800","b":1}"#);
    assert!(matches!(comes_to("lower(input.a)", &world), Err(FillError::Unreadable(_))));
    assert_eq!(comes_to("input.b", &world).as_deref(), Ok("1"));
}
