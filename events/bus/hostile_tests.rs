//! Whatever text becomes a subject or a header, it never becomes more tokens, words or lines than
//! it was written as.

use proptest::prelude::*;

use super::subject::tokens;
use super::{Headers, Message, Name, Pattern};

/// What means something on the wire, somewhere.
const SIGNS: [char; 20] = [
    '.', '*', '>', ' ', '\t', '\r', '\n', '\0', ':', '\'', '"', 'a', 'Z', '0', '\u{7f}', '\u{85}',
    '\u{a0}', 'ü', '\u{2028}', '\u{feff}',
];

fn hostile() -> impl Strategy<Value = String> {
    let signs = prop::collection::vec(prop::sample::select(&SIGNS[..]), 0..12);
    prop_oneof![
        4 => signs.prop_map(|signs| signs.into_iter().collect()),
        1 => any::<String>(),
        1 => Just("a\r\nPUB b 0\r\n".to_owned()),
    ]
}

/// The words of a control line, as a server takes it apart.
fn words(line: &[u8]) -> usize {
    line.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty()).count()
}

fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| b"\r\n\0".contains(byte)).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_subject_is_one_word_of_one_line(text in hostile()) {
        let name = text.parse::<Name>();
        let pattern = text.parse::<Pattern>();
        prop_assert!(name.is_err() || pattern.is_ok(), "a name is a pattern");
        for subject in [name.map(|n| n.as_bytes().clone()), pattern.map(|p| p.as_bytes().clone())] {
            let Ok(subject) = subject else { continue };
            prop_assert_eq!(&subject[..], text.as_bytes());
            prop_assert_eq!((words(&subject), lines(&subject)), (1, 0));
            prop_assert!(tokens(&subject).all(|token| !token.is_empty()));
        }
    }

    #[test]
    fn what_is_put_into_a_name_reaches_nobody_else(text in hostile()) {
        let Ok(name) = format!("tenant.{text}.end").parse::<Name>() else { return Ok(()) };
        let count = 3 + text.matches('.').count();
        prop_assert_eq!(tokens(name.as_bytes()).count(), count);
        let itself = Pattern::from(name.clone());
        prop_assert!(itself.matches(name.as_bytes()));
        for other in ["tenant.a.end", "other.a.end", "tenant.a.b.end", "tenant.a"] {
            prop_assert_eq!(itself.matches(other.as_bytes()), name.as_bytes() == other);
        }
        let all: Pattern = "tenant.>".parse().expect("a pattern");
        prop_assert!(all.matches(name.as_bytes()));
    }

    #[test]
    fn a_header_is_one_line(first in hostile(), name in hostile(), value in hostile()) {
        let before = Headers::none().with("Before", "x").and_then(|h| h.with("First", &first));
        let before = before.unwrap_or_default();
        let Ok(after) = before.clone().with(&name, &value) else { return Ok(()) };
        let mut expected: Vec<(&str, &str)> = before.iter().collect();
        expected.push((&name, value.trim()));
        prop_assert_eq!(after.iter().collect::<Vec<_>>(), expected);
        let text = str::from_utf8(after.wire()).expect("a text");
        prop_assert_eq!(text.matches("\r\n").count(), after.iter().count() + 2);
        prop_assert_eq!(lines(after.wire()), 2 * text.matches("\r\n").count());
        prop_assert_eq!(after.status(), None);
    }

    #[test]
    fn headers_of_anyone_are_read_without_harm(
        text in hostile(),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        is_begun in any::<bool>(),
        is_ended in any::<bool>(),
    ) {
        let mut wire = if is_begun { b"NATS/1.0".to_vec() } else { Vec::new() };
        wire.extend(text.as_bytes().iter().chain(&bytes));
        wire.extend(if is_ended { &b"\r\n\r\n"[..] } else { b"" });
        let headers = Headers::from_wire(wire.into());
        for (name, value) in headers.iter() {
            prop_assert!(!name.is_empty() && !name.contains("\r\n") && !value.contains("\r\n"));
            prop_assert!(headers.get(name).is_some());
        }
        prop_assert!(headers.status().is_none_or(|status| status < 1000));
        let message = Message { headers: headers.clone(), ..Message::new("a".parse().expect("a name"), "") };
        prop_assert_eq!(message.is_no_responders(), headers.status() == Some(503));
        let more = headers.clone().with("More", "x").expect("a header");
        prop_assert_eq!(more.get("More").is_some(), true);
        prop_assert!(more.iter().count() > headers.iter().count());
    }
}
