//! What templates come to, and where it ends.

use events::content::DEPTH_MAX;

use super::*;

#[test]
fn a_whole_text_becomes_the_value_with_its_type() {
    let world = with_input(r#"{"n":3,"rows":[1,2],"who":"ada"}"#);
    let template = r#"{"a":"${ input.n }","b":["${input.rows}",{"c":"${ input.who }"}],"d":1.0}"#;
    let expected = r#"{"a":3,"b":[[1,2],{"c":"ada"}],"d":1.0}"#;
    assert_eq!(filled(template, &world).as_deref(), Ok(expected));
}

#[test]
fn inside_a_text_values_are_written_out() {
    let world = with_input(r#"{"n":3,"ok":true,"who":"a\"da"}"#);
    let template = r#""${ input.n } of ${ input.who }: ${ input.ok }""#;
    assert_eq!(filled(template, &world).as_deref(), Ok(r#""3 of a\"da: true""#));
}

#[test]
fn lists_objects_and_nothing_do_not_stand_in_a_text() {
    let world = with_input(r#"{"o":{},"l":[],"n":null}"#);
    for name in ["o", "l", "n"] {
        let found = filled(&format!("\"x ${{ input.{name} }}\""), &world);
        assert!(matches!(found, Err(FillError::Unfit(what)) if what.contains("json(")), "{name}");
    }
    assert_eq!(filled("\"x ${ json(input.o) }\"", &world).as_deref(), Ok("\"x {}\""));
}

#[test]
fn two_dollars_stand_for_one_that_means_nothing() {
    let world = with_input("1");
    let is = |template: &str, expected: &str| {
        assert_eq!(filled(template, &world).as_deref(), Ok(expected), "{template}");
    };
    is(r#""$${ input }""#, r#""${ input }""#);
    is(r#""$5 and ${ input }$""#, r#""$5 and 1$""#);
    is(r#""""#, r#""""#);
    is(r#""ñ$""#, r#""ñ$""#);
}

#[test]
fn a_brace_in_quotes_does_not_end_an_expression() {
    let world = with_input("1");
    let found = filled(r#""a ${ join(['}', \"}\"], '{') } b""#, &world);
    assert_eq!(found.as_deref(), Ok(r#""a }{} b""#));
}

#[test]
fn what_is_sealed_is_passed_on_whole() {
    let world = World { input: Some(sealed()), item: Some(blob()), ..World::default() };
    let pass = |text: &str| fill(&Template::read(&json(text)).expect("a template"), &world);
    assert_eq!(pass(r#""${ input }""#), Ok(sealed()));
    assert_eq!(pass(r#""${ item }""#), Ok(blob()));
    assert_eq!(pass(r#"{"a":"${ input }"}"#), Err(FillError::Sealed("input".into())));
    assert_eq!(pass(r#""a ${ item }""#), Err(FillError::TooLargeToLookInto("item".into())));
}

#[test]
fn a_condition_is_true_or_false() {
    let world = with_input(r#"{"n":3}"#);
    let asked = |text| {
        let condition = Expression::parse_quoted(text).expect("a condition");
        holds_within(&condition, &world, &mut { STEPS_MAX })
    };
    assert_eq!(asked("${ input.n > 2 }"), Ok(true));
    assert_eq!(asked(" ${ input.n > 3 } "), Ok(false));
    assert!(matches!(asked("${ input.n }"), Err(FillError::Unfit(_))));
    assert_eq!(asked("${ input.m > 2 }"), Err(FillError::Missing("input.m".into())));
}

#[test]
fn items_are_cut_out_of_their_list() {
    let world = with_input(r#"{"rows":[ {"a": 1} , "two",3, [ ] ],"n":1}"#);
    let template = |text: &str| {
        let quoted = serde_json::to_string(&format!("${{ {text} }}")).expect("JSON");
        Template::read(&json(&quoted)).expect("a template")
    };
    let items = |list: &Template, world| items_within(list, world, &mut { STEPS_MAX });
    let cut = |text| items(&template(text), &world);
    let rows = cut("input.rows").expect("a list");
    let all: Vec<_> = (0..rows.len()).filter_map(|n| rows.get(n)).collect();
    assert_eq!(all, [r#"{"a": 1}"#, "\"two\"", "3", "[ ]"]);
    assert_eq!(rows.get(4), None);
    assert!(cut("[]").expect("a list").is_empty());
    assert!(matches!(cut("input.n"), Err(FillError::Unfit(_))));
    let closed = World { input: Some(sealed()), ..World::default() };
    let found = items(&template("input"), &closed).map(|items| items.len());
    assert_eq!(found, Err(FillError::Sealed("input".into())));
}

#[test]
fn what_is_filled_in_has_an_end() {
    let text = |bytes: usize| with_input(&format!("\"{}\"", "x".repeat(bytes)));
    assert!(filled("[\"${ input }\"]", &text(FILLED_BYTES_MAX - 4)).is_ok());
    assert_eq!(filled("[\"${ input }\"]", &text(FILLED_BYTES_MAX - 3)), Err(FillError::TooLarge));
    assert_eq!(filled("\"${ input }\"", &text(FILLED_BYTES_MAX - 1)), Err(FillError::TooLarge));
    let half = text(FILLED_BYTES_MAX / 2 + 1);
    assert_eq!(filled("\"${ input }${ input }\"", &half), Err(FillError::TooLarge));
    assert_eq!(comes_to("[input, input]", &half), Err(FillError::TooLarge));
    assert_eq!(comes_to("join([input, input], '')", &half), Err(FillError::TooLarge));
}

/// What is joined ends at the piece that is too much: an item that cannot be joined stands behind it,
/// and is not come to.
#[test]
fn what_is_joined_has_an_end_on_the_way() {
    let joined = |items: usize, between: usize| {
        let (list, between) = ("1,".repeat(items), "x".repeat(between));
        let world = with_input(&format!(r#"{{"list":[{list}null],"between":"{between}"}}"#));
        comes_to("join(input.list, input.between)", &world)
    };
    assert_eq!(joined(10_000, 20_000), Err(FillError::TooLarge));
    assert!(matches!(joined(10, 20_000), Err(FillError::Unfit(_))));
}

#[test]
fn work_has_an_end() {
    let large = format!("[{}\"\"]", "\"x\",".repeat(40_000));
    let world = with_input(&large);
    let looks = |times: usize| format!("[{}true]", "\"${ 'y' in input }\",".repeat(times));
    assert!(filled(&looks(10), &world).is_ok());
    assert_eq!(filled(&looks(1000), &world), Err(FillError::TooCostly));
}

/// How many steps a condition takes, and what it comes to.
fn asked(text: &str, world: &World) -> (Result<bool, FillError>, u32) {
    let mut left = STEPS_MAX;
    let is_so = holds_within(&expression(text), world, &mut left);
    (is_so, STEPS_MAX - left)
}

/// However large what is sought is: it is read once, and no more of it is compared than an item has.
#[test]
fn what_is_sought_in_a_list_costs_by_what_is_in_the_list() {
    let large = "x".repeat(20_000);
    for (sought, item) in [(format!("\"{large}\""), "\"x\""), (format!("[\"{large}\"]"), "[1]")] {
        let list = format!("{item},").repeat(10_000);
        let input = format!(r#"{{"sought":{sought},"list":[{list}null],"small":{item}}}"#);
        let world = with_input(&input);
        for text in ["input.sought in input.list", "contains(input.list, input.sought)"] {
            let (is_so, steps) = asked(text, &world);
            assert_eq!(is_so, Ok(false), "{text}");
            let looked_through = 2 * input.len() + 2 * list.len() + 2 * sought.len();
            assert!(steps as usize <= looked_through / STEP_BYTES + 16, "{steps} steps: {text}");
        }
        for text in ["input.small in input.list", "null in input.list", "!(7 in input.list)"] {
            assert_eq!(asked(text, &world).0, Ok(true), "{text}");
        }
    }
}

/// How many steps a template takes of so many.
fn fills(template: &str, world: &World, within: u32) -> (bool, u32) {
    let template = Template::read(&json(template)).expect("a template");
    let mut left = within;
    let filled = fill_within(&template, world, &mut left);
    (filled.is_ok(), within - left)
}

#[test]
fn what_is_passed_on_whole_costs_by_its_length_and_always_fits() {
    let world = with_input(&format!("\"{}\"", "x".repeat(100 * STEP_BYTES - 2)));
    assert_eq!(fills("\"${ input }\"", &world, STEPS_MAX), (true, 101));
    assert_eq!(fills("\"${ default(input, 1) }\"", &world, STEPS_MAX), (true, 102));
    // What leads to it has to fit; that it is passed on as well fits wherever it did.
    assert_eq!(fills("\"${ input }\"", &world, 1), (true, 1));
    assert_eq!(fills("\"${ default(input, 1) }\"", &world, 1), (false, 1));
    let largest = with_input(&format!("\"{}\"", "x".repeat(FILLED_BYTES_MAX - 2)));
    assert_eq!(fills("\"${ input }\"", &largest, STEPS_MAX), (true, 1 + WHOLE_STEPS_MAX));
}

/// A scope that makes its values when they are asked for, or has them.
struct Makes {
    value: String,
    is_made: bool,
}

impl Scope for Makes {
    fn find(&self, _: Root, _: Option<&str>) -> Found<'_> {
        let value = Cow::Borrowed(self.value.as_str());
        Found::Json(if self.is_made { Cow::Owned(value.into_owned()) } else { value })
    }
}

#[test]
fn what_is_made_to_be_asked_for_costs() {
    let value = format!("\"{}\"", "x".repeat(100_000));
    let made = Makes { value: value.clone(), is_made: true };
    let there = Makes { value, is_made: false };
    for text in ["has(input)", "has(default(input, 1))"] {
        let asks = |times: usize, scope: &Makes| {
            let list = format!("[{}true]", format!("\"${{ {text} }}\",").repeat(times));
            fill(&Template::read(&json(&list)).expect("a template"), scope).map(drop)
        };
        assert_eq!(asks(100, &made), Ok(()), "{text}");
        assert_eq!(asks(1000, &made), Err(FillError::TooCostly), "{text}");
        assert_eq!(asks(1000, &there), Ok(()), "{text}");
    }
}

#[test]
fn what_is_filled_in_is_not_too_deep() {
    let nested = |deep: usize| with_input(&("[".repeat(deep) + &"]".repeat(deep)));
    assert!(filled("[\"${ input }\"]", &nested(DEPTH_MAX - 1)).is_ok());
    let found = filled("[\"${ input }\"]", &nested(DEPTH_MAX));
    assert!(matches!(found, Err(FillError::Unfit(what)) if what.contains("deep")));
}

#[test]
fn values_that_are_very_deep_are_not_compared_for_ever() {
    let world = with_input(&("[".repeat(50_000) + &"]".repeat(50_000)));
    assert!(matches!(comes_to("input == input", &world), Err(FillError::Unreadable(_))));
    assert!(comes_to("input[0][0] == 1", &world).is_ok());
}
