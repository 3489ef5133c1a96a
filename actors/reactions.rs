//! All reactions there are.

pub mod carry_out;
pub mod report_to_parent;
pub mod start_by_fact;

use events::codec::WireType;
use events::header::Header;
use events::known::Known;

use crate::reaction::{Mind, Reaction, ToDo};
use carry_out::CarryOut;
use report_to_parent::ReportToParent;
use start_by_fact::StartByFact;

/// A reaction in the list of them all.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// Its name.
    pub name: &'static str,
    /// [`Reaction::HEARS`].
    pub hears: &'static [WireType],
    /// [`Reaction::needs_beginning`].
    pub needs_beginning: fn(&Header<'_>, &[u8]) -> Option<bool>,
    /// [`Reaction::asks_how_it_began`].
    pub asks_how_it_began: fn(&Known) -> bool,
    /// [`Reaction::react`].
    pub react: fn(&Known, Option<&Known>) -> Vec<ToDo>,
    /// What it remembers, if it does; then that reacts.
    pub mind: Option<fn() -> Box<dyn Mind>>,
}

impl Listed {
    /// What is listed of a reaction.
    #[must_use]
    pub const fn of<R: Reaction>() -> Self {
        Self {
            name: R::NAME,
            hears: R::HEARS,
            needs_beginning: R::needs_beginning,
            asks_how_it_began: R::asks_how_it_began,
            react: R::react,
            mind: None,
        }
    }

    /// One that reacts by what it remembers.
    #[must_use]
    pub const fn remembering(
        name: &'static str,
        hears: &'static [WireType],
        mind: fn() -> Box<dyn Mind>,
    ) -> Self {
        Self {
            name,
            hears,
            needs_beginning: |_, _| None,
            asks_how_it_began: |_| false,
            react: |_, _| vec![],
            mind: Some(mind),
        }
    }
}

/// All of them.
pub const ALL: &[Listed] = &[
    Listed::of::<ReportToParent>(),
    Listed::of::<CarryOut>(),
    Listed::remembering(start_by_fact::NAME, start_by_fact::HEARS, StartByFact::begin),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reaction_has_a_name_of_its_own() {
        let names: BTreeSet<_> = ALL.iter().map(|listed| listed.name).collect();
        assert_eq!(names.len(), ALL.len());
        assert!(names.iter().all(|name| events::id::is_token(name)));
    }
}
