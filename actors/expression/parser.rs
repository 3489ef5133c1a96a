//! From words to an expression, by descent: bounded in depth and in number, so that no text can make
//! it descend for ever.

use super::functions::Function;
use super::lexer::{Token, Word};
use super::node::{Comparison, Node};
use super::reference::{OF_STAGES, PARTS, PLAIN, Reference, Root, STAGES};
use super::{BadExpression, EXPRESSION_DEPTH_MAX, EXPRESSION_NODES_MAX, Mistake};
use crate::suggestions::nearest;
use crate::tree::Step;

type Parsed<T> = Result<T, BadExpression>;

/// Puts words together; the last of them is the end.
pub(super) fn parse(tokens: Vec<Token>) -> Parsed<Node> {
    let mut parser = Parser { tokens, at: 0, depth: 0, nodes: 0 };
    let node = parser.any()?;
    if *parser.peek() == Word::End { Ok(node) } else { Err(parser.unexpected("the end")) }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    nodes: usize,
}

impl Parser {
    fn any(&mut self) -> Parsed<Node> {
        self.many("||", Self::all, Node::Any)
    }

    fn all(&mut self) -> Parsed<Node> {
        self.many("&&", Self::not, Node::All)
    }

    fn many(
        &mut self,
        sign: &'static str,
        part: fn(&mut Self) -> Parsed<Node>,
        together: fn(Vec<Node>) -> Node,
    ) -> Parsed<Node> {
        let mut parts = vec![part(self)?];
        while self.takes(sign) {
            parts.push(part(self)?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => self.made(together(parts)),
        }
    }

    fn not(&mut self) -> Parsed<Node> {
        if !self.takes("!") {
            return self.comparison();
        }
        let part = self.deeper(Self::not)?;
        self.made(Node::Not(Box::new(part)))
    }

    fn comparison(&mut self) -> Parsed<Node> {
        let left = self.value()?;
        let Some(comparison) = self.takes_comparison() else { return Ok(left) };
        let right = self.value()?;
        self.made(Node::Compare(Box::new(left), comparison, Box::new(right)))
    }

    fn takes_comparison(&mut self) -> Option<Comparison> {
        let written = match self.peek() {
            Word::Sign(sign) => *sign,
            Word::Name(name) if name == "in" => "in",
            Word::Name(_) | Word::Number(_) | Word::Text(_) | Word::End => return None,
        };
        let (_, comparison) = Comparison::ALL.into_iter().find(|(sign, _)| *sign == written)?;
        self.at += 1;
        Some(comparison)
    }

    fn value(&mut self) -> Parsed<Node> {
        let column = self.column();
        match self.peek().clone() {
            Word::Number(digits) => self.literal(digits),
            Word::Text(text) => self.literal(serde_json::to_string(&text).expect("a text is JSON")),
            Word::Sign("(") => {
                self.at += 1;
                let node = self.deeper(Self::any)?;
                self.expect(")")?;
                Ok(node)
            }
            Word::Sign("[") => {
                self.at += 1;
                let parts = self.deeper(|parser| parser.list("]"))?;
                self.made(Node::List(parts))
            }
            Word::Name(name) => {
                self.at += 1;
                self.named(name, column)
            }
            Word::Sign(_) | Word::End => Err(self.unexpected("a value")),
        }
    }

    fn literal(&mut self, json: String) -> Parsed<Node> {
        self.at += 1;
        self.made(Node::Literal(json))
    }

    fn named(&mut self, name: String, column: usize) -> Parsed<Node> {
        if matches!(name.as_str(), "true" | "false" | "null") {
            return self.made(Node::Literal(name));
        }
        if self.takes("(") {
            let parts = self.deeper(|parser| parser.list(")"))?;
            let call = call(&name, parts, column)?;
            return self.made(call);
        }
        let (root, first) = self.head(&name, column)?;
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        self.made(Node::Value(Reference { column, root, first, steps }))
    }

    /// Which value it is that a reference begins with.
    fn head(&mut self, name: &str, column: usize) -> Parsed<(Root, Option<String>)> {
        if let Some((_, root)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
            return Ok((*root, None));
        }
        if name == STAGES {
            let stage = self.part("which stage: `stages.<name>.output`")?;
            let column = self.column();
            let part = self.part("what of the stage: output, completed, failed or skipped")?;
            let of = OF_STAGES.iter().find(|(of, _)| *of == part);
            let unknown = || unknown(column, &part, "of a stage", OF_STAGES.map(|(of, _)| of));
            return of.map(|(_, root)| (*root, Some(stage))).ok_or_else(unknown);
        }
        let Some((_, root, parts)) = PARTS.iter().find(|(of, ..)| *of == name) else {
            let plain = PLAIN.map(|(name, _)| name);
            let names = plain.into_iter().chain([STAGES]).chain(PARTS.map(|(name, ..)| name));
            return Err(unknown(column, name, "to begin with", names));
        };
        let column = self.column();
        let part = self.part(&format!("which part of it: {}", parts.join(", ")))?;
        if parts.contains(&part.as_str()) {
            return Ok((*root, Some(part)));
        }
        Err(unknown(column, &part, &format!("of `{name}`"), parts.iter().copied()))
    }

    /// A step that must be there, to a name.
    fn part(&mut self, which: &str) -> Parsed<String> {
        match self.step()? {
            Some(Step::Field(name)) => Ok(name),
            Some(Step::Item(_)) | None => {
                Err(self.wrong("it does not say enough".into(), format!("say {which}")))
            }
        }
    }

    fn step(&mut self) -> Parsed<Option<Step>> {
        if self.takes(".") {
            let Word::Name(name) = self.peek().clone() else {
                return Err(self.unexpected("a name (write others as `[\"…\"]`)"));
            };
            self.at += 1;
            return Ok(Some(Step::Field(name)));
        }
        if !self.takes("[") {
            return Ok(None);
        }
        let step = match self.peek() {
            Word::Text(name) => Some(Step::Field(name.clone())),
            Word::Number(digits) => digits.parse::<u32>().ok().map(|n| Step::Item(n as usize)),
            Word::Name(_) | Word::Sign(_) | Word::End => None,
        };
        let Some(step) = step else {
            return Err(self.unexpected("a place, from 0, or a name in quotes"));
        };
        self.at += 1;
        self.expect("]")?;
        Ok(Some(step))
    }

    /// Values with commas between them, up to a sign.
    fn list(&mut self, close: &'static str) -> Parsed<Vec<Node>> {
        let mut parts = Vec::new();
        if self.takes(close) {
            return Ok(parts);
        }
        loop {
            parts.push(self.any()?);
            if self.takes(close) {
                return Ok(parts);
            }
            self.expect(",")?;
        }
    }

    fn deeper<T>(&mut self, part: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > EXPRESSION_DEPTH_MAX {
            let what = format!("more than {EXPRESSION_DEPTH_MAX} parts are inside each other");
            return Err(self.wrong(what, "let a stage work it out".into()));
        }
        let parsed = part(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn made(&mut self, node: Node) -> Parsed<Node> {
        self.nodes += 1;
        if self.nodes <= EXPRESSION_NODES_MAX {
            return Ok(node);
        }
        let what = format!("it has more than {EXPRESSION_NODES_MAX} parts");
        Err(self.wrong(what, "let a stage work it out".into()))
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        let is_there = *self.peek() == Word::Sign(sign);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, sign: &'static str) -> Parsed<()> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn peek(&self) -> &Word {
        &self.token().word
    }

    fn column(&self) -> usize {
        self.token().column
    }

    fn token(&self) -> &Token {
        // Nothing goes on behind the end, which is always there.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn unexpected(&self, wanted: &str) -> BadExpression {
        let found = match self.peek() {
            Word::Name(name) => format!("`{name}`"),
            Word::Number(digits) => format!("`{digits}`"),
            Word::Text(_) => "a text".into(),
            Word::Sign(sign) => format!("`{sign}`"),
            Word::End => "the end".into(),
        };
        self.wrong(format!("{found} stands here"), format!("put {wanted} here"))
    }

    fn wrong(&self, what: String, remedy: String) -> BadExpression {
        BadExpression { column: self.column(), what, remedy, kind: Mistake::Syntax }
    }
}

fn call(name: &str, parts: Vec<Node>, column: usize) -> Parsed<Node> {
    let Some(function) = Function::named(name) else {
        return Err(unknown(column, name, "to call", Function::names()));
    };
    let wanted = function.takes().len();
    if parts.len() == wanted {
        return Ok(Node::Call(function, parts));
    }
    let what = format!("`{name}` takes {wanted}, and {} stand here", parts.len());
    let remedy = format!("write {}", function.example());
    Err(BadExpression { column, what, remedy, kind: Mistake::Syntax })
}

fn unknown<'n>(
    column: usize,
    name: &str,
    what: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> BadExpression {
    let names: Vec<&str> = names.into_iter().collect();
    let remedy = match nearest(name, names.iter().copied()) {
        Some(near) => format!("write `{near}`"),
        None => format!("there is {}", names.join(", ")),
    };
    let what = format!("there is no `{name}` {what}");
    BadExpression { column, what, remedy, kind: Mistake::Unknown }
}
