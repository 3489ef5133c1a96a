//! A Rust text taken apart: code, comments and string literals. No parser, just enough of a scanner
//! to count braces and to find names without being misled by what stands in quotes.

/// A Rust text taken apart. Lines of `code` and `comments` are those of the text.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The text without comments, and with empty literals.
    pub(super) code: String,
    /// The comments alone.
    pub(super) comments: String,
    /// The string literals.
    pub(super) literals: Vec<Literal>,
}

/// A string literal, and the line it begins on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) line: usize,
    pub(super) text: String,
}

/// A function, the line it begins on, and how many lines it has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) lines: usize,
}

impl Source {
    /// Takes a text apart.
    pub(super) fn of(text: &str) -> Self {
        let mut source = Self::default();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            rest = if rest.starts_with("//") {
                source.comment(rest, rest.find('\n').unwrap_or(rest.len()))
            } else if rest.starts_with("/*") {
                source.comment(rest, block_comment(rest))
            } else if let Some((open, close)) = quotes(rest, &source.code) {
                source.literal(rest, open, &close)
            } else if c == '\'' {
                source.quoted_char(rest)
            } else {
                source.keep(c);
                &rest[c.len_utf8()..]
            };
        }
        source
    }

    /// The functions that have a body.
    pub(super) fn functions(&self) -> Vec<Function> {
        let starts =
            self.code.match_indices("fn ").filter(|(at, _)| !ends_in_name(&self.code[..*at]));
        let function = |(at, _): (usize, &str)| {
            let name: String = self.code[at + 3..].chars().take_while(|c| is_name(*c)).collect();
            let (_, close) = block(&self.code, at)?;
            let line = line_of(&self.code, at);
            let lines = line_of(&self.code, close) - line + 1;
            (!name.is_empty()).then_some(Function { name, line, lines })
        };
        starts.filter_map(function).collect()
    }

    /// The literals outside of `#[cfg(test)]`.
    pub(super) fn literals_outside_tests(&self) -> impl Iterator<Item = &Literal> {
        let blocks = self.code.match_indices("#[cfg(test)]").filter_map(|(at, _)| {
            let (open, close) = block(&self.code, at)?;
            Some(line_of(&self.code, open)..=line_of(&self.code, close))
        });
        let tests: Vec<_> = blocks.collect();
        self.literals
            .iter()
            .filter(move |literal| !tests.iter().any(|lines| lines.contains(&literal.line)))
    }

    /// The names in the code, each with its line.
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines()).flat_map(|(line, text)| {
            text.split(|c| !is_name(c))
                .filter(|name| !name.is_empty())
                .map(move |name| (line, name))
        })
    }

    fn keep(&mut self, c: char) {
        self.code.push(c);
        if c == '\n' {
            self.comments.push(c);
        }
    }

    fn comment<'t>(&mut self, rest: &'t str, end: usize) -> &'t str {
        self.comments.push_str(&rest[..end]);
        self.code.extend(rest[..end].chars().filter(|c| *c == '\n'));
        &rest[end..]
    }

    fn literal<'t>(&mut self, rest: &'t str, open: usize, close: &str) -> &'t str {
        let inside = &rest[open..];
        let end = if close == "\"" { unescaped_quote(inside) } else { inside.find(close) };
        let end = end.unwrap_or(inside.len());
        let line = self.code.matches('\n').count() + 1;
        self.literals.push(Literal { line, text: inside[..end].into() });
        self.code.push_str("\"\"");
        inside[..end].chars().filter(|c| *c == '\n').for_each(|c| self.keep(c));
        inside.get(end + close.len()..).unwrap_or_default()
    }

    /// Either a character, or the lifetime `'a`.
    fn quoted_char<'t>(&mut self, rest: &'t str) -> &'t str {
        let mut inside = rest[1..].chars();
        let (first, second) = (inside.next(), inside.next());
        let end = match (first, second) {
            (Some('\\'), Some(escaped)) => {
                let from = 2 + escaped.len_utf8();
                rest[from..].find('\'').map(|end| from + end + 1)
            }
            (Some(c), Some('\'')) => Some(2 + c.len_utf8()),
            _ => None,
        };
        self.code.push('\'');
        &rest[end.unwrap_or(1)..]
    }
}

/// Where a string literal that begins here opens, and what closes it.
fn quotes(rest: &str, before: &str) -> Option<(usize, String)> {
    if rest.starts_with('"') {
        return Some((1, "\"".into()));
    }
    let raw = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    if ends_in_name(before) || !raw[hashes..].starts_with('"') {
        return None;
    }
    Some((rest.len() - raw.len() + hashes + 1, format!("\"{}", "#".repeat(hashes))))
}

fn unescaped_quote(inside: &str) -> Option<usize> {
    let mut escaped = false;
    inside.char_indices().find_map(|(at, c)| {
        let found = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        found.then_some(at)
    })
}

/// The length of the comment that begins here; such comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let step = match rest.as_bytes().get(at..at + 2) {
            Some(b"/*") => 1,
            Some(b"*/") => -1,
            _ => 0,
        };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Where the block of the item at `from` opens and closes; none if a `;` ends the item first.
fn block(code: &str, from: usize) -> Option<(usize, usize)> {
    let (mut depth, mut open) = (0, None);
    for (at, c) in code[from..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ';' if depth == 0 => return None,
            _ => {}
        }
        if c == '{' && depth == 1 {
            open.get_or_insert(from + at);
        }
        if c == '}' && depth == 0 {
            return Some((open?, from + at));
        }
    }
    None
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn ends_in_name(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_comments_hide_no_code_and_are_no_code() {
        let text = r##"a("x}\"{"); /* { /* { */ */ b('{', '\'', r#"}""#); // {"##;
        let source = Source::of(text);
        assert_eq!(source.code, "a(\"\");  b(', ', \"\"); ");
        assert_eq!(source.literals.len(), 2);
        assert_eq!(source.literals[1].text, "}\"");
        assert!(source.comments.ends_with("// {"));
    }

    #[test]
    fn a_lifetime_is_no_character() {
        assert_eq!(Source::of("fn f<'a>(x: &'a str) {}").code, "fn f<'a>(x: &'a str) {}");
    }

    #[test]
    fn a_function_is_as_long_as_its_lines() {
        let source = Source::of("trait T { fn none(); }\nfn f(x: [u8; 2])\nwhere\n{\n  {}\n}\n");
        assert_eq!(source.functions(), [Function { name: "f".into(), line: 2, lines: 5 }]);
    }

    #[test]
    fn what_stands_under_test_is_left_out() {
        let source = Source::of("f(\"a\");\n#[cfg(test)]\nmod tests {\n  g(\"b\");\n}\nh(\"c\");");
        let found: Vec<_> = source.literals_outside_tests().map(|l| l.text.as_str()).collect();
        assert_eq!(found, ["a", "c"]);
    }
}
