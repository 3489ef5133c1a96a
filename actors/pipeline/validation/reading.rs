//! Reading the fields of an object one by one: what is not right is told, and left out.

use std::collections::BTreeSet;

use events::id::is_token;

use super::Findings;
use crate::bounds::{TEXT_BYTES_MAX, VALUE_BYTES_MAX};
use crate::expression::{BadTemplate, Mistake, Template};
use crate::suggestions::nearest;
use crate::tree::{Path, Tree};

/// The fields of an object.
pub(super) struct Reading<'t, 'f> {
    pub(super) at: Path,
    fields: Vec<(&'t str, &'t Tree)>,
    pub(super) findings: &'f mut Findings,
}

impl<'t, 'f> Reading<'t, 'f> {
    /// An object that has no other fields than these.
    pub(super) fn of(
        tree: &'t Tree,
        at: Path,
        known: &[&'static str],
        findings: &'f mut Findings,
    ) -> Option<Self> {
        let fields = object(tree, &at, findings)?;
        for (name, _) in &fields {
            if !known.contains(name) {
                let otherwise = || format!("there is {}", known.join(", "));
                let remedy = findings.instead(name, known.iter().copied(), otherwise);
                let what = format!("there is no field {name:?} here");
                findings.add(&at.field(name), "unknown_field", what, remedy);
            }
        }
        Some(Self { at, fields, findings })
    }

    /// What stands in a field; `null` is as good as nothing.
    pub(super) fn get(&self, name: &str) -> Option<&'t Tree> {
        let found = self.fields.iter().find(|(field, _)| *field == name);
        found.map(|(_, value)| *value).filter(|value| **value != Tree::Null)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Something must stand there.
    pub(super) fn needs(&mut self, name: &str, remedy: &str) {
        if !self.has(name) {
            let what = format!("`{name}` is missing");
            self.findings.add(&self.at, "missing", what, remedy);
        }
    }

    /// The object in a field.
    pub(super) fn object(&mut self, name: &str, known: &[&'static str]) -> Option<Reading<'t, '_>> {
        Reading::of(self.get(name)?, self.at.field(name), known, self.findings)
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let text = self.words(name)?;
        if text.len() > TEXT_BYTES_MAX {
            let what = format!("a text may have {TEXT_BYTES_MAX} bytes");
            self.wrong(name, "out_of_range", what, "shorten it".into());
        }
        Some(text.to_owned())
    }

    /// The name of something. One that is wrong is told and given all the same, so that whoever
    /// refers to it is not said to be wrong, too.
    pub(super) fn token(&mut self, name: &str, of: &str) -> Option<String> {
        let text = self.words(name)?;
        if !is_token(text) {
            let what = format!("{} is no name of {of}", shown(text));
            self.wrong(name, "name", what, "use 1 to 64 letters, digits, `_` or `-`".into());
        }
        Some(text.to_owned())
    }

    pub(super) fn number(&mut self, name: &str, min: u64, max: u64) -> Option<u64> {
        let tree = self.get(name)?;
        if !matches!(tree, Tree::Number(_)) {
            return self.unfit(name, "a whole number", tree);
        }
        match tree.as_u64().filter(|number| (min..=max).contains(number)) {
            Some(number) => Some(number),
            None => {
                let what = format!("`{name}` is a whole number from {min} to {max}");
                self.wrong(name, "out_of_range", what, format!("write one from {min} to {max}"));
                None
            }
        }
    }

    /// The same of a number that is small.
    pub(super) fn small(&mut self, name: &str, min: u64, max: u64) -> Option<u32> {
        self.number(name, min, max).and_then(|number| u32::try_from(number).ok())
    }

    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        let tree = self.get(name)?;
        let Tree::Boolean(is_so) = tree else { return self.unfit(name, "true or false", tree) };
        Some(*is_so)
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(&mut self, name: &str, all: &[(&'static str, T)]) -> Option<T> {
        let text = self.words(name)?;
        let found = all.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let (what, remedy) = no_choice(name, text, all);
            self.wrong(name, "out_of_range", what, remedy);
        }
        found.map(|(_, choice)| *choice)
    }

    pub(super) fn template(&mut self, name: &str) -> Option<Template> {
        let at = self.at.field(name);
        match Template::of(self.get(name)?, &at) {
            Ok(template) => {
                self.names_in(name, &at);
                Some(template)
            }
            Err(wrongs) => {
                wrongs.into_iter().for_each(|bad| self.bad_template(bad));
                None
            }
        }
    }

    fn bad_template(&mut self, BadTemplate { path, wrong }: BadTemplate) {
        let code = match wrong.kind {
            Mistake::Syntax => "expression",
            Mistake::Unknown => "unknown_reference",
        };
        self.findings.add(&path, code, wrong.to_string(), wrong.remedy);
    }

    /// Names that stand twice in a value.
    fn names_in(&mut self, name: &str, at: &Path) {
        if let Some(tree) = self.get(name) {
            twice_within(tree, at, self.findings);
        }
    }

    /// A list of at most so many.
    pub(super) fn list(&mut self, name: &str, max: usize) -> &'t [Tree] {
        match self.get(name) {
            None => &[],
            Some(Tree::List(items)) => {
                if items.len() > max {
                    let what = format!("there are at most {max} of them, not {}", items.len());
                    self.wrong(name, "out_of_range", what, "split it up".into());
                }
                &items[..items.len().min(max)]
            }
            Some(tree) => {
                self.unfit::<()>(name, "a list", tree);
                &[]
            }
        }
    }

    /// A list of names; one that is wrong keeps its place.
    pub(super) fn tokens(&mut self, name: &str, max: usize, of: &str) -> Vec<String> {
        self.many(name, max, of, is_token, "use 1 to 64 letters, digits, `_` or `-`")
    }

    /// A list of people.
    pub(super) fn people(&mut self, name: &str, max: usize) -> BTreeSet<String> {
        let is_one = |text: &str| {
            (1..=VALUE_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
        };
        let remedy = "use 1 to 256 bytes without control characters";
        self.many(name, max, "somebody", is_one, remedy).into_iter().collect()
    }

    fn many(
        &mut self,
        name: &str,
        max: usize,
        of: &str,
        is_one: fn(&str) -> bool,
        remedy: &str,
    ) -> Vec<String> {
        let items = self.list(name, max);
        let at = self.at.field(name);
        let mut all = Vec::new();
        for (n, item) in items.iter().enumerate() {
            let text = item.as_text();
            match text {
                None => {
                    let what = format!("the name of {of} is a text, and not {}", item.called());
                    self.findings.add(&at.item(n), "type", what, "put it into quotes");
                }
                Some(text) if !is_one(text) => {
                    let what = format!("{} is no name of {of}", shown(text));
                    self.findings.add(&at.item(n), "name", what, remedy);
                }
                Some(_) => {}
            }
            all.push(text.unwrap_or_default().to_owned());
        }
        all
    }

    fn words(&mut self, name: &str) -> Option<&'t str> {
        let tree = self.get(name)?;
        tree.as_text().or_else(|| self.unfit(name, "a text", tree))
    }

    /// A field is not what it has to be.
    pub(super) fn unfit<T>(&mut self, name: &str, wanted: &str, found: &Tree) -> Option<T> {
        let what = format!("`{name}` is {}, and not {wanted}", found.called());
        self.wrong(name, "type", what, format!("write {wanted}"));
        None
    }

    pub(super) fn wrong(&mut self, name: &str, code: &'static str, what: String, remedy: String) {
        self.findings.add(&self.at.field(name), code, what, remedy);
    }
}

/// The fields of an object; none of them stands twice.
pub(super) fn object<'t>(
    tree: &'t Tree,
    at: &Path,
    findings: &mut Findings,
) -> Option<Vec<(&'t str, &'t Tree)>> {
    let Tree::Object(fields) = tree else {
        let what = format!("this is {}, and not an object", tree.called());
        findings.add(at, "type", what, "write an object");
        return None;
    };
    twice(fields, at, findings);
    Some(fields.iter().map(|(name, value)| (name.as_str(), value)).collect())
}

fn twice(fields: &[(String, Tree)], at: &Path, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (name, _) in fields {
        if !seen.insert(name) {
            let what = format!("the field {name:?} stands here twice");
            findings.add(&at.field(name), "duplicate", what, "keep one of them");
        }
    }
}

fn twice_within(tree: &Tree, at: &Path, findings: &mut Findings) {
    match tree {
        Tree::Null | Tree::Boolean(_) | Tree::Number(_) | Tree::Text(_) => {}
        Tree::List(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(n, item)| twice_within(item, &at.item(n), findings));
        }
        Tree::Object(fields) => {
            twice(fields, at, findings);
            fields.iter().for_each(|(name, value)| twice_within(value, &at.field(name), findings));
        }
    }
}

/// Why a word is none of those that there are.
pub(super) fn no_choice<T>(name: &str, text: &str, all: &[(&'static str, T)]) -> (String, String) {
    let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
    let remedy = match nearest(text, words.iter().copied()) {
        Some(near) => format!("write `{near}`"),
        None => format!("write one of {}", words.join(", ")),
    };
    (format!("{} is no `{name}`", shown(text)), remedy)
}

/// A text as it is told: its beginning.
pub(super) fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(64).collect::<String>())
}
