//! What holds whatever is written and whatever is there.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::tree::Step;

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z][a-z0-9_-]{0,3}", 1 => ".{0,3}"]
}

fn any_reference() -> impl Strategy<Value = Node> {
    let step = prop_oneof![any_name().prop_map(Step::Field), (0usize..4).prop_map(Step::Item)];
    let plain = select(vec![Root::Input, Root::Item, Root::Index, Root::Output]);
    let stage = select(vec![Root::StageOutput, Root::StageFailed, Root::StageSkipped]);
    let head = prop_oneof![
        plain.prop_map(|root| (root, None)),
        (stage, any_name()).prop_map(|(root, name)| (root, Some(name))),
        select(vec!["id", "edition"]).prop_map(|part| (Root::Run, Some(part.to_owned()))),
        Just((Root::Fact, Some("data".to_owned()))),
    ];
    (head, vec(step, 0..3))
        .prop_map(|((root, first), steps)| Node::Value(Reference { column: 0, root, first, steps }))
}

fn any_literal() -> impl Strategy<Value = Node> {
    let text = prop_oneof![
        ".{0,6}".prop_map(|text| serde_json::to_string(&text).expect("JSON")),
        any::<i64>().prop_map(|n| n.to_string()),
        select(vec!["true", "false", "null", "1.50", "-0.0", "1e9"]).prop_map(str::to_owned),
    ];
    text.prop_map(Node::Literal)
}

/// Any expression, not deeper than it may be.
fn any_node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![any_literal(), any_reference()];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let call = select(Function::ALL.to_vec());
        let comparison = select(Comparison::ALL.map(|(_, comparison)| comparison).to_vec());
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Node::List),
            vec(inner.clone(), 2..4).prop_map(Node::All),
            vec(inner.clone(), 2..4).prop_map(Node::Any),
            inner.clone().prop_map(|part| Node::Not(Box::new(part))),
            (inner.clone(), comparison, inner.clone()).prop_map(|(left, comparison, right)| {
                Node::Compare(Box::new(left), comparison, Box::new(right))
            }),
            (call, vec(inner, 2..3)).prop_map(|(function, mut parts)| {
                parts.truncate(function.takes().len());
                Node::Call(function, parts)
            }),
        ]
    })
}

fn any_value() -> impl Strategy<Value = String> {
    let leaf = select(vec!["null", "true", "-1", "2.5", "\"a\"", "\"\"", "1e400", "\"\\ud800\""]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 16, 4, |inner| {
        let name = select(vec!["a", "b", "rows", "x y"]);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            vec((name, inner), 0..4).prop_map(|fields| {
                let field = |(name, value)| format!("\"{name}\":{value}");
                format!("{{{}}}", fields.into_iter().map(field).collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

/// Texts that look like the language, and are not always.
fn any_text() -> impl Strategy<Value = String> {
    let words = vec![
        "input", ".", "a", "[", "]", "(", ")", "0", "'x'", "\"", "'", "\\", "==", "<", "&&", "||",
        "!", " ", "length", "default", ",", "in", "stages", "output", "ñ", "${", "}", "$", "$${",
        "-", "1e", "has", "null", "{",
    ];
    vec(select(words), 0..14).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_printed_reads_as_what_it_was(node in any_node()) {
        let printed = node.to_string();
        let read = Expression::parse(&printed);
        prop_assert_eq!(read.as_ref().map(Expression::node), Ok(&node), "{}", printed);
    }

    #[test]
    fn no_text_is_too_much(text in any_text(), value in any_value()) {
        let world = World { input: Some(inline(&value)), ..World::default() };
        if let Ok(read) = Expression::parse(&text) {
            let _ = fill_expression(&read, &world);
            prop_assert_eq!(Expression::parse(&read.to_string()), Ok(read));
        }
        let quoted = json(&serde_json::to_string(&text).expect("JSON"));
        if let Ok(template) = Template::read(&quoted) {
            let _ = fill(&template, &world);
        }
    }

    #[test]
    fn whatever_is_filled_in_is_json_and_the_same_again(node in any_node(), value in any_value()) {
        let world = World { input: Some(inline(&value)), item: Some(inline(&value)), ..World::default() };
        let text = serde_json::to_string(&format!("${{ {node} }}")).expect("JSON");
        let Ok(template) = Template::read(&json(&text)) else { return Ok(()) };
        let first = fill(&template, &world);
        prop_assert_eq!(&first, &fill(&template, &world));
        if let Ok(Content::Inline(json)) = first {
            prop_assert!(Json::parse(json.as_str()).is_ok());
        }
    }

    #[test]
    fn what_is_found_is_of_the_kinds_that_were_told(node in any_node(), value in any_value()) {
        let world = World { input: Some(inline(&value)), item: Some(inline(&value)), ..World::default() };
        let text = node.to_string();
        let Ok(read) = Expression::parse(&text) else { return Ok(()) };
        let (kinds, _) = check(&read, &|_| Kinds::ANY);
        if let Ok(Content::Inline(found)) = fill_expression(&read, &world) {
            prop_assert!(Kinds::of(found.as_str()).is_always(kinds), "{} is {}", text, found.as_str());
        }
    }

    #[test]
    fn what_was_said_to_be_wrong_always_fails(node in any_node(), value in any_value()) {
        let world = World { input: Some(inline(&value)), item: Some(inline(&value)), ..World::default() };
        let text = node.to_string();
        let Ok(read) = Expression::parse(&text) else { return Ok(()) };
        let (_, misfits) = check(&read, &|_| Kinds::ANY);
        // Parts that are never looked at may be wrong, and `==` of what never compares is just false.
        let is_certain = !text.contains("&&") && !text.contains("||") && !text.contains("default")
            && !text.contains("has") && misfits.iter().any(|misfit| misfit.code.starts_with("expected_"));
        if is_certain {
            prop_assert!(fill_expression(&read, &world).is_err(), "{}", text);
        }
    }
}
