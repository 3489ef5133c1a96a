//! A JSON value whose texts may hold expressions. A text that is `${ … }` and nothing else becomes the
//! value with its type; inside another text the value is written out; `$${` is a `${` that stands there.

use events::content::Json;
use serde::{Serialize, Serializer};

use super::{BadExpression, Expression, Mistake, Reference};
use crate::tree::{Path, Tree, Unreadable};

/// A JSON value that is filled in later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    node: TemplateNode,
    tree: Tree,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplateNode {
    /// Nothing is filled in here.
    Fixed(String),
    /// A value, with its type.
    Value(Expression),
    /// A text with values in it.
    Text(Vec<Piece>),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Value(Expression),
}

/// A text in a template that is not written as the language wants it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {wrong}")]
pub struct BadTemplate {
    /// Where in the value it stands.
    pub path: Path,
    /// What is wrong with it.
    pub wrong: BadExpression,
}

impl Template {
    /// Reads a JSON value.
    pub fn read(json: &Json) -> Result<Self, Vec<BadTemplate>> {
        match Tree::read(json) {
            Ok(tree) => Self::of(&tree, &Path::root()),
            Err(error) => Err(vec![BadTemplate { path: Path::root(), wrong: unreadable(&error) }]),
        }
    }

    /// The same of a value that was taken apart, and stands at this place of a larger one. All that is
    /// wrong is found.
    pub fn of(tree: &Tree, at: &Path) -> Result<Self, Vec<BadTemplate>> {
        let mut wrongs = Vec::new();
        let node = node(tree, at, &mut wrongs);
        if wrongs.is_empty() { Ok(Self { node, tree: tree.clone() }) } else { Err(wrongs) }
    }

    /// The value as it was written.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The one expression that it is, if it is nothing else.
    #[must_use]
    pub fn as_expression(&self) -> Option<&Expression> {
        if let TemplateNode::Value(expression) = &self.node { Some(expression) } else { None }
    }

    /// Its expressions, each with the place where it stands, and whether it stands inside of a text.
    #[must_use]
    pub fn expressions(&self, at: &Path) -> Vec<(Path, &Expression, bool)> {
        let mut found = Vec::new();
        self.node.expressions(at, &mut found);
        found
    }

    /// Everything that it refers to.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.expressions(&Path::root()).into_iter().flat_map(|(_, found, _)| found.references())
    }

    pub(super) fn node(&self) -> &TemplateNode {
        &self.node
    }
}

/// As it was written.
impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.tree.to_json().serialize(serializer)
    }
}

impl schemars::JsonSchema for Template {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "any value; its texts may hold expressions between `${` and `}`"
        })
    }
}

impl TemplateNode {
    fn expressions<'n>(&'n self, at: &Path, found: &mut Vec<(Path, &'n Expression, bool)>) {
        match self {
            Self::Fixed(_) => {}
            Self::Value(expression) => found.push((at.clone(), expression, false)),
            Self::Text(pieces) => found.extend(pieces.iter().filter_map(|piece| match piece {
                Piece::Text(_) => None,
                Piece::Value(expression) => Some((at.clone(), expression, true)),
            })),
            Self::List(items) => {
                let items = items.iter().enumerate();
                items.for_each(|(n, item)| item.expressions(&at.item(n), found));
            }
            Self::Object(fields) => {
                fields.iter().for_each(|(name, value)| value.expressions(&at.field(name), found));
            }
        }
    }
}

fn node(tree: &Tree, at: &Path, wrongs: &mut Vec<BadTemplate>) -> TemplateNode {
    let made = match tree {
        Tree::Null | Tree::Boolean(_) | Tree::Number(_) => None,
        Tree::Text(text) => match pieces(text) {
            Ok(pieces) => text_node(pieces),
            Err(wrong) => {
                wrongs.push(BadTemplate { path: at.clone(), wrong });
                None
            }
        },
        Tree::List(items) => {
            let items = items.iter().enumerate();
            let items: Vec<_> = items.map(|(n, item)| node(item, &at.item(n), wrongs)).collect();
            items.iter().any(is_filled).then_some(TemplateNode::List(items))
        }
        Tree::Object(fields) => {
            let field = |(name, value): &(String, Tree)| {
                let at = at.field(name);
                if name.contains("${") {
                    wrongs.push(BadTemplate { path: at.clone(), wrong: in_a_name() });
                }
                (name.clone(), node(value, &at, wrongs))
            };
            let fields: Vec<_> = fields.iter().map(field).collect();
            let is_any_filled = fields.iter().any(|(_, value)| is_filled(value));
            is_any_filled.then_some(TemplateNode::Object(fields))
        }
    };
    made.unwrap_or_else(|| {
        let mut json = String::new();
        tree.write(&mut json);
        TemplateNode::Fixed(json)
    })
}

/// Whether it is written otherwise than it stands.
fn is_filled(node: &TemplateNode) -> bool {
    !matches!(node, TemplateNode::Fixed(_))
}

fn text_node(mut pieces: Vec<Piece>) -> Option<TemplateNode> {
    match pieces.as_slice() {
        [Piece::Value(_)] => {
            let Some(Piece::Value(expression)) = pieces.pop() else { return None };
            Some(TemplateNode::Value(expression))
        }
        _ => Some(TemplateNode::Text(pieces)),
    }
}

/// Takes a text apart.
fn pieces(text: &str) -> Result<Vec<Piece>, BadExpression> {
    let (mut pieces, mut plain) = (Vec::new(), String::new());
    // Letters are counted on the way, so that a text of many expressions is gone through once.
    let (mut at, mut column) = (0, 1);
    while let Some(found) = text[at..].find('$') {
        plain.push_str(&text[at..at + found]);
        column += text[at..at + found].chars().count();
        at += found;
        let rest = &text[at..];
        let taken = if rest.starts_with("$${") {
            plain.push_str("${");
            3
        } else if rest.starts_with("${") {
            let (value, end) = Expression::parse_until_brace(text, at + 2, column + 2)?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Value(value));
            end - at
        } else {
            plain.push('$');
            1
        };
        column += text[at..at + taken].chars().count();
        at += taken;
    }
    plain.push_str(&text[at..]);
    if !plain.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

fn in_a_name() -> BadExpression {
    BadExpression {
        column: 1,
        what: "an expression cannot stand in the name of a field".into(),
        remedy: "put it into the value".into(),
        kind: Mistake::Syntax,
    }
}

fn unreadable(error: &Unreadable) -> BadExpression {
    BadExpression {
        column: 1,
        what: error.to_string(),
        remedy: "write a simpler value".into(),
        kind: Mistake::Syntax,
    }
}
