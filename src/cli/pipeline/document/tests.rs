//! YAML as it is understood, and where it ends.

use super::*;

fn json(yaml: &str) -> String {
    let (tree, _) = yaml::read(yaml).unwrap_or_else(|bad| panic!("{bad:?}"));
    tree.to_json().as_str().to_owned()
}

fn refused(yaml: &str) -> (Place, String) {
    let bad = yaml::read(yaml).expect_err("it is refused");
    assert!(!bad.remedy.is_empty());
    (bad.place, bad.what)
}

#[test]
fn words_mean_what_yaml_1_2_says() {
    let yaml = "[yes, no, true, null, ~, 12, -1.5, +3, .5, 0123, 1e3, 0x10, '12', \"a\\n\", 12345678901234567890123]";
    let expected = r#"["yes","no",true,null,null,12,-1.5,3,0.5,"0123",1e3,"0x10","12","a\n",12345678901234567890123]"#;
    assert_eq!(json(yaml), expected);
}

#[test]
fn fields_keep_their_order_and_those_that_stand_twice() {
    assert_eq!(
        json("b: 1\na:\n  - x\n  - y: |\n      one\n      two\nb: 2\n"),
        r#"{"b":1,"a":["x",{"y":"one\ntwo\n"}],"b":2}"#
    );
    assert_eq!(json(""), "null");
}

#[test]
fn expressions_stand_without_quotes() {
    let yaml = "when: ${ stages.a.output.n > 0 && !(input.x in ['a', 'b']) }\n";
    assert_eq!(json(yaml), r#"{"when":"${ stages.a.output.n > 0 && !(input.x in ['a', 'b']) }"}"#);
}

#[test]
fn aliases_copy_what_they_name() {
    assert_eq!(
        json("a: &x {n: 1}\nb: *x\nc: [*x, *x]\n"),
        r#"{"a":{"n":1},"b":{"n":1},"c":[{"n":1},{"n":1}]}"#
    );
}

#[test]
fn what_json_does_not_have_is_refused_where_it_stands() {
    for (yaml, place) in [
        ("a: .nan", (1, 4)),
        ("a: !!set {}", (1, 4)),
        ("a: 1\n<<: {b: 1}", (2, 1)),
        ("? [a]\n: 1", (1, 3)),
        ("a: 1\n---\nb: 2", (2, 1)),
        ("a: &x [*x]", (1, 8)),
        ("a: [1, 2", (2, 1)),
    ] {
        assert_eq!(refused(yaml).0, place, "{yaml}: {:?}", refused(yaml));
    }
}

#[test]
fn a_small_text_does_not_become_a_large_value() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..20 {
        let before = format!("*a{}", n - 1);
        laughs += &format!("a{n}: &a{n} [{}]\n", [before.as_str(); 10].join(", "));
    }
    assert!(refused(&laughs).1.contains("aliases"));
    let mut deep = "a0: &a0 [x]\n".to_owned();
    for n in 1..200 {
        deep += &format!("a{n}: &a{n} [*a{}]\n", n - 1);
    }
    assert!(refused(&deep).1.contains("deep"));
}

#[test]
fn hostile_texts_end() {
    for part in ["[", "{", "- ", "a: ", "&a ", "*a ", "? ", "!", "\"", "| ", "[{"] {
        let _ = yaml::read(&part.repeat(100_000));
        let _ = yaml::read(&format!("{part}\n").repeat(20_000));
    }
    assert!(yaml::read(&"[".repeat(1 << 20)).is_err());
    let nested = |deep: usize| "[".repeat(deep) + &"]".repeat(deep);
    assert!(yaml::read(&nested(100)).is_ok());
    assert!(refused(&nested(101)).1.contains("deep"));
}

#[test]
fn mistakes_have_their_place_in_the_file() {
    let yaml = b"stages:\n  - name: a\n    task: x\n  - name: b\n    task: y\n    after: [a, c]\n    prio: 1\n  - task: z\n";
    let mistakes = understand(yaml).expect_err("three mistakes");
    let found: Vec<_> = mistakes.iter().map(|it| (it.place, it.wrong.path.to_string())).collect();
    let expected =
        [((6, 16), "stages[1].after[1]"), ((7, 5), "stages[1].prio"), ((8, 5), "stages[2]")];
    assert_eq!(found, expected.map(|(place, path)| (Some(place), path.to_owned())));
}

#[test]
fn what_begins_with_a_brace_is_json() {
    assert!(understand(br#"{"stages":[{"name":"a","task":"x"}]}"#).is_ok());
    let mistakes = understand(b"{\"stages\":\n [}").expect_err("no JSON");
    assert_eq!(mistakes[0].place, Some((2, 3)));
    assert_eq!(understand(b"\xff").expect_err("no text")[0].wrong.code, "unreadable");
}
