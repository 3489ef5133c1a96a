//! Reads conversations.

/// A conversation.
pub(crate) struct Conversation {
    /// Where it is written, and what it is about.
    pub(crate) name: String,
    /// How the server is set.
    pub(crate) setting: String,
    pub(crate) steps: Vec<Step>,
}

/// One thing that happens to a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Says(char, Vec<u8>),
    Hears(char, Vec<u8>),
    IsLeft(char),
}

/// The conversations of a file.
pub(crate) fn read(file: &str, text: &str) -> Vec<Conversation> {
    let mut all: Vec<Conversation> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("== ") {
            let (name, setting) = (format!("{file}: {name}"), String::new());
            all.push(Conversation { name, setting, steps: Vec::new() });
            continue;
        }
        let conversation = all.last_mut().expect("a conversation has a name");
        match line.strip_prefix("@ ") {
            Some(setting) => setting.clone_into(&mut conversation.setting),
            None => add(&mut conversation.steps, line),
        }
    }
    all
}

fn add(steps: &mut Vec<Step>, line: &str) {
    let client = line.chars().next().expect("a line is not empty");
    let said = || bytes(line.get(3..).unwrap_or_default());
    let step = match &line[1..2] {
        ">" => Step::Says(client, said()),
        "<" => Step::Hears(client, said()),
        "." => Step::IsLeft(client),
        _ => panic!("no step: {line}"),
    };
    match (steps.last_mut(), step) {
        (Some(Step::Hears(before, all)), Step::Hears(client, more)) if *before == client => {
            all.extend(more);
        }
        (_, step) => steps.push(step),
    }
}

/// The bytes of a text with escapes.
fn bytes(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some(char) = rest.chars().next() {
        rest = &rest[1..];
        if char != '\\' {
            bytes.push(char as u8);
            continue;
        }
        let kind = rest.chars().next().expect("something is escaped");
        rest = &rest[1..];
        match kind {
            'r' => bytes.push(b'\r'),
            'n' => bytes.push(b'\n'),
            't' => bytes.push(b'\t'),
            '\\' => bytes.push(b'\\'),
            'x' => {
                bytes.push(u8::from_str_radix(&rest[..2], 16).expect("two digits"));
                rest = &rest[2..];
            }
            '{' => {
                let (many, behind) = rest.split_once('}').expect("an end");
                let (one, count) = many.split_once('*').expect("how many");
                bytes.extend(one.as_bytes().repeat(count.parse().expect("a number")));
                rest = behind;
            }
            _ => panic!("no escape: {text}"),
        }
    }
    bytes
}

#[test]
fn escapes_are_bytes() {
    assert_eq!(bytes(r"a\r\n\t\\\x00\xff\{x*3}b"), b"a\r\n\t\\\x00\xffxxxb");
    let all = read("f", "# a\n== n\n@ open\na> x\\r\na< 1\na< 2\nb.\n");
    let steps = [Step::Says('a', b"x\r".into()), Step::Hears('a', b"12".into()), Step::IsLeft('b')];
    assert_eq!((&*all[0].name, &*all[0].setting, &all[0].steps[..]), ("f: n", "open", &steps[..]));
}
