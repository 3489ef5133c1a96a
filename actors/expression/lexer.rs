//! From a text to words: names, numbers, texts in quotes, signs.

use super::{BadExpression, EXPRESSION_BYTES_MAX, Mistake};

/// A word, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) column: usize,
    pub(super) word: Word,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Name(String),
    /// In the digits of JSON.
    Number(String),
    Text(String),
    Sign(&'static str),
    /// Nothing comes any more.
    End,
}

/// Longer ones first.
const SIGNS: [&str; 16] =
    ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ",", ".", "}"];

/// Goes through a text.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    begin: usize,
    /// Which character the first one is.
    column: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, from: usize, column: usize) -> Self {
        Self { text, at: from, begin: from, column }
    }

    /// All words of the text.
    pub(super) fn whole(&mut self) -> Result<Vec<Token>, BadExpression> {
        let (tokens, closed) = self.words()?;
        match closed {
            None => Ok(tokens),
            Some(at) => Err(self.wrong(at, "`}` has no beginning", "take it away")),
        }
    }

    /// The words up to `}`, and where what comes behind it begins.
    pub(super) fn until_brace(&mut self) -> Result<(Vec<Token>, usize), BadExpression> {
        let (tokens, closed) = self.words()?;
        match closed {
            Some(at) => Ok((tokens, at + 1)),
            None => Err(self.wrong(self.begin, "it has no end", "close the expression with `}`")),
        }
    }

    fn words(&mut self) -> Result<(Vec<Token>, Option<usize>), BadExpression> {
        let mut tokens = Vec::new();
        loop {
            self.at = self.text.len() - self.rest().trim_start().len();
            if self.at - self.begin > EXPRESSION_BYTES_MAX {
                let what = format!("an expression may have {EXPRESSION_BYTES_MAX} bytes");
                return Err(self.wrong(self.begin, &what, "let a stage work it out"));
            }
            let from = self.at;
            let word = self.word()?;
            let is_closed = word == Word::Sign("}");
            let is_end = is_closed || word == Word::End;
            let word = if is_closed { Word::End } else { word };
            tokens.push(Token { column: self.column(from), word });
            if is_end {
                return Ok((tokens, is_closed.then_some(from)));
            }
        }
    }

    fn word(&mut self) -> Result<Word, BadExpression> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Word::End) };
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(Word::Name(self.take(name_bytes(rest)).to_owned()));
        }
        if first.is_ascii_digit() || first == '-' {
            return self.number();
        }
        if first == '"' || first == '\'' {
            return self.quoted(first);
        }
        let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) else {
            let remedy =
                "the language has names, numbers, texts in quotes and == != < <= > >= in && || !";
            return Err(self.wrong(self.at, &format!("{first:?} means nothing here"), remedy));
        };
        self.at += sign.len();
        Ok(Word::Sign(sign))
    }

    fn number(&mut self) -> Result<Word, BadExpression> {
        let from = self.at;
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let rest = self.rest();
        let digits = self.take(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        let is_number = serde_json::from_str::<serde_json::Number>(digits).is_ok();
        if is_number {
            return Ok(Word::Number(digits.to_owned()));
        }
        let what = format!("{digits:?} is no number");
        Err(self.wrong(
            from,
            &what,
            "write it as JSON does, such as 12 or -0.5; there is no arithmetic",
        ))
    }

    /// A text as JSON writes it, in either sort of quotes.
    fn quoted(&mut self, quote: char) -> Result<Word, BadExpression> {
        let from = self.at;
        let (mut json, mut is_escaped) = (String::from("\""), false);
        for (at, c) in self.rest().char_indices().skip(1) {
            match (is_escaped, c) {
                (true, '\'') => drop(json.pop()),
                (false, c) if c == quote => {
                    self.at += at + 1;
                    json.push('"');
                    return serde_json::from_str(&json).map(Word::Text).map_err(|_| {
                        self.wrong(from, "it is no text", "escape with \\\\, \\\", \\', \\n, \\u….")
                    });
                }
                (false, '"') => json.push('\\'),
                _ => {}
            }
            is_escaped = !is_escaped && c == '\\';
            json.push(c);
        }
        Err(self.wrong(from, "the text has no end", &format!("close it with {quote}")))
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, bytes: usize) -> &'t str {
        let taken = &self.rest()[..bytes];
        self.at += bytes;
        taken
    }

    fn column(&self, at: usize) -> usize {
        self.column + self.text[self.begin..at].chars().count()
    }

    fn wrong(&self, at: usize, what: &str, remedy: &str) -> BadExpression {
        let column = self.column(at);
        BadExpression { column, what: what.into(), remedy: remedy.into(), kind: Mistake::Syntax }
    }
}

fn name_bytes(text: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}
