//! What was written is what is read.

use proptest::prelude::*;

use super::*;

fn tree(text: &str) -> Tree {
    Tree::read(&Json::parse(text).expect("JSON")).expect("a tree")
}

/// Any value, as it may be written.
fn any_tree() -> impl Strategy<Value = Tree> {
    let number = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        Just("1e400".into()),
        Just("1.0".into()),
        Just("123456789012345678901234567890".into()),
    ];
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Boolean),
        number.prop_map(Tree::Number),
        ".{0,8}".prop_map(Tree::Text),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Tree::List),
            proptest::collection::vec((".{0,4}", inner), 0..5).prop_map(Tree::Object),
        ]
    })
}

#[test]
fn names_that_stand_twice_and_digits_are_kept() {
    let text = r#"{"b":1.0,"a":[null,true,"x\n"],"b":123456789012345678901234567890}"#;
    assert_eq!(tree(text).to_json().as_str(), text);
    assert_eq!(tree(text).field("b"), Some(&Tree::Number("1.0".into())));
}

#[test]
fn spaces_are_not_kept() {
    assert_eq!(tree(" [ 1 , { \"a\" : \"b c\" } ] ").to_json().as_str(), r#"[1,{"a":"b c"}]"#);
}

#[test]
fn nobody_descends_for_ever() {
    let nested = |deep: usize| Json::parse(&("[".repeat(deep) + &"]".repeat(deep))).expect("JSON");
    assert!(Tree::read(&nested(DEPTH_MAX)).is_ok());
    assert_eq!(Tree::read(&nested(DEPTH_MAX + 1)), Err(Unreadable::TooDeep));
    assert_eq!(Tree::read(&nested(100_000)), Err(Unreadable::TooDeep));
}

#[test]
fn half_a_character_is_no_text() {
    let half = Json::parse(r#"["\ud800"]"#).expect("nobody has looked yet");
    assert!(matches!(Tree::read(&half), Err(Unreadable::Broken(_))));
}

#[test]
fn a_place_is_called_as_people_write_it() {
    let path = Path::root().field("stages").item(3).field("after").item(0).field("a b");
    assert_eq!(path.to_string(), r#"stages[3].after[0]["a b"]"#);
    assert_eq!(Path::root().to_string(), "document");
    assert_eq!(Path::root().item(1).to_string(), "[1]");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(tree in any_tree()) {
        prop_assert_eq!(Tree::read(&tree.to_json()), Ok(tree));
    }
}
