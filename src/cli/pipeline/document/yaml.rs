//! YAML, as far as a definition needs it: one document, names that are texts, no tags. Everything else
//! is refused with its place, not passed over.

use actors::tree::Tree;
use saphyr_parser::{Event, Parser, Span};

use super::building::Building;
use super::places::{Place, Places};

/// What cannot be read.
#[derive(Debug)]
pub(super) struct Bad {
    pub(super) place: Place,
    pub(super) what: String,
    pub(super) remedy: String,
}

pub(super) fn bad(span: Span, what: impl Into<String>, remedy: &str) -> Bad {
    Bad { place: place(span), what: what.into(), remedy: remedy.to_owned() }
}

/// Where something begins.
pub(super) fn place(span: Span) -> Place {
    (span.start.line(), span.start.col() + 1)
}

/// What comes, one after the other.
pub(super) struct Events<'t>(Parser<'t, saphyr_parser::StrInput<'t>>);

impl<'t> Events<'t> {
    pub(super) fn next(&mut self) -> Result<(Event<'t>, Span), Bad> {
        match self.0.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let at = error.marker();
                let place = (at.line(), at.col() + 1);
                let remedy = "correct the YAML: look at the spaces, the colons and the quotes";
                Err(Bad { place, what: error.info().to_owned(), remedy: remedy.into() })
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }
}

/// Reads a text.
pub(super) fn read(text: &str) -> Result<(Tree, Places), Bad> {
    let mut events = Events(Parser::new_from_str(text));
    let mut found = None;
    loop {
        let (event, span) = events.next()?;
        match event {
            Event::StreamEnd => break,
            Event::DocumentStart(_) if found.is_some() => {
                return Err(bad(span, "a second document begins here", "put it into another file"));
            }
            Event::DocumentStart(_) => {
                let mut building = Building::new();
                let (event, span) = events.next()?;
                let tree = building.node(&mut events, event, span)?;
                found = Some((tree, building.places()));
            }
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            _ => return Err(bad(span, "this stands outside of the document", "take it away")),
        }
    }
    Ok(found.unwrap_or_else(|| (Tree::Null, Places::default())))
}
