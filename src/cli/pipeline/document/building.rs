//! From what a parser of YAML reports to a tree. It may not be deep, and it may not be large: an alias
//! copies what it names, and what is copied counts, so that nine lines cannot become a billion.

use std::collections::BTreeMap;

use actors::tree::{Path, Tree};
use events::content::DEPTH_MAX;
use saphyr_parser::{Event, ScalarStyle, Span};

use super::places::Places;
use super::scalars;
use super::yaml::{Bad, Events, bad, place};

/// How many values a document may have, with everything that aliases copy.
const NODES_MAX: usize = 50_000;

/// A tree that grows.
pub(super) struct Building {
    places: Places,
    /// What has a name that aliases may call.
    named: BTreeMap<usize, Tree>,
    nodes: usize,
    at: Path,
    depth: usize,
}

impl Building {
    pub(super) fn new() -> Self {
        let (places, named) = (Places::default(), BTreeMap::new());
        Self { places, named, nodes: 0, at: Path::root(), depth: 0 }
    }

    pub(super) fn places(self) -> Places {
        self.places
    }

    /// The value that begins with this event.
    pub(super) fn node(
        &mut self,
        events: &mut Events<'_>,
        event: Event<'_>,
        span: Span,
    ) -> Result<Tree, Bad> {
        self.count(1, span)?;
        self.places.put(&self.at, place(span));
        let (tree, anchor, tag) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style, span)?, anchor, tag),
            Event::SequenceStart(anchor, tag) => {
                (self.deeper(span, |it| it.list(events))?, anchor, tag)
            }
            Event::MappingStart(anchor, tag) => {
                (self.deeper(span, |it| it.object(events))?, anchor, tag)
            }
            Event::Alias(anchor) => return self.alias(anchor, span),
            _ => return Err(bad(span, "a value is missing here", "write one")),
        };
        if tag.is_some() {
            return Err(bad(span, "a tag stands here", "take it away: values are what JSON has"));
        }
        if anchor > 0 {
            self.count(size(&tree), span)?;
            self.named.insert(anchor, tree.clone());
        }
        Ok(tree)
    }

    fn list(&mut self, events: &mut Events<'_>) -> Result<Tree, Bad> {
        let (mut items, here) = (Vec::new(), self.at.clone());
        loop {
            let (event, span) = events.next()?;
            if event == Event::SequenceEnd {
                self.at = here;
                return Ok(Tree::List(items));
            }
            self.at = here.item(items.len());
            items.push(self.node(events, event, span)?);
        }
    }

    fn object(&mut self, events: &mut Events<'_>) -> Result<Tree, Bad> {
        let (mut fields, here) = (Vec::new(), self.at.clone());
        loop {
            let (event, span) = events.next()?;
            let name = match event {
                Event::MappingEnd => {
                    self.at = here;
                    return Ok(Tree::Object(fields));
                }
                Event::Scalar(name, ScalarStyle::Plain, ..) if name == "<<" => {
                    return Err(bad(span, "`<<` merges nothing here", "write the fields out"));
                }
                Event::Scalar(name, ..) => name.into_owned(),
                _ => return Err(bad(span, "the name of a field is a text", "write a text")),
            };
            self.at = here.field(&name);
            let name_stands = place(span);
            let (event, span) = events.next()?;
            let value = self.node(events, event, span)?;
            self.places.put(&here.field(&name), name_stands);
            fields.push((name, value));
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<Tree, Bad> {
        let Some(tree) = self.named.get(&anchor) else {
            let what = "an alias stands inside of what it names";
            return Err(bad(span, what, "write it out"));
        };
        let (size, height) = (size(tree), height(tree));
        if self.depth + height > DEPTH_MAX {
            return Err(too_deep(span));
        }
        self.count(size, span)?;
        Ok(self.named[&anchor].clone())
    }

    fn deeper(
        &mut self,
        span: Span,
        part: impl FnOnce(&mut Self) -> Result<Tree, Bad>,
    ) -> Result<Tree, Bad> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(too_deep(span));
        }
        let tree = part(self)?;
        self.depth -= 1;
        Ok(tree)
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Bad> {
        self.nodes += nodes;
        if self.nodes <= NODES_MAX {
            return Ok(());
        }
        let what = format!("with what aliases copy, there are more than {NODES_MAX} values");
        Err(bad(span, what, "split it into pipelines that run others"))
    }
}

fn too_deep(span: Span) -> Bad {
    let what = format!("lists and objects are inside each other more than {DEPTH_MAX} deep");
    bad(span, what, "write it more simply")
}

fn scalar(text: &str, style: ScalarStyle, span: Span) -> Result<Tree, Bad> {
    if style != ScalarStyle::Plain {
        return Ok(Tree::Text(text.to_owned()));
    }
    let no_number =
        || bad(span, format!("{text} is a number that JSON does not have"), "write another value");
    scalars::plain(text).ok_or_else(no_number)
}

/// How many values there are in a tree.
fn size(tree: &Tree) -> usize {
    match tree {
        Tree::Null | Tree::Boolean(_) | Tree::Number(_) | Tree::Text(_) => 1,
        Tree::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Tree::Object(fields) => 1 + fields.iter().map(|(_, value)| size(value)).sum::<usize>(),
    }
}

/// How many lists and objects are inside each other.
fn height(tree: &Tree) -> usize {
    match tree {
        Tree::Null | Tree::Boolean(_) | Tree::Number(_) | Tree::Text(_) => 0,
        Tree::List(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Tree::Object(fields) => {
            1 + fields.iter().map(|(_, value)| height(value)).max().unwrap_or(0)
        }
    }
}
